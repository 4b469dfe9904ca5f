// SPDX-License-Identifier: GPL-3.0-or-later
#include "protocol/transport/zmtp.h"

#include <algorithm>
#include <string_view>

#include "protocol/base/clock.h"

namespace tapio::transport {

namespace {

// The greeting: signature FF, 8 bytes, 7F; version; mechanism, zero-padded; as-server; filler.
constexpr std::size_t signatureEnd = 9;
constexpr std::size_t majorAt = 10;
constexpr std::size_t minorAt = 11;
constexpr std::size_t mechanismAt = 12;
constexpr std::size_t mechanismSize = 20;
constexpr std::size_t greetingSize = 64;
constexpr std::string_view mechanism = "NULL";

constexpr std::uint8_t flagMore = 0x01;
constexpr std::uint8_t flagLong = 0x02;
constexpr std::uint8_t flagCommand = 0x04;
// RFC 37: PING is its name, a time to live of two octets, and a context of at most 16, which PONG returns.
constexpr std::uint64_t commandNameBytes = 5;
constexpr std::uint64_t minPingBytes = 7;
constexpr std::uint64_t maxCommandBytes = 23;
constexpr std::string_view readyName = "READY";

Cause garbage(std::string reason) { return {"garbage", std::move(reason)}; }

std::uint64_t bigEndian(std::span<const std::byte> bytes) noexcept
{
    std::uint64_t value = 0;
    for (const std::byte byte : bytes)
        value = value << 8 | std::to_integer<std::uint64_t>(byte);
    return value;
}

void append(std::vector<std::byte> &out, std::string_view text)
{
    const auto *data = reinterpret_cast<const std::byte *>(text.data());
    out.insert(out.end(), data, data + text.size());
}

void appendBigEndian(std::vector<std::byte> &out, std::uint64_t value, int octets)
{
    for (int shift = (octets - 1) * 8; shift >= 0; shift -= 8)
        out.push_back(static_cast<std::byte>(value >> shift));
}

void appendProperty(std::vector<std::byte> &out, std::string_view name, std::string_view value)
{
    appendBigEndian(out, name.size(), 1);
    append(out, name);
    appendBigEndian(out, value.size(), 4);
    append(out, value);
}

std::string_view asText(std::span<const std::byte> bytes) { return {reinterpret_cast<const char *>(bytes.data()), bytes.size()}; }

bool equalsIgnoringCase(std::string_view a, std::string_view b)
{
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [&](char x, char y) { return lower(x) == lower(y); });
}

/// The value of Socket-Type (names are case-insensitive, RFC 23); empty when absent or when the list is malformed.
std::string_view findSocketType(std::span<const std::byte> properties)
{
    std::string_view found;
    while (!properties.empty()) {
        const std::size_t nameSize = std::to_integer<std::size_t>(properties[0]);
        if (properties.size() < 1 + nameSize + 4)
            return {};
        const std::string_view name = asText(properties.subspan(1, nameSize));
        const std::uint64_t valueSize = bigEndian(properties.subspan(1 + nameSize, 4));
        properties = properties.subspan(1 + nameSize + 4);
        if (valueSize > properties.size())
            return {};
        if (equalsIgnoringCase(name, "Socket-Type"))
            found = asText(properties.first(valueSize));
        properties = properties.subspan(valueSize);
    }
    return found;
}

} // namespace

std::optional<Cause> ZmtpPrologue::feed(std::span<const std::byte> in, std::size_t &consumed, std::vector<std::byte> &out)
{
    for (consumed = 0; consumed < in.size() && !m_done; ++consumed) {
        auto cause = m_greetingBytes < greetingSize ? feedGreeting(in[consumed], out) : feedReady(in[consumed], out);
        if (cause)
            return cause;
    }
    return std::nullopt;
}

std::optional<Cause> ZmtpPrologue::feedGreeting(std::byte value, std::vector<std::byte> &out)
{
    const std::size_t at = m_greetingBytes++;
    const auto octet = std::to_integer<std::uint8_t>(value);
    if ((at == 0 && octet != 0xFF) || (at == signatureEnd && octet != 0x7F))
        return garbage("It spoke something other than ZMTP inside TLS.");
    if (at == majorAt && octet < 3)
        return garbage("It speaks ZMTP " + std::to_string(octet) + "; 3 or later is needed.");
    if (at == minorAt) {
        out.push_back(std::min(value, std::byte{1})); // what libzmq knows
        return std::nullopt;
    }
    if (at >= mechanismAt && at < mechanismAt + mechanismSize) {
        const std::size_t index = at - mechanismAt;
        if (octet != (index < mechanism.size() ? static_cast<std::uint8_t>(mechanism[index]) : 0))
            return Cause{"mechanism", "It asked for a ZeroMQ security mechanism; inside TLS only NULL is spoken."};
    }
    if (at == mechanismAt + mechanismSize && octet != 0)
        return Cause{"mechanism", "It set as-server, which the NULL mechanism does not have."};
    out.push_back(at == majorAt ? std::byte{3} : at > mechanismAt + mechanismSize ? std::byte{0} : value);
    return std::nullopt;
}

std::optional<Cause> ZmtpPrologue::feedReady(std::byte value, std::vector<std::byte> &out)
{
    m_ready.push_back(value);
    if (m_ready.size() == 1 && m_ready[0] != std::byte{flagCommand})
        return garbage("Its first frame was not a short command.");
    if (m_ready.size() < 2 || m_ready.size() < 2 + std::to_integer<std::size_t>(m_ready[1]))
        return std::nullopt;
    m_done = true;
    return rewriteReady(out);
}

std::optional<Cause> ZmtpPrologue::rewriteReady(std::vector<std::byte> &out) const
{
    const auto body = std::span(m_ready).subspan(2);
    if (body.size() < 1 + readyName.size() || std::to_integer<std::size_t>(body[0]) != readyName.size()
        || asText(body.subspan(1, readyName.size())) != readyName)
        return garbage("Its first command was not READY.");
    const std::string_view socketType = findSocketType(body.subspan(1 + readyName.size()));
    if (socketType != m_expectedSocketType)
        return garbage("Its READY does not come from a " + m_expectedSocketType + " socket.");

    std::vector<std::byte> command;
    appendBigEndian(command, readyName.size(), 1);
    append(command, readyName);
    appendProperty(command, "Socket-Type", m_expectedSocketType);
    for (const auto &[name, text] : m_properties)
        appendProperty(command, name, text);
    out.push_back(std::byte{flagCommand | flagLong});
    appendBigEndian(out, command.size(), 8);
    out.insert(out.end(), command.begin(), command.end());
    return std::nullopt;
}

bool TokenBucket::take(std::int64_t nowNs) noexcept
{
    const auto elapsedNs = static_cast<double>(std::max<std::int64_t>(nowNs - m_lastNs, 0));
    m_lastNs = nowNs;
    m_tokens = std::min(m_burst, m_tokens + elapsedNs * m_perSecond / static_cast<double>(nsPerSecond));
    if (m_tokens < 1.0)
        return false;
    m_tokens -= 1.0;
    return true;
}

std::optional<Cause> FrameGuard::scan(std::span<const std::byte> in, std::int64_t nowNs)
{
    while (!in.empty()) {
        if (m_bodyLeft > 0 && m_inCommand && m_commandBytes < commandNameBytes) {
            if (!acceptCommandByte(std::to_integer<std::uint8_t>(in.front())))
                return garbage("It sent a ZMTP command other than PING and PONG.");
            --m_bodyLeft;
            in = in.subspan(1);
            continue;
        }
        if (m_bodyLeft > 0) {
            const std::size_t skipped = static_cast<std::size_t>(std::min<std::uint64_t>(m_bodyLeft, in.size()));
            m_bodyLeft -= skipped;
            in = in.subspan(skipped);
            continue;
        }
        m_header[m_headerBytes++] = in.front();
        in = in.subspan(1);
        if (m_headerBytes < headerSize())
            continue;
        if (auto cause = checkHeader(nowNs))
            return cause;
        m_headerBytes = 0;
    }
    return std::nullopt;
}

std::size_t FrameGuard::headerSize() const noexcept { return (std::to_integer<std::uint8_t>(m_header[0]) & flagLong) != 0 ? 9 : 2; }

/// "\4PING" or "\4PONG", octet by octet.
bool FrameGuard::acceptCommandByte(std::uint8_t octet) noexcept
{
    switch (m_commandBytes++) {
    case 0: return octet == 4;
    case 1: return octet == 'P';
    case 2: return (octet == 'I' && m_commandSize >= minPingBytes) || octet == 'O';
    case 3: return octet == 'N';
    default: return octet == 'G';
    }
}

std::optional<Cause> FrameGuard::checkHeader(std::int64_t nowNs)
{
    const auto flags = std::to_integer<std::uint8_t>(m_header[0]);
    m_bodyLeft = bigEndian(std::span(m_header).subspan(1, headerSize() - 1));
    if ((flags & ~(flagMore | flagLong | flagCommand)) != 0)
        return garbage("It sent a frame with reserved flags.");
    if ((flags & flagMore) != 0)
        return Cause{"multipart", "It sent a message of several frames; one is allowed."};
    m_inCommand = (flags & flagCommand) != 0;
    if (m_inCommand) {
        m_commandSize = static_cast<std::size_t>(m_bodyLeft);
        m_commandBytes = 0;
        if (m_bodyLeft < commandNameBytes)
            return garbage("It sent a ZMTP command that is too short.");
        if (m_bodyLeft > maxCommandBytes)
            return Cause{"frame-too-large", "It sent a ZMTP command of " + std::to_string(m_bodyLeft) + " bytes."};
        if (!m_commands.take(nowNs))
            return Cause{"command-flood", "It sent ZMTP commands faster than 20 per second."};
        return std::nullopt;
    }
    if (m_bodyLeft > m_maxMessageBytes)
        return Cause{"frame-too-large", "It sent a message of " + std::to_string(m_bodyLeft) + " bytes; the limit is "
                                            + std::to_string(m_maxMessageBytes) + "."};
    return std::nullopt;
}

} // namespace tapio::transport
