// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <vector>

#include "console/ui/widgets/detailview.h"
#include "console/ui/widgets/timedisplay.h"
#include "protocol/base/counters.h"
#include "protocol/wire/message.h"

/// Agents and connection notices in words, for the drawer.
namespace tapio::console {

/// `hooks`: the last report of each stream; may be empty. `counters`: of all the node's sources together.
std::vector<DetailSection> agentDetails(const wire::AgentState &agent, const std::vector<wire::HookReport> &hooks, const TimeDisplay &time,
                                        std::int64_t nowNs, const CounterSet &counters = {});
std::vector<DetailSection> noticeDetails(const wire::LinkNotice &notice, const TimeDisplay &time);

} // namespace tapio::console
