// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/bpf/tlspeer.h"

#include <algorithm>
#include <array>

#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/bpf/tcppeer.h"

namespace tapio::test {

bool certify(SSL_CTX *context, long seconds)
{
    constexpr long day = 86'400;
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *certificate = X509_new();
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -day);
    X509_gmtime_adj(X509_getm_notAfter(certificate), seconds);
    X509_set_pubkey(certificate, key);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char *>("h.example"),
                               -1, -1, 0);
    X509_set_issuer_name(certificate, X509_get_subject_name(certificate));
    const bool fine = key != nullptr && X509_sign(certificate, key, EVP_sha256()) > 0 && SSL_CTX_use_certificate(context, certificate) == 1
                      && SSL_CTX_use_PrivateKey(context, key) == 1;
    X509_free(certificate);
    EVP_PKEY_free(key);
    return fine;
}

TlsPair::TlsPair(Way way) : m_clientContext(SSL_CTX_new(TLS_client_method())), m_serverContext(SSL_CTX_new(TLS_server_method()))
{
    if (!m_clientContext || !m_serverContext || !certify(m_serverContext.get()))
        return;
    SSL_CTX_set_num_tickets(m_serverContext.get(), 0); // which the client would read first
    m_client.reset(SSL_new(m_clientContext.get()));
    m_server.reset(SSL_new(m_serverContext.get()));
    SSL_set_connect_state(client());
    SSL_set_accept_state(server());
    m_ready = (way == Way::Sockets ? connectSockets() : connectMemory()) && shakeHands()
              && (way == Way::Memory || (setBlocking(m_fds[0], true) && setBlocking(m_fds[1], true)));
}

TlsPair::~TlsPair()
{
    for (const int fd : m_fds) {
        if (fd >= 0)
            ::close(fd);
    }
}

bool TlsPair::setBlocking(int fd, bool blocking)
{
    const int flags = ::fcntl(fd, F_GETFL);
    return ::fcntl(fd, F_SETFL, blocking ? flags & ~O_NONBLOCK : flags | O_NONBLOCK) == 0;
}

bool TlsPair::connectSockets()
{
    std::uint16_t port = 0;
    const int listener = listenOn(Family::V4, 1, port);
    m_fds[0] = connectTo(Family::V4, port);
    m_fds[1] = ::accept(listener, nullptr, nullptr);
    ::close(listener);
    return setBlocking(m_fds[0], false) && setBlocking(m_fds[1], false) && SSL_set_fd(client(), m_fds[0]) == 1
           && SSL_set_fd(server(), m_fds[1]) == 1;
}

bool TlsPair::connectMemory()
{
    BIO *one = nullptr, *other = nullptr;
    if (BIO_new_bio_pair(&one, 0, &other, 0) != 1)
        return false;
    SSL_set_bio(client(), one, one);
    SSL_set_bio(server(), other, other);
    return true;
}

bool TlsPair::shakeHands()
{
    for (int i = 0; i < 10'000; ++i) {
        const int one = SSL_do_handshake(client()), other = SSL_do_handshake(server());
        if (one == 1 && other == 1)
            return true;
    }
    return false;
}

bool TlsPair::pass(SSL *from, SSL *to, const std::string &bytes, std::size_t most, bool ex)
{
    std::size_t written = 0;
    if (ex ? SSL_write_ex(from, bytes.data(), bytes.size(), &written) != 1
           : SSL_write(from, bytes.data(), static_cast<int>(bytes.size())) != static_cast<int>(bytes.size()))
        return false;
    std::array<char, 16384> block;
    for (std::size_t got = 0; got < bytes.size();) {
        const std::size_t wanted = std::min({most, block.size(), bytes.size() - got});
        std::size_t now = 0;
        if (ex) {
            if (SSL_read_ex(to, block.data(), wanted, &now) != 1)
                return false;
        } else {
            const int count = SSL_read(to, block.data(), static_cast<int>(wanted));
            if (count <= 0)
                return false;
            now = static_cast<std::size_t>(count);
        }
        got += now;
    }
    return true;
}

} // namespace tapio::test
