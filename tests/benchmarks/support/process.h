// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <sys/types.h>

#include "protocol/transport/endpoint.h"

namespace tapio::bench {

/// A child of this process. Throws std::runtime_error when it cannot be started.
pid_t spawn(const std::vector<std::string> &arguments);

/// CPU of all threads that live, in nanoseconds; it misses threads that ended.
std::uint64_t cpuNs(pid_t pid);

/// A line of /proc/PID/status in KiB; 0 when there is none.
std::uint64_t statusKib(pid_t pid, const std::string &key);

/// What an agent is to tell of what happens.
enum class AgentTells {
    Everything, ///< one by one, and no budget: what carrying it costs is to be measured, and all load comes from one cgroup, whose rate would be used up
    AsItComes, ///< filters, detail around insights and budget by default, as on a node
};

/// The command that runs tapio-agent against a server on loopback, without a port of its own; its lock goes to `runtimeFolder`, of which each node needs one.
std::vector<std::string> agentCommand(const std::string &program, std::uint16_t port, const transport::TlsFiles &tls,
                                      const std::string &runtimeFolder, const std::string &node = "node-1",
                                      AgentTells tells = AgentTells::Everything);

} // namespace tapio::bench
