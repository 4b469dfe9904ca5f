// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <atomic>
#include <deque>
#include <memory>
#include <optional>
#include <string>

#include "protocol/transport/backoff.h"
#include "protocol/transport/bridge.h"
#include "protocol/transport/resolver.h"
#include "protocol/transport/sockets.h"

namespace tapio::transport {

/// Dials one server for ever: look up, connect, TLS, ZMTP; then waits for the end and begins again. Internal to the transport.
class ClientBridge final : public Bridge {
public:
    /// Starts the thread, which dials at once. `localPath`: where the DEALER listens. Errors: those of ClientEndpoint::open.
    static Result<std::unique_ptr<ClientBridge>> open(const ClientOptions &options, std::string localPath, Notify notify,
                                                      const Clock &clock);
    ~ClientBridge() override { stop(); }

    /// Any thread. The number of the connection that is up, counted from one; 0 = none.
    std::uint64_t connected() const noexcept { return m_connected.load(std::memory_order_acquire); }
    /// Any thread. True while an attempt is under way.
    bool isDialling() const noexcept { return m_dialling.load(std::memory_order_acquire); }
    /// Any thread.
    void confirm();
    /// Any thread.
    void reconnect(std::chrono::milliseconds delay);
    /// Any thread.
    void dialNow();

private:
    ClientBridge(const ClientOptions &options, std::string localPath, Notify notify, const Clock &clock);

    void onReady(int fd, std::uint32_t events) override;
    void onTimer(std::int64_t nowNs) override;
    void onHot() override {}
    ZmtpProperties describe(const Link &link) override;
    void onOpen(Link &link) override;
    void onGone(Link &link) override;
    void quiesce() override;

    void dial();
    void resolved(const Result<std::vector<SocketAddress>> &addresses);
    void tryNext();
    void onConnected(FileDescriptor socket);
    void giveUp(const std::string &address, const Cause &cause);
    void waitAndDial(std::chrono::milliseconds atLeast);
    void waitUntil(std::int64_t dueNs);
    void drop();
    void setDialling(bool dialling);

    std::string m_host;
    std::uint16_t m_port;
    TlsCredentials m_credentials;
    Backoff m_backoff;
    std::unique_ptr<Resolution> m_resolution;
    std::uint64_t m_attempt = 0;            ///< tells an abandoned look-up's result from the present one's
    std::deque<SocketAddress> m_candidates; ///< addresses of the name not yet tried
    SocketAddress m_candidate;
    FileDescriptor m_socket; ///< connecting
    std::optional<Reactor::Watch> m_socketWatch;
    std::uint64_t m_linkId = 0;           ///< the link under way or up; 0 = none
    std::uint64_t m_generation = 0;       ///< connections that came up so far
    std::chrono::milliseconds m_delay{0}; ///< asked for by reconnect()
    bool m_dialNow = false;               ///< as soon as the link has ended
    std::int64_t m_dialDueNs = 0;         ///< boot time of the dial that is waited for
    std::atomic<std::uint64_t> m_connected{0};
    std::atomic<bool> m_dialling{false};
};

} // namespace tapio::transport
