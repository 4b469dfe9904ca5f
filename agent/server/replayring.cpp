// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/server/replayring.h"

#include <utility>

#include "protocol/wire/footprint.h"

namespace tapio::server {

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
        m_entries.pop_front();
        ++m_first;
    }
}

} // namespace tapio::server
