// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "protocol/transport/endpoint.h"

/// A peer that speaks whatever a test wants it to: bytes over TCP or TLS, without our bridge and without libzmq.
namespace tapio::test {

struct RawTlsOptions {
    std::optional<transport::TlsFiles> files; ///< none: no certificate is offered
    int version = 0x0304;                     ///< TLS 1.3; 0x0303: TLS 1.2
};

class RawPeer {
public:
    /// Connects, from another loopback address when one is given.
    explicit RawPeer(std::uint16_t port, const std::string &from = {}, const std::string &to = "127.0.0.1");
    /// Takes a socket that was accepted.
    static std::unique_ptr<RawPeer> fromSocket(int fd);
    ~RawPeer();
    RawPeer(const RawPeer &) = delete;
    RawPeer &operator=(const RawPeer &) = delete;

    bool isConnected() const { return m_fd >= 0; }
    /// True when our side of the handshake is done. In TLS 1.3 a client that is about to be refused sees that too.
    bool startTls(const RawTlsOptions &options, bool accept = false);
    /// Through TLS when that is up. False when the peer hung up.
    bool send(std::string_view bytes);
    /// Greeting and READY both ways: from here on messages may be sent.
    bool startZmtp(std::string_view socketType, std::string_view extraProperties = {});
    /// Reads at least `count` bytes or until the end.
    std::string read(std::size_t count);
    /// Reads on until the other side ends the connection; false when it does not within the time.
    bool waitForEnd(std::chrono::milliseconds timeout);
    /// Asks the peer to change keys (TLS 1.3 KeyUpdate), and sends that.
    bool updateKeys();
    /// Ends our sending side on the TCP level: no close_notify.
    void shutdown();
    /// Closes with a RST.
    void reset();

private:
    struct Tls;
    RawPeer();
    void setTimeout(std::chrono::milliseconds timeout);

    int m_fd = -1;
    std::unique_ptr<Tls> m_tls;
};

/// A listening socket on 127.0.0.1, a port of the system's choice.
class RawListener {
public:
    RawListener();
    ~RawListener();
    std::uint16_t port() const { return m_port; }
    std::unique_ptr<RawPeer> accept(std::chrono::milliseconds timeout = std::chrono::seconds(10));

private:
    int m_fd = -1;
    std::uint16_t m_port = 0;
};

// ZMTP 3.1 by hand.
std::string zmtpGreeting(std::string_view mechanism = "NULL", char major = 3);
std::string zmtpReady(std::string_view socketType, std::string_view extraProperties = {});
std::string zmtpProperty(std::string_view name, std::string_view value);
std::string zmtpFrame(char flags, std::string_view body); ///< short or long as the body needs; the flag is set for you
std::string zmtpLongHeader(char flags, std::uint64_t size);
std::string zmtpPing();

} // namespace tapio::test
