// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <string>

#include "agent/kube/kubeendpoint.h"
#include "agent/server/fanin.h"

namespace tapio::server {

/// Everything that can be set of tapio-server. It listens on 127.0.0.1 unless told otherwise, as everything here does.
struct ServerConfig {
    ServerConfig();

    FanInOptions fanIn;
    agent::KubeSettings kubernetes; ///< whom to ask whether nodes are Ready
    std::string logLevel = "info";
};

/// Reads a TOML file over `config`; README.md documents its keys. Errors: NotFound, PermissionDenied, and Malformed for broken
/// TOML, unknown keys and values out of range, naming file and line.
Status readConfig(const std::filesystem::path &path, ServerConfig &config);

/// What the command line asks for.
struct Command {
    bool leave = false; ///< help, version, or a usage error that was printed
    int exitCode = 0;   ///< of leave
    ServerConfig config;
};

/// Command line over configuration file over defaults. Prints help and usage errors itself. Errors: those of readConfig;
/// InvalidArgument (a certificate that is not named, an unknown log level).
Result<Command> parseCommand(int argc, const char *const *argv);

} // namespace tapio::server
