// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "console/cli/checks.h"
#include "protocol/base/hostport.h"

namespace tapio::console {

/// The agent of this machine, found without asking it: its command line over its configuration.
struct LocalAgent {
    std::uint32_t pid = 0;             ///< 0: it does not run, there is only /etc/tapio/agent.toml
    std::string node;                  ///< empty: as in its certificate
    std::string server;                ///< HOST:PORT
    std::filesystem::path certificate; ///< may be empty
    std::filesystem::path config;      ///< its file, which may not be there; empty = it runs without one
    std::filesystem::path runtimeFolder = "/run/tapio";
    bool drillAllowed = false; ///< drill.allowed of the file; false when it cannot be read
    std::string
        problem; ///< what is wrong with the file, as far as it is read here: that it is no TOML, or a key below [drill] that is none
};

/// The running agent that sends to `server`, else the configured one if it would. There may be others on a machine, of other
/// authorities. Without `server` any will do, a running one first. Only processes of root and of this user count as agents.
std::optional<LocalAgent> findLocalAgent(const CheckRoots &roots, const std::optional<HostPort> &server);

/// All that run, of the lowest process number first; without one, the configured one, if there is.
std::vector<LocalAgent> localAgents(const CheckRoots &roots);

/// As a configuration file has it, whether or not an agent of it runs.
LocalAgent configuredAgent(const std::filesystem::path &config);

/// As given, else as in its certificate; nothing when that cannot be read.
std::string nodeNameOf(const LocalAgent &agent, const Clock &clock);

} // namespace tapio::console
