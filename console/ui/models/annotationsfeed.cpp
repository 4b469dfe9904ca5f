// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/ui/models/annotationsfeed.h"

#include <cstdlib>
#include <utility>

#include "console/ui/models/eventsfeed.h"

namespace tapio::console {

namespace {

using Wanted = AnnotationsFeed::Wanted;

bool isNear(const Wanted &a, const Wanted &b)
{
    return a.scope == b.scope && std::abs(a.fromNs - b.fromNs) < AnnotationsFeed::againNs
           && std::abs(a.toNs - b.toNs) < AnnotationsFeed::againNs;
}

/// The same, a while later.
bool isMoved(const Wanted &a, const Wanted &b)
{
    return a.scope == b.scope && std::abs((a.toNs - a.fromNs) - (b.toNs - b.fromNs)) < AnnotationsFeed::againNs && a.toNs < b.toNs
           && b.fromNs < a.toNs;
}

} // namespace

AnnotationsFeed::AnnotationsFeed(Session &session, int slot, QObject *parent) : QObject(parent), m_session(session), m_slot(slot)
{
    connect(&session, &Session::eventsReady, this, &AnnotationsFeed::onReady);
    connect(&session, &Session::eventsFailed, this, &AnnotationsFeed::onFailed);
}

void AnnotationsFeed::want(const Wanted &wanted)
{
    const bool isKnown = m_isWanted && isNear(m_wanted, wanted);
    const bool isDue = m_sinceFailure.isValid() && m_sinceFailure.nsecsElapsed() >= againNs;
    if (m_isReading && !isKnown && isMoved(m_wanted, wanted))
        m_next = wanted; // or a range that moves would be begun again and again
    else if (!isKnown || isDue)
        begin(wanted);
}

void AnnotationsFeed::begin(const Wanted &wanted)
{
    m_wanted = wanted;
    m_isWanted = m_isReading = true;
    m_next.reset();
    m_sinceFailure.invalidate();
    m_told = 0;
    m_fold = {};
    EventQuery query;
    query.fromNs = wanted.fromNs > aroundNs ? wanted.fromNs - aroundNs : 0;
    query.toNs = wanted.toNs + aroundNs;
    query.filter.types = AnnotationFold::types();
    query.limit = pageSize;
    m_id = m_session.queryEvents(m_slot, query, beforeFirst(query));
}

void AnnotationsFeed::stop()
{
    const bool wasReading = std::exchange(m_isReading, false);
    m_isWanted = false;
    m_next.reset();
    if (!wasReading)
        return;
    m_session.cancelQuery(m_slot);
    emit settled();
}

void AnnotationsFeed::settle()
{
    m_isReading = false;
    if (m_next)
        begin(*std::exchange(m_next, std::nullopt));
    else
        emit settled();
}

void AnnotationsFeed::onReady(int slot, quint64 id, const EventPage &page)
{
    if (slot != m_slot || id != m_id || !m_isReading)
        return;
    for (const StoredEvent &event : page.events)
        m_fold.add(event);
    m_told += page.events.size();
    if (page.more && m_told < mostTold)
        m_id = m_session.queryEvents(m_slot, page.next, page.nextAfter);
    else
        finish(page.more);
}

void AnnotationsFeed::finish(bool isCutOff)
{
    const std::size_t all = m_fold.size();
    std::vector<Annotation> read = std::exchange(m_fold, {}).annotations(all, m_wanted.toNs);
    std::erase_if(read, [this](const Annotation &one) { return one.fromNs > m_wanted.toNs || !isWithin(one, m_wanted.scope); });
    if (read.size() > mostKept) {
        isCutOff = true;
        read.erase(read.begin(), read.end() - static_cast<std::ptrdiff_t>(mostKept));
    }
    const bool isNews = !m_error.isEmpty() || isCutOff != m_isCutOff || read != *m_annotations;
    m_error.clear();
    m_isCutOff = isCutOff;
    if (isNews) {
        m_annotations = std::make_shared<const std::vector<Annotation>>(std::move(read));
        emit changed();
    }
    settle();
}

void AnnotationsFeed::onFailed(int slot, quint64 id, const QString &error)
{
    if (slot != m_slot || id != m_id || !m_isReading)
        return;
    m_error = error;
    m_next.reset();
    m_sinceFailure.start();
    emit changed();
    settle();
}

} // namespace tapio::console
