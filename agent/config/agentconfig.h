// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <filesystem>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "agent/collect/kernelcollectors.h"
#include "agent/config/settings.h"
#include "agent/daemon/configsection.h"
#include "agent/kube/kubeendpoint.h"
#include "agent/pipeline/collectloop.h"
#include "agent/spool/spool.h"
#include "protocol/base/hostport.h"
#include "protocol/base/result.h"
#include "protocol/transport/endpoint.h"

namespace tapio::agent {

inline SpoolOptions defaultSpool()
{
    SpoolOptions options;
    options.folder = "/var/lib/tapio/spool"; // outlives a restart of the machine, unlike the runtime folder
    return options;
}

/// Everything that can be set. The defaults are those of a node that runs the agent as a service.
struct AgentConfig {
    std::string server = "127.0.0.1:7117"; ///< HOST:PORT; an IPv6 literal in brackets
    std::string serverName;                ///< required name in the server's certificate; empty = any server
    transport::TlsFiles tls;
    std::string node; ///< empty = as in the certificate
    std::string logLevel = "info";
    std::filesystem::path runtimeFolder = "/run/tapio"; ///< holds the lock against a second instance
    std::filesystem::path pidFile;                      ///< written when everything runs; empty = none
    std::size_t queueBytes = 8u << 20;
    std::string observeAddress = "127.0.0.1:9117"; ///< of metrics and health; empty = off
    SpoolOptions spool = defaultSpool();           ///< its folder empty = none
    KernelOptions kernel;
    CollectOptions collect;
    std::set<std::string> enabled; ///< collectors that are off unless named here; see collectors.h
    KubeSettings kubernetes;
    CorrelationOptions correlation;
    bool drillAllowed = false;  ///< `tapio drill` may make faults on this node
    std::filesystem::path file; ///< that all this was read from; empty = none
};

/// Reads a TOML file over `config`; README.md documents its keys. Errors: NotFound, PermissionDenied, and Malformed for broken TOML,
/// unknown keys and values out of range, naming file and line. `values`, where given, gets every setting with its line.
Status readConfig(const std::filesystem::path &path, AgentConfig &config, std::vector<daemon::ConfigValue> *values = nullptr);

/// Every setting of `config` under its name in the file, in the file's order.
std::vector<daemon::ConfigValue> valuesOf(const AgentConfig &config);

/// What the command line asks for.
struct Command {
    enum class Kind : std::uint8_t { Run, OnceCheck, PrintConfig, Leave };
    Kind kind = Kind::Run;
    AgentConfig config;
    Settings settings; ///< of config
    bool json = false;
    int exitCode = 0; ///< of Leave: help, version, or a usage error that was printed
};

/// Command line over configuration file over defaults. Prints help and usage errors itself. Errors: those of readConfig.
Result<Command> parseCommand(int argc, const char *const *argv);

} // namespace tapio::agent
