// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/publish/outgoingring.h"

#include <algorithm>
#include <iterator>

namespace tapio::agent {

std::vector<RingFrame> OutgoingRing::push(RingFrame &&frame, std::uint64_t keepUpTo, std::size_t slackBytes)
{
    m_bytes += frame.bytes.size();
    m_events += frame.events;
    m_frames.push_back(std::move(frame));
    std::vector<RingFrame> dropped;
    const std::size_t downTo = m_bytes > m_maxBytes ? m_maxBytes - std::min(slackBytes, m_maxBytes) : m_maxBytes;
    while (m_bytes > downTo) {
        const auto oldest = std::find_if(m_frames.begin() + static_cast<std::ptrdiff_t>(m_underWay), m_frames.end(),
                                         [&](const RingFrame &one) { return one.frameSeq > keepUpTo; });
        if (oldest == m_frames.end())
            break;
        m_bytes -= oldest->bytes.size();
        m_events -= oldest->events;
        dropped.push_back(std::move(*oldest));
        m_frames.erase(oldest);
    }
    return dropped;
}

std::uint64_t OutgoingRing::lastBelow(std::uint64_t frameSeq) const noexcept
{
    const auto at = std::lower_bound(m_frames.begin(), m_frames.end(), frameSeq,
                                     [](const RingFrame &one, std::uint64_t seq) { return one.frameSeq < seq; });
    return at == m_frames.begin() ? 0 : std::prev(at)->frameSeq;
}

const RingFrame *OutgoingRing::next() const noexcept { return m_underWay < m_frames.size() ? &m_frames[m_underWay] : nullptr; }

bool OutgoingRing::markSent()
{
    RingFrame &frame = m_frames[m_underWay++];
    m_bytesUnderWay += frame.bytes.size();
    m_eventsUnderWay += frame.events;
    return !std::exchange(frame.everSent, true);
}

std::vector<RingFrame> OutgoingRing::acknowledge(std::uint64_t frameSeq)
{
    std::vector<RingFrame> safe;
    while (!m_frames.empty() && m_frames.front().frameSeq <= frameSeq) {
        RingFrame &frame = m_frames.front();
        m_bytes -= frame.bytes.size();
        m_events -= frame.events;
        if (m_underWay > 0) {
            --m_underWay;
            m_bytesUnderWay -= frame.bytes.size();
            m_eventsUnderWay -= frame.events;
        }
        safe.push_back(std::move(frame));
        m_frames.pop_front();
    }
    return safe;
}

RingFrame OutgoingRing::takeOldest()
{
    RingFrame frame = std::move(m_frames.front());
    m_frames.pop_front();
    m_bytes -= frame.bytes.size();
    m_events -= frame.events;
    return frame;
}

void OutgoingRing::putBack(RingFrame &&frame)
{
    m_bytes += frame.bytes.size();
    m_events += frame.events;
    m_frames.push_front(std::move(frame));
}

void OutgoingRing::restart() noexcept
{
    m_underWay = 0;
    m_bytesUnderWay = 0;
    m_eventsUnderWay = 0;
}

std::int64_t OutgoingRing::oldestEventNs() const noexcept
{
    const auto found = std::find_if(m_frames.begin(), m_frames.end(), [](const RingFrame &f) { return f.oldestNs != 0; });
    return found == m_frames.end() ? 0 : found->oldestNs;
}

} // namespace tapio::agent
