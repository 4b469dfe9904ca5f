// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "protocol/wire/report.h"

namespace tapio::test {

/// Of two hooks, one works and one could not be attached.
inline wire::HookReport oneOfTwoHooks()
{
    wire::HookReport report;
    report.hooks = {{"process", "sched_process_exec", wire::HookState::Active, "tp_btf", "", 0, 0},
                    {"tcp", "inet_sock_set_state", wire::HookState::Failed, "", "no BTF", 0, 0}};
    return report;
}

} // namespace tapio::test
