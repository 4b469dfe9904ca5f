// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/app/launch.h"

#include <QSysInfo>

#include "console/app/exitcode.h"
#include "console/core/keyring/desktopkeyring.h"
#include "console/core/metrics/suitescore.h"
#include "console/core/session/username.h"
#include "console/ui/widgets/format.h"
#include "protocol/transport/pki.h"

namespace tapio::console {

namespace {

namespace fs = std::filesystem;
using transport::CertificateState;
using transport::IssuedCertificate;

tl::unexpected<LaunchFailure> refuse(int code, std::string sentence)
{
    return tl::unexpected<LaunchFailure>(LaunchFailure{std::move(sentence), code});
}

fs::path defaultPkiFolder() { return defaultConfigFile().parent_path() / "pki"; }

std::string day(std::int64_t ns) { return timeText(ns, TimeStyle::DateMinute, QTimeZone::utc()).toStdString() + " UTC"; }

/// Empty, or what is wrong with it.
std::string problemOf(const IssuedCertificate &certificate, Role role)
{
    const std::string file = certificate.files.certificate.string();
    if (certificate.identity.role != role)
        return "the certificate " + file + " is for a " + std::string(roleName(certificate.identity.role))
               + ", but this console needs one for a " + std::string(roleName(role));
    switch (certificate.state) {
    case CertificateState::Expired: return "the certificate " + file + " expired on " + day(certificate.notAfterNs);
    case CertificateState::NotYetValid: return "the certificate " + file + " is valid only from " + day(certificate.notBeforeNs);
    case CertificateState::Revoked: return "the certificate " + file + " was revoked";
    case CertificateState::Valid: break;
    }
    return {};
}

/// The newest valid certificate of this role in the authority's folder; the user's own first.
tl::expected<transport::TlsFiles, LaunchFailure> fromAuthority(const fs::path &folder, Role role, const Clock &clock)
{
    const std::string wanted = role == Role::Server ? "local" : localUserName();
    const std::string hint = "; make one with 'tapio pki issue " + std::string(roleName(role)) + ' ' + wanted + "'";
    const auto authority = transport::CertificateAuthority::open(folder);
    if (!authority)
        return refuse(exitcode::noPermission,
                      authority.error().message() + (authority.error().code() == Errc::NotFound ? "; make one with 'tapio pki init'" : ""));
    const auto all = authority->list(clock);
    if (!all)
        return refuse(exitcode::noPermission, all.error().message());
    const IssuedCertificate *best = nullptr, *unusable = nullptr;
    for (const IssuedCertificate &certificate : *all) {
        // Of an older one of the same name there is only the record: its files were replaced.
        if (certificate.identity.role != role || certificate.files.certificate.empty())
            continue;
        if (certificate.state != CertificateState::Valid)
            unusable = &certificate;
        else if (!best || certificate.identity.name == wanted || best->identity.name != wanted)
            best = &certificate;
    }
    if (best)
        return best->files;
    return refuse(
        exitcode::noPermission,
        (unusable ? problemOf(*unusable, role) : "there is no certificate for a " + std::string(roleName(role)) + " in " + folder.string())
            + hint);
}

tl::expected<transport::TlsFiles, LaunchFailure> findCertificate(const ConsoleConfig &config, const LaunchOptions &options, Role role,
                                                                 const Clock &clock)
{
    if (!options.pki.empty() || config.tls.certificate.empty())
        return fromAuthority(options.pki.empty() ? defaultPkiFolder() : options.pki, role, clock);
    const auto certificate = transport::inspectCertificate(config.tls, clock);
    if (!certificate)
        return refuse(exitcode::noPermission, certificate.error().message());
    if (const std::string problem = problemOf(*certificate, role); !problem.empty())
        return refuse(exitcode::noPermission, problem);
    return config.tls;
}

Status applyAddresses(ConsoleConfig &config, const LaunchOptions &options)
{
    if (!options.server.empty()) {
        const auto address = parseHostPort(options.server);
        if (!address)
            return fail(address.error().within("--server " + options.server));
        config.server.host = address->host;
        config.server.port = address->port;
        config.server.name.clear();
    }
    if (!options.listen.empty()) {
        const auto address = parseListenAddress(options.listen, standardPort);
        if (!address)
            return fail(address.error().within("--listen " + options.listen));
        config.listen.address = address->host;
        config.listen.port = address->port;
        config.server.host.clear();
    }
    return {};
}

} // namespace

LaunchFailure launchFailure(const Error &error, const SessionOptions &options)
{
    return {error.message(), exitcode::ofSession(error, options)};
}

tl::expected<Launch, LaunchFailure> prepareLaunch(const LaunchOptions &options, const Clock &clock)
{
    auto config = loadConsoleConfig(options.config);
    if (!config)
        return refuse(exitcode::configuration, config.error().message());
    if (const Status status = applyAddresses(*config, options); !status)
        return refuse(exitcode::usage, status.error().context());
    const Role role = config->server.host.empty() ? Role::Server : Role::Console;
    auto tls = findCertificate(*config, options, role, clock);
    if (!tls)
        return tl::unexpected<LaunchFailure>(tls.error());
    config->tls = std::move(*tls);
    if (!options.data.empty())
        config->store.file = options.data / defaultStoreFile().filename();
    std::error_code error;
    fs::create_directories(config->store.file.parent_path(), error);
    if (error)
        return refuse(exitcode::cannotCreate,
                      "the folder " + config->store.file.parent_path().string() + " cannot be made: " + error.message());
    Launch launch;
    launch.session = sessionOptions(*config, localUserName());
    launch.session.log.standardError = options.headless;
    if (!options.headless) {
        launch.session.scoreSuite = scoreShippedSuite;
        launch.session.readSecret = readSecretLater;
    }
    launch.ui = config->ui;
    launch.facts = {QString::fromStdString(config->store.file.string()),
                    QString::fromStdString((options.config.empty() ? defaultConfigFile() : options.config).string()),
                    config->store.maxBytes, config->store.maxAgeNs};
    launch.setup = {QString::fromStdString((options.pki.empty() ? defaultPkiFolder() : fs::absolute(options.pki, error)).string()),
                    options.pki.empty(), QSysInfo::machineHostName(), QString::fromStdString(dashboardFolder(options.config).string())};
    return launch;
}

} // namespace tapio::console
