// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/cli/querysources.h"

#include <algorithm>
#include <utility>

#include <CLI/CLI.hpp>

#include "console/cli/connection.h"
#include "console/cli/storefile.h"
#include "console/cli/terminalkeyring.h"
#include "console/core/promql/duration.h"
#include "console/core/session/config.h"
#include "console/core/sources/storesource.h"

namespace tapio::console {

namespace {

constexpr std::int64_t longestWaitMs = 3'600'000;

/// What stands beside --source goes before what is configured; credentials all together, so that a secret goes nowhere but where it is for.
void overlay(SourceConfig &config, const SourceConfig &said)
{
    for (const auto member : {&SourceConfig::ca, &SourceConfig::certificate, &SourceConfig::key}) {
        if (!(said.*member).empty())
            config.*member = said.*member;
    }
    if (said.user.empty() && said.bearerFile.empty() && said.passwordFile.empty())
        return;
    if (!said.user.empty() || !said.bearerFile.empty()) // else it is another password of the user
        config.user = said.user;
    config.bearerFile = said.bearerFile;
    config.passwordFile = said.passwordFile;
    config.hasKeyringSecret = false;
}

std::optional<OpenedSource> openServer(const CommandContext &context, const SourceArguments &arguments, int &exitCode)
{
    SourceConfig server = arguments.server;
    if (!arguments.source.empty()) {
        const auto config = loadConsoleConfig(context.config);
        if (!config) {
            report(context.err, config.error(), configurationHint);
            exitCode = ExitConfiguration;
            return std::nullopt;
        }
        auto named = configuredSource(*config, arguments.source);
        if (!named) {
            exitCode = report(context.err, named.error(), "a source is a section of console.toml: [source.NAME] with its url");
            return std::nullopt;
        }
        overlay(*named, arguments.server);
        server = std::move(*named);
    }
    const auto wait = promql::parseDuration(arguments.timeout);
    if (!wait || *wait <= 0 || *wait > longestWaitMs) {
        exitCode = report(
            context.err, Error(Errc::InvalidArgument, "--timeout: '" + arguments.timeout + "' is no duration from 1ms to 1h, such as 30s"));
        return std::nullopt;
    }
    TerminalKeyring keyring;
    auto source = openSource(server, keyring, std::chrono::milliseconds(*wait));
    if (!source) {
        exitCode = reportSource(context.err, server, source.error());
        return std::nullopt;
    }
    return OpenedSource{nullptr, std::move(*source)};
}

} // namespace

Result<SourceConfig> configuredSource(const ConsoleConfig &config, const std::string &name)
{
    const auto found =
        std::find_if(config.sources.begin(), config.sources.end(), [&name](const SourceConfig &one) { return one.name == name; });
    if (found != config.sources.end())
        return *found;
    std::string known;
    for (const SourceConfig &one : config.sources)
        known += (known.empty() ? "" : ", ") + one.name;
    return fail(Errc::InvalidArgument,
                "there is no source '" + name + "'" + (known.empty() ? ": console.toml names none" : ", only " + known));
}

void addSourceOptions(CLI::App &command, SourceArguments &arguments)
{
    const char *const group = "Whom to ask";
    auto *store = command.add_option("--store", arguments.store, "a store's file (default: the one of this console)")
                      ->group(group)
                      ->option_text("FILE");
    auto *url = command.add_option("--url", arguments.server.url, "a server with Prometheus's API, such as https://prometheus.example")
                    ->group(group)
                    ->option_text("URL");
    auto *source = command.add_option("--source", arguments.source, "a server that console.toml names: [source.NAME]")
                       ->group(group)
                       ->option_text("NAME");
    store->excludes(url)->excludes(source);
    url->excludes(source);
    const std::pair<const char *, std::pair<std::filesystem::path *, const char *>> files[] = {
        {"--ca", {&arguments.server.ca, "whom to believe, instead of the machine's authorities (PEM)"}},
        {"--cert", {&arguments.server.certificate, "the certificate to ask with (PEM)"}},
        {"--key", {&arguments.server.key, "and its private key"}},
        {"--bearer-file", {&arguments.server.bearerFile, "a file with the token to send, which only its owner may read"}},
        {"--password-file", {&arguments.server.passwordFile, "a file with the password of --user, likewise"}}};
    for (const auto &[name, file] : files)
        command.add_option(name, *file.first, file.second)->group(group)->option_text("FILE")->excludes(store);
    command.add_option("--user", arguments.server.user, "as whom, with a password (Basic authentication)")
        ->group(group)
        ->option_text("NAME")
        ->excludes(store);
    command.add_option("--timeout", arguments.timeout, "how long to wait for a server's answer")
        ->group(group)
        ->option_text("DURATION (default 30s)");
}

int reportSource(std::ostream &err, const SourceConfig &source, const Error &error)
{
    const bool isAbsent = source.hasKeyringSecret && error.code() == Errc::NotFound;
    if (isAbsent)
        return report(err, error, "'tapio source login " + source.name + "' puts it there");
    if (source.hasKeyringSecret && error.code() == Errc::Unsupported)
        return report(err, error, "without a desktop's key ring a secret may be in a file: bearer_file or password_file of the source");
    return report(err, error);
}

int reportAnswer(std::ostream &err, const Error &error)
{
    switch (error.code()) {
    case Errc::PermissionDenied:
        return report(err, error,
                      "--bearer-file, or --user with --password-file, says as whom to ask; 'tapio source --help' has the key ring");
    case Errc::Malformed: return report(err, error, "is it the address of a Prometheus, or of a page to log in?");
    case Errc::NoSpace: report(err, error, "sum by fewer labels, or make --step longer"); return ExitUnavailable; // nothing is full here
    case Errc::InvalidArgument: return report(err, error, "mend the query; where it is wrong is said as the server counts");
    case Errc::Refused:
        return report(err, error,
                      "a certificate that nobody here knows is named with --ca FILE; a server without TLS has an address with http://");
    case Errc::Disconnected: return report(err, error, "is the address right, and is the server up?");
    case Errc::TimedOut: return report(err, error, "ask for less, or wait longer: --timeout 2m");
    default: return report(err, error);
    }
}

std::optional<OpenedSource> openSource(const CommandContext &context, const SourceArguments &arguments, int &exitCode)
{
    if (!arguments.server.url.empty() || !arguments.source.empty())
        return openServer(context, arguments, exitCode);
    if (!(arguments.server.ca.empty() && arguments.server.certificate.empty() && arguments.server.key.empty()
          && arguments.server.bearerFile.empty() && arguments.server.user.empty() && arguments.server.passwordFile.empty())) {
        exitCode = report(context.err, Error(Errc::InvalidArgument, "certificates and passwords are for a server"),
                          "name it with --url URL or --source NAME");
        return std::nullopt;
    }
    std::filesystem::path file;
    auto reader = openStore(context, arguments.store, exitCode, &file);
    if (!reader)
        return std::nullopt;
    auto source = std::make_unique<StoreSource>(*reader, std::move(file));
    return OpenedSource{std::move(reader), std::move(source)};
}

} // namespace tapio::console
