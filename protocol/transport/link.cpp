// SPDX-License-Identifier: GPL-3.0-or-later
#include "protocol/transport/link.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace tapio::transport {

namespace {

constexpr int turnsPerWake = 4; // of one scratch buffer each: no link keeps the thread from the others
constexpr std::int64_t localRetryNs = 5 * nsPerMs;
constexpr std::int64_t finishLimitNs = 500 * nsPerMs;
constexpr std::int64_t finishStepNs = 20 * nsPerMs;
constexpr std::int64_t finishQuietNs = 60 * nsPerMs;
constexpr std::uint8_t tlsHandshakeRecord = 0x16; // RFC 8446, section 5.1

bool isReadable(std::uint32_t events) { return (events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0; }
bool isWritable(std::uint32_t events) { return (events & (EPOLLOUT | EPOLLHUP | EPOLLERR)) != 0; }

/// What listened is this process (unix(7), SO_PEERCRED), and not one that put its own socket in the place of ours.
bool isOurs(int fd)
{
    ucred peer{};
    socklen_t bytes = sizeof(peer);
    return ::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &bytes) == 0 && peer.pid == ::getpid();
}

std::string inWords(std::chrono::nanoseconds time)
{
    const auto seconds = std::chrono::duration_cast<std::chrono::milliseconds>(time).count();
    return seconds % 1000 == 0 ? std::to_string(seconds / 1000) + " s" : std::to_string(seconds) + " ms";
}

} // namespace

Link::Link(Reactor &reactor, Owner &owner, const LinkOptions &options, std::shared_ptr<const TlsContext> context, Peer peer,
           std::uint64_t id, std::chrono::nanoseconds life)
    : m_reactor(reactor), m_owner(owner), m_options(options), m_peer(std::move(peer)), m_id(id),
      m_session(std::move(context), options.side, m_peer.socket.get(), reactor.clock()), m_guard(options.maxMessageBytes)
{
    const std::int64_t nowNs = reactor.clock().bootNs();
    m_startNs = nowNs;
    m_deadlineNs = nowNs + options.handshakeDeadline.count();
    m_lifeEndNs = nowNs + life.count();
    if (!m_peer.serverName.empty())
        m_session.setServerName(m_peer.serverName);
}

Link::~Link() { m_reactor.forget(*this); }

void Link::start()
{
    m_peerWatch.emplace(m_reactor, *this, m_peer.socket.get());
    m_reactor.setTimer(*this, m_deadlineNs);
    if (m_options.side == TlsSide::Connect)
        shakeHands();
    rearm();
}

void Link::end(Cause cause)
{
    if (m_state == State::Ended)
        return;
    m_state = State::Ended;
    m_session.flush(); // the alert that tells the peer why, if the socket takes it
    m_reactor.forget(*this);
    m_peerWatch.reset();
    m_localWatch.reset();
    m_peer.socket.reset();
    m_local.reset();
    m_owner.onEnded(*this, cause);
}

bool Link::isMute(std::chrono::nanoseconds patience) const
{
    return m_state == State::Tls && !m_firstSeen && m_reactor.clock().bootNs() - m_startNs >= patience.count();
}

void Link::finish(Cause cause)
{
    if (m_state == State::Finishing || m_state == State::Lingering)
        return;
    if (m_state != State::Open || m_peerEnded) {
        end(std::move(cause));
        return;
    }
    const std::int64_t nowNs = m_reactor.clock().bootNs();
    m_finishCause = std::move(cause);
    m_state = State::Finishing;
    m_deadlineNs = nowNs + finishLimitNs;
    m_localNs = nowNs;
    m_toLocal.clear();
    m_toLocalSent = 0;
    m_reactor.setTimer(*this, nowNs + finishStepNs);
    m_reactor.markHot(*this);
    rearm();
}

void Link::onReady(int fd, std::uint32_t events)
{
    if (fd == m_local.get()) {
        if (isWritable(events) && !m_toLocal.empty()) {
            flushToLocal();
            pumpFromPeer(); // what waits inside OpenSSL is announced by nobody
        }
        if (isReadable(events))
            pumpFromLocal();
    } else {
        if (isWritable(events) && m_session.hasUnsent()) {
            if (!m_session.flush())
                peerEnded();
            else
                pumpFromLocal();
        }
        if (isReadable(events)) {
            if (m_state == State::Tls)
                shakeHands();
            else
                pumpFromPeer();
        }
    }
    rearm();
}

void Link::onHot()
{
    if (m_state == State::Tls)
        shakeHands();
    else
        pumpFromPeer();
    rearm();
}

void Link::onTimer(std::int64_t nowNs)
{
    switch (m_state) {
    case State::Open: checkOpen(nowNs); break;
    case State::Finishing:
    case State::Lingering: checkFinishing(nowNs); break;
    case State::Ended: break;
    default:
        if (nowNs >= m_deadlineNs)
            end({"handshake-timeout", "It did not complete the handshake within " + inWords(m_options.handshakeDeadline) + '.'});
        else
            connectLocal();
    }
    rearm();
}

void Link::shakeHands()
{
    if (m_options.side == TlsSide::Accept && !m_firstSeen) {
        m_firstSeen = true;
        if (auto cause = recognisePlaintext()) {
            end(std::move(*cause));
            return;
        }
    }
    const TlsResult result = m_session.handshake();
    const bool sent = m_session.flush();
    if (result == TlsResult::Failed || result == TlsResult::Closed || !sent) {
        end(m_session.cause());
        return;
    }
    if (result == TlsResult::Again)
        m_reactor.markHot(*this);
    if (result != TlsResult::Done)
        return;
    m_state = State::Local;
    connectLocal();
}

std::optional<Cause> Link::recognisePlaintext() const
{
    std::array<unsigned char, 8> start{};
    const ssize_t count = ::recv(m_peer.socket.get(), start.data(), start.size(), MSG_PEEK);
    if (count <= 0 || start[0] == tlsHandshakeRecord)
        return std::nullopt;
    const auto end = start.begin() + count;
    if (start[0] == 0xFF && std::all_of(start.begin() + 1, end, [](unsigned char c) { return c == 0; }))
        return Cause{"plaintext", "It spoke ZeroMQ without TLS."};
    if (std::all_of(start.begin(), end, [](unsigned char c) { return (c >= ' ' && c < 127) || c == '\r' || c == '\n'; }))
        return Cause{"plaintext", "It sent plain text (HTTP, perhaps) instead of TLS."};
    return Cause{"garbage", "It sent bytes that are not TLS."};
}

void Link::connectLocal()
{
    if (m_state != State::Local)
        return;
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, m_options.localPath.c_str(), m_options.localPath.size() + 1);
    m_local = FileDescriptor(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!m_local) {
        end({"io", std::string("This side has no file descriptor left: ") + std::strerror(errno) + '.'});
        return;
    }
    if (::connect(m_local.get(), reinterpret_cast<const sockaddr *>(&address), sizeof address) != 0) {
        if (errno == EAGAIN) { // libzmq has not yet accepted those before us
            m_reactor.setTimer(*this, std::min(m_deadlineNs, m_reactor.clock().bootNs() + localRetryNs));
            return;
        }
        end({"io", std::string("The local ZeroMQ socket did not answer: ") + std::strerror(errno) + '.'});
        return;
    }
    if (!isOurs(m_local.get())) {
        end({"io", "The local ZeroMQ socket is not this process's own."});
        return;
    }
    m_reactor.setTimer(*this, m_deadlineNs);
    m_localWatch.emplace(m_reactor, *this, m_local.get());
    m_prologue.emplace(m_options.peerSocketType, m_owner.describe(*this));
    m_state = State::Prologue;
    pumpFromPeer(); // the greeting may have come with the last flight of the handshake
}

bool Link::isReading() const noexcept { return m_state >= State::Prologue && m_state != State::Ended && !m_peerEnded && m_toLocal.empty(); }

void Link::pumpFromPeer()
{
    for (int turn = 0; turn < turnsPerWake && isReading(); ++turn) {
        const auto scratch = m_owner.scratch();
        std::size_t count = 0;
        const TlsResult result = m_session.read(scratch, count);
        if (count > 0)
            deliver(scratch.first(count));
        if (m_state == State::Ended)
            return;
        if (result == TlsResult::Closed || result == TlsResult::Failed) {
            peerEnded();
            return;
        }
        if (m_session.hasUnsent() && !m_session.flush()) { // answers to key updates
            peerEnded();
            return;
        }
        if (result == TlsResult::Blocked)
            return;
    }
    if (isReading())
        m_reactor.markHot(*this);
}

void Link::deliver(std::span<const std::byte> bytes)
{
    m_heardNs = m_reactor.clock().bootNs();
    if (m_state == State::Finishing || m_state == State::Lingering)
        return; // read only so that closing does not reset what we still send
    if (auto cause = inspect(bytes))
        end(std::move(*cause));
    else
        forward(bytes);
}

/// Takes the prologue off the front of `bytes`, and lets the guard see the rest.
std::optional<Cause> Link::inspect(std::span<const std::byte> &bytes)
{
    if (m_state == State::Prologue) {
        std::size_t consumed = 0;
        std::vector<std::byte> rewritten;
        if (auto cause = m_prologue->feed(bytes, consumed, rewritten))
            return cause;
        bytes = bytes.subspan(consumed);
        forward(rewritten);
        if (m_prologue->done() && m_state == State::Prologue) {
            m_prologue.reset();
            m_state = State::Open;
            m_wasOpen = true;
            checkOpen(m_heardNs);
            m_owner.onOpen(*this);
        }
    }
    return m_guard.scan(bytes, m_heardNs);
}

void Link::forward(std::span<const std::byte> bytes)
{
    while (!bytes.empty() && m_toLocal.empty() && m_state != State::Ended) {
        const ssize_t count = ::send(m_local.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            break;
        if (count < 0) {
            localEnded();
            return;
        }
        bytes = bytes.subspan(static_cast<std::size_t>(count));
    }
    m_toLocal.insert(m_toLocal.end(), bytes.begin(), bytes.end());
}

void Link::flushToLocal()
{
    while (m_toLocalSent < m_toLocal.size()) {
        const ssize_t count = ::send(m_local.get(), m_toLocal.data() + m_toLocalSent, m_toLocal.size() - m_toLocalSent, MSG_NOSIGNAL);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            return;
        if (count < 0) {
            localEnded();
            return;
        }
        m_toLocalSent += static_cast<std::size_t>(count);
    }
    m_toLocal.clear();
    m_toLocalSent = 0;
    if (m_peerEnded)
        end(m_session.cause());
}

void Link::pumpFromLocal()
{
    for (int turn = 0; turn < turnsPerWake && m_local && m_state != State::Lingering; ++turn) {
        if (m_session.hasUnsent())
            return; // the peer is slow: leave the rest in our socket
        const auto scratch = m_owner.scratch();
        const ssize_t count = ::recv(m_local.get(), scratch.data(), scratch.size(), 0);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            return;
        if (count <= 0) {
            localEnded();
            return;
        }
        m_localNs = m_reactor.clock().bootNs();
        if (!m_session.write(scratch.first(static_cast<std::size_t>(count))) || !m_session.flush()) {
            peerEnded();
            return;
        }
    }
}

void Link::peerEnded()
{
    if (m_state == State::Finishing || m_state == State::Lingering)
        end(m_finishCause);
    else if (m_toLocal.empty())
        end(m_session.cause());
    else
        m_peerEnded = true; // flushToLocal() ends it
}

/// Our own libzmq socket hung up: it is being closed, or it did not like what the peer sent.
void Link::localEnded()
{
    if (m_state == State::Ended || m_state == State::Lingering)
        return;
    if (m_owner.isStopping())
        m_finishCause = {"closed", "This side closed the connection."};
    else if (m_state != State::Finishing)
        m_finishCause = {"garbage", "It sent something that ZeroMQ does not accept."};
    if (m_peerEnded || !m_wasOpen)
        end(m_finishCause);
    else
        linger();
}

void Link::linger()
{
    m_state = State::Lingering;
    m_deadlineNs = m_reactor.clock().bootNs() + finishLimitNs;
    m_toLocal.clear();
    m_toLocalSent = 0;
    m_localWatch.reset();
    m_local.reset();
    m_session.sendCloseNotify();
    if (!m_session.flush()) {
        end(m_finishCause);
        return;
    }
    if (!m_session.hasUnsent())
        ::shutdown(m_peer.socket.get(), SHUT_WR);
    m_reactor.setTimer(*this, m_reactor.clock().bootNs() + finishStepNs);
    m_reactor.markHot(*this);
}

void Link::checkOpen(std::int64_t nowNs)
{
    const Clock &clock = m_reactor.clock();
    const std::int64_t certificateLeftNs = identity().notAfterNs - clock.utcNs();
    if (certificateLeftNs <= 0) {
        finish({"expired", "Its certificate has expired."});
        return;
    }
    if (nowNs >= m_lifeEndNs) {
        finish({"closed", "The connection reached its longest life and is made anew."});
        return;
    }
    if (!m_toLocal.empty() && !m_peerEnded)
        m_heardNs = nowNs; // we are not listening: the silence is ours
    const std::int64_t silenceNs = nowNs - m_heardNs;
    const std::int64_t limitNs = m_options.heartbeatTimeout.count();
    if (silenceNs >= limitNs) {
        end({"heartbeat-timeout", "Nothing was heard from it for " + inWords(m_options.heartbeatTimeout) + '.'});
        return;
    }
    m_reactor.setTimer(*this, nowNs + std::min({limitNs - silenceNs, certificateLeftNs, m_lifeEndNs - nowNs}));
}

void Link::checkFinishing(std::int64_t nowNs)
{
    if (nowNs >= m_deadlineNs) {
        end(m_finishCause);
        return;
    }
    m_reactor.setTimer(*this, nowNs + finishStepNs);
    if (m_state == State::Finishing && !m_session.hasUnsent() && nowNs - m_localNs >= finishQuietNs)
        linger();
    else if (m_state == State::Lingering && !m_session.hasUnsent())
        ::shutdown(m_peer.socket.get(), SHUT_WR);
}

void Link::rearm()
{
    if (m_state == State::Ended)
        return;
    const bool blocked = m_session.hasUnsent();
    const bool readsPeer = m_state == State::Tls || isReading();
    m_peerWatch->set((readsPeer ? static_cast<std::uint32_t>(EPOLLIN) : 0u) | (blocked ? static_cast<std::uint32_t>(EPOLLOUT) : 0u));
    if (!m_localWatch)
        return;
    m_localWatch->set((blocked ? 0u : static_cast<std::uint32_t>(EPOLLIN))
                      | (m_toLocal.empty() ? 0u : static_cast<std::uint32_t>(EPOLLOUT)));
}

} // namespace tapio::transport
