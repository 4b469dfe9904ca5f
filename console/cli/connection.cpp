// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/cli/connection.h"

#include <array>
#include <charconv>
#include <pwd.h>
#include <unistd.h>

#include "console/core/session/config.h"
#include "protocol/base/hostport.h"
#include "protocol/transport/pki.h"

namespace tapio::console {

namespace {

std::string asName(std::string_view text)
{
    std::string name;
    for (char c : text) {
        if (c >= 'A' && c <= 'Z')
            c = static_cast<char>(c - 'A' + 'a');
        if (c == '_')
            c = '-';
        if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-')
            name += c;
    }
    return name;
}

std::string userName()
{
    std::array<char, 4096> buffer{};
    passwd entry{};
    passwd *found = nullptr;
    if (getpwuid_r(geteuid(), &entry, buffer.data(), buffer.size(), &found) != 0 || found == nullptr)
        return {};
    return asName(found->pw_name);
}

Result<transport::IssuedCertificate> consoleCertificate(const CommandContext &context, const transport::TlsFiles &configured)
{
    if (!configured.certificate.empty()) {
        auto certificate = transport::inspectCertificate(configured, context.clock);
        if (!certificate)
            return fail(certificate.error());
        // A console that embeds its server is configured with a server's certificate, which cannot dial.
        if (certificate->identity.role == Role::Console)
            return certificate;
    }
    const auto authority = transport::CertificateAuthority::open(pkiFolder(context));
    if (!authority)
        return fail(authority.error());
    const auto all = authority->list(context.clock);
    if (!all)
        return fail(all.error());
    const std::string user = userName();
    const transport::IssuedCertificate *best = nullptr;
    for (const transport::IssuedCertificate &certificate : *all) {
        // Of an older one of the same name there is only the record: its files were replaced.
        if (certificate.identity.role != Role::Console || certificate.state != transport::CertificateState::Valid
            || certificate.files.certificate.empty())
            continue;
        if (best == nullptr || certificate.identity.name == user || best->identity.name != user)
            best = &certificate;
    }
    if (best != nullptr)
        return *best;
    return fail(Errc::NotFound, "no valid console certificate in " + pkiFolder(context).string());
}

} // namespace

std::string localNodeName()
{
    std::array<char, 256> name{};
    if (gethostname(name.data(), name.size() - 1) != 0)
        return "localhost";
    const std::string node = asName(name.data());
    return node.empty() ? "localhost" : node;
}

namespace {

Result<transport::ClientOptions> serverOf(const CommandContext &context, const ConsoleConfig &config)
{
    transport::ClientOptions client;
    if (!context.server.empty()) {
        const auto address = parseHostPort(context.server);
        if (!address)
            return fail(address.error().within("--server"));
        client.host = address->host;
        client.port = address->port;
    } else if (!config.server.host.empty()) {
        client.host = config.server.host;
        client.port = config.server.port;
        client.serverName = config.server.name;
    } else {
        client.port = config.listen.port;
    }
    return client;
}

} // namespace

Result<transport::ClientOptions> resolveServer(const CommandContext &context)
{
    const auto config = loadConsoleConfig(context.config);
    return config ? serverOf(context, *config) : fail(config.error());
}

Result<Connection> resolveConnection(const CommandContext &context)
{
    const auto config = loadConsoleConfig(context.config);
    if (!config)
        return fail(config.error());
    auto client = serverOf(context, *config);
    if (!client)
        return fail(client.error());
    const auto certificate = consoleCertificate(context, config->tls);
    if (!certificate)
        return fail(certificate.error());
    client->tls = certificate->files;
    return Connection{std::move(*client), certificate->identity.name};
}

std::string sessionText(const Error &error)
{
    return error.code() == Errc::Refused || error.code() == Errc::TimedOut ? error.context() : error.message();
}

std::string_view sessionHint(std::string_view refusalCode) noexcept
{
    if (refusalCode == "wrong-ca")
        return "both ends need certificates of one authority: --pki DIR names its folder, 'tapio pki list' shows what is there";
    if (refusalCode == "expired" || refusalCode == "revoked")
        return "'tapio pki list' shows the certificates, 'tapio pki renew ROLE NAME' makes a new one";
    if (refusalCode == "not-yet-valid")
        return "compare the clocks of both machines";
    if (refusalCode == "bad-crl")
        return "copy the authority's crl.pem here anew";
    return connectHint;
}

ExitCode reportSession(std::ostream &err, const Error &error, std::string_view refusalCode)
{
    err << "tapio: " << printable(sessionText(error)) << "\nhint: " << sessionHint(refusalCode) << '\n';
    return exitCodeFor(error.code());
}

std::string_view connectionHint(const CommandContext &context)
{
    const auto config = loadConsoleConfig(context.config);
    if (!config)
        return config.error().code() == Errc::PermissionDenied ? std::string_view() : configurationHint;
    if (!serverOf(context, *config))
        return "--server takes HOST:PORT, with a port from 1 to 65535";
    if (!config->tls.certificate.empty() && !transport::inspectCertificate(config->tls, context.clock))
        return "mend the files that [tls] of console.toml names";
    const auto authority = transport::CertificateAuthority::open(pkiFolder(context));
    if (authority)
        return certificateHint;
    if (authority.error().code() == Errc::NotFound)
        return "'tapio pki issue console NAME' makes a certificate to connect with where the authority is: make one with 'tapio pki init', "
               "name its "
               "folder with --pki DIR, or name a certificate brought from there in [tls] of console.toml";
    return "use the account that the authority's folder belongs to, or name another with --pki DIR";
}

ExitCode reportNoConnection(const CommandContext &context, const Error &error)
{
    const ExitCode code = report(context.err, error, connectionHint(context));
    return loadConsoleConfig(context.config) || error.code() == Errc::PermissionDenied ? code : ExitConfiguration;
}

wire::Subscribe statesOnly()
{
    wire::Subscribe subscribe;
    // No event has the unknown type from a node of this version, so none passes.
    subscribe.filter.types = {wire::EventType::Unknown};
    subscribe.samples = false;
    subscribe.reports = true;
    return subscribe;
}

std::vector<std::string> knownEventTypes()
{
    std::vector<std::string> names;
    for (const wire::EventType type : wire::knownEventTypes())
        names.push_back(wire::eventTypeName(type));
    return names;
}

wire::Severity severityFromName(std::string_view name) noexcept
{
    for (int level = 0; level <= static_cast<int>(wire::Severity::Critical); ++level) {
        if (wire::severityName(static_cast<wire::Severity>(level)) == name)
            return static_cast<wire::Severity>(level);
    }
    return wire::Severity::Debug;
}

} // namespace tapio::console
