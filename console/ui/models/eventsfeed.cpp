// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/ui/models/eventsfeed.h"

#include <QDateTime>

#include <algorithm>
#include <utility>

namespace tapio::console {

EventsFeed::EventsFeed(Session &session, EventsModel &model, QObject *parent) : QObject(parent), m_session(session), m_model(model)
{
    connect(&session, &Session::eventsReady, this, &EventsFeed::onReady);
    connect(&session, &Session::eventsFailed, this, &EventsFeed::onFailed);
    connect(&session, &Session::eventsProgress, this, [this](int slot, quint64 id, quint64 scanned, quint64 total) {
        if (slot != queryslot::events || id != m_mainId)
            return;
        m_scanned = scanned;
        m_scanTotal = total;
        emit changed();
    });
    connect(&model, &EventsModel::moreBelowWanted, this, [this] {
        m_mainFollows = false;
        loadBelow();
    });
    m_tick.setInterval(followMs);
    connect(&m_tick, &QTimer::timeout, this, &EventsFeed::poll);
}

void EventsFeed::setQuery(const EventQuery &query, bool moving, Extent extent)
{
    m_session.cancelQuery(queryslot::eventsAbove);
    m_session.cancelQuery(queryslot::eventsFollow);
    m_query = query;
    m_query.limit = extent == Extent::Whole ? wholePageSize : pageSize;
    m_extent = extent;
    m_cutOff = false;
    m_collected.clear();
    m_moving = moving;
    m_aboveBusy = m_followBusy = m_mainFollows = false;
    m_followError.clear();
    m_aboveError.clear();
    m_moreAbove = false;
    m_waiting.clear();
    m_waitingOverflow = false;
    m_firstPage = true;
    m_amendments = m_session.storeStats() ? m_session.storeStats()->amendments : 0;
    m_scanned = m_scanTotal = 0;
    m_state = State::Loading;
    m_mainBusy = true;
    m_seenToNs = 0;
    m_askedToNs = newestStored();
    m_follows = 0;
    m_mainId = m_session.queryEvents(queryslot::events, m_query, std::nullopt);
    emit changed();
}

void EventsFeed::cancel()
{
    if (m_state != State::Loading)
        return;
    m_session.cancelQuery(queryslot::events);
    m_mainBusy = false;
    m_collected.clear();
    m_state = m_firstPage || m_extent == Extent::Whole ? State::Idle : State::Ready;
    emit changed();
}

void EventsFeed::setActive(bool active)
{
    m_active = active;
    if (active)
        m_tick.start();
    else
        m_tick.stop();
}

void EventsFeed::setFollowing(bool following)
{
    if (m_following == following)
        return;
    m_following = following;
    if (following) {
        m_waiting.clear();
        m_waitingOverflow = false;
        poll();
    }
    emit changed();
}

bool EventsFeed::before(const StoredEvent &a, const StoredEvent &b) const
{
    const auto key = [](const StoredEvent &e) { return std::pair(e.event.timeNs, e.id); };
    return m_query.newestFirst ? key(b) < key(a) : key(a) < key(b);
}

EventQuery EventsFeed::beyond(const StoredEvent &row, bool newestFirst) const
{
    EventQuery query = m_query;
    query.newestFirst = newestFirst;
    if (newestFirst)
        query.toNs = row.event.timeNs + 1;
    else
        query.fromNs = row.event.timeNs;
    return query;
}

void EventsFeed::loadBelow()
{
    if (m_mainBusy || m_model.rowCount() == 0)
        return;
    const StoredEvent &last = m_model.eventAt(m_model.rowCount() - 1);
    m_mainBusy = true;
    m_mainId = m_session.queryEvents(queryslot::events, beyond(last, m_query.newestFirst), last.id);
}

void EventsFeed::loadAbove()
{
    if (m_aboveBusy || !m_moreAbove || m_model.rowCount() == 0)
        return;
    const StoredEvent &first = m_model.eventAt(0);
    m_aboveBusy = true;
    m_aboveId = m_session.queryEvents(queryslot::eventsAbove, beyond(first, !m_query.newestFirst), first.id);
}

/// A node whose clock is ahead must not hide the others' events.
std::int64_t EventsFeed::notAfterNow(std::int64_t timeNs) const
{
    return std::min<std::int64_t>(timeNs, QDateTime::currentMSecsSinceEpoch() * nsPerMs + m_session.serverOffsetNs());
}

std::int64_t EventsFeed::newestStored() const
{
    const auto stats = m_session.storeStats();
    return stats ? notAfterNow(stats->newestNs) : 0;
}

/// What is known of rows that are shown may not be what they say.
bool EventsFeed::isAmended() const
{
    const auto stats = m_session.storeStats();
    return stats && stats->amendments != m_amendments;
}

/// The query, from where something new may be.
EventQuery EventsFeed::forNew()
{
    EventQuery query = m_query;
    query.limit = followPageSize;
    m_askedToNs = newestStored();
    m_askedAmendments = m_session.storeStats() ? m_session.storeStats()->amendments : m_amendments;
    if (isAmended()) {
        m_amendedSinceWhole = true;
        query.limit = renewPageSize;
    }
    if (++m_follows >= followsPerWhole) {
        m_follows = 0;
        // What was learnt late may be of events further back than the other looks go.
        if (std::exchange(m_amendedSinceWhole, false))
            query.limit = renewPageSize;
        return query;
    }
    std::int64_t seenToNs = m_seenToNs;
    if (m_model.rowCount() > 0)
        seenToNs = std::max(seenToNs, notAfterNow(m_model.eventAt(0).event.timeNs));
    query.fromNs = std::max(query.fromNs, seenToNs - followSlackNs);
    return query;
}

void EventsFeed::poll()
{
    if (!m_active || !m_moving || m_followBusy || m_state != State::Ready || m_moreAbove)
        return;
    if (m_session.paused() && m_following)
        return; // nothing may appear; who only counts goes on
    const bool whole = m_extent == Extent::Whole;
    if (whole && m_cutOff && !m_query.newestFirst)
        return;                           // it ends before the newest
    if (!m_query.newestFirst && !whole) { // new ones come at the end, where they disturb nobody
        m_mainFollows = m_mainFollows || !m_model.moreBelow();
        if (m_model.rowCount() > 0 && !m_model.moreBelow())
            loadBelow();
        else if (m_model.rowCount() == 0 && !m_mainBusy) {
            m_mainBusy = true;
            EventQuery query = forNew();
            query.limit = m_query.limit;
            m_mainId = m_session.queryEvents(queryslot::events, query, beforeFirst(query));
        }
        if (m_model.rowCount() == 0 || !isAmended())
            return;
    }
    m_followBusy = true;
    EventQuery newest = forNew();
    newest.newestFirst = true;
    m_followId = m_session.queryEvents(queryslot::eventsFollow, newest, beforeFirst(newest));
}

void EventsFeed::onReady(int slot, quint64 id, const EventPage &page)
{
    if (slot == queryslot::events && id == m_mainId) {
        m_mainBusy = false;
        if (m_mainFollows)
            m_followError.clear();
        m_extent == Extent::Whole ? takeWhole(page) : takeFirst(page);
    } else if (slot == queryslot::eventsAbove && id == m_aboveId) {
        m_aboveBusy = false;
        m_aboveError.clear();
        m_moreAbove = page.more;
        std::vector<StoredEvent> rows(page.events.rbegin(), page.events.rend());
        m_model.prepend(std::move(rows));
    } else if (slot == queryslot::eventsFollow && id == m_followId) {
        m_followBusy = false;
        m_followError.clear();
        takeNewest(page);
    } else {
        return;
    }
    emit changed();
}

void EventsFeed::takeFirst(const EventPage &page)
{
    if (m_firstPage) {
        m_model.clear();
        m_lost = page.lostEvents;
        m_firstPage = false;
    }
    if (m_query.newestFirst ? m_model.rowCount() == 0 : !page.more)
        m_seenToNs = std::max(m_seenToNs, m_askedToNs);
    m_model.setMoreBelow(page.more);
    if (m_model.append(page.events).trimmed)
        m_moreAbove = true;
    m_state = State::Ready;
    m_error.clear();
}

void EventsFeed::takeWhole(const EventPage &page)
{
    if (m_firstPage)
        m_lost = page.lostEvents;
    m_firstPage = false;
    m_collected.insert(m_collected.end(), page.events.begin(), page.events.end());
    if (page.more && m_collected.size() < EventsModel::maxRows) {
        m_mainBusy = true;
        m_mainId = m_session.queryEvents(queryslot::events, page.next, page.nextAfter);
        return;
    }
    m_cutOff = page.more || m_collected.size() > EventsModel::maxRows;
    m_collected.resize(std::min(m_collected.size(), EventsModel::maxRows));
    m_model.clear();
    m_model.append(std::exchange(m_collected, {}));
    m_state = State::Ready;
    m_error.clear();
}

void EventsFeed::takeNewest(const EventPage &page)
{
    m_amendments = m_askedAmendments;
    m_model.renew(page.events);
    if (!m_query.newestFirst && m_extent != Extent::Whole)
        return;         // it was asked for nothing else
    if (m_follows == 0) // the losses of the whole range
        m_lost = page.lostEvents;
    if (!page.more)
        m_seenToNs = std::max(m_seenToNs, m_askedToNs);
    const bool joins =
        !page.more || m_model.rowCount() == 0
        || std::any_of(page.events.begin(), page.events.end(), [this](const StoredEvent &e) { return m_model.contains(e.id); });
    if (!m_following || m_extent == Extent::Whole) {
        for (const StoredEvent &event : page.events)
            if (!m_model.contains(event.id) && m_waiting.size() < maxWaiting)
                m_waiting.insert(event.id);
        m_waitingOverflow = m_waitingOverflow || !joins || m_waiting.size() >= maxWaiting;
        return;
    }
    if (!joins) {                                 // more came in half a second than one page holds: go on from the newest
        m_session.cancelQuery(queryslot::events); // it would continue rows that go
        m_mainBusy = false;
        m_model.clear();
        m_model.append(page.events);
        m_model.setMoreBelow(true);
        return;
    }
    std::vector<StoredEvent> ahead;
    for (const StoredEvent &event : page.events) {
        if (m_model.contains(event.id))
            continue;
        if (m_model.rowCount() == 0 || before(event, m_model.eventAt(0)))
            ahead.push_back(event);
        else // late: its node was slower than others
            m_model.insertSorted(event, [this](const StoredEvent &a, const StoredEvent &b) { return before(a, b); });
    }
    m_model.prepend(std::move(ahead));
}

void EventsFeed::onFailed(int slot, quint64 id, const QString &error)
{
    if (slot == queryslot::events && id == m_mainId) {
        m_mainBusy = false;
        m_collected.clear();
        if (m_mainFollows) {
            m_followError = error;
        } else {
            m_state = State::Failed;
            m_error = error;
        }
    } else if (slot == queryslot::eventsAbove && id == m_aboveId) {
        m_aboveBusy = false;
        m_aboveError = error;
    } else if (slot == queryslot::eventsFollow && id == m_followId) {
        m_followBusy = false;
        m_followError = error;
    } else {
        return;
    }
    emit changed();
}

} // namespace tapio::console
