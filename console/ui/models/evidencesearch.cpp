// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/ui/models/evidencesearch.h"

#include <algorithm>

#include "console/core/metrics/insightfold.h"
#include "console/ui/models/eventsfeed.h"
#include "console/ui/models/insightsfeed.h"

namespace tapio::console {

namespace {

std::int64_t offsetOf(const Session &session, const std::string &node)
{
    for (const wire::AgentState &agent : session.agents()) {
        if (agent.node == node && agent.heartbeat.uncertaintyNs >= 0)
            return agent.heartbeat.offsetNs;
    }
    return 0;
}

} // namespace

EvidenceSearch::EvidenceSearch(Session &session, QObject *parent) : QObject(parent), m_session(session)
{
    connect(&session, &Session::eventsReady, this, &EvidenceSearch::onReady);
    connect(&session, &Session::eventsFailed, this, [this](int slot, quint64 id, const QString &error) {
        if (slot == queryslot::insightEvidence && id == m_id)
            emit failed(error);
    });
}

void EvidenceSearch::find(const wire::EvidenceRef &ref)
{
    m_wanted = ref;
    const std::int64_t toldNs = std::clamp(ref.timeNs, std::int64_t(0), latestInsightNs);
    const std::int64_t ownNs = std::clamp(toldNs - offsetOf(m_session, ref.node), std::int64_t(0), latestInsightNs);
    m_ranges = {{toldNs - nearNs, toldNs + nearNs}};
    if (std::abs(ownNs - toldNs) > nearNs / 2)
        m_ranges.push_back({ownNs - nearNs, ownNs + nearNs});
    m_ranges.push_back({toldNs - aroundNs, toldNs + aroundNs});
    if (std::abs(ownNs - toldNs) > nearNs / 2)
        m_ranges.push_back({ownNs - aroundNs, ownNs + aroundNs});
    lookOn();
}

void EvidenceSearch::lookOn()
{
    if (m_ranges.empty()) {
        emit notFound();
        return;
    }
    EventQuery query;
    query.fromNs = m_ranges.front().fromNs;
    query.toNs = m_ranges.front().toNs;
    query.filter.nodes = {m_wanted.node};
    query.limit = pageSize;
    m_ranges.pop_front();
    m_id = m_session.queryEvents(queryslot::insightEvidence, query, beforeFirst(query));
}

void EvidenceSearch::onReady(int slot, quint64 id, const EventPage &page)
{
    if (slot != queryslot::insightEvidence || id != m_id)
        return;
    const auto isWanted = [this](const StoredEvent &event) {
        const bool isOfStream = event.streamId == m_wanted.streamId || event.streamId == 0 || m_wanted.streamId == 0; // 0: it is not known
        return event.seq == m_wanted.seq && event.node == m_wanted.node && isOfStream;
    };
    const auto at = std::find_if(page.events.begin(), page.events.end(), isWanted);
    if (at != page.events.end())
        emit found(*at);
    else if (page.more)
        m_id = m_session.queryEvents(queryslot::insightEvidence, page.next, page.nextAfter);
    else
        lookOn();
}

} // namespace tapio::console
