// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "protocol/transport/identity.h"
#include "protocol/transport/openssl.h"

/// X.509 v3 certificates and revocation lists: made, written as PEM, and read. Internal to the transport (RFC 5280).
namespace tapio::transport {

enum class KeyPurpose : std::uint8_t { None, ClientAuth, ServerAuth };

struct CertificateSpec {
    std::string commonName;
    std::string uri;              ///< the single SAN URI
    std::int64_t notBeforeNs = 0; ///< UTC; certificates count whole seconds
    std::int64_t notAfterNs = 0;
    KeyPurpose purpose = KeyPurpose::None;
    bool isAuthority = false;
};

struct Issuer {
    X509 *certificate = nullptr; ///< null: self-signed
    EVP_PKEY *key = nullptr;
};

Result<KeyPtr> generateKey(); ///< P-256
Result<X509Ptr> makeCertificate(const CertificateSpec &spec, EVP_PKEY *subjectKey, const Issuer &issuer);

struct Revocation {
    std::string serial; ///< hex
    std::int64_t atNs = 0;
};
Result<X509CrlPtr> makeCrl(const Issuer &issuer, std::span<const Revocation> revoked, std::uint64_t number, std::int64_t fromNs,
                           std::int64_t untilNs);

Result<std::string> toPem(X509 *certificate);
Result<std::string> toPem(EVP_PKEY *key); ///< PKCS#8, not encrypted
Result<std::string> toPem(X509_CRL *crl);
/// Errors: Malformed; `origin` names the file in the sentence.
Result<X509Ptr> certificateFromPem(std::string_view pem, std::string_view origin);
Result<KeyPtr> keyFromPem(std::string_view pem, std::string_view origin);
Result<X509CrlPtr> crlFromPem(std::string_view pem, std::string_view origin);

/// Identity, serial and notAfter of a leaf. Errors: Malformed (no or several SAN URIs, or not ours).
Result<Identity> readIdentity(X509 *certificate);
std::int64_t notBeforeNs(const X509 *certificate);
std::int64_t notAfterNs(const X509 *certificate);
std::string serialHex(const X509 *certificate);
/// True only when the extended key usage is present and lists it: OpenSSL takes an absent one as "any".
bool hasPurpose(X509 *certificate, KeyPurpose purpose);

} // namespace tapio::transport
