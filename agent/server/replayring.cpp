// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/server/replayring.h"

#include <utility>

namespace tapio::server {

namespace {

/// Mean bytes of the texts of one element, measured on exec, exit and connection events of a busy node.
constexpr std::size_t eventTextBytes = 64;
constexpr std::size_t originTextBytes = 256;

struct BodyFootprint {
    std::size_t operator()(const wire::EventBatch &batch) const noexcept
    {
        return batch.events.size() * (sizeof(wire::Event) + eventTextBytes)
            + batch.origins.size() * (sizeof(wire::Origin) + originTextBytes);
    }
    std::size_t operator()(const wire::SampleBatch &batch) const noexcept
    {
        return batch.samples.size() * sizeof(wire::Sample) + batch.histograms.size() * sizeof(wire::Histogram)
            + batch.labels.size() * sizeof(std::string) + batch.origins.size() * (sizeof(wire::Origin) + originTextBytes);
    }
    std::size_t operator()(const wire::CounterReport &report) const noexcept
    {
        return report.sources.size() * sizeof(wire::SourceCounters);
    }
    std::size_t operator()(const wire::HookReport &report) const noexcept
    {
        return report.hooks.size() * (sizeof(wire::Hook) + eventTextBytes);
    }
};

} // namespace

std::uint64_t footprint(const wire::Delivery &delivery) noexcept
{
    return sizeof(wire::Delivery) + std::visit(BodyFootprint(), delivery.frame.body);
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
