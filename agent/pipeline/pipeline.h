// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "agent/collect/kernelcollectors.h"
#include "agent/enrich/originresolver.h"
#include "agent/pipeline/batcher.h"
#include "agent/pipeline/boottime.h"
#include "agent/pipeline/eventgate.h"
#include "agent/publish/outgoing.h"

namespace tapio::agent {

/// Kernel record -> event of UTC time, origin and severity -> filter -> batch -> outlet, each event that does not get through
/// counted by cause. One thread; everything referred to outlives it.
class Pipeline final : public KernelRecordSink {
public:
    Pipeline(std::string node, BatchLimits limits, OriginResolver &resolver, const BootTime &bootTime, const Clock &clock,
             Outlet &outlet);

    void onRecord(KernelRecord &&record) override;
    /// Sends a batch that has waited long enough.
    void tick();
    /// When tick() has something to do; empty = not before the next event.
    std::optional<std::int64_t> untilDueNs() const;
    void flush();
    void setFilter(wire::Filter filter) { m_gate.set(std::move(filter)); }

    /// Adds this side's causes (ufiltered, qdrop) to the kernel's counters of the same source.
    std::vector<wire::SourceCounters> counters(const std::vector<SourceCounterSet> &kernel) const;
    std::size_t pending() const noexcept { return m_batcher.pending(); }

private:
    struct SourceTotals {
        std::string_view source;
        std::uint64_t ufiltered = 0;
        std::uint64_t qdrop = 0;
    };
    SourceTotals &totals(std::string_view source);
    void send();
    /// Of an exec: the file is not as the image brought it.
    bool writtenAfterStart(const KernelRecord &record) const;

    const Clock &m_clock;
    OriginResolver &m_resolver;
    const BootTime &m_bootTime;
    Outlet &m_outlet;
    EventGate m_gate;
    Batcher m_batcher;
    std::vector<SourceTotals> m_totals;
};

} // namespace tapio::agent
