// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <string>

#include "agent/observe/agentview.h"

namespace tapio::agent {

/// A thread that has not come round for so long hangs: the collecting one does at least once a second, the publisher four times.
inline constexpr std::chrono::seconds longestSilence{10};

struct Health {
    bool ok = true;
    std::string text; ///< one line per thing looked at: "NAME: ok|failed, REASON"
};

/// Both threads make progress. What a probe restarts the agent for. Pure.
Health liveness(const AgentView &view);

/// The kernel programs are loaded, at least one hook that is wanted is active, and all states are known. The link is named but does not
/// decide: without a server the agent collects and holds, and taking nodes for not ready when a server restarts would help nobody. Pure.
Health readiness(const AgentView &view);

} // namespace tapio::agent
