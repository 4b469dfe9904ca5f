// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "agent/kube/kubefigures.h"
#include "agent/observe/httpserver.h"
#include "agent/pipeline/collectloop.h"
#include "agent/publish/publishsession.h"

namespace tapio::agent {

/// What the process costs, read from /proc/self. What cannot be read is absent.
struct ProcessFigures {
    std::optional<double> cpuSeconds; ///< user and system
    std::optional<std::uint64_t> residentBytes, virtualBytes, openDescriptors;
    std::optional<double> startTimeSeconds; ///< UTC
};

/// Any thread.
ProcessFigures readProcessFigures(const Clock &clock);

/// Everything that is told about the agent, as values: made for one answer, from what both threads left for whoever asks.
struct AgentView {
    std::string version, node, server;
    std::string configSha256; ///< of the configuration in force
    bool lastReloadWorked = true;
    std::int64_t configSinceUtcNs = 0; ///< when it was last read and understood
    std::int64_t nowUtcNs = 0, nowBootNs = 0;
    std::int64_t collectTurnedBootNs = 0;           ///< 0 = the kernel programs are not loaded yet
    std::shared_ptr<const CollectSnapshot> collect; ///< null = not yet
    std::optional<Error> failure;                   ///< why collecting ended
    SessionStatus link;
    std::optional<KubeFigures> kubernetes; ///< absent = nobody is asked
    std::size_t queueLimitBytes = 0;
    ProcessFigures process;
};

} // namespace tapio::agent
