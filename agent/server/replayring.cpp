// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/server/replayring.h"

#include <utility>

#include "protocol/wire/footprint.h"

namespace tapio::server {

namespace {

constexpr std::size_t maxStreams = 16'384;

} // namespace

std::uint64_t footprint(const wire::Delivery &delivery) noexcept
{
    return sizeof(wire::Delivery) + wire::heapBytes(delivery.node) + wire::heapBytes(delivery.frame);
}

void ReplayRing::append(std::shared_ptr<const wire::Delivery> delivery)
{
    const std::uint64_t bytes = footprint(*delivery);
    m_entries.push_back({std::move(delivery), m_endByte});
    m_endByte += bytes;
    shrink();
}

void ReplayRing::setLimit(std::uint64_t maxBytes)
{
    m_maxBytes = maxBytes;
    shrink();
}

std::uint64_t ReplayRing::letGoUpTo(const std::string &node, std::uint64_t streamId) const
{
    const auto found = m_letGo.find({node, streamId});
    return found == m_letGo.end() ? 0 : found->second;
}

std::uint64_t ReplayRing::bytesFrom(Position position) const noexcept
{
    if (position >= end())
        return 0;
    const std::size_t index = position > m_first ? position - m_first : 0;
    return m_endByte - m_entries[index].startByte;
}

void ReplayRing::shrink()
{
    while (m_entries.size() > 1 && bytes() > m_maxBytes) {
        const wire::Delivery &oldest = *m_entries.front().delivery;
        m_letGo[{oldest.node, oldest.frame.streamId}] = oldest.frame.frameSeq;
        // Streams end when agents do; which one goes hardly matters at this number.
        if (m_letGo.size() > maxStreams)
            m_letGo.erase(m_letGo.begin());
        m_entries.pop_front();
        ++m_first;
    }
}

} // namespace tapio::server
