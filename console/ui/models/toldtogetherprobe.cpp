// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/ui/models/toldtogetherprobe.h"

#include <utility>

#include "console/core/store/toldtogether.h"
#include "console/ui/models/eventsfeed.h"

namespace tapio::console {

ToldTogetherProbe::ToldTogetherProbe(Session &session, QObject *parent) : QObject(parent), m_session(session)
{
    // Of one that fails nothing is said: the list itself then says that the store cannot be read.
    connect(&session, &Session::eventsReady, this, [this](int slot, quint64 id, const EventPage &page) {
        if (slot == queryslot::toldTogether && id == m_id)
            setFound(hasToldTogether(page));
    });
}

void ToldTogetherProbe::ask(const EventQuery &query)
{
    setFound(false);
    const auto together = toldTogetherQuery(query);
    if (!together)
        cancel();
    m_id = together ? m_session.queryEvents(queryslot::toldTogether, *together, beforeFirst(*together)) : 0;
}

void ToldTogetherProbe::cancel()
{
    if (std::exchange(m_id, 0) != 0)
        m_session.cancelQuery(queryslot::toldTogether);
}

void ToldTogetherProbe::setFound(bool found)
{
    if (std::exchange(m_found, found) != found)
        emit changed();
}

} // namespace tapio::console
