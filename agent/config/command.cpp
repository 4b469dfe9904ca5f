// SPDX-License-Identifier: GPL-3.0-or-later
#include <CLI/CLI.hpp>

#include <algorithm>
#include <array>

#include "agent/config/agentconfig.h"
#include "agent/config/collectors.h"
#include "agent/daemon/exitcode.h"
#include "agent/daemon/log.h"

namespace tapio::agent {

namespace {

constexpr const char *footer = "The command line overrides the file, and the file the defaults.\n"
                               "Exit codes: 0 stopped on request, 64 usage, 69 the kernel or another instance stands in the way,\n"
                               "73 a folder or file cannot be made or written, 77 not permitted, 78 configuration or certificate.";

/// Values of the command line; empty = not given.
struct Given {
    std::string file, server, serverName, ca, certificate, key, crl, node, logLevel, runtimeFolder, spoolFolder, pidFile;
    std::string output = "table";
    bool onceCheck = false;
    bool printConfig = false;
};

void declare(CLI::App &app, Given &given)
{
    app.add_option("--config", given.file, "Configuration file (TOML)")->type_name("FILE");
    app.add_option("--server", given.server, "Address of the server or console; port 7117 unless one is given")->type_name("HOST[:PORT]");
    app.add_option("--server-name", given.serverName, "Name that the server's certificate must have")->type_name("NAME");
    app.add_option("--ca", given.ca, "Certificate authority that both ends trust")->type_name("FILE");
    app.add_option("--cert", given.certificate, "Certificate of this node")->type_name("FILE");
    app.add_option("--key", given.key, "Its private key, readable by the owner only")->type_name("FILE");
    app.add_option("--crl", given.crl, "List of revoked certificates")->type_name("FILE");
    app.add_option("--node", given.node, "Name of this node; must be the certificate's")->type_name("NAME");
    app.add_option("--runtime-folder", given.runtimeFolder, "Folder of the lock file")->type_name("FOLDER");
    app.add_option("--spool-folder", given.spoolFolder, "Folder of the disk spool")->type_name("FOLDER");
    app.add_option("--pid-file", given.pidFile, "Holds the process's number while it runs")->type_name("FILE");
    app.add_option("--log-level", given.logLevel, "trace, debug, info, warn, error or off")
        ->check(CLI::IsMember({"trace", "debug", "info", "warn", "error", "off"}))
        ->type_name("LEVEL");
    app.add_flag("--once-check", given.onceCheck, "Open everything once, print the state of each hook, and leave: 0 = healthy");
    app.add_flag("--print-config", given.printConfig,
                 "Print the configuration that would be in force, with where each value comes from, and leave");
    app.add_option("-o,--output", given.output, "table or json, for --once-check")
        ->check(CLI::IsMember({"table", "json"}))
        ->type_name("FORMAT");
    app.set_version_flag("--version", "tapio-agent " TAPIO_VERSION);
    app.footer(footer);
}

/// What an option of the command line sets.
struct Override {
    const char *setting;
    const char *option;
    std::string Given::*value;
};
constexpr std::array<Override, 11> overrides{{{"node", "--node", &Given::node},
                                              {"log_level", "--log-level", &Given::logLevel},
                                              {"runtime_folder", "--runtime-folder", &Given::runtimeFolder},
                                              {"pid_file", "--pid-file", &Given::pidFile},
                                              {"server.address", "--server", &Given::server},
                                              {"server.name", "--server-name", &Given::serverName},
                                              {"server.ca", "--ca", &Given::ca},
                                              {"server.certificate", "--cert", &Given::certificate},
                                              {"server.key", "--key", &Given::key},
                                              {"server.crl", "--crl", &Given::crl},
                                              {"spool.folder", "--spool-folder", &Given::spoolFolder}}};

void apply(const Given &given, AgentConfig &config)
{
    const auto set = [](const std::string &value, auto &target) {
        if (!value.empty())
            target = value;
    };
    set(given.server, config.server);
    set(given.serverName, config.serverName);
    set(given.ca, config.tls.ca);
    set(given.certificate, config.tls.certificate);
    set(given.key, config.tls.key);
    set(given.crl, config.tls.crl);
    set(given.node, config.node);
    set(given.runtimeFolder, config.runtimeFolder);
    set(given.spoolFolder, config.spool.folder);
    set(given.pidFile, config.pidFile);
    set(given.logLevel, config.logLevel);
}

/// `fromFile`: as the file left it, with lines; empty without a file.
Settings settingsOf(const AgentConfig &config, const Given &given, const std::vector<daemon::ConfigValue> &fromFile)
{
    Settings settings;
    for (daemon::ConfigValue &value : valuesOf(config)) {
        Setting setting{std::move(value.name), std::move(value.toml), "default"};
        const auto inFile = std::find_if(fromFile.begin(), fromFile.end(), [&](const auto &v) { return v.name == setting.name; });
        if (inFile != fromFile.end() && inFile->line > 0)
            setting.origin = given.file + ", line " + std::to_string(inFile->line);
        const auto option = std::find_if(overrides.begin(), overrides.end(), [&](const Override &o) { return o.setting == setting.name; });
        if (option != overrides.end() && !(given.*(option->value)).empty())
            setting.origin = option->option;
        settings.push_back(std::move(setting));
    }
    return settings;
}

/// Where the server's address comes from, so that a person knows what to correct.
std::string addressSource(const Given &given, const AgentConfig &config)
{
    if (!given.server.empty())
        return ", --server " + given.server;
    return ", server.address = \"" + config.server + "\" of " + given.file;
}

/// The error with where the setting comes from: the file and the line, or the option.
Error placed(const Error &error, const Settings &settings, std::string_view name)
{
    const auto found = std::find_if(settings.begin(), settings.end(), [&](const Setting &setting) { return setting.name == name; });
    return found == settings.end() ? error : error.within(found->origin);
}

Status validate(const AgentConfig &config, const Given &given, const Settings &settings)
{
    if (auto level = daemon::checkLogLevel(config.logLevel); !level)
        return fail(placed(level.error(), settings, "log_level"));
    if (const Status status = checkDisabled(config); !status)
        return fail(placed(status.error(), settings, "collect.disabled"));
    if (const Status status = checkEnabled(config); !status)
        return fail(placed(status.error(), settings, "collect.enabled"));
    if (const auto address = parseHostPort(config.server); !address)
        return fail(address.error().within("the server's address" + addressSource(given, config)));
    if (!config.kubernetes.address.empty()) {
        if (const auto address = parseHostPort(config.kubernetes.address); !address)
            return fail(address.error().within("the address of Kubernetes, kubernetes.address of " + given.file));
    }
    if (!config.observeAddress.empty()) {
        if (const auto address = parseListenAddress(config.observeAddress, {}); !address)
            return fail(placed(address.error().within("the address of metrics and health"), settings, "observe.address"));
    }
    return {};
}

} // namespace

Result<Command> parseCommand(int argc, const char *const *argv)
{
    CLI::App app("Collects kernel events and samples of this node and sends them to a Tapio server or console.", "tapio-agent");
    Given given;
    declare(app, given);
    Command command;
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError &error) {
        command.kind = Command::Kind::Leave;
        command.exitCode = app.exit(error) == 0 ? 0 : daemon::exitcode::usage;
        return command;
    }
    std::vector<daemon::ConfigValue> fromFile;
    if (!given.file.empty()) {
        if (const Status status = readConfig(given.file, command.config, &fromFile); !status)
            return fail(status.error());
    }
    apply(given, command.config);
    command.settings = settingsOf(command.config, given, fromFile);
    if (given.onceCheck || given.printConfig)
        command.kind = given.printConfig ? Command::Kind::PrintConfig : Command::Kind::OnceCheck;
    command.json = given.output == "json";
    if (const Status status = validate(command.config, given, command.settings); !status)
        return fail(status.error());
    command.config.kernel.disabledCollectors = switchedOff(command.config);
    command.config.kernel.procRoot = command.config.collect.resolver.procRoot.native();
    command.config.kernel.cgroupRoot = command.config.collect.cgroupRoot.native();
    command.config.kernel.filterCgroups = command.config.collect.maxCgroups;
    return command;
}

} // namespace tapio::agent
