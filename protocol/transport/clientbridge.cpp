// SPDX-License-Identifier: GPL-3.0-or-later
#include "protocol/transport/clientbridge.h"

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "protocol/transport/zmqsocket.h"

namespace tapio::transport {

namespace {

constexpr std::chrono::milliseconds attemptLimit{5000}; // look-up, connect and handshake: each

LinkOptions linkOptions(const ClientOptions &options, std::string localPath)
{
    return {TlsSide::Connect, std::move(localPath), "ROUTER", options.maxMessageBytes, attemptLimit, options.heartbeatTimeout};
}

std::string nameAndPort(const std::string &host, std::uint16_t port) { return host + ':' + std::to_string(port); }

} // namespace

ClientBridge::ClientBridge(const ClientOptions &options, std::string localPath, Notify notify, const Clock &clock)
    : Bridge(linkOptions(options, std::move(localPath)), std::move(notify), clock), m_host(options.host), m_port(options.port),
      m_credentials(options.tls, {KeyPurpose::ServerAuth, {options.serverRole}, options.serverName}),
      m_backoff(options.reconnectMin, options.reconnectMax)
{}

Result<std::unique_ptr<ClientBridge>> ClientBridge::open(const ClientOptions &options, std::string localPath, Notify notify,
                                                         const Clock &clock)
{
    if (options.host.empty() || options.port == 0)
        return fail(Errc::InvalidArgument, "the server's name and port are needed");
    std::unique_ptr<ClientBridge> bridge(new ClientBridge(options, std::move(localPath), std::move(notify), clock));
    if (auto loaded = bridge->m_credentials.refresh(); !loaded)
        return fail(loaded.error());
    if (auto opened = bridge->Bridge::open(); !opened)
        return fail(opened.error());
    raiseFileLimit();
    bridge->setDialling(true);
    bridge->m_reactor.post([raw = bridge.get()] { raw->dial(); });
    bridge->run();
    return bridge;
}

void ClientBridge::confirm()
{
    m_reactor.post([this] { m_backoff.reset(); });
}

void ClientBridge::reconnect(std::chrono::milliseconds delay)
{
    m_reactor.post([this, delay] {
        if (isStopping())
            return;
        if (Link *link = findLink(m_linkId)) {
            m_delay = delay;
            m_candidates.clear();
            link->end({"closed", "This side chose to connect anew."});
            return;
        }
        // It is on its way already: later only if that was asked for, and never sooner than the back-off says.
        const std::int64_t dueNs = m_reactor.clock().bootNs() + std::chrono::nanoseconds(delay).count();
        if (delay.count() > 0 && (isDialling() || dueNs > m_dialDueNs)) {
            drop();
            waitUntil(dueNs);
        }
    });
}

void ClientBridge::dialNow()
{
    m_reactor.post([this] {
        if (isStopping())
            return;
        m_backoff.reset();
        m_candidates.clear();
        if (Link *link = findLink(m_linkId)) {
            m_dialNow = true;
            link->end({"closed", "This side chose to connect anew."});
            return;
        }
        drop();
        dial();
    });
}

void ClientBridge::dial()
{
    if (isStopping())
        return;
    setDialling(true);
    if (auto loaded = m_credentials.refresh(); !loaded)
        report(NoticeKind::Refused, {}, {}, 0, {"tls-files", "Our changed certificate files cannot be used: " + loaded.error().message()});
    if (auto literal = parseAddress(m_host, m_port)) {
        resolved(std::vector{*literal});
        return;
    }
    const std::uint64_t attempt = ++m_attempt;
    auto resolution = Resolution::start(m_host, m_port, [this, attempt](Result<std::vector<SocketAddress>> addresses) {
        m_reactor.post([this, attempt, addresses = std::move(addresses)] {
            if (attempt == m_attempt)
                resolved(addresses);
        });
    });
    if (!resolution) {
        resolved(fail(resolution.error()));
        return;
    }
    m_resolution = std::move(*resolution);
    m_reactor.setTimer(*this, m_reactor.clock().bootNs() + std::chrono::nanoseconds(attemptLimit).count());
}

void ClientBridge::resolved(const Result<std::vector<SocketAddress>> &addresses)
{
    m_resolution.reset();
    m_reactor.clearTimer(*this);
    if (isStopping())
        return;
    if (!addresses || addresses->empty()) {
        giveUp(nameAndPort(m_host, m_port),
               {"unresolved", addresses ? "The server's name has no address." : addresses.error().message() + '.'});
        return;
    }
    m_candidates.assign(addresses->begin(), addresses->end());
    tryNext();
}

void ClientBridge::tryNext()
{
    m_candidate = m_candidates.front();
    m_candidates.pop_front();
    auto socket = beginConnect(m_candidate);
    if (!socket) {
        giveUp(m_candidate.text(), {"unreachable", socket.error().message() + '.'});
        return;
    }
    m_socket = std::move(*socket);
    m_socketWatch.emplace(m_reactor, handler(), m_socket.get());
    m_socketWatch->set(EPOLLOUT);
    m_reactor.setTimer(*this, m_reactor.clock().bootNs() + std::chrono::nanoseconds(attemptLimit).count());
}

void ClientBridge::onReady(int fd, std::uint32_t)
{
    int problem = 0;
    socklen_t size = sizeof problem;
    if (::getsockopt(fd, SOL_SOCKET, SO_ERROR, &problem, &size) != 0)
        problem = errno;
    m_socketWatch.reset();
    m_reactor.clearTimer(*this);
    FileDescriptor socket = std::move(m_socket);
    if (problem != 0) {
        giveUp(m_candidate.text(), {"unreachable", "The server cannot be reached: " + std::generic_category().message(problem) + '.'});
        return;
    }
    onConnected(std::move(socket));
}

void ClientBridge::onConnected(FileDescriptor socket)
{
    m_linkId = m_generation + 1;
    const bool isName = !parseAddress(m_host, m_port);
    addLink(m_credentials.current(), {std::move(socket), m_candidate.ip(), m_candidate.text(), isName ? m_host : std::string()}, m_linkId)
        .start();
}

/// The timer means: time to dial, or the attempt under way takes too long.
void ClientBridge::onTimer(std::int64_t)
{
    if (isStopping())
        return;
    const bool resolving = m_resolution != nullptr;
    if (!resolving && !m_socket) {
        dial();
        return;
    }
    drop();
    giveUp(resolving ? nameAndPort(m_host, m_port) : m_candidate.text(),
           {resolving ? "unresolved" : "unreachable", "The server did not answer within 5 s."});
}

void ClientBridge::giveUp(const std::string &address, const Cause &cause)
{
    report(NoticeKind::Refused, address, {}, 0, cause);
    if (m_candidates.empty())
        waitAndDial({});
    else
        tryNext();
}

void ClientBridge::waitAndDial(std::chrono::milliseconds atLeast)
{
    const auto delay = std::max(m_backoff.next(m_random), atLeast);
    waitUntil(m_reactor.clock().bootNs() + std::chrono::nanoseconds(delay).count());
}

void ClientBridge::waitUntil(std::int64_t dueNs)
{
    m_dialDueNs = dueNs;
    m_reactor.setTimer(*this, dueNs);
    setDialling(false);
}

/// Ends an attempt that has no link yet.
void ClientBridge::drop()
{
    ++m_attempt;
    m_resolution.reset();
    m_socketWatch.reset();
    m_socket.reset();
}

void ClientBridge::quiesce()
{
    drop();
    m_candidates.clear();
    m_reactor.clearTimer(*this);
}

void ClientBridge::setDialling(bool dialling)
{
    m_dialling.store(dialling, std::memory_order_release);
    notify();
}

ZmtpProperties ClientBridge::describe(const Link &link) { return {{property::generation, std::to_string(link.id())}}; }

void ClientBridge::onOpen(Link &link)
{
    m_candidates.clear();
    m_generation = link.id();
    m_connected.store(link.id(), std::memory_order_release);
    report(NoticeKind::Accepted, link.address(), link.identity().uri(), link.id(), {"accepted", "Connected to the server."});
}

void ClientBridge::onGone(Link &link)
{
    m_linkId = 0;
    m_connected.store(0, std::memory_order_release);
    notify();
    if (isStopping())
        return;
    if (std::exchange(m_dialNow, false))
        dial();
    else if (!link.wasOpen() && !m_candidates.empty())
        tryNext();
    else
        waitAndDial(std::exchange(m_delay, {}));
}

} // namespace tapio::transport
