// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/server/serverconfig.h"

#include <CLI/CLI.hpp>

#include <array>
#include <charconv>
#include <optional>
#include <utility>

#include "agent/daemon/configsection.h"
#include "agent/daemon/exitcode.h"
#include "agent/daemon/log.h"
#include "agent/kube/kubesettings.h"
#include "protocol/base/hostport.h"

namespace tapio::server {

using daemon::ConfigSection;

namespace {

constexpr std::uint16_t defaultPort = 7117;
constexpr const char *footer = "The command line overrides the file, and the file the defaults.\n"
                               "Exit codes: 0 stopped on request, 64 usage, 69 the port is in use, 77 not permitted,\n"
                               "78 configuration or certificate.";

/// Values of the command line; empty = not given.
struct Given {
    std::string file, address, ca, certificate, key, crl, logLevel;
    std::optional<std::uint16_t> port;
};

/// What is wrong with a port on the command line; empty when nothing is.
std::string refusePort(const std::string &text)
{
    std::uint16_t port = 0;
    const char *end = text.data() + text.size();
    const auto [stopped, error] = std::from_chars(text.data(), end, port);
    const bool fits = error == std::errc() && stopped == end;
    return fits ? std::string() : "'" + text + "' is no port (1 to 65535, or 0: the system chooses)";
}

/// The same of an address to listen on, which becomes what can be listened on.
std::string readAddress(std::string &text)
{
    auto host = parseListenHost(text);
    if (!host)
        return host.error().context();
    text = std::move(*host);
    return {};
}

void declare(CLI::App &app, Given &given)
{
    app.add_option("--config", given.file, "Configuration file (TOML)")->type_name("FILE");
    app.add_option("--address", given.address, "IPv4 or IPv6 address to listen on (default 127.0.0.1; 0.0.0.0 or :: = all)")
        ->check(CLI::Validator(readAddress, ""))
        ->type_name("ADDRESS");
    app.add_option("--port", given.port, "Port to listen on (default 7117; 0 = the system chooses)")
        ->check(CLI::Validator(refusePort, ""))
        ->type_name("PORT");
    app.add_option("--ca", given.ca, "Certificate authority that both ends trust")->type_name("FILE");
    app.add_option("--cert", given.certificate, "Certificate of this server")->type_name("FILE");
    app.add_option("--key", given.key, "Its private key, readable by the owner only")->type_name("FILE");
    app.add_option("--crl", given.crl, "List of revoked certificates")->type_name("FILE");
    app.add_option("--log-level", given.logLevel, "trace, debug, info, warn, error or off")->type_name("LEVEL");
    app.set_version_flag("--version", "tapio-server " TAPIO_VERSION);
    app.footer(footer);
}

void apply(const Given &given, ServerConfig &config)
{
    const auto set = [](const std::string &value, auto &target) {
        if (!value.empty())
            target = value;
    };
    transport::ServerOptions &endpoint = config.fanIn.endpoint;
    set(given.address, endpoint.address);
    endpoint.port = given.port.value_or(endpoint.port);
    set(given.ca, endpoint.tls.ca);
    set(given.certificate, endpoint.tls.certificate);
    set(given.key, endpoint.tls.key);
    set(given.crl, endpoint.tls.crl);
    set(given.logLevel, config.logLevel);
}

Status validate(const ServerConfig &config)
{
    const transport::TlsFiles &tls = config.fanIn.endpoint.tls;
    const std::array<std::pair<const std::filesystem::path *, const char *>, 3> needed{{
        {&tls.ca, "no certificate authority is named: set tls.ca or --ca"},
        {&tls.certificate, "no certificate is named: set tls.certificate or --cert"},
        {&tls.key, "no private key is named: set tls.key or --key"},
    }};
    for (const auto &[path, problem] : needed) {
        if (path->empty())
            return fail(Errc::InvalidArgument, std::string(problem) + " ('tapio pki issue server NAME' makes all three)");
    }
    return daemon::checkLogLevel(config.logLevel);
}

} // namespace

ServerConfig::ServerConfig()
{
    fanIn.endpoint.port = defaultPort;
    fanIn.correlation.emplace();
}

Status readConfig(const std::filesystem::path &path, ServerConfig &config)
{
    const auto file = daemon::readToml(path);
    if (!file)
        return fail(file.error());
    FanInOptions &options = config.fanIn;
    ConfigSection top(&*file, path.native(), "");
    top.text("log_level", config.logLevel);
    ConfigSection listen(top.table("listen"), path.native(), "listen.");
    listen.text("address", options.endpoint.address);
    if (const std::string wrong = readAddress(options.endpoint.address); !wrong.empty())
        listen.refuse("address", wrong);
    listen.number("port", options.endpoint.port, 0, UINT16_MAX);
    ConfigSection tls(top.table("tls"), path.native(), "tls.");
    tls.path("ca", options.endpoint.tls.ca);
    tls.path("certificate", options.endpoint.tls.certificate);
    tls.path("key", options.endpoint.tls.key);
    tls.path("crl", options.endpoint.tls.crl);
    ConfigSection limits(top.table("limits"), path.native(), "limits.");
    constexpr std::int64_t leastBytes = 64 << 10;
    limits.number("credit_bytes", options.creditBytes, leastBytes, std::int64_t{64} << 20);
    limits.number("replay_bytes", options.replayRingBytes, leastBytes, std::int64_t{16} << 30);
    limits.number("console_queue_bytes", options.consoleQueueBytes, leastBytes, std::int64_t{4} << 30);
    limits.number("pending_handshakes", options.endpoint.maxPendingHandshakes, 1, 65'536);
    limits.number("pending_handshakes_per_address", options.endpoint.maxPendingPerAddress, 1, 65'536);
    ConfigSection correlation(top.table("correlation"), path.native(), "correlation.");
    bool isOn = options.correlation.has_value();
    correlation.flag("enabled", isOn);
    RulesAcrossNodes rules = options.correlation.value_or(RulesAcrossNodes());
    correlation.path("rules", rules.folder);
    options.correlation = isOn ? std::optional(rules) : std::nullopt;
    ConfigSection kubernetes(top.table("kubernetes"), path.native(), "kubernetes.");
    agent::readKubeSettings(kubernetes, config.kubernetes);
    if (config.kubernetes.source == agent::KubeSourceKind::Kubelet)
        kubernetes.refuse("source",
                          "kubernetes.source: a kubelet knows of its own node only; it is to be \"auto\", \"apiserver\" or \"off\"");
    if (!config.kubernetes.node.empty())
        kubernetes.refuse("node", "kubernetes.node: a server is of no node");
    if (const auto address = parseHostPort(config.kubernetes.address); !config.kubernetes.address.empty() && !address)
        kubernetes.refuse("address", address.error().within("kubernetes.address").context());
    for (const ConfigSection *section : {&top, &listen, &tls, &limits, &correlation, &kubernetes}) {
        if (Status status = section->end(); !status)
            return status;
    }
    return {};
}

Result<Command> parseCommand(int argc, const char *const *argv)
{
    CLI::App app("Takes in Tapio agents and serves consoles, over mutual TLS 1.3.", "tapio-server");
    Given given;
    declare(app, given);
    Command command;
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError &error) {
        command.leave = true;
        command.exitCode = app.exit(error) == 0 ? 0 : daemon::exitcode::usage;
        return command;
    }
    if (!given.file.empty()) {
        if (const Status status = readConfig(given.file, command.config); !status)
            return fail(status.error());
    }
    apply(given, command.config);
    if (const Status status = validate(command.config); !status)
        return fail(status.error());
    return command;
}

} // namespace tapio::server
