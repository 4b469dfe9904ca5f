// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <span>
#include <string_view>

/// Which program of bpf/programs/ serves which hook of the kernel, in each way of attaching.
namespace tapio::agent {

struct HookAlternative {
    /// "tp_btf", "raw_tp", "tracepoint"; "iter", run over what there is, once or again and again; "cgroup", packets of all sockets below the root
    /// of version 2; "run", at no hook: the agent runs it; "uprobe_multi", "uprobe", in every libssl that is in use (sslprobes.h)
    std::string_view attachKind;
    const char *program; ///< its name in the object
};

/// What a hook is without the collector's others: a question that is never seen answered would be told as one that nobody answered.
enum class Bond {
    Alone,  ///< it says something by itself
    Needed, ///< without it, none of those that are Needed or Needy is attached
    Needy,  ///< of no use without those that are Needed, which do without it
};

struct HookSpec {
    std::string_view collector;
    std::string_view name; ///< the kernel's
    std::span<const HookAlternative> alternatives;
    unsigned leastArguments = 0; ///< a tracepoint with fewer lacks what the programs need
    Bond bond = Bond::Alone;
    std::string_view alsoFor = {};   ///< another collector that needs it: it is attached while either is on
    std::string_view carriedBy = {}; ///< the collector whose program at this hook does its work while both are on
};

/// All hooks, in the order in which they are attached. Static lifetime.
std::span<const HookSpec> hookTable() noexcept;

/// Collector names, in the order of enum tapio_collector.
std::span<const std::string_view> collectorNames() noexcept;

} // namespace tapio::agent
