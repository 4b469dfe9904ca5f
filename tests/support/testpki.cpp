// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/testpki.h"

#include <QtGlobal>

#include "protocol/transport/certificate.h"
#include "protocol/transport/files.h"

namespace tapio::test {

using namespace transport;

namespace {

template <typename T> T must(Result<T> result)
{
    if (!result)
        qFatal("%s", result.error().message().c_str());
    return std::move(*result);
}

void must(const Status &status)
{
    if (!status)
        qFatal("%s", status.error().message().c_str());
}

KeyPurpose purposeOf(TestPki::Odd::Purpose purpose)
{
    switch (purpose) {
    case TestPki::Odd::Purpose::ClientAuth: return KeyPurpose::ClientAuth;
    case TestPki::Odd::Purpose::ServerAuth: return KeyPurpose::ServerAuth;
    case TestPki::Odd::Purpose::None: break;
    }
    return KeyPurpose::None;
}

} // namespace

TestPki::TestPki(std::string trustDomain)
    : m_authority(must(CertificateAuthority::init((m_folder.path() + "/pki").toStdString(), std::move(trustDomain),
                                                  std::chrono::hours(24 * 365), m_clock)))
{}

TlsFiles TestPki::of(Role role, const std::string &name)
{
    for (const IssuedCertificate &issued : must(m_authority.list(m_clock))) {
        if (issued.identity.role == role && issued.identity.name == name && !issued.files.certificate.empty())
            return issued.files;
    }
    return must(m_authority.issue({role, name, std::chrono::hours(24), 0}, m_clock)).files;
}

TlsFiles TestPki::odd(const Odd &spec)
{
    const auto &folder = m_authority.folder();
    const X509Ptr issuer = must(certificateFromPem(must(readSmallFile(folder / "ca.crt")), "ca.crt"));
    const KeyPtr issuerKey = must(keyFromPem(must(readSecretFile(folder / "ca.key")), "ca.key"));
    const KeyPtr key = must(generateKey());
    const std::int64_t nowNs = m_clock.utcNs();
    CertificateSpec made;
    made.commonName = "odd";
    made.uri = spec.uri;
    made.notBeforeNs = spec.notBeforeNs != 0 ? spec.notBeforeNs : nowNs - 3600 * nsPerSecond;
    made.notAfterNs = spec.notAfterNs != 0 ? spec.notAfterNs : nowNs + 3600 * nsPerSecond;
    made.purpose = purposeOf(spec.purpose);
    const X509Ptr certificate = must(makeCertificate(made, key.get(), {issuer.get(), issuerKey.get()}));
    const std::string base = (m_folder.path() + "/odd-").toStdString() + std::to_string(++m_odd);
    const TlsFiles files{folder / "ca.crt", base + ".crt", base + ".key", folder / "crl.pem"};
    must(writeAtomically(files.certificate, must(toPem(certificate.get())), 0644));
    must(writeAtomically(files.key, must(toPem(key.get())), 0600));
    return files;
}

void TestPki::revoke(Role role, const std::string &name)
{
    for (const IssuedCertificate &issued : must(m_authority.list(m_clock))) {
        if (issued.identity.role == role && issued.identity.name == name)
            must(m_authority.revoke(issued.identity.serial, m_clock));
    }
}

} // namespace tapio::test
