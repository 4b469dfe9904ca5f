// SPDX-License-Identifier: GPL-3.0-or-later
#include "protocol/transport/serverbridge.h"

#include <cerrno>
#include <cstring>

#include "protocol/transport/zmqsocket.h"

namespace tapio::transport {

namespace {

constexpr int acceptsPerWake = 64;
constexpr std::int64_t acceptPauseNs = 100 * nsPerMs;
constexpr std::int64_t reloadEveryNs = nsPerSecond;
constexpr std::chrono::milliseconds mutePatience{500}; ///< a peer of ours speaks as soon as it is connected

LinkOptions linkOptions(const ServerOptions &options, std::string localPath)
{
    return {TlsSide::Accept, std::move(localPath), "DEALER", options.maxMessageBytes, options.handshakeDeadline, options.heartbeatTimeout};
}

} // namespace

ServerBridge::ServerBridge(const ServerOptions &options, std::string localPath, Notify notify, const Clock &clock)
    : Bridge(linkOptions(options, std::move(localPath)), std::move(notify), clock), m_maxPending(options.maxPendingHandshakes),
      m_maxPendingPerOrigin(options.maxPendingPerAddress),
      m_credentials(options.tls, {KeyPurpose::ClientAuth, {Role::Node, Role::Console}, {}})
{}

Result<std::unique_ptr<ServerBridge>> ServerBridge::open(const ServerOptions &options, std::string localPath, Notify notify,
                                                         const Clock &clock)
{
    auto address = parseAddress(options.address, options.port);
    if (!address)
        return fail(address.error());
    std::unique_ptr<ServerBridge> bridge(new ServerBridge(options, std::move(localPath), std::move(notify), clock));
    bridge->m_address = *address;
    if (auto loaded = bridge->m_credentials.refresh(); !loaded)
        return fail(loaded.error());
    if (bridge->m_credentials.current()->own().role != Role::Server)
        return fail(Errc::InvalidArgument,
                    options.tls.certificate.string() + " is not the certificate of a server; 'tapio pki issue server NAME' makes one");
    if (auto opened = bridge->Bridge::open(); !opened)
        return fail(opened.error());
    if (auto listening = bridge->listen(); !listening)
        return fail(listening.error());
    bridge->run();
    return bridge;
}

Status ServerBridge::listen()
{
    raiseFileLimit();
    auto listener = listenOn(m_address);
    if (!listener)
        return fail(listener.error());
    m_listener = std::move(*listener);
    SocketAddress bound;
    if (::getsockname(m_listener.get(), bound.raw(), &bound.size) != 0)
        return failErrno("cannot ask for the listening port", errno);
    m_port = bound.port();
    m_addressText = bound.text();
    m_listenWatch.emplace(m_reactor, handler(), m_listener.get());
    m_listenWatch->set(EPOLLIN);
    m_reactor.setTimer(*this, m_reactor.clock().bootNs() + reloadEveryNs);
    return {};
}

void ServerBridge::closePeer(PeerId peer, Cause cause)
{
    m_reactor.post([this, peer, cause = std::move(cause)] {
        if (Link *link = findLink(peer))
            link->finish(cause);
    });
}

void ServerBridge::onReady(int, std::uint32_t)
{
    for (int i = 0; i < acceptsPerWake && acceptOne(); ++i) {}
}

void ServerBridge::onTimer(std::int64_t nowNs)
{
    if (!m_listenWatch)
        return; // stopping: the timer is the base's
    m_listenWatch->set(EPOLLIN);
    reloadFiles(false);
    m_reactor.setTimer(*this, nowNs + reloadEveryNs);
}

/// Changed files are for new connections, but for one thing: who is revoked now is cut now.
void ServerBridge::reloadFiles(bool everyFailure)
{
    const auto before = m_credentials.current();
    if (auto loaded = m_credentials.refresh(); !loaded) {
        const std::string failure = loaded.error().message();
        if (everyFailure || failure != m_toldFailure)
            report(NoticeKind::Refused, {}, {}, 0, {"tls-files", "Our changed certificate files cannot be used: " + failure});
        m_toldFailure = failure;
        return;
    }
    m_toldFailure.clear();
    if (m_credentials.current() == before)
        return;
    for (Link *link : links()) {
        if (auto cause = link->revokedBy(*m_credentials.current()))
            link->finish(std::move(*cause));
    }
}

bool ServerBridge::acceptOne()
{
    SocketAddress remote;
    FileDescriptor socket(::accept4(m_listener.get(), remote.raw(), &remote.size, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!socket) {
        if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
            pauseAccepting();
        return errno == EINTR || errno == ECONNABORTED;
    }
    const std::string origin = remote.origin();
    if (const auto cause = refusePending(origin)) {
        report(NoticeKind::Refused, remote.text(), {}, 0, *cause);
        return true;
    }
    reloadFiles(true);
    tuneTcp(socket.get());
    const PeerId id = ++m_lastId;
    m_pending.emplace(id, origin);
    ++m_pendingPerOrigin[origin];
    addLink(m_credentials.current(), {std::move(socket), remote.ip(), remote.text(), {}}, id).start();
    return true;
}

/// Out of file descriptors or memory: the connections wait in the kernel's queue instead of waking us without end.
void ServerBridge::pauseAccepting()
{
    report(NoticeKind::Refused, m_addressText, {}, 0,
           {"io", std::string("This side cannot accept more connections: ") + std::strerror(errno) + '.'});
    m_listenWatch->set(0);
    m_reactor.setTimer(*this, m_reactor.clock().bootNs() + acceptPauseNs);
}

/// Who connected and says nothing makes room for who comes: strangers that hold all places keep nobody out.
bool ServerBridge::endOneMute(const std::string *origin)
{
    for (const auto &[id, from] : m_pending) { // the oldest first
        Link *link = origin == nullptr || from == *origin ? findLink(id) : nullptr;
        if (link != nullptr && link->isMute(mutePatience)) {
            link->end({"handshake-timeout", "It sent nothing while others waited for its place."});
            return true;
        }
    }
    return false;
}

std::optional<Cause> ServerBridge::refusePending(const std::string &origin)
{
    if (m_pending.size() >= m_maxPending && !endOneMute(nullptr))
        return Cause{"too-many-pending", std::to_string(m_maxPending) + " connections are in the middle of their handshake."};
    const auto found = m_pendingPerOrigin.find(origin);
    if (found != m_pendingPerOrigin.end() && found->second >= m_maxPendingPerOrigin && !endOneMute(&origin))
        return Cause{"too-many-pending",
                     std::to_string(m_maxPendingPerOrigin) + " connections from there are in the middle of their handshake."};
    return std::nullopt;
}

void ServerBridge::settle(PeerId id)
{
    const auto pending = m_pending.find(id);
    if (pending == m_pending.end())
        return;
    const auto origin = m_pendingPerOrigin.find(pending->second);
    if (--origin->second == 0)
        m_pendingPerOrigin.erase(origin);
    m_pending.erase(pending);
}

ZmtpProperties ServerBridge::describe(const Link &link)
{
    const Identity &peer = link.identity();
    return {{"Identity", std::to_string(link.id())},
            {property::identity, peer.uri()},
            {property::serial, peer.serial},
            {property::notAfterNs, std::to_string(peer.notAfterNs)},
            {property::address, link.address()}};
}

void ServerBridge::onOpen(Link &link)
{
    settle(link.id());
    report(NoticeKind::Accepted, link.address(), link.identity().uri(), link.id(), {"accepted", "It connected."});
}

void ServerBridge::onGone(Link &link) { settle(link.id()); }

} // namespace tapio::transport
