// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "protocol/transport/cause.h"
#include "protocol/transport/reactor.h"
#include "protocol/transport/tlssession.h"
#include "protocol/transport/zmtp.h"

namespace tapio::transport {

struct LinkOptions {
    TlsSide side = TlsSide::Accept;
    std::string localPath;      ///< where our own libzmq socket listens
    std::string peerSocketType; ///< what the other side's libzmq socket must be
    std::size_t maxMessageBytes = 0;
    std::chrono::nanoseconds handshakeDeadline{};
    std::chrono::nanoseconds heartbeatTimeout{};
};

/// One connection: mutual TLS with a peer on one side, our own libzmq socket over ipc on the other, and the rules for what may
/// pass. Reads from a side only while the other one takes what was read, so that a slow reader slows its sender and no
/// buffer grows. Reactor thread. Internal to the transport.
class Link final : public Reactor::Handler {
public:
    class Owner {
    public:
        virtual ~Owner() = default;
        /// What READY tells our libzmq socket about this peer, whose identity is verified by now.
        virtual ZmtpProperties describe(const Link &link) = 0;
        virtual void onOpen(Link &link) = 0;
        /// The last call for this link; the owner destroys it later, outside of its callbacks.
        virtual void onEnded(Link &link, const Cause &cause) = 0;
        /// True while our libzmq socket is being closed on purpose.
        virtual bool isStopping() const = 0;
        /// Shared by all links of the thread.
        virtual std::span<std::byte> scratch() = 0;
    };

    struct Peer {
        FileDescriptor socket; ///< connected, non-blocking
        std::string ip;
        std::string address;    ///< ip and port
        std::string serverName; ///< for SNI; empty = none
    };

    Link(Reactor &reactor, Owner &owner, const LinkOptions &options, std::shared_ptr<const TlsContext> context, Peer peer, std::uint64_t id,
         std::chrono::nanoseconds life);
    ~Link() override;

    void start();
    /// Ends it now. Everything under way is lost.
    void end(Cause cause);
    /// Ends it after what our libzmq socket still has for the peer has left, in half a second at most.
    void finish(Cause cause);

    std::uint64_t id() const noexcept { return m_id; }
    const std::string &ip() const noexcept { return m_peer.ip; }
    const std::string &address() const noexcept { return m_peer.address; }
    const Identity &identity() const noexcept { return m_session.peer(); }
    std::optional<Cause> revokedBy(const TlsContext &context) const { return m_session.revokedBy(context); }
    /// It connected longer than `patience` ago and has not sent a byte.
    bool isMute(std::chrono::nanoseconds patience) const;
    /// True once READY came through; stays so when the link ends.
    bool wasOpen() const noexcept { return m_wasOpen; }

    void onReady(int fd, std::uint32_t events) override;
    void onTimer(std::int64_t nowNs) override;
    void onHot() override;

private:
    enum class State : std::uint8_t { Tls, Local, Prologue, Open, Finishing, Lingering, Ended };

    void shakeHands();
    std::optional<Cause> recognisePlaintext() const;
    void connectLocal();
    void pumpFromPeer();
    void pumpFromLocal();
    void deliver(std::span<const std::byte> bytes);
    std::optional<Cause> inspect(std::span<const std::byte> &bytes);
    void forward(std::span<const std::byte> bytes);
    void flushToLocal();
    void peerEnded();
    void localEnded();
    void linger();
    void checkOpen(std::int64_t nowNs);
    void checkFinishing(std::int64_t nowNs);
    void rearm();
    bool isReading() const noexcept;

    Reactor &m_reactor;
    Owner &m_owner;
    const LinkOptions &m_options;
    Peer m_peer;
    std::uint64_t m_id;
    TlsSession m_session;
    FileDescriptor m_local;
    std::optional<Reactor::Watch> m_peerWatch;
    std::optional<Reactor::Watch> m_localWatch;
    State m_state = State::Tls;
    bool m_firstSeen = false; ///< the first bytes were looked at, before OpenSSL
    bool m_wasOpen = false;
    bool m_peerEnded = false; ///< its last bytes are still on their way to our socket
    std::optional<ZmtpPrologue> m_prologue;
    FrameGuard m_guard;
    std::vector<std::byte> m_toLocal; ///< read from the peer, not yet taken by our socket
    std::size_t m_toLocalSent = 0;
    std::int64_t m_startNs = 0;
    std::int64_t m_deadlineNs = 0; ///< of the handshake, or of finishing
    std::int64_t m_lifeEndNs = 0;
    std::int64_t m_heardNs = 0; ///< last bytes from the peer
    std::int64_t m_localNs = 0; ///< last bytes from our socket
    Cause m_finishCause;
};

} // namespace tapio::transport
