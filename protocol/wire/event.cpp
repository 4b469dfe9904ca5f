// SPDX-License-Identifier: GPL-3.0-or-later
#include "protocol/wire/event.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <type_traits>

#include <arpa/inet.h>

#include "protocol/wire/addresstext.h"

namespace tapio::wire {

namespace {

struct TypeRow {
    std::string_view name;
    std::string_view source;
};

/// By number, from 1 on.
constexpr std::array<TypeRow, 22> typeRows{{
    {"process.exec", "process"},       // ProcessExec
    {"process.exit", "process"},       // ProcessExit
    {"oom.kill", "oom"},               // OomKill
    {"signal.fatal", "signal"},        // FatalSignal
    {"tcp.connection", "tcp"},         // TcpConnection
    {"dns.query", "dns"},              // DnsQuery
    {"http.request", "http"},          // HttpRequest
    {"file.failure", "file"},          // FileFailure
    {"capability.use", "capability"},  // CapabilityUse
    {"privilege.gain", "security"},    // PrivilegeGain
    {"ptrace.attach", "security"},     // PtraceAttach
    {"module.load", "security"},       // ModuleLoad
    {"mount", "security"},             // Mount
    {"login", "login"},                // Login
    {"kernel.log", "kmsg"},            // KernelLog
    {"agent.notice", "agent"},         // AgentNotice
    {"drill.label", "drill"},          // DrillLabel
    {"memory.events", "memory"},       // MemoryEvents
    {"pressure.stall", "psi"},         // PressureStall
    {"insight", "correlation"},        // Insight
    {"kubernetes.fact", "kubernetes"}, // KubernetesFact
    {"tls.failure", "http"},           // TlsFailure
}};
static_assert(std::variant_size_v<Detail> == 1 + typeRows.size());

constexpr std::array<EventType, typeRows.size()> types = [] {
    std::array<EventType, typeRows.size()> all{};
    for (std::size_t i = 0; i < all.size(); ++i)
        all[i] = static_cast<EventType>(i + 1);
    return all;
}();

/// That the alternative of each type has its number as index is what lets a table do.
template <EventType type, typename Alternative> constexpr bool isAt =
    std::is_same_v<std::variant_alternative_t<static_cast<std::size_t>(type), Detail>, Alternative>;
static_assert(isAt<EventType::ProcessExec, ProcessExec> && isAt<EventType::ProcessExit, ProcessExit>);
static_assert(isAt<EventType::OomKill, OomKill> && isAt<EventType::FatalSignal, FatalSignal>);
static_assert(isAt<EventType::TcpConnection, TcpConnection> && isAt<EventType::DnsQuery, DnsQuery>);
static_assert(isAt<EventType::HttpRequest, HttpRequest> && isAt<EventType::FileFailure, FileFailure>);
static_assert(isAt<EventType::CapabilityUse, CapabilityUse> && isAt<EventType::PrivilegeGain, PrivilegeGain>);
static_assert(isAt<EventType::PtraceAttach, PtraceAttach> && isAt<EventType::ModuleLoad, ModuleLoad>);
static_assert(isAt<EventType::Mount, Mount> && isAt<EventType::Login, Login>);
static_assert(isAt<EventType::KernelLog, KernelLog> && isAt<EventType::AgentNotice, AgentNotice>);
static_assert(isAt<EventType::DrillLabel, DrillLabel> && isAt<EventType::MemoryEvents, MemoryEvents>);
static_assert(isAt<EventType::PressureStall, PressureStall> && isAt<EventType::Insight, Boxed<Insight>>);
static_assert(isAt<EventType::KubernetesFact, Boxed<KubernetesFact>> && isAt<EventType::TlsFailure, TlsFailure>);

const TypeRow *rowOf(EventType type) noexcept
{
    const auto number = static_cast<std::size_t>(type);
    return number >= 1 && number <= typeRows.size() ? &typeRows[number - 1] : nullptr;
}

constexpr std::string_view unknownPrefix = "type.";

constexpr std::array<std::uint8_t, 12> mappedPrefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};

} // namespace

std::string eventTypeName(EventType type)
{
    if (const TypeRow *row = rowOf(type))
        return std::string(row->name);
    return std::string(unknownPrefix) + std::to_string(static_cast<unsigned>(type));
}

std::string eventSource(EventType type)
{
    const TypeRow *row = rowOf(type);
    return row != nullptr ? std::string(row->source) : eventTypeName(type);
}

std::span<const EventType> knownEventTypes() noexcept { return types; }

std::size_t detailIndex(EventType type) noexcept { return rowOf(type) != nullptr ? static_cast<std::size_t>(type) : 0; }

EventType eventTypeFromName(std::string_view name) noexcept
{
    for (std::size_t i = 0; i < typeRows.size(); ++i) {
        if (typeRows[i].name == name)
            return types[i];
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

void AddressText::add(std::string_view text) noexcept
{
    m_size = static_cast<std::size_t>(std::copy(text.begin(), text.end(), m_chars.data() + m_size) - m_chars.data());
}

void AddressText::add(std::uint16_t number) noexcept
{
    bool isBegun = false;
    for (unsigned place = 10'000; place > 1; place /= 10) {
        isBegun = isBegun || number >= place;
        if (isBegun)
            m_chars[m_size++] = static_cast<char>('0' + number / place % 10);
    }
    m_chars[m_size++] = static_cast<char>('0' + number % 10);
}

void AddressText::addOctet(std::uint8_t number) noexcept
{
    if (number >= 100)
        m_chars[m_size++] = static_cast<char>('0' + number / 100);
    if (number >= 10)
        m_chars[m_size++] = static_cast<char>('0' + number / 10 % 10);
    m_chars[m_size++] = static_cast<char>('0' + number % 10);
}

AddressText::AddressText(const SocketAddress &address) noexcept
{
    if (std::equal(mappedPrefix.begin(), mappedPrefix.end(), address.bytes.begin())) {
        // By hand, for inet_ntop() prints it, and storms are full of it.
        for (std::size_t i = mappedPrefix.size(); i < address.bytes.size(); ++i) {
            addOctet(address.bytes[i]);
            m_chars[m_size++] = i + 1 < address.bytes.size() ? '.' : ':';
        }
    } else {
        std::array<char, INET6_ADDRSTRLEN> ipv6{};
        add("[");
        add(inet_ntop(AF_INET6, address.bytes.data(), ipv6.data(), ipv6.size()));
        add("]:");
    }
    add(address.port);
}

std::string toString(const SocketAddress &address) { return std::string(AddressText(address).view()); }

} // namespace tapio::wire
