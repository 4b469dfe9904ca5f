// SPDX-License-Identifier: GPL-3.0-or-later
// Questions in PromQL, to the store and to servers.
#include "console/core/session/sessionimpl.h"

namespace tapio::console {

quint64 SessionImpl::ask(int slot, const QString &target, const Question &question, const PictureStyle &style)
{
    const quint64 id = m_nextQuery++;
    m_currentQuestion[slot] = id;
    m_asking.ask(slot, id, target.toStdString(), {question, style});
    return id;
}

void SessionImpl::cancelAsking(int slot)
{
    m_currentQuestion[slot] = 0; // an answer may be on its way
    m_asking.cancel(slot);
}

void SessionImpl::applyQueries(SessionUpdate &update)
{
    for (const SessionUpdate::Query &one : update.queries) {
        if (m_currentQuestion[one.slot] != one.id)
            continue;
        if (one.answer)
            emit queryAnswered(one.slot, one.id, *one.answer);
        else
            emit queryFailed(one.slot, one.id, one.answer.error());
    }
}

} // namespace tapio::console
