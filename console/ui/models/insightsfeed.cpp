// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/ui/models/insightsfeed.h"

#include <algorithm>

#include "console/ui/models/eventsfeed.h"

namespace tapio::console {

namespace {

/// What agents say of themselves is read beside, and is nobody's insight.
std::size_t insightsIn(const EventPage &page)
{
    return static_cast<std::size_t>(std::count_if(page.events.begin(), page.events.end(),
                                                  [](const StoredEvent &event) { return wire::insightOf(event.event.detail) != nullptr; }));
}

} // namespace

InsightsFeed::InsightsFeed(Session &session, QObject *parent) : QObject(parent), m_session(session)
{
    connect(&session, &Session::eventsReady, this, &InsightsFeed::onReady);
    connect(&session, &Session::eventsFailed, this, &InsightsFeed::onFailed);
    connect(&session, &Session::verdictsStored, this, [this] { m_session.readVerdicts(); });
    connect(&session, &Session::verdictsReady, this, [this](const std::vector<Verdict> &oldestFirst) {
        m_verdictError.clear();
        m_verdicts = VerdictBook(oldestFirst);
        emit changed();
    });
    connect(&session, &Session::verdictsFailed, this, [this](const QString &error) {
        m_verdictError = error;
        emit changed();
    });
    m_tick.setInterval(followMs);
    connect(&m_tick, &QTimer::timeout, this, &InsightsFeed::poll);
}

/// The server's UTC, as far as a moving range tells it.
std::int64_t InsightsFeed::nowNs() const { return m_range.toNs + m_sinceRange.nsecsElapsed(); }

EventQuery InsightsFeed::query() const
{
    EventQuery query;
    query.fromNs = m_range.moving ? m_range.fromNs + m_sinceRange.nsecsElapsed() : m_range.fromNs;
    query.toNs = m_range.moving ? INT64_MAX : m_range.toNs;
    query.filter.types = {wire::EventType::Insight, wire::EventType::AgentNotice}; // a notice tells who began anew
    query.filter.nodes = m_range.nodes;
    query.limit = pageSize;
    return query;
}

void InsightsFeed::setRange(const Range &range)
{
    m_session.cancelQuery(queryslot::insightsFollow);
    m_range = range;
    m_sinceRange.start();
    m_fold = {};
    m_streams = {};
    m_followBusy = m_cutOff = m_isWholeFollow = m_isAfter = false;
    m_follows = 0;
    m_look = {};
    m_lost = 0;
    m_newestNs = 0;
    m_error.clear();
    m_followError.clear();
    m_state = State::Loading;
    m_session.readVerdicts();
    m_mainId = m_session.queryEvents(queryslot::insights, query(), std::nullopt);
    emit changed();
}

void InsightsFeed::cancel()
{
    if (m_state != State::Loading)
        return;
    m_session.cancelQuery(queryslot::insights);
    m_fold = {};
    m_streams = {};
    m_state = State::Idle;
    emit changed();
}

void InsightsFeed::setActive(bool active)
{
    if (m_active == active)
        return;
    m_active = active;
    if (!active) {
        m_tick.stop();
        return;
    }
    m_tick.start();
    poll();
}

void InsightsFeed::poll()
{
    if (m_state != State::Ready)
        return;
    m_session.readVerdicts(); // `tapio` may have given some
    if (!m_range.moving || m_followBusy || m_session.paused())
        return;
    m_followBusy = true;
    EventQuery newest = query();
    m_isWholeFollow = ++m_follows >= followsPerWhole;
    if (m_isWholeFollow) {
        m_follows = 0;
        m_look = {};
    } else { // a node whose clock is ahead must not hide the others' insights
        newest.fromNs = std::max(newest.fromNs, std::min(m_newestNs, nowNs()) - followSlackNs);
    }
    m_followId = m_session.queryEvents(queryslot::insightsFollow, newest, beforeFirst(newest));
}

void InsightsFeed::take(const EventPage &page)
{
    for (const StoredEvent &event : page.events) {
        m_fold.add(event);
        m_streams.add(event);
        m_newestNs = std::max(m_newestNs, event.event.timeNs);
    }
    if (m_range.moving)
        m_fold.dropToldBefore(query().fromNs);
    if (m_fold.size() > mostInsights) {
        m_fold.keepNewest(mostInsights);
        m_look.cutOff = m_cutOff = true;
    }
}

bool InsightsFeed::takeWhole(const EventPage &page)
{
    m_look.told += insightsIn(page);
    m_look.lost = std::max(m_look.lost, page.lostEvents);
    take(page);
    m_look.cutOff = m_look.cutOff || (page.more && m_look.told >= mostTold);
    if (page.more && !m_look.cutOff)
        return true;
    m_cutOff = m_look.cutOff;
    m_lost = m_look.lost;
    return false;
}

void InsightsFeed::takeFollow(const EventPage &page)
{
    m_followError.clear();
    if (m_isWholeFollow && takeWhole(page)) {
        m_followId = m_session.queryEvents(queryslot::insightsFollow, page.next, page.nextAfter);
        return;
    }
    if (!m_isWholeFollow) {
        take(page);
        if (page.more) // more came than a page holds: all of it, by the next look
            m_follows = followsPerWhole;
    }
    m_followBusy = false;
}

/// Of a range that does not move: some were open at its end.
bool InsightsFeed::wantsAfter() const
{
    if (m_range.moving)
        return false;
    const std::vector<InsightView> all = m_fold.views();
    return std::any_of(all.begin(), all.end(), [](const InsightView &view) { return view.isOpen(); });
}

bool InsightsFeed::takeAfter(const EventPage &page)
{
    m_look.told += insightsIn(page);
    for (const StoredEvent &event : page.events) {
        m_streams.add(event);
        if (const wire::Insight *insight = wire::insightOf(event.event.detail); insight && m_fold.knows({event.node, insight->id}))
            m_fold.add(event);
    }
    return page.more && m_look.told < mostTold; // of what is told later still, an insight looks as it did until then
}

void InsightsFeed::readMain(const EventPage &page)
{
    if (m_isAfter ? takeAfter(page) : takeWhole(page)) {
        m_mainId = m_session.queryEvents(queryslot::insights, page.next, page.nextAfter);
        return;
    }
    if (m_isAfter || !wantsAfter()) {
        m_state = State::Ready;
        return;
    }
    m_isAfter = true;
    m_look = {};
    EventQuery after = query();
    after.fromNs = m_range.toNs;
    after.toNs = m_range.toNs + afterNs;
    after.newestFirst = false; // were there too many, the next that was told of each
    m_mainId = m_session.queryEvents(queryslot::insights, after, beforeFirst(after));
}

void InsightsFeed::onReady(int slot, quint64 id, const EventPage &page)
{
    if (slot == queryslot::insights && id == m_mainId && m_state == State::Loading) {
        readMain(page);
    } else if (slot == queryslot::insightsFollow && id == m_followId && m_followBusy) {
        takeFollow(page);
    } else {
        return;
    }
    emit changed();
}

void InsightsFeed::onFailed(int slot, quint64 id, const QString &error)
{
    if (slot == queryslot::insights && id == m_mainId && m_state == State::Loading) {
        m_state = State::Failed;
        m_error = error;
    } else if (slot == queryslot::insightsFollow && id == m_followId) {
        m_followBusy = false;
        m_followError = error;
    } else {
        return;
    }
    emit changed();
}

std::vector<InsightView> InsightsFeed::insights(std::int64_t nowNs) const
{
    std::vector<InsightView> all = m_fold.views();
    if (m_range.moving)
        std::erase_if(all, [fromNs = nowNs - (m_range.toNs - m_range.fromNs)](const InsightView &view) { return view.toldNs < fromNs; });
    return all;
}

} // namespace tapio::console
