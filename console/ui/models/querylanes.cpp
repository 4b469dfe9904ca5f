// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/ui/models/querylanes.h"

#include <utility>

namespace tapio::console {

QueryLanes::QueryLanes(Session &session, int firstSlot, int lanes, QObject *parent)
    : QObject(parent), m_session(session), m_firstSlot(firstSlot), m_lanes(lanes)
{
    connect(&session, &Session::queryAnswered, this, [this](int slot, quint64 id, const std::shared_ptr<const AnsweredQuery> &answer) {
        int tag = 0;
        if (!take(slot, id, tag))
            return;
        emit answered(tag, answer);
        endOne();
    });
    connect(&session, &Session::queryFailed, this, [this](int slot, quint64 id, const Unanswered &why) {
        int tag = 0;
        if (!take(slot, id, tag))
            return;
        emit failed(tag, why);
        endOne();
    });
}

void QueryLanes::start(std::vector<Wanted> wanted)
{
    for (const auto &[slot, asked] : std::exchange(m_asked, {}))
        m_session.cancelAsking(slot);
    m_waiting.assign(std::make_move_iterator(wanted.begin()), std::make_move_iterator(wanted.end()));
    fill();
}

void QueryLanes::fill()
{
    for (int slot = m_firstSlot; slot < m_firstSlot + m_lanes && !m_waiting.empty(); ++slot) {
        if (m_asked.contains(slot))
            continue;
        const Wanted next = std::move(m_waiting.front());
        m_waiting.pop_front();
        m_asked[slot] = {m_session.ask(slot, next.target, next.question, next.style), next.tag};
    }
}

void QueryLanes::refuse(const QString &target, const Unanswered &why)
{
    std::vector<int> refused;
    std::erase_if(m_waiting, [&](const Wanted &one) {
        const bool isOfIt = one.target == target;
        if (isOfIt)
            refused.push_back(one.tag);
        return isOfIt;
    });
    for (const int tag : refused)
        emit failed(tag, why);
}

bool QueryLanes::take(int slot, quint64 id, int &tag)
{
    const auto asked = m_asked.find(slot);
    if (asked == m_asked.end() || asked->second.id != id)
        return false;
    tag = asked->second.tag;
    m_asked.erase(asked);
    return true;
}

void QueryLanes::endOne()
{
    fill();
    if (isIdle())
        emit idle();
}

} // namespace tapio::console
