// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>
#include <unordered_map>

#include "agent/enrich/originresolver.h"
#include "agent/pipeline/amendments.h"
#include "agent/publish/outgoing.h"

namespace tapio::agent {

struct BatchLimits {
    std::size_t events = 256;
    std::size_t bytes = 128u << 10; ///< estimated, before packing
    /// At low rates this is most of an event's latency, at high ones a batch is full before. Shorter costs messages: 10 per second
    /// from each of 1000 agents were measured to take 0.7 of a core of the server.
    std::chrono::milliseconds age{100};
};

/// Collects events into batches, gives them their sequence numbers and each distinct origin its index. One thread.
class Batcher {
public:
    explicit Batcher(BatchLimits limits) : m_limits(limits) {}

    /// True when the batch is full now: take() it. `bootNs` is now.
    bool add(wire::Event &&event, const OriginPtr &origin, std::string_view source, std::int64_t bootNs);
    /// Puts it behind the events that it is about, whose numbers were given before. True when the batch is full now.
    bool amend(const Amendment &amendment, std::int64_t bootNs);
    /// How long the oldest of it may still wait, nanoseconds; 0 = no longer. Only when it is not empty. One of severity Error and up
    /// does not wait, but for those that were read together with it: so a storm of them makes one batch per reading.
    std::int64_t untilDueNs(std::int64_t bootNs) const;
    /// Everything collected; begins the next batch. Only when it is not empty.
    Outgoing take();

    bool empty() const noexcept { return m_batch.events.empty() && m_batch.amendments.empty(); }

    std::size_t pending() const noexcept { return m_batch.events.size(); }
    /// Sequence number of the last event added; 0 = none yet.
    std::uint64_t lastSeq() const noexcept { return m_nextSeq + m_batch.events.size() - 1; }

private:
    std::uint32_t indexOf(const OriginPtr &origin);
    void begin(std::int64_t bootNs);
    bool isFull() const noexcept { return m_batch.events.size() >= m_limits.events || m_bytes >= m_limits.bytes; }

    BatchLimits m_limits;
    wire::EventBatch m_batch;
    std::vector<std::string_view> m_sources;
    /// Keeps each origin alive while its address is a key.
    std::unordered_map<OriginPtr, std::uint32_t> m_origins;
    std::size_t m_bytes = 0;
    std::int64_t m_beganBootNs = 0;
    bool m_isUrgent = false;
    std::uint64_t m_nextSeq = 1;
};

} // namespace tapio::agent
