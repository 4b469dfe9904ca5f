// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <cstdlib>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "console/cli/command.h"
#include "protocol/transport/pki.h"

namespace tapio::console {

namespace {

using transport::CertificateAuthority;
using transport::CertificateState;
using transport::IssuedCertificate;

constexpr std::int64_t nsPerDay = 86'400 * nsPerSecond;
/// `issue --ensure` renews what runs out within this time, so that a machine started weekly never meets an expired one.
constexpr std::int64_t renewBeforeNs = 7 * nsPerDay;

struct PkiArguments {
    std::string trustDomain = "local";
    std::string role;
    std::string name;
    std::string serial;
    int days = 0;
    bool ensure = false;
    bool keepOld = false;
};

std::string_view stateName(CertificateState state)
{
    switch (state) {
    case CertificateState::Valid: return "valid";
    case CertificateState::NotYetValid: return "not-yet-valid";
    case CertificateState::Expired: return "expired";
    case CertificateState::Revoked: return "revoked";
    }
    return "unknown";
}

nlohmann::json toJson(const IssuedCertificate &certificate)
{
    return {{"role", roleName(certificate.identity.role)},
            {"name", certificate.identity.name},
            {"uri", certificate.identity.uri()},
            {"serial", certificate.identity.serial},
            {"state", stateName(certificate.state)},
            {"not_before", utcText(certificate.notBeforeNs)},
            {"not_after", utcText(certificate.notAfterNs)},
            {"certificate", certificate.files.certificate.string()},
            {"key", certificate.files.key.string()},
            {"ca", certificate.files.ca.string()},
            {"crl", certificate.files.crl.string()}};
}

void print(const CommandContext &context, const std::vector<IssuedCertificate> &certificates)
{
    if (context.format == OutputFormat::Json) {
        nlohmann::json list = nlohmann::json::array();
        for (const IssuedCertificate &certificate : certificates)
            list.push_back(toJson(certificate));
        printJson(context.out, list);
        return;
    }
    Table table({{"ROLE"}, {"NAME"}, {"STATE"}, {"EXPIRES"}, {"SERIAL"}, {"CERTIFICATE"}});
    for (const IssuedCertificate &certificate : certificates) {
        table.add({std::string(roleName(certificate.identity.role)), certificate.identity.name, std::string(stateName(certificate.state)),
                   utcText(certificate.notAfterNs), certificate.identity.serial, certificate.files.certificate.string()});
    }
    if (table.empty())
        context.err << "tapio: no certificate has been issued in " << pkiFolder(context).string() << '\n';
    else
        table.print(context.out);
}

int runInit(const CommandContext &context, const PkiArguments &arguments)
{
    const auto validity = std::chrono::hours(24 * (arguments.days > 0 ? arguments.days : 3650));
    const auto authority = CertificateAuthority::init(pkiFolder(context), arguments.trustDomain, validity, context.clock);
    if (!authority) {
        const bool exists = authority.error().code() == Errc::AlreadyExists;
        const ExitCode code =
            report(context.err, authority.error(),
                   exists ? "an authority is never overwritten; see 'tapio pki list'" : "choose another folder with --pki DIR");
        // Whatever reason the system gives, a folder or file of it cannot be made.
        return authority.error().errnum() != 0 ? ExitCannotCreate : code;
    }
    if (context.format == OutputFormat::Json)
        printJson(context.out, {{"folder", authority->folder().string()}, {"trust_domain", authority->trustDomain()}});
    else
        context.out << "certificate authority for trust domain '" << authority->trustDomain() << "' made in "
                    << authority->folder().string() << '\n';
    return ExitOk;
}

/// Opens the authority and runs `use` on it; its error is printed with a hint.
template <typename Use> int withAuthority(const CommandContext &context, Use use)
{
    auto authority = CertificateAuthority::open(pkiFolder(context));
    if (!authority)
        return report(context.err, authority.error(), "make an authority with 'tapio pki init', or name its folder with --pki DIR");
    return use(*authority);
}

int finish(const CommandContext &context, const Result<IssuedCertificate> &issued, std::string_view hint)
{
    if (!issued)
        return report(context.err, issued.error(), hint);
    print(context, {*issued});
    return ExitOk;
}

int runIssue(const CommandContext &context, const PkiArguments &arguments)
{
    return withAuthority(context, [&](CertificateAuthority &authority) {
        const Role role = roleFromName(arguments.role);
        const auto validity = std::chrono::hours(24 * (arguments.days > 0 ? arguments.days : 90));
        if (arguments.ensure) {
            const auto all = authority.list(context.clock);
            if (!all)
                return static_cast<int>(report(context.err, all.error()));
            const std::int64_t now = context.clock.utcNs();
            const IssuedCertificate *expiring = nullptr;
            for (const IssuedCertificate &certificate : *all) {
                if (certificate.identity.role != role || certificate.identity.name != arguments.name
                    || certificate.state == CertificateState::Revoked)
                    continue;
                if (certificate.state == CertificateState::Valid && certificate.notAfterNs - now > renewBeforeNs) {
                    print(context, {certificate});
                    return static_cast<int>(ExitOk);
                }
                expiring = &certificate;
            }
            if (expiring != nullptr)
                return finish(context, authority.renew(role, arguments.name, validity, false, context.clock), {});
        }
        const auto issued = authority.issue({role, arguments.name, validity, 0}, context.clock);
        const bool twice = !issued && issued.error().code() == Errc::AlreadyExists;
        return finish(context, issued, twice ? "a name has one valid certificate per role: 'tapio pki renew' replaces it" : "");
    });
}

int runRenew(const CommandContext &context, const PkiArguments &arguments)
{
    return withAuthority(context, [&](CertificateAuthority &authority) {
        const auto validity = std::chrono::hours(24 * (arguments.days > 0 ? arguments.days : 90));
        return finish(context, authority.renew(roleFromName(arguments.role), arguments.name, validity, arguments.keepOld, context.clock),
                      "'tapio pki list' shows what has been issued");
    });
}

/// Before it is revoked again, which only writes the lists anew.
bool isRevoked(const CertificateAuthority &authority, const std::string &serial, const Clock &clock)
{
    const auto all = authority.list(clock);
    return all && std::any_of(all->begin(), all->end(), [&](const IssuedCertificate &certificate) {
               return certificate.identity.serial == serial && certificate.state == CertificateState::Revoked;
           });
}

int runRevoke(const CommandContext &context, const PkiArguments &arguments)
{
    return withAuthority(context, [&](CertificateAuthority &authority) {
        const bool already = isRevoked(authority, arguments.serial, context.clock);
        const Status revoked = authority.revoke(arguments.serial, context.clock);
        if (!revoked)
            return static_cast<int>(report(context.err, revoked.error(), "'tapio pki list' shows the serial numbers"));
        if (context.format == OutputFormat::Json)
            printJson(context.out, {{"revoked", arguments.serial}, {"already", already}});
        else
            context.out << (already ? "had been revoked already: " : "revoked ") << printable(arguments.serial)
                        << "; the list beside each certificate is renewed, copy crl.pem to other machines\n";
        return static_cast<int>(ExitOk);
    });
}

int runList(const CommandContext &context)
{
    return withAuthority(context, [&](CertificateAuthority &authority) {
        const auto all = authority.list(context.clock);
        if (!all)
            return static_cast<int>(report(context.err, all.error()));
        print(context, *all);
        return static_cast<int>(ExitOk);
    });
}

void addRoleAndName(CLI::App &command, PkiArguments &arguments)
{
    command.add_option("role", arguments.role, "what the holder may be")->required()->check(CLI::IsMember({"node", "console", "server"}));
    command.add_option("name", arguments.name, "node name, console user or server name: a-z 0-9 . -")->required();
    command.add_option("--days", arguments.days, "validity in days (default 90)")->check(CLI::Range(1, 3650));
}

} // namespace

std::filesystem::path defaultPkiFolder()
{
    // Read once at start, before any thread exists.
    const char *config = std::getenv("XDG_CONFIG_HOME");
    if (config != nullptr && *config != '\0')
        return std::filesystem::path(config) / "tapio" / "pki";
    const char *home = std::getenv("HOME");
    return std::filesystem::path(home != nullptr ? home : "/root") / ".config" / "tapio" / "pki";
}

void addPkiCommand(CLI::App &app, CommandContext &context, Chosen &chosen)
{
    auto arguments = std::make_shared<PkiArguments>();
    CLI::App *pki = app.add_subcommand("pki", "Keep the certificate authority: init, issue, list, renew, revoke");
    pki->require_subcommand(1);

    CLI::App *init = pki->add_subcommand("init", "Make a new authority; never overwrites one");
    init->add_option("--trust-domain", arguments->trustDomain, "first part of every identity")->capture_default_str();
    init->add_option("--days", arguments->days, "validity in days (default 3650)")->check(CLI::Range(1, 36500));
    init->callback([&context, &chosen, arguments] { chosen = [&context, arguments] { return runInit(context, *arguments); }; });

    CLI::App *issue = pki->add_subcommand("issue", "Issue a certificate and its private key (0600)");
    addRoleAndName(*issue, *arguments);
    issue->add_flag("--ensure", arguments->ensure, "keep a valid one, renew one that ends within a week, else issue");
    issue->callback([&context, &chosen, arguments] { chosen = [&context, arguments] { return runIssue(context, *arguments); }; });

    CLI::App *renew = pki->add_subcommand("renew", "Replace a certificate and key; the old one is revoked");
    addRoleAndName(*renew, *arguments);
    renew->add_flag("--keep-old", arguments->keepOld, "do not revoke the old one");
    renew->callback([&context, &chosen, arguments] { chosen = [&context, arguments] { return runRenew(context, *arguments); }; });

    CLI::App *revoke = pki->add_subcommand("revoke", "Revoke a certificate by its serial number");
    revoke->add_option("serial", arguments->serial, "hexadecimal, as 'tapio pki list' shows it")->required();
    revoke->callback([&context, &chosen, arguments] { chosen = [&context, arguments] { return runRevoke(context, *arguments); }; });

    CLI::App *list = pki->add_subcommand("list", "List what has been issued");
    list->callback([&context, &chosen] { chosen = [&context] { return runList(context); }; });
}

} // namespace tapio::console
