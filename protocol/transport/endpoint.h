// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "protocol/base/clock.h"
#include "protocol/base/result.h"
#include "protocol/transport/identity.h"

/// DEALER to ROUTER sockets of libzmq inside mutual TLS 1.3, joined by an in-process bridge at both ends. Moves bytes: one
/// payload frame per message, no knowledge of what is inside. Neither OpenSSL nor zmq shows in these headers.
namespace tapio::transport {

using Bytes = std::vector<std::byte>;

/// PEM files. Read at open, and again when a file changes: for new connections, and a server cuts whom a new list revokes.
struct TlsFiles {
    std::filesystem::path ca;          ///< trust anchor
    std::filesystem::path certificate; ///< leaf (and intermediates)
    std::filesystem::path key;         ///< refused when others than the owner may read it
    std::filesystem::path crl;         ///< empty = no revocation list
};

enum class NoticeKind : std::uint8_t { Accepted, Refused, Closed };

/// A peer of a server endpoint: unique per connection, never reused.
using PeerId = std::uint64_t;

/// A connection was accepted, refused or ended, and why. Refusals are folded per address and code; `repeated` says how many
/// one stands for. Accepted and Closed come one by one, Closed once for each Accepted.
struct Notice {
    std::int64_t timeNs = 0; ///< UTC
    NoticeKind kind = NoticeKind::Refused;
    PeerId peer = 0;           ///< Accepted and Closed: as in Incoming; of a client endpoint its generation
    std::string remoteAddress; ///< "10.0.0.1:4711", "[::1]:4711"; empty when the fault is in our own files
    std::string identity;      ///< verified SAN URI or empty
    std::string code;          ///< stable: wrong-ca, expired, not-yet-valid, revoked, wrong-purpose, no-certificate,
                               ///< wrong-role, bad-identity, tls-version, plaintext, garbage, handshake-timeout,
                               ///< too-many-pending, frame-too-large, multipart, mechanism, command-flood, heartbeat-timeout,
                               ///< replaced, closed, reset, io; accepted (with NoticeKind::Accepted); bad-crl (our
                               ///< revocation list cannot be used), tls-files (our certificate files cannot be
                               ///< loaded: those loaded before stay in use); and of a client endpoint: unreachable,
                               ///< unresolved (the server's name is not known)
    std::string reason;        ///< one plain sentence
    std::uint32_t repeated = 1;
};

struct Incoming {
    PeerId peer = 0;
    Identity identity;
    std::string remoteAddress;
    std::int64_t receivedNs = 0; ///< UTC, when it left the socket
    Bytes payload;
};

struct ServerOptions {
    std::string address = "127.0.0.1"; ///< IPv4 or IPv6 literal
    std::uint16_t port = 0;            ///< 0 = the system chooses; see ServerEndpoint::port
    TlsFiles tls;
    std::size_t maxMessageBytes = 1u << 20;
    /// Connections in the middle of their handshake. Whoever comes beyond that takes the place of one that has not sent a byte
    /// for half a second; when there is none, it is refused as too-many-pending and comes again.
    std::size_t maxPendingHandshakes = 256;
    std::size_t maxPendingPerAddress = 16;
    std::chrono::milliseconds handshakeDeadline{5000};
    std::chrono::milliseconds heartbeatInterval{5000};
    std::chrono::milliseconds heartbeatTimeout{15000};
};

/// The listening side. All calls but wake() on the one thread that opened it. Destructor closes everything and joins the bridge.
class ServerEndpoint {
public:
    /// Errors: Busy (port in use; names it), PermissionDenied, NotFound / Malformed (a TLS file; names it), InvalidArgument (also:
    /// a certificate that is none for a server).
    static Result<std::unique_ptr<ServerEndpoint>> open(ServerOptions options, const Clock &clock);
    virtual ~ServerEndpoint() = default;

    virtual std::uint16_t port() const = 0;
    /// Waits up to `timeout` for the next message; empty on timeout, wake() or a new notice. What a peer sent before its
    /// connection ended may still come after the Closed notice.
    virtual Result<std::optional<Incoming>> receive(std::chrono::milliseconds timeout) = 0;
    /// Never blocks. Errors: Busy (that peer's queue is full), Disconnected (no such peer any more),
    /// InvalidArgument (longer than maxMessageBytes).
    virtual Status send(PeerId peer, std::span<const std::byte> payload) = 0;
    /// Ends a peer's connection, after what was sent to it before; `code` and `reason` appear in the Closed notice.
    virtual void close(PeerId peer, std::string code, std::string reason) = 0;
    /// Notices since the last call, oldest first; bounded, the overflow is counted in a last notice's `repeated`.
    virtual std::vector<Notice> takeNotices() = 0;
    /// From any thread: makes receive() return early.
    virtual void wake() = 0;
};

enum class LinkPhase : std::uint8_t { Waiting, Connecting, Connected };

struct ClientOptions {
    std::string host = "127.0.0.1"; ///< name or literal; resolved at each dial, off the caller's thread
    std::uint16_t port = 0;
    TlsFiles tls;
    Role serverRole = Role::Server;
    std::string serverName; ///< required NAME of the server's identity; empty = any name of that role
    std::size_t maxMessageBytes = 1u << 20;
    std::chrono::milliseconds reconnectMin{250};
    std::chrono::milliseconds reconnectMax{30000};
    std::chrono::milliseconds heartbeatInterval{5000};
    std::chrono::milliseconds heartbeatTimeout{15000};
};

/// The dialling side; reconnects for ever with doubling, jittered back-off. All calls but wake() on one thread.
class ClientEndpoint {
public:
    /// Errors: NotFound, PermissionDenied, Malformed (a TLS file; names it), InvalidArgument (also: a certificate that is
    /// none for a client). A file that changes later and cannot be used is a notice.
    static Result<std::unique_ptr<ClientEndpoint>> open(ClientOptions options, const Clock &clock);
    virtual ~ClientEndpoint() = default;

    virtual LinkPhase phase() const = 0;
    /// Increases by one with each connection that came up: a change means that the session must begin anew.
    virtual std::uint64_t generation() const = 0;
    /// Waits up to `timeout` for the next message; empty on timeout, wake(), a change of phase, a new notice, or when there
    /// is room again after a send() that was Busy. Messages of one generation only: what is left of an ended connection
    /// comes before the generation changes or not at all.
    virtual Result<std::optional<Bytes>> receive(std::chrono::milliseconds timeout) = 0;
    /// Never blocks. Errors: Busy (queue full), Disconnected (not connected now), InvalidArgument (longer than
    /// maxMessageBytes).
    virtual Status send(std::span<const std::byte> payload) = 0;
    /// The session above was welcomed: the back-off starts from its minimum at the next loss.
    virtual void confirm() = 0;
    /// Drops the connection now; the next dial comes after `delay` at the earliest.
    virtual void reconnect(std::chrono::milliseconds delay) = 0;
    /// For a person who asked for it: drops the connection or the waiting, and dials now with the files as they are.
    virtual void dialNow() = 0;
    virtual std::vector<Notice> takeNotices() = 0;
    virtual void wake() = 0;
};

} // namespace tapio::transport
