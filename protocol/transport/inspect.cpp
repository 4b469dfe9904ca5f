// SPDX-License-Identifier: GPL-3.0-or-later
#include "protocol/transport/certificate.h"
#include "protocol/transport/files.h"
#include "protocol/transport/pki.h"

namespace tapio::transport {

namespace {

Result<bool> isRevoked(X509 *certificate, const TlsFiles &files)
{
    if (files.crl.empty())
        return false;
    const auto pem = readSmallFile(files.crl);
    if (!pem)
        return fail(pem.error());
    const auto crl = crlFromPem(*pem, files.crl.string());
    if (!crl)
        return fail(crl.error());
    X509_REVOKED *entry = nullptr;
    return X509_CRL_get0_by_cert(crl->get(), &entry, certificate) == 1;
}

} // namespace

Result<IssuedCertificate> inspectCertificate(const TlsFiles &files, const Clock &clock)
{
    const auto pem = readSmallFile(files.certificate);
    if (!pem)
        return fail(pem.error());
    const auto certificate = certificateFromPem(*pem, files.certificate.string());
    if (!certificate)
        return fail(certificate.error());
    const auto identity = readIdentity(certificate->get());
    if (!identity)
        return fail(identity.error().within(files.certificate.string()));
    const auto revoked = isRevoked(certificate->get(), files);
    if (!revoked)
        return fail(revoked.error());
    IssuedCertificate found;
    found.identity = *identity;
    found.notBeforeNs = notBeforeNs(certificate->get());
    found.notAfterNs = notAfterNs(certificate->get());
    found.files = files;
    const std::int64_t nowNs = clock.utcNs();
    if (*revoked)
        found.state = CertificateState::Revoked;
    else if (nowNs >= found.notAfterNs)
        found.state = CertificateState::Expired;
    else if (nowNs < found.notBeforeNs)
        found.state = CertificateState::NotYetValid;
    return found;
}

} // namespace tapio::transport
