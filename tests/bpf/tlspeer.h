// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include <openssl/ssl.h>

/// TLS of OpenSSL for child processes.
namespace tapio::test {

/// A certificate that signs itself and ends in so many seconds, or has ended.
bool certify(SSL_CTX *context, long seconds = 3600);

/// Both ends of a connection in one thread.
class TlsPair {
public:
    enum class Way {
        Sockets, ///< TCP on loopback, blocking
        Memory,  ///< no socket at all
    };
    /// Connected and with the handshake done, or `isReady` is false.
    explicit TlsPair(Way way = Way::Sockets);
    ~TlsPair();
    TlsPair(const TlsPair &) = delete;
    TlsPair &operator=(const TlsPair &) = delete;

    bool isReady() const { return m_ready; }
    SSL *client() const { return m_client.get(); }
    SSL *server() const { return m_server.get(); }
    int clientFd() const { return m_fds[0]; }
    int serverFd() const { return m_fds[1]; }

    /// One write of all of it, and reads of at most `most` bytes until it is there. With the functions *_ex, if `ex`.
    static bool pass(SSL *from, SSL *to, const std::string &bytes, std::size_t most = 16384, bool ex = false);
    bool ask(const std::string &bytes) const { return pass(client(), server(), bytes); }
    bool reply(const std::string &bytes) const { return pass(server(), client(), bytes); }
    /// SSL_free, with nothing said to the peer.
    void freeClient() { m_client.reset(); }
    void freeServer() { m_server.reset(); }
    static bool setBlocking(int fd, bool blocking);

private:
    struct Free {
        void operator()(SSL *ssl) const { SSL_free(ssl); }
        void operator()(SSL_CTX *context) const { SSL_CTX_free(context); }
    };
    bool connectSockets();
    bool connectMemory();
    bool shakeHands();

    std::unique_ptr<SSL_CTX, Free> m_clientContext, m_serverContext;
    std::unique_ptr<SSL, Free> m_client, m_server;
    int m_fds[2] = {-1, -1};
    bool m_ready = false;
};

} // namespace tapio::test
