// SPDX-License-Identifier: GPL-3.0-or-later
#include "protocol/wire/event.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include <arpa/inet.h>

namespace tapio::wire {

namespace {

constexpr std::array<std::pair<EventType, std::string_view>, 5> eventTypes{{
    {EventType::ProcessExec, "process.exec"},
    {EventType::ProcessExit, "process.exit"},
    {EventType::OomKill, "oom.kill"},
    {EventType::FatalSignal, "signal.fatal"},
    {EventType::TcpConnection, "tcp.connection"},
}};
constexpr std::string_view unknownPrefix = "type.";

constexpr std::array<std::uint8_t, 12> mappedPrefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};

} // namespace

std::string eventTypeName(EventType type)
{
    for (const auto &[known, name] : eventTypes) {
        if (known == type)
            return std::string(name);
    }
    return std::string(unknownPrefix) + std::to_string(static_cast<unsigned>(type));
}

EventType eventTypeFromName(std::string_view name) noexcept
{
    for (const auto &[type, known] : eventTypes) {
        if (known == name)
            return type;
    }
    if (!name.starts_with(unknownPrefix))
        return EventType::Unknown;
    const std::string_view digits = name.substr(unknownPrefix.size());
    std::uint16_t number = 0;
    const auto [end, failed] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    const bool whole = failed == std::errc() && end == digits.data() + digits.size();
    return whole ? static_cast<EventType>(number) : EventType::Unknown;
}

std::string_view severityName(Severity severity) noexcept
{
    switch (severity) {
    case Severity::Debug: return "debug";
    case Severity::Info: return "info";
    case Severity::Notice: return "notice";
    case Severity::Warning: return "warning";
    case Severity::Error: return "error";
    case Severity::Critical: break;
    }
    return "critical";
}

std::string_view tcpOutcomeName(TcpOutcome outcome) noexcept
{
    switch (outcome) {
    case TcpOutcome::Unknown: break;
    case TcpOutcome::Closed: return "closed";
    case TcpOutcome::Refused: return "refused";
    case TcpOutcome::TimedOut: return "timed-out";
    case TcpOutcome::Reset: return "reset";
    case TcpOutcome::Unreachable: return "unreachable";
    case TcpOutcome::Aborted: return "aborted";
    case TcpOutcome::OtherError: return "other-error";
    }
    return "unknown";
}

std::string toString(const SocketAddress &address)
{
    const bool mapped = std::equal(mappedPrefix.begin(), mappedPrefix.end(), address.bytes.begin());
    std::array<char, INET6_ADDRSTRLEN> text{};
    const char *host = mapped ? inet_ntop(AF_INET, address.bytes.data() + mappedPrefix.size(), text.data(), text.size())
                              : inet_ntop(AF_INET6, address.bytes.data(), text.data(), text.size());
    const std::string port = ':' + std::to_string(address.port);
    return mapped ? host + port : '[' + std::string(host) + ']' + port;
}

} // namespace tapio::wire
