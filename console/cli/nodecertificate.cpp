// SPDX-License-Identifier: GPL-3.0-or-later
// The certificate of the agent on this machine, found without asking the agent.
#include "console/cli/checks.h"

#include "console/cli/localagent.h"
#include "console/cli/output.h"
#include "protocol/transport/pki.h"

namespace tapio::console {

namespace {

constexpr std::int64_t soonNs = 72LL * 3600 * nsPerSecond;

} // namespace

Check checkNodeCertificate(const LocalAgent &agent, const Clock &clock)
{
    const std::string file = agent.certificate.string();
    transport::TlsFiles files;
    files.certificate = agent.certificate;
    const auto certificate = transport::inspectCertificate(files, clock);
    Check check{"node certificate", CheckState::Failed, {}, {}};
    if (!certificate) {
        // An ordinary user may not look into the agent's folder.
        check.state = certificate.error().code() == Errc::PermissionDenied ? CheckState::Skipped : CheckState::Failed;
        check.message = certificate.error().message();
        check.hint = check.state == CheckState::Skipped ? "run 'tapio check' as root"
                                                        : "start the agent with the certificate that was made for this node";
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
