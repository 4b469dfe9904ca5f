// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/server/streamtracker.h"

#include <algorithm>

namespace tapio::server {

namespace {

std::uint64_t lessOrZero(std::uint64_t from, std::uint64_t what) noexcept { return from > what ? from - what : 0; }

} // namespace

void StreamTracker::skipTo(std::uint64_t frameSeq)
{
    if (frameSeq <= m_received + 1 || m_received == UINT64_MAX)
        return;
    m_loss.gapFrames += frameSeq - m_received - 1;
    m_received = frameSeq - 1;
}

void StreamTracker::onSession(std::uint64_t nextFrameSeq)
{
    skipTo(nextFrameSeq);
    if (m_unacked.empty())
        m_acked = m_received;
}

StreamTracker::Arrival StreamTracker::onFrame(std::uint64_t frameSeq, std::uint64_t events)
{
    if (frameSeq <= m_received) {
        ++m_loss.duplicateFrames;
        return Arrival::Duplicate;
    }
    skipTo(frameSeq);
    m_received = frameSeq;
    m_receivedEvents += events;
    m_unacked.push_back({frameSeq, events});
    return Arrival::New;
}

void StreamTracker::onHeartbeat(const wire::Heartbeat &heartbeat)
{
    // An agent that was started anew and sends what an earlier start spooled counts only what it finds on its disk.
    m_mostProduced = std::max(m_mostProduced, heartbeat.producedEvents);
    m_mostDropped = std::max(m_mostDropped, heartbeat.droppedEvents);
    m_loss.droppedEvents = m_mostDropped;
    const std::uint64_t withAgent = heartbeat.droppedEvents + heartbeat.queuedEvents + heartbeat.inFlightEvents;
    // What is here and not acknowledged is still with the agent: counted once, or a loss would be seen where there is none.
    if (!m_baselineKnown) {
        m_baselineKnown = true;
        m_baselineEvents = lessOrZero(heartbeat.producedEvents, withAgent + m_ackedEvents);
    }
    // What the agent still holds may be here already: so this can be too low for a moment, never too high. And what is here may be
    // unacknowledged for long, while the agent has given it up.
    const std::uint64_t missing = lessOrZero(heartbeat.producedEvents, withAgent + m_receivedEvents + m_baselineEvents);
    m_loss.transitEvents = std::max(m_loss.transitEvents, missing);
}

bool StreamTracker::acknowledge(std::uint64_t frameSeq)
{
    const std::uint64_t safe = std::min(frameSeq, m_received);
    while (!m_unacked.empty() && m_unacked.front().frameSeq <= safe) {
        m_ackedEvents += m_unacked.front().events;
        m_unacked.pop_front();
    }
    if (safe <= m_acked)
        return false;
    m_acked = safe;
    return true;
}

void StreamTracker::finish()
{
    const std::uint64_t accounted = m_mostDropped + m_baselineEvents + m_receivedEvents;
    m_loss.transitEvents = std::max(m_loss.transitEvents, lessOrZero(m_mostProduced, accounted));
}

wire::StreamLoss &operator+=(wire::StreamLoss &sum, const wire::StreamLoss &more) noexcept
{
    sum.gapFrames += more.gapFrames;
    sum.droppedEvents += more.droppedEvents;
    sum.transitEvents += more.transitEvents;
    sum.duplicateFrames += more.duplicateFrames;
    sum.consoleEvents += more.consoleEvents;
    return sum;
}

} // namespace tapio::server
