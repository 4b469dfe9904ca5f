// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "protocol/transport/cause.h"
#include "protocol/transport/tlscontext.h"
#include "protocol/transport/zmtp.h"

namespace tapio::transport {

enum class TlsSide : std::uint8_t { Accept, Connect };

enum class TlsResult : std::uint8_t {
    Done,    ///< the handshake is over, or bytes were read
    Blocked, ///< the socket has no more bytes now
    Again,   ///< nothing came out, but bytes may be waiting inside OpenSSL: call again
    Closed,  ///< the peer said goodbye (close_notify)
    Failed,  ///< see cause()
};

/// One TLS connection over a non-blocking socket that the caller owns. What is written gathers in a buffer and leaves by
/// flush() in few large sends: no SIGPIPE, and a blocked socket never blocks the handshake. One thread. Not movable: OpenSSL
/// holds its address. Internal to the transport.
class TlsSession {
public:
    TlsSession(std::shared_ptr<const TlsContext> context, TlsSide side, int fd, const Clock &clock);
    TlsSession(const TlsSession &) = delete;
    TlsSession &operator=(const TlsSession &) = delete;

    /// Names the server for routers that read SNI (TLS passthrough).
    void setServerName(const std::string &host);

    TlsResult handshake();
    /// Reads until `out` is full or the socket is empty; `count` bytes came.
    TlsResult read(std::span<std::byte> out, std::size_t &count);
    /// Encrypts into the send buffer; false on an OpenSSL error.
    bool write(std::span<const std::byte> data);
    /// Sends what has gathered; false on a socket error (see cause()).
    bool flush();
    bool hasUnsent() const noexcept { return m_sent < m_outgoing.size(); }
    void sendCloseNotify();

    const Cause &cause() const noexcept { return m_cause; }
    /// The verified certificate's identity, after the handshake.
    const Identity &peer() const noexcept { return m_peer; }

    /// Why the peer's certificate, which was good at the handshake, is revoked by the list of a newer context; nothing when it is not.
    std::optional<Cause> revokedBy(const TlsContext &context) const;

    /// Sets what sessions need on a context: certificate verification with our rules, and the flood guard.
    static void install(SSL_CTX *context);

private:
    static BIO_METHOD *bioMethod();
    static int bioRead(BIO *bio, char *data, int size);
    static int bioWrite(BIO *bio, const char *data, int size);
    static long bioControl(BIO *bio, int command, long number, void *pointer);
    static int verify(X509_STORE_CTX *store, void *);
    static void watchMessages(int outgoing, int, int contentType, const void *data, std::size_t size, SSL *ssl, void *);

    TlsResult result(int returned);
    Cause explain(int sslError);
    int receive(char *data, int size, BIO *bio);

    std::shared_ptr<const TlsContext> m_context;
    const Clock &m_clock;
    int m_fd;
    bool m_socketEmpty = false; ///< the last receive found nothing
    bool m_endOfStream = false;
    int m_errno = 0;
    TokenBucket m_keyUpdates{1.0, 20.0};
    bool m_flooded = false;
    Cause m_cause;
    Identity m_peer;
    std::vector<std::byte> m_outgoing;
    std::size_t m_sent = 0;
    SslPtr m_ssl;
};

} // namespace tapio::transport
