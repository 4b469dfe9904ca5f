// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/transport/rawpeer.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include "protocol/transport/openssl.h"

namespace tapio::test {

using namespace std::chrono;

struct RawPeer::Tls {
    transport::SslContextPtr context;
    transport::SslPtr ssl;
};

namespace {

sockaddr_storage addressOf(const std::string &ip, std::uint16_t port, socklen_t &size)
{
    sockaddr_storage storage{};
    if (ip.find(':') != std::string::npos) {
        auto *v6 = reinterpret_cast<sockaddr_in6 *>(&storage);
        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons(port);
        ::inet_pton(AF_INET6, ip.c_str(), &v6->sin6_addr);
        size = sizeof *v6;
    } else {
        auto *v4 = reinterpret_cast<sockaddr_in *>(&storage);
        v4->sin_family = AF_INET;
        v4->sin_port = htons(port);
        ::inet_pton(AF_INET, ip.c_str(), &v4->sin_addr);
        size = sizeof *v4;
    }
    return storage;
}

/// OpenSSL writes without MSG_NOSIGNAL; the signal stays blocked on this thread only.
void blockSigpipe()
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

} // namespace

RawPeer::RawPeer() { blockSigpipe(); }

RawPeer::RawPeer(std::uint16_t port, const std::string &from, const std::string &to)
{
    blockSigpipe();
    socklen_t size = 0;
    const sockaddr_storage target = addressOf(to, port, size);
    m_fd = ::socket(target.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setTimeout(seconds(10));
    bool ok = m_fd >= 0;
    if (!from.empty()) {
        socklen_t sourceSize = 0;
        const sockaddr_storage source = addressOf(from, 0, sourceSize);
        ok = ok && ::bind(m_fd, reinterpret_cast<const sockaddr *>(&source), sourceSize) == 0;
    }
    ok = ok && ::connect(m_fd, reinterpret_cast<const sockaddr *>(&target), size) == 0;
    if (!ok && m_fd >= 0) {
        ::close(m_fd);
        m_fd = -1;
    }
}

std::unique_ptr<RawPeer> RawPeer::fromSocket(int fd)
{
    std::unique_ptr<RawPeer> peer(new RawPeer);
    peer->m_fd = fd;
    peer->setTimeout(seconds(10));
    return peer;
}

RawPeer::~RawPeer()
{
    m_tls.reset();
    if (m_fd >= 0)
        ::close(m_fd);
}

void RawPeer::setTimeout(milliseconds timeout)
{
    timeval value{};
    value.tv_sec = timeout.count() / 1000;
    value.tv_usec = (timeout.count() % 1000) * 1000;
    ::setsockopt(m_fd, SOL_SOCKET, SO_RCVTIMEO, &value, sizeof value);
    ::setsockopt(m_fd, SOL_SOCKET, SO_SNDTIMEO, &value, sizeof value);
}

bool RawPeer::startTls(const RawTlsOptions &options, bool accept)
{
    m_tls = std::make_unique<Tls>();
    m_tls->context.reset(SSL_CTX_new(TLS_method()));
    SSL_CTX *context = m_tls->context.get();
    SSL_CTX_set_min_proto_version(context, options.version);
    SSL_CTX_set_max_proto_version(context, options.version);
    if (options.files) {
        SSL_CTX_use_certificate_file(context, options.files->certificate.c_str(), SSL_FILETYPE_PEM);
        SSL_CTX_use_PrivateKey_file(context, options.files->key.c_str(), SSL_FILETYPE_PEM);
    }
    m_tls->ssl.reset(SSL_new(context));
    SSL_set_fd(m_tls->ssl.get(), m_fd);
    return (accept ? SSL_accept(m_tls->ssl.get()) : SSL_connect(m_tls->ssl.get())) == 1;
}

bool RawPeer::send(std::string_view bytes)
{
    while (!bytes.empty()) {
        const auto size = static_cast<int>(std::min<std::size_t>(bytes.size(), 1u << 20));
        const auto count = m_tls ? SSL_write(m_tls->ssl.get(), bytes.data(), size)
                                 : static_cast<int>(::send(m_fd, bytes.data(), static_cast<std::size_t>(size), MSG_NOSIGNAL));
        if (count <= 0)
            return false;
        bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    return true;
}

bool RawPeer::startZmtp(std::string_view socketType, std::string_view extraProperties)
{
    constexpr std::size_t upToSize = 64 + 2;
    if (!send(zmtpGreeting() + zmtpReady(socketType, extraProperties)))
        return false;
    std::string theirs = read(upToSize);
    const std::size_t whole = theirs.size() < upToSize ? 0 : upToSize + static_cast<unsigned char>(theirs[upToSize - 1]);
    theirs += read(whole - std::min(whole, theirs.size()));
    return whole > 0 && theirs.size() >= whole;
}

std::string RawPeer::read(std::size_t count)
{
    std::string all;
    std::array<char, 4096> buffer{};
    while (all.size() < count) {
        const auto got = m_tls ? SSL_read(m_tls->ssl.get(), buffer.data(), buffer.size())
                               : static_cast<int>(::recv(m_fd, buffer.data(), buffer.size(), 0));
        if (got <= 0)
            break;
        all.append(buffer.data(), static_cast<std::size_t>(got));
    }
    return all;
}

bool RawPeer::waitForEnd(milliseconds timeout)
{
    // On the TCP level: what a half-dead TLS session would make of the bytes does not matter.
    const auto until = steady_clock::now() + timeout;
    std::array<char, 4096> buffer{};
    while (steady_clock::now() < until) {
        pollfd item{m_fd, POLLIN, 0};
        ::poll(&item, 1, static_cast<int>(duration_cast<milliseconds>(until - steady_clock::now()).count()) + 1);
        const ssize_t got = ::recv(m_fd, buffer.data(), buffer.size(), MSG_DONTWAIT);
        if (got == 0 || (got < 0 && errno != EAGAIN))
            return true;
    }
    return false;
}

bool RawPeer::updateKeys()
{
    return SSL_key_update(m_tls->ssl.get(), SSL_KEY_UPDATE_REQUESTED) == 1 && SSL_do_handshake(m_tls->ssl.get()) == 1;
}

void RawPeer::shutdown() { ::shutdown(m_fd, SHUT_WR); }

void RawPeer::reset()
{
    const linger now{1, 0};
    ::setsockopt(m_fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    m_tls.reset();
    ::close(m_fd);
    m_fd = -1;
}

RawListener::RawListener() : m_fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0))
{
    socklen_t size = 0;
    sockaddr_storage address = addressOf("127.0.0.1", 0, size);
    if (::bind(m_fd, reinterpret_cast<sockaddr *>(&address), size) == 0 && ::listen(m_fd, 64) == 0
        && ::getsockname(m_fd, reinterpret_cast<sockaddr *>(&address), &size) == 0)
        m_port = ntohs(reinterpret_cast<sockaddr_in *>(&address)->sin_port);
}

RawListener::~RawListener() { ::close(m_fd); }

std::unique_ptr<RawPeer> RawListener::accept(milliseconds timeout)
{
    pollfd item{m_fd, POLLIN, 0};
    if (::poll(&item, 1, static_cast<int>(timeout.count())) != 1)
        return nullptr;
    return RawPeer::fromSocket(::accept(m_fd, nullptr, nullptr));
}

std::string zmtpGreeting(std::string_view mechanism, char major)
{
    std::string greeting("\xFF\0\0\0\0\0\0\0\1\x7F", 10);
    greeting += major;
    greeting += '\1';
    greeting += mechanism;
    greeting.resize(64, '\0');
    return greeting;
}

std::string zmtpProperty(std::string_view name, std::string_view value)
{
    std::string text(1, static_cast<char>(name.size()));
    text += name;
    for (int shift = 24; shift >= 0; shift -= 8)
        text += static_cast<char>(value.size() >> shift & 0xFF);
    text += value;
    return text;
}

std::string zmtpReady(std::string_view socketType, std::string_view extraProperties)
{
    std::string body("\5READY");
    body += zmtpProperty("Socket-Type", socketType);
    body += extraProperties;
    return zmtpFrame(4, body);
}

std::string zmtpLongHeader(char flags, std::uint64_t size)
{
    std::string header(1, static_cast<char>(flags | 2));
    for (int shift = 56; shift >= 0; shift -= 8)
        header += static_cast<char>(size >> shift & 0xFF);
    return header;
}

std::string zmtpFrame(char flags, std::string_view body)
{
    std::string frame;
    if (body.size() > 255) {
        frame = zmtpLongHeader(flags, body.size());
    } else {
        frame += flags;
        frame += static_cast<char>(body.size());
    }
    frame += body;
    return frame;
}

std::string zmtpPing() { return zmtpFrame(4, std::string_view("\4PING\0\0", 7)); }

} // namespace tapio::test
