// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <map>
#include <optional>
#include <string>

#include "protocol/transport/bridge.h"
#include "protocol/transport/sockets.h"

namespace tapio::transport {

/// Accepts connections, with bounds on those that have not yet said who they are. Internal to the transport.
class ServerBridge final : public Bridge {
public:
    /// Listens and starts the thread. `localPath`: where the ROUTER listens. Errors: those of ServerEndpoint::open.
    static Result<std::unique_ptr<ServerBridge>> open(const ServerOptions &options, std::string localPath, Notify notify,
                                                      const Clock &clock);
    ~ServerBridge() override { stop(); }

    std::uint16_t port() const noexcept { return m_port; }
    /// Any thread.
    void closePeer(PeerId peer, Cause cause);

private:
    ServerBridge(const ServerOptions &options, std::string localPath, Notify notify, const Clock &clock);
    Status listen();

    void onReady(int fd, std::uint32_t events) override;
    void onTimer(std::int64_t nowNs) override;
    void onHot() override {}
    ZmtpProperties describe(const Link &link) override;
    void onOpen(Link &link) override;
    void onGone(Link &link) override;
    void quiesce() override { m_listenWatch.reset(); }

    bool acceptOne();
    void pauseAccepting();
    std::optional<Cause> refusePending(const std::string &origin);
    bool endOneMute(const std::string *origin);
    void reloadFiles(bool everyFailure);
    void settle(PeerId id);

    std::size_t m_maxPending;
    std::size_t m_maxPendingPerOrigin;
    SocketAddress m_address;
    std::string m_addressText;
    TlsCredentials m_credentials;
    std::string m_toldFailure; ///< of loading changed files
    FileDescriptor m_listener;
    std::optional<Reactor::Watch> m_listenWatch;
    std::uint16_t m_port = 0;
    PeerId m_lastId = 0;
    std::map<PeerId, std::string> m_pending; ///< handshakes under way: origin
    std::map<std::string, std::size_t> m_pendingPerOrigin;
};

} // namespace tapio::transport
