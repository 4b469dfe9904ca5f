// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/correlation/traffictracker.h"

#include <algorithm>
#include <bit>
#include <string_view>
#include <utility>

#include "agent/correlation/addresskind.h"
#include "agent/correlation/alike.h"
#include "agent/correlation/namehash.h"
#include "agent/correlation/toldtogether.h"

namespace tapio::correlation {

namespace {

constexpr std::size_t baselineValues = 60, fewestValues = 10; // as of samples: half an hour and five minutes, if something ended in each
constexpr double leastBytesPerSecond = 1000, leastPerConnection = 0.05; // less than that is not told from it
constexpr double nsPerSecond = 1e9, nsPerMinute = 60e9;
constexpr std::uint64_t longestNs = std::uint64_t{1} << 60; // of a connection, which a stranger may say: 36 years

std::uint64_t sourceKey(const wire::Origin &origin)
{
    if (const auto key = alikeKey(origin))
        return *key;
    return origin.podUid.empty() ? quickHash(origin.cgroupPath) : keyOf({origin.podUid, origin.containerName});
}

std::uint64_t pairKey(std::uint64_t source, const wire::SocketAddress &to)
{
    const std::string_view bytes(reinterpret_cast<const char *>(to.bytes.data()), to.bytes.size()); // NOLINT: bytes as text, for a hash
    return std::rotl(source, 17) ^ (quickHash(bytes) + to.port);
}

} // namespace

TrafficTracker::Pair::Pair()
    : usualSent(everyNs, baselineValues, fewestValues, leastBytesPerSecond),
      usualAgain(everyNs, baselineValues, fewestValues, leastPerConnection)
{}

void TrafficTracker::Most::offer(std::uint64_t other, const wire::Event &seen, const EventPlace &at,
                                 const std::shared_ptr<const wire::Origin> &of)
{
    if (other <= amount)
        return;
    amount = other;
    event = seen;
    place = at;
    place.node = {};
    origin = of;
}

void TrafficTracker::note(const wire::Event &event, const wire::Origin &origin, const EventPlace &place)
{
    const auto *tcp = std::get_if<wire::TcpConnection>(&event.detail);
    if (tcp == nullptr || tcp->direction != wire::TcpDirection::Outbound || isLoopback(tcp->remote))
        return;
    const std::int64_t endNs = event.timeNs + place.offsetNs;
    const auto lasted = static_cast<std::int64_t>(std::min<std::uint64_t>(tcp->durationNs, longestNs));
    const std::int64_t beganNs = endNs > lasted ? endNs - lasted : 1; // it was known then
    const std::uint64_t source = sourceKey(origin);
    Pair &pair = m_pairs.at(pairKey(source, tcp->remote));
    if (pair.firstNs == 0) {
        pair.source = source;
        if (Source &known = m_sources.at(source); known.firstNs == 0)
            known = {beganNs, m_pairs.evicted()};
    }
    if (pair.firstNs == 0 || beganNs < pair.firstNs) {
        pair.firstNs = beganNs;
        if (Source *known = m_sources.find(source))
            known->firstNs = std::min(known->firstNs, beganNs);
    }
    if (!pair.origin || pair.origin->containerId != origin.containerId || pair.origin->podUid != origin.podUid)
        pair.origin = std::make_shared<const wire::Origin>(origin);
    pair.connections += toldTogether(*tcp);
    pair.bytes += static_cast<double>(tcp->bytesSent);
    pair.retransmits += tcp->retransmits;
    pair.perSecond +=
        static_cast<double>(tcp->bytesSent) * nsPerSecond / static_cast<double>(std::max<std::uint64_t>(tcp->durationNs, everyNs));
    pair.sent.offer(tcp->bytesSent, event, place, pair.origin);
    pair.again.offer(tcp->retransmits, event, place, pair.origin);
}

TrafficTracker::Fact TrafficTracker::Pair::fact(Topic topic, const Most &most, const FigureSet &figures) const
{
    Fact fact{topic, figures, {}, most.origin, most.event, most.place};
    fact.destination = wire::toString(std::get<wire::TcpConnection>(most.event.detail).remote);
    fact.figures.values[traffic::Connections] = static_cast<double>(connections);
    return fact;
}

void TrafficTracker::tell(Pair &pair, std::int64_t nowNs, std::vector<Fact> &facts)
{
    const auto minutesSince = [nowNs](std::int64_t timeNs) {
        return std::max(static_cast<double>(nowNs) - static_cast<double>(timeNs), 0.0) / nsPerMinute;
    };
    FigureSet sent, again;
    sent.values[traffic::Rate] = pair.perSecond;
    again.values[traffic::Rate] = static_cast<double>(pair.retransmits) / static_cast<double>(pair.connections);
    fillIn(sent, pair.usualSent.compareAndAdd(nowNs, sent.values[traffic::Rate]), rate::compared);
    fillIn(again, pair.usualAgain.compareAndAdd(nowNs, again.values[traffic::Rate]), rate::compared);
    if (pair.sent.amount > 0) {
        sent.values[traffic::Amount] = pair.bytes;
        const Source *source = m_sources.find(pair.source);
        if (source != nullptr)
            sent.values[traffic::SourceMinutes] = minutesSince(source->firstNs);
        if (source != nullptr && source->evicted == m_pairs.evicted()) // else it may have been known before
            sent.values[traffic::DestinationMinutes] = minutesSince(pair.firstNs);
        facts.push_back(pair.fact(Topic::DestinationEgress, pair.sent, sent));
    }
    if (pair.again.amount > 0) {
        again.values[traffic::Amount] = static_cast<double>(pair.retransmits);
        facts.push_back(pair.fact(Topic::DestinationRetransmission, pair.again, again));
    }
    pair.connections = pair.retransmits = 0;
    pair.bytes = pair.perSecond = 0;
    pair.sent = pair.again = {};
}

std::vector<TrafficTracker::Fact> TrafficTracker::advance(std::int64_t nowNs)
{
    const std::int64_t slot = nowNs / everyNs;
    if (slot == m_slot)
        return {};
    std::vector<Fact> facts;
    const bool isFirst = std::exchange(m_slot, slot) == 0; // it is not known how long what was seen took
    for (auto &[key, pair] : m_pairs.entries()) {
        if (!isFirst && pair.connections > 0)
            tell(pair, nowNs, facts);
    }
    return facts;
}

} // namespace tapio::correlation
