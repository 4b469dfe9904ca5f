// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/collect/kernel/hooktable.h"

#include <array>

#include "bpf/include/tapio_records.h"

namespace tapio::agent {

namespace {

constexpr std::array<std::string_view, TAPIO_COLLECTORS> names{"process", "oom", "signal", "tcp", "runqueue", "blockio"};

constexpr HookAlternative exec[] = {{"tp_btf", "exec_btf"}, {"raw_tp", "exec_raw"}, {"tracepoint", "exec_tp"}};
constexpr HookAlternative exit[] = {{"tp_btf", "exit_btf"}, {"raw_tp", "exit_raw"}, {"tracepoint", "exit_tp"}};

constexpr HookSpec table[] = {
    {"process", "sched_process_exec", exec},
    {"process", "sched_process_exit", exit},
};

} // namespace

std::span<const HookSpec> hookTable() noexcept
{
    return table;
}

std::span<const std::string_view> collectorNames() noexcept
{
    return names;
}

} // namespace tapio::agent
