// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "protocol/base/clock.h"
#include "protocol/base/result.h"
#include "protocol/transport/endpoint.h"
#include "protocol/transport/identity.h"

namespace tapio::transport {

enum class CertificateState : std::uint8_t { Valid, NotYetValid, Expired, Revoked };

struct IssuedCertificate {
    Identity identity;
    std::int64_t notBeforeNs = 0;
    std::int64_t notAfterNs = 0;
    CertificateState state = CertificateState::Valid;
    TlsFiles files;
};

/// A certificate authority in a folder (0700; private keys 0600, written atomically, fsynced):
///   ca.crt ca.key crl.pem index.json  issued/ROLE-NAME/{cert.pem,key.pem,ca.crt,crl.pem}
/// Keys P-256, signatures ECDSA-SHA256 (RFC 5480), profiles after RFC 5280: nodes and consoles clientAuth, servers serverAuth.
/// Concurrent use by two processes is serialised by a lock file.
class CertificateAuthority {
public:
    /// Errors: AlreadyExists, ReadOnly, PermissionDenied, NoSpace.
    static Result<CertificateAuthority> init(const std::filesystem::path &folder, std::string trustDomain, std::chrono::hours validity,
                                             const Clock &clock);
    /// Errors: NotFound, Corrupt, PermissionDenied (key readable by others).
    static Result<CertificateAuthority> open(const std::filesystem::path &folder);

    struct Request {
        Role role = Role::Node;
        std::string name;
        std::chrono::hours validity{24 * 90};
        std::int64_t notBeforeNs = 0; ///< 0 = now (minus five minutes of tolerance)
    };
    /// Errors: AlreadyExists (a valid one of that role and name; renew or revoke it), InvalidArgument (name).
    Result<IssuedCertificate> issue(const Request &request, const Clock &clock);
    /// A new key and certificate for the same role and name; the old one is revoked unless `keepOld`.
    Result<IssuedCertificate> renew(Role role, std::string_view name, std::chrono::hours validity, bool keepOld, const Clock &clock);
    /// By serial, or role and name. Rewrites the CRL here and beside each issued certificate.
    Status revoke(std::string_view serial, const Clock &clock);
    Result<std::vector<IssuedCertificate>> list(const Clock &clock) const;

    const std::filesystem::path &folder() const noexcept { return m_folder; }
    const std::string &trustDomain() const noexcept { return m_trustDomain; }

private:
    CertificateAuthority(std::filesystem::path folder, std::string trustDomain)
        : m_folder(std::move(folder)), m_trustDomain(std::move(trustDomain))
    {}

    std::filesystem::path m_folder;
    std::string m_trustDomain;
};

/// Reads a leaf certificate file's identity and validity without verifying it. Errors: NotFound, Malformed.
Result<IssuedCertificate> inspectCertificate(const TlsFiles &files, const Clock &clock);

} // namespace tapio::transport
