// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/correlation/linkwatch.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "agent/correlation/addresskind.h"
#include "protocol/wire/addresstext.h"

namespace tapio::correlation {

namespace {

using wire::TcpOutcome;

bool isLost(const wire::TcpConnection &tcp)
{
    return tcp.direction == wire::TcpDirection::Outbound && (tcp.outcome == TcpOutcome::TimedOut || tcp.outcome == TcpOutcome::Unreachable);
}

std::string pairName(const Party &from, const Party &to) { return from.name + " -> " + to.name; }

} // namespace

std::size_t LinkWatch::AddressHash::operator()(const Address &address) const noexcept
{
    return std::hash<std::string_view>()({reinterpret_cast<const char *>(address.data()), address.size()});
}

LinkWatch::LinkWatch(FactSink &sink, std::function<bool(const std::string &)> isLost, Limits limits)
    : m_sink(sink), m_isLost(std::move(isLost)), m_addresses(limits.addresses), m_pairs(limits.pairs)
{}

const std::string *LinkWatch::nodeOf(const wire::SocketAddress &address)
{
    const Known *known = m_addresses.find(address.bytes);
    return known == nullptr || known->node.empty() ? nullptr : &known->node;
}

Party LinkWatch::partyOf(const Address &address, const Known *known) const
{
    if (known != nullptr && !known->node.empty())
        return {wire::EntityKind::Node, known->node, known->node};
    const std::string name = wire::hostText({address, 0});
    return {wire::EntityKind::Address, name, name};
}

LinkWatch::Known &LinkWatch::addressAt(const Address &address, std::int64_t nowNs)
{
    if (m_addresses.find(address) == nullptr) {
        const Known *next = m_addresses.nextToGo();
        m_forgotten += next != nullptr && nowNs - next->lastNs <= rememberNs ? 1 : 0;
    }
    Known &known = m_addresses.at(address);
    known.lastNs = std::max(known.lastNs, nowNs);
    return known;
}

void LinkWatch::onEvent(const wire::Event &event, const wire::Origin &origin, const EventPlace &place)
{
    const auto *tcp = std::get_if<wire::TcpConnection>(&event.detail);
    if (tcp == nullptr || isOfOneNode(tcp->local) || isOfOneNode(tcp->remote))
        return;
    // What was never established shows that the address was tried from, too: the kernel chose it of the node's own.
    Observation seen{Topic::LinkLost, event, origin, place};
    if (std::string &node = addressAt(tcp->local.bytes, seen.timeNs()).node; node != place.node)
        node = place.node;
    if (tcp->direction != wire::TcpDirection::Outbound || (!isLost(*tcp) && !tcp->established))
        return;
    if (!isLost(*tcp))
        addressAt(tcp->remote.bytes, seen.timeNs()).wasReached = true;
    const Known *known = m_addresses.find(tcp->remote.bytes);
    const Party to = partyOf(tcp->remote.bytes, known);
    const bool isStranger = to.kind != wire::EntityKind::Node && (known == nullptr || !known->wasReached);
    if (isStranger || (to.kind == wire::EntityKind::Node && to.name == place.node))
        return;
    const Party from{wire::EntityKind::Node, std::string(place.node), std::string(place.node)};
    seen.subject = &from;
    seen.peer = &to;
    if (isLost(*tcp))
        onLost(*tcp, seen, to);
    else
        onReached(seen, to);
}

void LinkWatch::onLost(const wire::TcpConnection &tcp, const Observation &seen, const Party &to)
{
    constexpr std::uint64_t longestNs = 3600'000'000'000;
    const std::int64_t uncertaintyNs = std::clamp<std::int64_t>(seen.place.uncertaintyNs, 0, static_cast<std::int64_t>(longestNs));
    const std::int64_t toNs = seen.timeNs();
    const Lost lost{toNs - static_cast<std::int64_t>(std::min(tcp.durationNs, longestNs)), toNs, uncertaintyNs};
    if (m_pairs.find(pairName(*seen.subject, to)) == nullptr) {
        const Lost *next = m_pairs.nextToGo();
        m_forgotten += next != nullptr && toNs - next->toNs <= rememberNs ? 1 : 0;
    }
    m_pairs.at(pairName(*seen.subject, to)) = lost;
    const Lost *back = m_pairs.find(pairName(to, *seen.subject));
    const bool isAgreed = back != nullptr && lost.fromNs - back->toNs <= overlapNs + uncertaintyNs + back->uncertaintyNs
                          && back->fromNs - lost.toNs <= overlapNs + uncertaintyNs + back->uncertaintyNs;
    const std::string told = "from " + seen.subject->name + " " + wire::toString(tcp.remote)
                             + (to.kind == wire::EntityKind::Node ? " on " + to.name : std::string())
                             + (tcp.outcome == TcpOutcome::TimedOut ? " timed out" : " is out of reach")
                             + (isAgreed ? ", and the way back as well" : "");
    Observation fact = seen;
    fact.value = isAgreed ? 1 : 0;
    fact.told = told;
    m_sink.onFact(fact);
}

void LinkWatch::onReached(const Observation &seen, const Party &to)
{
    const Lost *lost = m_pairs.find(pairName(*seen.subject, to));
    const bool isLate = lost != nullptr && seen.timeNs() - lost->toNs <= rememberNs
                        && seen.timeNs() - lost->toNs > seen.place.uncertaintyNs + lost->uncertaintyNs;
    const bool isOfLost = to.kind == wire::EntityKind::Node && m_isLost(to.name);
    if (!isLate && !isOfLost)
        return;
    const std::string told = "from " + seen.subject->name + " " + to.name + " was reached";
    Observation fact = seen;
    fact.topic = Topic::LinkReached;
    fact.told = told;
    m_sink.onFact(fact);
}

} // namespace tapio::correlation
