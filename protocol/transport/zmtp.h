// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "protocol/transport/cause.h"

/// What a peer may say in ZMTP 3.x (rfc.zeromq.org/spec/23 and 37) before its bytes reach libzmq. Pure: bytes in, verdict out.
/// Internal to the transport.
namespace tapio::transport {

/// READY properties, in order.
using ZmtpProperties = std::vector<std::pair<std::string, std::string>>;

/// The greeting and the first command. The greeting is forwarded as it comes, because libzmq waits for each part of it; of
/// READY only a socket type that we expect survives, and our own properties are put in the place of all others: a peer
/// cannot choose its routing id, and every message of the connection carries what the certificate said.
class ZmtpPrologue {
public:
    ZmtpPrologue(std::string expectedSocketType, ZmtpProperties properties)
        : m_expectedSocketType(std::move(expectedSocketType)), m_properties(std::move(properties))
    {}

    /// Takes bytes from the front of `in` up to the end of READY, appends to `out` what may be forwarded, and sets
    /// `consumed`. A cause: the peer must be refused.
    std::optional<Cause> feed(std::span<const std::byte> in, std::size_t &consumed, std::vector<std::byte> &out);
    bool done() const noexcept { return m_done; }

private:
    std::optional<Cause> feedGreeting(std::byte value, std::vector<std::byte> &out);
    std::optional<Cause> feedReady(std::byte value, std::vector<std::byte> &out);
    std::optional<Cause> rewriteReady(std::vector<std::byte> &out) const;

    std::string m_expectedSocketType;
    ZmtpProperties m_properties;
    std::size_t m_greetingBytes = 0;
    std::vector<std::byte> m_ready;
    bool m_done = false;
};

/// Allows `burst` at once and `perSecond` in the long run.
class TokenBucket {
public:
    TokenBucket(double perSecond, double burst) : m_perSecond(perSecond), m_burst(burst), m_tokens(burst) {}
    bool take(std::int64_t nowNs) noexcept;

private:
    double m_perSecond;
    double m_burst;
    double m_tokens;
    std::int64_t m_lastNs = 0;
};

/// Reads the frames after READY as they pass: messages of one frame, at most `maxMessageBytes` long, and no commands but
/// well-formed PING and PONG, no more of them than a live peer needs. libzmq itself would buffer an endless multipart
/// message without bound, and reads past the end of a PING that is too short.
class FrameGuard {
public:
    explicit FrameGuard(std::size_t maxMessageBytes) : m_maxMessageBytes(maxMessageBytes) {}

    /// A cause: these bytes must not be forwarded and the peer must be cut.
    std::optional<Cause> scan(std::span<const std::byte> in, std::int64_t nowNs);

private:
    std::optional<Cause> checkHeader(std::int64_t nowNs);
    bool acceptCommandByte(std::uint8_t octet) noexcept;
    std::size_t headerSize() const noexcept;

    std::size_t m_maxMessageBytes;
    std::array<std::byte, 9> m_header{};
    std::size_t m_headerBytes = 0;
    std::uint64_t m_bodyLeft = 0;
    bool m_inCommand = false;
    std::size_t m_commandSize = 0;
    std::size_t m_commandBytes = 0;
    TokenBucket m_commands{20.0, 100.0};
};

} // namespace tapio::transport
