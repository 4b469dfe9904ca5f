// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/ui/models/annotationsfeed.h"

#include <cstdlib>
#include <utility>

#include "console/ui/models/eventsfeed.h"

namespace tapio::console {

namespace {

bool isNear(const AnnotationsFeed::Wanted &a, const AnnotationsFeed::Wanted &b)
{
    return a.nodes == b.nodes && std::abs(a.fromNs - b.fromNs) < AnnotationsFeed::againNs
           && std::abs(a.toNs - b.toNs) < AnnotationsFeed::againNs;
}

} // namespace

AnnotationsFeed::AnnotationsFeed(Session &session, int slot, QObject *parent) : QObject(parent), m_session(session), m_slot(slot)
{
    connect(&session, &Session::eventsReady, this, &AnnotationsFeed::onReady);
    connect(&session, &Session::eventsFailed, this, &AnnotationsFeed::onFailed);
}

void AnnotationsFeed::want(const Wanted &wanted)
{
    if (!m_isWanted || !isNear(m_wanted, wanted))
        begin(wanted);
}

void AnnotationsFeed::readAgain(const Wanted &wanted) { begin(wanted); }

void AnnotationsFeed::begin(const Wanted &wanted)
{
    m_wanted = wanted;
    m_isWanted = m_isReading = true;
    m_told = 0;
    m_fold = {};
    EventQuery query;
    query.fromNs = wanted.fromNs > beforeNs ? wanted.fromNs - beforeNs : 0;
    query.toNs = wanted.toNs;
    query.filter.types = AnnotationFold::types();
    query.filter.nodes = wanted.nodes;
    query.limit = pageSize;
    m_id = m_session.queryEvents(m_slot, query, beforeFirst(query));
}

void AnnotationsFeed::stop()
{
    if (std::exchange(m_isReading, false))
        m_session.cancelQuery(m_slot);
    m_isWanted = false;
}

void AnnotationsFeed::onReady(int slot, quint64 id, const EventPage &page)
{
    if (slot != m_slot || id != m_id || !m_isReading)
        return;
    for (const StoredEvent &event : page.events)
        m_fold.add(event);
    m_told += page.events.size();
    m_isCutOff = page.more && m_told >= mostTold;
    if (page.more && !m_isCutOff)
        m_id = m_session.queryEvents(m_slot, page.next, page.nextAfter);
    else
        finish();
}

void AnnotationsFeed::finish()
{
    m_isReading = false;
    m_isCutOff = m_isCutOff || m_fold.size() > mostKept;
    auto read = std::make_shared<const std::vector<Annotation>>(std::exchange(m_fold, {}).annotations(mostKept));
    const bool isNews = !m_error.isEmpty() || *read != *m_annotations;
    m_error.clear();
    if (!isNews)
        return;
    m_annotations = std::move(read);
    emit changed();
}

void AnnotationsFeed::onFailed(int slot, quint64 id, const QString &error)
{
    if (slot != m_slot || id != m_id || !m_isReading)
        return;
    m_isReading = m_isWanted = false; // it is tried again with the next range
    m_error = error;
    emit changed();
}

} // namespace tapio::console
