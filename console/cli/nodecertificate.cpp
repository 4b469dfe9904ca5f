// SPDX-License-Identifier: GPL-3.0-or-later
// The certificate of the agent on this machine, found without asking the agent.
#include "console/cli/checks.h"

#include <algorithm>
#include <fstream>
#include <iterator>

#define TOML_EXCEPTIONS 0
#include <toml++/toml.h>

#include "console/cli/output.h"
#include "protocol/transport/pki.h"

namespace tapio::console {

namespace {

namespace fs = std::filesystem;
constexpr std::int64_t soonNs = 72LL * 3600 * nsPerSecond;

std::string contentOf(const fs::path &file)
{
    std::ifstream stream(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

/// Words of the command line of a running tapio-agent; empty when none runs.
std::vector<std::string> agentCommand(const CheckRoots &roots)
{
    std::error_code error;
    for (fs::directory_iterator entry(roots.proc, error), end; !error && entry != end; entry.increment(error)) {
        const std::string name = entry->path().filename().string();
        if (!std::all_of(name.begin(), name.end(), [](char c) { return c >= '0' && c <= '9'; }) || contentOf(entry->path() / "comm") != "tapio-agent\n")
            continue;
        std::vector<std::string> words;
        std::string word;
        for (const char c : contentOf(entry->path() / "cmdline")) {
            if (c == '\0')
                words.push_back(std::exchange(word, {}));
            else
                word += c;
        }
        return words;
    }
    return {};
}

/// Value of "--NAME VALUE" or "--NAME=VALUE".
std::string valueOf(const std::vector<std::string> &words, const std::string &option)
{
    for (std::size_t i = 0; i < words.size(); ++i) {
        if (words[i] == option && i + 1 < words.size())
            return words[i + 1];
        if (words[i].starts_with(option + '='))
            return words[i].substr(option.size() + 1);
    }
    return {};
}

std::string certificateIn(const fs::path &config)
{
    const std::string text = contentOf(config);
    const toml::parse_result parsed = toml::parse(text, config.string());
    return parsed ? parsed["server"]["certificate"].value_or(std::string()) : std::string();
}

} // namespace

std::optional<Check> checkNodeCertificate(const CheckRoots &roots, const Clock &clock)
{
    const std::vector<std::string> words = agentCommand(roots);
    std::string file = valueOf(words, "--cert");
    if (file.empty()) {
        const std::string config = valueOf(words, "--config");
        file = certificateIn(!config.empty() ? fs::path(config) : roots.etc / "tapio/agent.toml");
    }
    if (file.empty())
        return std::nullopt;
    transport::TlsFiles files;
    files.certificate = file;
    const auto certificate = transport::inspectCertificate(files, clock);
    Check check{"node certificate", CheckState::Failed, {}, {}};
    if (!certificate) {
        // An ordinary user may not look into the agent's folder.
        check.state = certificate.error().code() == Errc::PermissionDenied ? CheckState::Skipped : CheckState::Failed;
        check.message = certificate.error().message();
        check.hint = check.state == CheckState::Skipped ? "run 'tapio check' as root" : "start the agent with the certificate that was made for this node";
        return check;
    }
    check.message = std::string(roleName(certificate->identity.role)) + ' ' + certificate->identity.name + " in " + file;
    check.hint = "'tapio pki renew node NAME' where the authority is makes a new one; copy it here";
    if (certificate->state == transport::CertificateState::NotYetValid)
        check.message += " is valid only from " + utcText(certificate->notBeforeNs);
    else if (certificate->state != transport::CertificateState::Valid)
        check.message += " expired on " + utcText(certificate->notAfterNs);
    else if (certificate->identity.role != Role::Node)
        check.message += " is not that of a node";
    else {
        check.message += ", valid until " + utcText(certificate->notAfterNs);
        check.state = certificate->notAfterNs - clock.utcNs() <= soonNs ? CheckState::Warning : CheckState::Ok;
        if (check.state == CheckState::Ok)
            check.hint.clear();
    }
    return check;
}

} // namespace tapio::console
