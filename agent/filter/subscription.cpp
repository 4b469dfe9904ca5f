// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/filter/subscription.h"

#include <algorithm>
#include <array>

#include "protocol/wire/filter.h"

namespace tapio::agent {

namespace {

bool asksForType(const wire::EventFilter &filter, RecordKind kind)
{
    return filter.types.empty() || std::find(filter.types.begin(), filter.types.end(), eventTypeOf(kind)) != filter.types.end();
}

/// Events of the kernel's own kinds are info when nothing went wrong (severity.h).
bool asksForPlain(const wire::EventFilter &filter) { return filter.minSeverity <= wire::Severity::Info; }

bool asksForAllOrigins(const wire::EventFilter &filter) { return filter.namespaces.empty() && filter.pods.empty(); }

} // namespace

wire::EventType eventTypeOf(RecordKind kind) noexcept
{
    constexpr std::array<wire::EventType, recordKindCount> types{wire::EventType::ProcessExec, wire::EventType::ProcessExit,
                                                                 wire::EventType::TcpConnection, wire::EventType::DnsQuery,
                                                                 wire::EventType::HttpRequest};
    return types[static_cast<std::size_t>(kind)];
}

Subscription::Subscription(const wire::Filter &filter, const std::string &node) : m_everything(filter.any.empty())
{
    for (const wire::EventFilter &one : filter.any) {
        if (wire::wantsNode(one, node))
            m_any.push_back(one);
    }
}

bool Subscription::wanted(const wire::EventFilter &filter, Filtered collector) const
{
    const auto isOfIt = [name = filteredNames[static_cast<std::size_t>(collector)]](wire::EventType type) {
        return wire::eventSource(type) == name;
    };
    return filter.types.empty() || std::any_of(filter.types.begin(), filter.types.end(), isOfIt);
}

void Subscription::applyTo(KernelFilter &filter) const
{
    if (m_everything)
        return;
    for (std::size_t i = 0; i < recordKindCount; ++i) {
        const auto kind = static_cast<RecordKind>(i);
        const auto asks = [kind](const wire::EventFilter &one) { return asksForType(one, kind); };
        filter.unwanted[i] = std::none_of(m_any.begin(), m_any.end(), asks);
        filter.unwantedPlain[i] =
            std::none_of(m_any.begin(), m_any.end(), [&](const wire::EventFilter &one) { return asks(one) && asksForPlain(one); });
    }
    for (std::size_t i = 0; i < filteredCount; ++i) {
        const auto collector = static_cast<Filtered>(i);
        const auto asksForAll = [&](const wire::EventFilter &one) { return wanted(one, collector) && asksForAllOrigins(one); };
        const auto asksForAny = [&](const wire::EventFilter &one) { return wanted(one, collector); };
        // Where nobody asks at all, there is no need to look at cgroups.
        if (std::any_of(m_any.begin(), m_any.end(), asksForAny) && std::none_of(m_any.begin(), m_any.end(), asksForAll))
            filter.rules[i].byCgroup = true;
    }
}

bool Subscription::deniesOrigin(Filtered collector, const wire::Origin &origin) const
{
    if (m_everything || wire::isUnnamed(origin))
        return false;
    const auto asks = [&](const wire::EventFilter &one) { return wanted(one, collector) && wire::wantsOrigin(one, origin); };
    return std::none_of(m_any.begin(), m_any.end(), asks);
}

} // namespace tapio::agent
