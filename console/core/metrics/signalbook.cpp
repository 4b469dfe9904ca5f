// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/core/metrics/signalbook.h"

#include <algorithm>
#include <functional>
#include <iterator>
#include <utility>

#include "protocol/wire/evidence.h"

namespace tapio::console {

namespace {

constexpr std::uint64_t golden = 0x9e3779b97f4a7c15u; // spreads; 2^64 divided by the golden ratio

std::uint64_t mix(std::uint64_t hash, std::uint64_t value) noexcept { return (hash ^ value) * golden; }

std::uint64_t hashOf(const std::string &text) noexcept { return std::hash<std::string>()(text); }

/// Whose it is, however much of that is known by then.
std::uint64_t ownerOf(const wire::Origin &origin) noexcept
{
    return mix(mix(hashOf(origin.cgroupPath), hashOf(origin.containerId)), hashOf(origin.podUid));
}

/// Whether it was seen on the node, and is not what Tapio says.
bool isObserved(wire::EventType type) noexcept
{
    return type != wire::EventType::Insight && type != wire::EventType::DrillLabel && type != wire::EventType::AgentNotice;
}

} // namespace

std::uint32_t SignalBook::indexOf(const std::string &node)
{
    const auto [place, isNew] = m_nodeIndex.try_emplace(node, static_cast<std::uint32_t>(m_nodes.size()));
    if (isNew)
        m_nodes.push_back(node);
    return place->second;
}

void SignalBook::onEvents(const wire::Delivery &delivery)
{
    const auto *batch = std::get_if<wire::EventBatch>(&delivery.frame.body);
    if (batch == nullptr || batch->events.empty())
        return;
    std::vector<std::uint64_t> owners;
    for (const wire::Origin &origin : batch->origins)
        owners.push_back(ownerOf(origin));
    const std::uint64_t ofNode = hashOf(delivery.node);
    const std::uint32_t node = indexOf(delivery.node);
    RecentBatch recent{delivery.node, delivery.frame.streamId, {}};
    for (std::size_t i = 0; i < batch->events.size(); ++i) {
        const wire::Event &event = batch->events[i];
        if (!isObserved(event.type))
            continue;
        const std::uint64_t owner = event.origin < owners.size() ? owners[event.origin] : 0;
        const std::uint64_t what = static_cast<std::uint64_t>(event.type) << 8 | static_cast<std::uint64_t>(event.severity);
        const std::uint64_t kind = mix(mix(ofNode, owner), what);
        const std::int64_t timeNs = event.timeNs + delivery.clockOffsetNs;
        recent.events.push_back({batch->seqOf(i), kind, timeNs});
        const bool news = isNews(kind, event.severity, timeNs);
        if (m_arrived++ % m_oneIn == 0)
            hold({delivery.receivedNs, timeNs, kind, node, m_oneIn, news});
    }
    remember(std::move(recent));
}

bool SignalBook::isNews(std::uint64_t kind, wire::Severity severity, std::int64_t timeNs)
{
    if (severity < wire::Severity::Warning)
        return false;
    const auto known = m_news.find(kind);
    if (known == m_news.end()) {
        if (m_news.size() >= mostKinds) {
            ++m_displaced;
            return false;
        }
        m_news.emplace(kind, timeNs);
        return true;
    }
    if (timeNs - known->second < againNs)
        return false;
    known->second = timeNs;
    return true;
}

void SignalBook::hold(const Held &held)
{
    if (m_held.size() >= mostHeld)
        thinOut();
    m_held.push_back(held);
}

/// Every second one goes, and its neighbour counts for both.
void SignalBook::thinOut()
{
    std::deque<Held> kept;
    for (std::size_t i = 0; i < m_held.size(); i += 2) {
        kept.push_back(m_held[i]);
        kept.back().countsFor *= 2;
    }
    m_held = std::move(kept);
    m_oneIn *= 2;
}

void SignalBook::remember(RecentBatch batch)
{
    if (batch.events.empty())
        return;
    m_recentEvents += batch.events.size();
    m_recent.push_back(std::move(batch));
    while (m_recentEvents > mostRecent && m_recent.size() > 1) {
        m_recentEvents -= m_recent.front().events.size();
        m_recent.pop_front();
    }
}

const SignalBook::Recent *SignalBook::find(const std::string &node, std::uint64_t streamId, std::uint64_t seq) const
{
    for (auto batch = m_recent.rbegin(); batch != m_recent.rend(); ++batch) {
        if (batch->streamId != streamId || seq < batch->events.front().seq || seq > batch->events.back().seq || batch->node != node)
            continue;
        const auto found = std::lower_bound(batch->events.begin(), batch->events.end(), seq,
                                            [](const Recent &event, std::uint64_t wanted) { return event.seq < wanted; });
        if (found != batch->events.end() && found->seq == seq)
            return &*found;
    }
    return nullptr;
}

void SignalBook::onInsight(const InsightKey &key, const wire::Insight &insight, std::int64_t heardNs)
{
    for (const std::string &line : insight.evidence) {
        const auto ref = wire::parseEvidence(line);
        if (!ref || ref->streamId == 0)
            continue;
        if (const Recent *event = find(ref->node, ref->streamId, ref->seq))
            cite(key, *event, heardNs);
    }
}

void SignalBook::cite(const InsightKey &key, const Recent &event, std::int64_t heardNs)
{
    const auto ofKind = m_citations.find(event.kind);
    if (ofKind != m_citations.end()) {
        for (Citation &citation : ofKind->second) {
            if (citation.insight != key)
                continue;
            citation.firstNs = std::min(citation.firstNs, event.timeNs);
            citation.lastNs = std::max(citation.lastNs, event.timeNs);
            citation.heardNs = heardNs;
            return;
        }
    }
    if (m_citationCount >= mostCitations) {
        ++m_displaced;
        return;
    }
    ++m_citationCount;
    m_citations[event.kind].push_back({key, event.timeNs, event.timeNs, heardNs});
}

bool SignalBook::isCited(const Held &held, const VerdictBook &verdicts) const
{
    const auto ofKind = m_citations.find(held.kind);
    if (ofKind == m_citations.end())
        return false;
    return std::any_of(ofKind->second.begin(), ofKind->second.end(), [&](const Citation &citation) {
        if (held.timeNs < citation.firstNs || held.timeNs > citation.lastNs)
            return false;
        const Verdict *verdict = verdicts.inForce(citation.insight);
        return verdict == nullptr || verdict->kind != VerdictKind::Rejected;
    });
}

void SignalBook::ripen(std::int64_t nowNs, const VerdictBook &verdicts)
{
    for (; !m_held.empty() && nowNs - m_held.front().heardNs >= ripeNs; m_held.pop_front()) {
        const Held &held = m_held.front();
        Count &count = m_counts[m_nodes[held.node]];
        count.judged += held.countsFor;
        count.signal += held.isNews || isCited(held, verdicts) ? held.countsFor : 0;
    }
    if (m_oneIn > 1 && m_held.size() < mostHeld / 4)
        m_oneIn /= 2;
    if (nowNs - m_forgotNs >= againNs || nowNs < m_forgotNs)
        forget(nowNs);
}

/// What no event that is held, or comes, can ask for any more.
void SignalBook::forget(std::int64_t nowNs)
{
    m_forgotNs = nowNs;
    for (auto ofKind = m_citations.begin(); ofKind != m_citations.end();) {
        m_citationCount -= std::erase_if(ofKind->second, [nowNs](const Citation &one) { return nowNs - one.heardNs > ripeNs + againNs; });
        ofKind = ofKind->second.empty() ? m_citations.erase(ofKind) : std::next(ofKind);
    }
    std::erase_if(m_news, [nowNs](const auto &entry) { return nowNs - entry.second > againNs; });
}

} // namespace tapio::console
