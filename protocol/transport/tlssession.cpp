// SPDX-License-Identifier: GPL-3.0-or-later
#include "protocol/transport/tlssession.h"

#include <algorithm>
#include <cerrno>
#include <system_error>

#include <openssl/err.h>
#include <openssl/x509_vfy.h>
#include <sys/socket.h>

#include "protocol/transport/certificate.h"
#include "protocol/transport/tlscause.h"

namespace tapio::transport {

namespace {

constexpr std::size_t keptBufferBytes = 128 * 1024;
constexpr std::uint8_t keyUpdateMessage = 24; // RFC 8446, section 4

TlsSession *sessionOf(const SSL *ssl) { return static_cast<TlsSession *>(SSL_get_app_data(ssl)); }

Cause causeOfErrno(int errnum)
{
    if (errnum == ECONNRESET || errnum == EPIPE)
        return {"reset", "The other side reset the connection."};
    if (errnum == ETIMEDOUT)
        return {"heartbeat-timeout", "The other side's machine or the network stopped answering."};
    return {"io", "The socket failed: " + std::generic_category().message(errnum) + '.'};
}

} // namespace

BIO_METHOD *TlsSession::bioMethod()
{
    static const BioMethodPtr method = [] {
        BioMethodPtr made(BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "tapio"));
        if (made) {
            BIO_meth_set_read(made.get(), &TlsSession::bioRead);
            BIO_meth_set_write(made.get(), &TlsSession::bioWrite);
            BIO_meth_set_ctrl(made.get(), &TlsSession::bioControl);
        }
        return made;
    }();
    return method.get();
}

void TlsSession::install(SSL_CTX *context)
{
    SSL_CTX_set_cert_verify_callback(context, &TlsSession::verify, nullptr);
    SSL_CTX_set_msg_callback(context, &TlsSession::watchMessages);
}

TlsSession::TlsSession(std::shared_ptr<const TlsContext> context, TlsSide side, int fd, const Clock &clock)
    : m_context(std::move(context)), m_clock(clock), m_fd(fd), m_ssl(SSL_new(m_context->get()))
{
    BIO *bio = BIO_new(bioMethod());
    if (!m_ssl || bio == nullptr) {
        BIO_free(bio);
        m_ssl.reset();
        m_cause = {"io", "OpenSSL has no memory for another connection."};
        return;
    }
    BIO_set_data(bio, this);
    BIO_set_init(bio, 1);
    SSL_set_bio(m_ssl.get(), bio, bio);
    SSL_set_app_data(m_ssl.get(), this);
    X509_VERIFY_PARAM_set_time(SSL_get0_param(m_ssl.get()), static_cast<std::time_t>(clock.utcNs() / nsPerSecond));
    if (side == TlsSide::Accept)
        SSL_set_accept_state(m_ssl.get());
    else
        SSL_set_connect_state(m_ssl.get());
}

void TlsSession::setServerName(const std::string &host)
{
    // What SSL_set_tlsext_host_name() expands to, without its C cast. OpenSSL copies the name.
    std::string copy = host;
    if (m_ssl)
        SSL_ctrl(m_ssl.get(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, copy.data());
}

TlsResult TlsSession::handshake()
{
    if (!m_ssl)
        return TlsResult::Failed;
    ERR_clear_error();
    m_socketEmpty = false;
    const int returned = SSL_do_handshake(m_ssl.get());
    if (returned != 1)
        return result(returned);
    auto identity = readIdentity(SSL_get0_peer_certificate(m_ssl.get()));
    if (!identity) {
        m_cause = {"bad-identity", identity.error().context()};
        return TlsResult::Failed;
    }
    m_peer = std::move(*identity);
    return TlsResult::Done;
}

TlsResult TlsSession::read(std::span<std::byte> out, std::size_t &count)
{
    count = 0;
    while (count < out.size()) {
        ERR_clear_error();
        m_socketEmpty = false;
        std::size_t got = 0;
        const int returned = SSL_read_ex(m_ssl.get(), out.data() + count, out.size() - count, &got);
        if (returned != 1) {
            const TlsResult verdict = result(returned);
            return count > 0 && verdict == TlsResult::Again ? TlsResult::Done : verdict;
        }
        count += got;
    }
    return TlsResult::Done;
}

bool TlsSession::write(std::span<const std::byte> data)
{
    ERR_clear_error();
    std::size_t written = 0;
    if (data.empty() || (SSL_write_ex(m_ssl.get(), data.data(), data.size(), &written) == 1 && written == data.size()))
        return true;
    m_cause = causeOfOpensslQueue().value_or(Cause{"io", "OpenSSL refused to encrypt."});
    return false;
}

bool TlsSession::flush()
{
    while (hasUnsent()) {
        const ssize_t count = ::send(m_fd, m_outgoing.data() + m_sent, m_outgoing.size() - m_sent, MSG_NOSIGNAL);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            return true;
        if (count < 0) {
            m_cause = causeOfErrno(errno);
            return false;
        }
        m_sent += static_cast<std::size_t>(count);
    }
    m_outgoing.clear();
    m_sent = 0;
    if (m_outgoing.capacity() > keptBufferBytes)
        m_outgoing.shrink_to_fit();
    return true;
}

void TlsSession::sendCloseNotify()
{
    ERR_clear_error();
    if (m_ssl && SSL_is_init_finished(m_ssl.get()) == 1)
        SSL_shutdown(m_ssl.get());
    ERR_clear_error();
}

TlsResult TlsSession::result(int returned)
{
    const int error = SSL_get_error(m_ssl.get(), returned);
    if (error == SSL_ERROR_WANT_READ)
        return m_socketEmpty ? TlsResult::Blocked : TlsResult::Again;
    if (error == SSL_ERROR_ZERO_RETURN) {
        m_cause = {"closed", "The other side closed the connection."};
        return TlsResult::Closed;
    }
    m_cause = explain(error);
    return TlsResult::Failed;
}

Cause TlsSession::explain(int sslError)
{
    if (!m_cause.code.empty()) { // the verification callback knows better than OpenSSL
        ERR_clear_error();
        return m_cause;
    }
    if (m_flooded)
        return {"command-flood", "It changed its TLS keys faster than once per second."};
    if (auto cause = causeOfOpensslQueue())
        return *cause;
    if (m_errno != 0)
        return causeOfErrno(m_errno);
    if (m_endOfStream)
        return {"reset", "The connection ended without a goodbye."};
    return {"io", "TLS failed with OpenSSL's error " + std::to_string(sslError) + '.'};
}

int TlsSession::bioRead(BIO *bio, char *data, int size) { return static_cast<TlsSession *>(BIO_get_data(bio))->receive(data, size, bio); }

int TlsSession::receive(char *data, int size, BIO *bio)
{
    BIO_clear_retry_flags(bio);
    if (m_flooded)
        return -1;
    ssize_t count = 0;
    do {
        count = ::recv(m_fd, data, static_cast<std::size_t>(size), 0);
    } while (count < 0 && errno == EINTR);
    if (count > 0)
        return static_cast<int>(count);
    if (count == 0) {
        m_endOfStream = true;
        return 0;
    }
    if (errno == EAGAIN || errno == EWOULDBLOCK) {
        m_socketEmpty = true;
        BIO_set_retry_read(bio);
    } else {
        m_errno = errno;
    }
    return -1;
}

int TlsSession::bioWrite(BIO *bio, const char *data, int size)
{
    auto &outgoing = static_cast<TlsSession *>(BIO_get_data(bio))->m_outgoing;
    const auto *bytes = reinterpret_cast<const std::byte *>(data);
    outgoing.insert(outgoing.end(), bytes, bytes + size);
    return size;
}

long TlsSession::bioControl(BIO *bio, int command, long, void *)
{
    if (command == BIO_CTRL_FLUSH)
        return 1;
    if (command == BIO_CTRL_EOF)
        return static_cast<TlsSession *>(BIO_get_data(bio))->m_endOfStream ? 1 : 0;
    return 0;
}

int TlsSession::verify(X509_STORE_CTX *store, void *)
{
    const auto *ssl = static_cast<const SSL *>(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
    TlsSession *session = sessionOf(ssl);
    if (X509_verify_cert(store) != 1) {
        session->m_cause =
            causeOfVerification(X509_STORE_CTX_get_error(store)).value_or(Cause{"wrong-ca", "Its certificate could not be verified."});
        return 0;
    }
    auto cause = session->m_context->refuse(X509_STORE_CTX_get0_cert(store));
    if (!cause)
        return 1;
    // Which alert the peer gets follows from this code.
    X509_STORE_CTX_set_error(store, cause->code == "wrong-purpose" ? X509_V_ERR_INVALID_PURPOSE : X509_V_ERR_APPLICATION_VERIFICATION);
    session->m_cause = std::move(*cause);
    return 0;
}

std::optional<Cause> TlsSession::revokedBy(const TlsContext &context) const
{
    X509 *leaf = m_ssl ? SSL_get0_peer_certificate(m_ssl.get()) : nullptr;
    const std::unique_ptr<X509_STORE_CTX, void (*)(X509_STORE_CTX *)> check(X509_STORE_CTX_new(), X509_STORE_CTX_free);
    if (leaf == nullptr || check == nullptr
        || X509_STORE_CTX_init(check.get(), SSL_CTX_get_cert_store(context.get()), leaf, SSL_get_peer_cert_chain(m_ssl.get())) != 1)
        return std::nullopt;
    const bool good = X509_verify_cert(check.get()) == 1;
    const int error = X509_STORE_CTX_get_error(check.get());
    ERR_clear_error();
    // Any other fault is for new connections: a rotated authority does not cut those that it once let in.
    return !good && error == X509_V_ERR_CERT_REVOKED ? causeOfVerification(error) : std::nullopt;
}

void TlsSession::watchMessages(int outgoing, int, int contentType, const void *data, std::size_t size, SSL *ssl, void *)
{
    if (outgoing != 0 || contentType != SSL3_RT_HANDSHAKE || size == 0 || *static_cast<const std::uint8_t *>(data) != keyUpdateMessage)
        return;
    TlsSession *session = sessionOf(ssl);
    if (!session->m_keyUpdates.take(session->m_clock.bootNs()))
        session->m_flooded = true;
}

} // namespace tapio::transport
