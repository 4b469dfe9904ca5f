// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/server/replayring.h"

#include <algorithm>
#include <iterator>
#include <utility>
#include <variant>

#include "protocol/wire/footprint.h"

namespace tapio::server {

namespace {

constexpr std::size_t maxStreams = 16'384;

} // namespace

std::uint64_t footprint(const wire::Delivery &delivery) noexcept
{
    return sizeof(wire::Delivery) + wire::heapBytes(delivery.node) + wire::heapBytes(delivery.frame);
}

void ReplayRing::append(std::shared_ptr<const wire::Delivery> delivery, std::int64_t nowNs)
{
    const std::uint64_t bytes = footprint(*delivery);
    Stream &stream = streamOf(*delivery);
    if (const auto *batch = std::get_if<wire::EventBatch>(&delivery->frame.body); batch != nullptr && !batch->events.empty())
        stream.newestEvent = std::max(stream.newestEvent, batch->seqOf(batch->events.size() - 1));
    m_entries.push_back({std::move(delivery), m_endByte, nowNs, std::exchange(stream.newest, end())});
    m_endByte += bytes;
    shrink();
}

void ReplayRing::setLimits(std::uint64_t maxBytes, std::int64_t maxAgeNs)
{
    m_maxBytes = maxBytes;
    m_maxAgeNs = maxAgeNs;
    shrink();
}

std::uint64_t ReplayRing::letGoUpTo(const std::string &node, std::uint64_t streamId) const
{
    const auto found = m_streams.find({node, streamId});
    return found == m_streams.end() ? 0 : found->second.letGoUpTo;
}

std::optional<ReplayRing::Position> ReplayRing::previousOfStream(Position position) const
{
    const std::optional<Position> previous = m_entries[position - m_first].previous;
    return previous && *previous >= m_first ? previous : std::nullopt;
}

std::map<std::pair<std::string, std::uint64_t>, std::uint64_t> ReplayRing::newestEvents() const
{
    std::map<std::pair<std::string, std::uint64_t>, std::uint64_t> all;
    for (const auto &[key, stream] : m_streams)
        all.emplace_hint(all.end(), key, stream.newestEvent);
    return all;
}

/// Streams end when agents do; which one of the others goes hardly matters at this number.
ReplayRing::Stream &ReplayRing::streamOf(const wire::Delivery &delivery)
{
    const auto at = m_streams.try_emplace({delivery.node, delivery.frame.streamId}).first;
    if (m_streams.size() > maxStreams)
        m_streams.erase(at == m_streams.begin() ? std::next(at) : m_streams.begin());
    return at->second;
}

std::uint64_t ReplayRing::bytesFrom(Position position) const noexcept
{
    if (position >= end())
        return 0;
    const std::size_t index = position > m_first ? position - m_first : 0;
    return m_endByte - m_entries[index].startByte;
}

bool ReplayRing::isTooMuch() const noexcept
{
    return bytes() > m_maxBytes || (m_maxAgeNs > 0 && m_entries.back().arrivedNs - m_entries.front().arrivedNs > m_maxAgeNs);
}

void ReplayRing::shrink()
{
    while (m_entries.size() > 1 && isTooMuch()) {
        const wire::Delivery &oldest = *m_entries.front().delivery;
        streamOf(oldest).letGoUpTo = oldest.frame.frameSeq;
        m_entries.pop_front();
        ++m_first;
    }
}

} // namespace tapio::server
