// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/ui/models/callsfeed.h"

#include <algorithm>
#include <utility>

#include "console/ui/models/eventsfeed.h"

namespace tapio::console {

CallsFeed::CallsFeed(Session &session, QObject *parent) : QObject(parent), m_session(session)
{
    m_workers.setMaxThreadCount(1);
    connect(&session, &Session::eventsReady, this, [this](int slot, quint64 id, const EventPage &page) {
        if (slot == queryslot::insightCalls && id == m_queryId && m_key)
            onPage(page);
    });
    connect(&session, &Session::eventsFailed, this, [this](int slot, quint64 id, const QString &error) {
        if (slot != queryslot::insightCalls || id != m_queryId || !m_key)
            return;
        m_key.reset(); // asked for again, it is read again
        emit failed(error);
    });
}

CallsFeed::~CallsFeed() { m_stop.request_stop(); }

void CallsFeed::want(const InsightView &view, std::int64_t nowNs)
{
    const wire::Insight &insight = view.insight;
    const std::int64_t firstNs = std::min(insight.fromNs > 0 ? insight.fromNs : view.toldNs, latestInsightNs);
    const std::int64_t lastNs = std::clamp(insight.toNs, firstNs, latestInsightNs);
    const std::int64_t fromNs = firstNs - beforeNs, toNs = std::min(lastNs + afterNs, std::max(nowNs, lastNs) + 1);
    const bool isSame = m_key && *m_key == view.key();
    if (isSame && fromNs == m_fromNs && toNs - m_toNs < againNs)
        return;
    m_key = view.key();
    m_fromNs = fromNs;
    m_toNs = toNs;
    ++m_round;
    EventQuery query;
    query.fromNs = fromNs;
    query.toNs = toNs;
    query.filter.types = {wire::EventType::TcpConnection, wire::EventType::HttpRequest};
    query.limit = mostEvents;
    m_queryId = m_session.queryEvents(queryslot::insightCalls, query, beforeFirst(query)); // nobody's action
    if (!isSame)
        emit loading();
}

void CallsFeed::clear()
{
    m_session.cancelQuery(queryslot::insightCalls);
    m_key.reset();
    ++m_round;
}

void CallsFeed::onPage(const EventPage &page)
{
    std::int64_t fromNs = m_fromNs;
    if (page.more && !page.events.empty())
        fromNs = std::min_element(page.events.begin(), page.events.end(), [](const StoredEvent &a, const StoredEvent &b) {
                     return a.event.timeNs < b.event.timeNs;
                 })->event.timeNs;
    m_stop.request_stop(); // of what was made before
    m_stop = std::stop_source();
    m_workers.start([this, round = m_round, events = page.events, fromNs, toNs = m_toNs, isCut = page.more, stop = m_stop.get_token()] {
        CallGraph graph = callGraph(events, fromNs, toNs, stop);
        graph.isCut = isCut;
        QMetaObject::invokeMethod(
            this,
            [this, round, graph = std::move(graph)] {
                if (round == m_round)
                    emit ready(graph);
            },
            Qt::QueuedConnection);
    });
}

} // namespace tapio::console
