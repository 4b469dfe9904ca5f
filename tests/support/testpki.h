// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QTemporaryDir>

#include <string>
#include <string_view>

#include "protocol/transport/pki.h"

namespace tapio::test {

/// A certificate authority in a temporary folder that goes with this object. Every call makes a certificate of its own or
/// returns the one it made before. Aborts the program when the folder cannot be written: no test could go on.
class TestPki {
public:
    explicit TestPki(std::string trustDomain = "test.tapio");

    transport::TlsFiles server(const std::string &name = "server-1") { return of(Role::Server, name); }
    transport::TlsFiles node(const std::string &name = "node-1") { return of(Role::Node, name); }
    transport::TlsFiles console(const std::string &name = "console-1") { return of(Role::Console, name); }
    transport::TlsFiles of(Role role, const std::string &name);

    /// A certificate that the authority would not make: see the fields. Signed by this authority.
    struct Odd {
        std::string uri = "spiffe://test.tapio/tapio/node/odd-1";
        std::int64_t notBeforeNs = 0; ///< 0 = an hour ago
        std::int64_t notAfterNs = 0;  ///< 0 = in an hour
        enum class Purpose { None, ClientAuth, ServerAuth } purpose = Purpose::ClientAuth;
    };
    transport::TlsFiles odd(const Odd &spec);
    /// Revokes what of() made; rewrites the lists beside all certificates.
    void revoke(Role role, const std::string &name);

    transport::CertificateAuthority &authority() { return m_authority; }
    QString path() const { return m_folder.path(); }

private:
    QTemporaryDir m_folder;
    SystemClock m_clock;
    transport::CertificateAuthority m_authority;
    int m_odd = 0;
};

} // namespace tapio::test
