// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

#include "agent/config/runmark.h"
#include "agent/filter/filterkeeper.h"
#include "agent/pipeline/budget.h"
#include "agent/spool/spool.h"
#include "protocol/wire/details.h"

namespace tapio::agent {

/// What the agent tells of itself in its own stream, so that whoever looks at the events sees why there are fewer. Pure. Texts may be longer
/// than the wire takes: the pipeline cuts them.

/// With the measurement that is nearest to its limit, or the farthest beyond.
wire::AgentNotice noticeOf(const BudgetNotice &notice);
/// `what`: "configuration" or "certificates"; `text`: what changed, or why it was refused.
wire::AgentNotice noticeOfReload(bool applied, std::string what, std::string text);
/// Frames that the disk spool gave up.
wire::AgentNotice noticeOf(const SpoolLoss &loss);
/// The time before this start in which nobody looked.
wire::AgentNotice noticeOf(const Unwatched &gap);
/// A generation of the kernel filter is in force.
wire::AgentNotice noticeOf(const FilterState &state, const std::string &description);
/// `cgroup`: its path; empty = not known.
wire::AgentNotice noticeOf(const LeftOutNews &news, const std::string &cgroup);

} // namespace tapio::agent
