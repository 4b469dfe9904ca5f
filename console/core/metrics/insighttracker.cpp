// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/core/metrics/insighttracker.h"

#include <algorithm>

#include "protocol/wire/message.h"

namespace tapio::console {

bool correlates(const wire::HookReport &report) noexcept
{
    return std::any_of(report.hooks.begin(), report.hooks.end(),
                       [](const wire::Hook &hook) { return hook.collector == "correlation" && hook.state == wire::HookState::Active; });
}

std::int64_t InsightTracker::longestSilence(std::string_view node) noexcept
{
    return node.starts_with(wire::serverNodePrefix) ? longestServerSilenceNs : longestSilenceNs;
}

bool InsightTracker::isLater(const Told &told, const Entry &than) noexcept
{
    // Not by time: evidence that comes late ends an insight at a time before what was told of it last.
    if (told.streamId == than.streamId)
        return told.seq > than.seq;
    return told.timeNs + told.clockOffsetNs >= than.timeNs;
}

/// Rules are named by agents: who makes up names does not fill the memory with them.
std::string InsightTracker::known(const std::string &rule)
{
    if (m_opened.contains(rule) || m_opened.size() < mostRules) {
        m_opened.try_emplace(rule, 0);
        return rule;
    }
    m_opened.try_emplace("others", 0);
    return "others";
}

InsightTracker::Entries::iterator InsightTracker::entryFor(const Told &told, const wire::Insight &insight)
{
    const auto [place, isFresh] = m_byKey.try_emplace({told.node, insight.id}, Entries::iterator());
    if (isFresh) {
        m_ended.push_back({});
        m_ended.back().key = place->first;
        m_ended.back().rule = known(insight.rule);
        place->second = std::prev(m_ended.end());
        take(m_ended.back(), told, insight);
    }
    return place->second;
}

void InsightTracker::take(Entry &entry, const Told &told, const wire::Insight &insight)
{
    entry.label = entry.rule + '|' + std::string(wire::severityName(told.severity));
    entry.streamId = told.streamId;
    entry.seq = told.seq;
    entry.timeNs = told.timeNs + told.clockOffsetNs;
    entry.fromNs = (insight.fromNs > 0 ? insight.fromNs : told.timeNs) + told.clockOffsetNs;
    entry.heardNs = told.heardNs;
}

void InsightTracker::place(Entries::iterator entry, bool isOpen)
{
    if (entry->isOpen != isOpen) {
        std::size_t &ofNode = m_openByNode[entry->key.first];
        ofNode = isOpen ? ofNode + 1 : ofNode - 1;
        if (ofNode == 0)
            m_openByNode.erase(entry->key.first);
    }
    Entries &from = entry->isOpen ? m_open : m_ended, &to = isOpen ? m_open : m_ended;
    entry->isOpen = isOpen;
    to.splice(to.end(), from, entry); // iterators stay
}

void InsightTracker::forget(Entries::iterator entry)
{
    place(entry, false);
    m_byKey.erase(entry->key);
    m_ended.erase(entry);
}

void InsightTracker::makeRoom()
{
    if (m_open.size() > mostOpen) {
        ++m_displaced;
        forget(m_open.begin());
    }
    if (m_ended.size() > mostEnded)
        forget(m_ended.begin());
}

void InsightTracker::onInsight(const Told &told, const wire::Insight &insight)
{
    using wire::InsightState;
    const bool isOpen = insight.state == InsightState::Open || insight.state == InsightState::Updated;
    if (!isOpen && insight.state != InsightState::Resolved && insight.state != InsightState::Expired)
        return; // of a newer agent: nothing is known of what it means
    const bool wasKnown = m_byKey.contains({told.node, insight.id});
    const Entries::iterator entry = entryFor(told, insight);
    if (insight.state == InsightState::Open && !entry->isCounted) {
        entry->isCounted = true;
        m_opened[entry->rule] += told.isEarlier ? 0 : 1;
    }
    if (wasKnown) {
        if (!isLater(told, *entry))
            return;
        take(*entry, told, insight);
    }
    place(entry, isOpen);
    makeRoom();
}

void InsightTracker::onStream(const std::string &node, std::uint64_t streamId)
{
    if (streamId != 0)
        m_streams[node] = streamId;
}

void InsightTracker::age(std::int64_t nowNs)
{
    for (auto next = m_open.begin(); next != m_open.end();) {
        const auto entry = next++;
        const auto stream = m_streams.find(entry->key.first);
        const bool isOrphan = stream != m_streams.end() && stream->second != entry->streamId && nowNs - entry->heardNs > streamGraceNs;
        if (isOrphan || nowNs - entry->heardNs > longestSilence(entry->key.first))
            place(entry, false);
    }
    while (m_ended.size() > mostEnded)
        forget(m_ended.begin());
}

std::map<std::string, InsightTracker::Group> InsightTracker::groups(const VerdictBook &verdicts) const
{
    std::map<std::string, Group> groups;
    for (const Entry &entry : m_open) {
        const Verdict *verdict = verdicts.inForce(entry.key);
        if (verdict != nullptr && verdict->kind == VerdictKind::Rejected)
            continue;
        Group &group = groups[entry.label];
        group.fromNs = group.open++ == 0 ? entry.fromNs : std::min(group.fromNs, entry.fromNs);
    }
    return groups;
}

} // namespace tapio::console
