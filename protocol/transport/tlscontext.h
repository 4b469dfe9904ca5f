// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "protocol/base/clock.h"
#include "protocol/transport/cause.h"
#include "protocol/transport/certificate.h"
#include "protocol/transport/endpoint.h"
#include "protocol/transport/openssl.h"

namespace tapio::transport {

/// Whom a side accepts at the other end.
struct PeerRule {
    KeyPurpose purpose = KeyPurpose::ClientAuth;
    std::vector<Role> roles;
    std::string name; ///< empty = any
};

/// Our certificate, our trust anchor and the rules for peers, as one SSL_CTX: TLS 1.3 only, both sides authenticated, no
/// tickets, no early data. Immutable; lives as long as the sessions made from it. Internal to the transport.
class TlsContext {
public:
    /// Errors: NotFound, PermissionDenied (key readable by others), Malformed, InvalidArgument (our certificate is made for the
    /// other side); each names the file.
    static Result<std::shared_ptr<const TlsContext>> load(const TlsFiles &files, PeerRule rule);

    SSL_CTX *get() const noexcept { return m_context.get(); }
    const Identity &own() const noexcept { return m_own; }
    const PeerRule &rule() const noexcept { return m_rule; }

    /// Whether a certificate that OpenSSL has verified belongs to a peer that we accept.
    std::optional<Cause> refuse(X509 *certificate) const;

private:
    explicit TlsContext(PeerRule rule) : m_rule(std::move(rule)) {}
    Status configure();
    Status loadFiles(const TlsFiles &files);

    PeerRule m_rule;
    Identity m_own;
    SslContextPtr m_context;
};

/// The current TlsContext of a set of files: loaded again when one of them has changed. A change that cannot be loaded (a
/// pair half-written, a typing error) keeps the context that worked. One thread.
class TlsCredentials {
public:
    TlsCredentials(TlsFiles files, PeerRule rule) : m_files(std::move(files)), m_rule(std::move(rule)) {}

    /// The first load, or the next one when a file changed. The error is the load's; current() stays what it was.
    Status refresh();
    const std::shared_ptr<const TlsContext> &current() const noexcept { return m_current; }

private:
    std::string stamp() const;

    TlsFiles m_files;
    PeerRule m_rule;
    std::string m_stamp;
    std::shared_ptr<const TlsContext> m_current;
};

} // namespace tapio::transport
