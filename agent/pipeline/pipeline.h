// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/collect/kernelcollectors.h"
#include "agent/enrich/originresolver.h"
#include "agent/pipeline/amendments.h"
#include "agent/pipeline/batcher.h"
#include "agent/pipeline/boottime.h"
#include "agent/pipeline/correlator.h"
#include "agent/pipeline/detailhold.h"
#include "agent/pipeline/eventgate.h"
#include "agent/pipeline/flowfold.h"
#include "agent/pipeline/shedder.h"
#include "agent/pipeline/toldsignals.h"
#include "agent/publish/outgoing.h"

namespace tapio::agent {

/// Kernel record -> event of UTC time -> budget -> origin and severity -> filter -> batch -> outlet, each event that does not get
/// through counted by cause. One thread; everything referred to outlives it.
class Pipeline final : public KernelRecordSink {
public:
    Pipeline(std::string node, BatchLimits limits, OriginResolver &resolver, const BootTime &bootTime, const Clock &clock, Outlet &outlet);

    void onRecord(KernelRecord &&record) override;
    /// Sends a batch that has waited long enough.
    void tick();
    /// When tick() has something to do; empty = not before the next event.
    std::optional<std::int64_t> untilDueNs() const;
    void flush();
    void setFilter(wire::Filter filter) { m_gate.set(std::move(filter)); }
    /// What the agent has to say of itself: an event from the source "agent", that no budget sheds. `about`: null = the host. `cgroup`: as which
    /// the resolver was asked for `about`.
    void announce(wire::AgentNotice notice, wire::Process self, const OriginPtr &about = nullptr, const CgroupRef &cgroup = {});
    /// What goes out goes through it, and what it finds goes out. Null: nothing is correlated. Outlives the pipeline, or the next call of this.
    void setCorrelator(Correlator *correlator) noexcept { m_correlator = correlator; }
    /// Whether detail goes out around insights alone (detailhold.h), and ordinary connections together (flowfold.h). Off without a correlator, which
    /// would find none.
    void setDetailHeld(bool isHeld);
    /// Time has passed for what is correlated. For once a second.
    void correlate();
    /// So many notices never came to announce().
    void noteLostNotices(std::uint64_t count) { m_lostNotices += count; }
    /// Says of events that went out whose they are, as far as the resolver has learnt it since. For once a second.
    void amend();
    /// What the overhead budget asks for, from the next event on.
    void setShedStep(ShedStep step);

    /// Adds this side's causes (ufiltered, shed, qdrop) to the kernel's counters of the same source, and what the agent announced.
    std::vector<wire::SourceCounters> counters(const std::vector<SourceCounterSet> &kernel) const;
    /// In the batch that is being filled, or held until it is known how their process ends: on their way.
    std::size_t waiting() const noexcept { return m_batcher.pending() + m_shedder.held(); }
    /// Those, and what is kept back until an insight asks for it, or until it is known for how many it stands.
    std::size_t pending() const noexcept { return waiting() + m_detail.held() + m_flows.held(); }
    const DetailHold::Totals &detail() const noexcept { return m_detail.totals(); }
    /// Connections that were told within another's event; among `ufiltered`.
    FlowFold::Within toldWithin() const noexcept { return m_flows.within(); }
    const FoldTotals &folded() const noexcept { return m_shedder.folded(); }
    std::uint64_t sheddable() const noexcept { return m_shedder.sheddable(); } ///< events that came and may be shed, cumulative
    /// Of whose events nothing more was learnt.
    const AmendmentLedger::Totals &unlearnt() const noexcept { return m_ledger.totals(); }
    /// Events that were sent without their arguments and folders.
    std::uint64_t trimmed() const noexcept { return m_trimmed; }

private:
    struct SourceTotals {
        std::string_view source;
        std::uint64_t ufiltered = 0;
        std::uint64_t shed = 0;
        std::uint64_t qdrop = 0;
    };
    SourceTotals &totals(std::string_view source);
    void seeUntold(const wire::Event &event, const wire::Origin &origin);
    bool sheds(const KernelRecord &record);
    void pass(HeldEvent &&event);
    void pass(std::vector<HeldEvent> &&events);
    void put(HeldEvent &&event);
    void markHeld(HeldEvent &event) const;
    void putHeld(HeldEvent &&event);
    void putHeld(std::vector<HeldEvent> &&events);
    void fold(HeldEvent &&event);
    void nameBetter(HeldEvent &event);
    void leaveOut(const std::vector<HeldEvent> &events);
    void send();
    void tellFound();
    /// Of an exec: the file is not as the image brought it.
    bool writtenAfterStart(const KernelRecord &record) const;

    const std::string m_node;
    const Clock &m_clock;
    OriginResolver &m_resolver;
    const BootTime &m_bootTime;
    Outlet &m_outlet;
    EventGate m_gate;
    Shedder m_shedder;
    DetailHold m_detail;
    FlowFold m_flows;
    ToldSignals m_toldSignals;
    std::vector<HeldEvent> m_alongWith; ///< room for Shedder::sheds
    std::uint64_t m_trimmed = 0;
    Correlator *m_correlator = nullptr;
    std::uint64_t m_insights = 0;
    std::uint64_t m_announced = 0;
    std::uint64_t m_lostNotices = 0;
    Batcher m_batcher;
    AmendmentLedger m_ledger;
    std::uint64_t m_learnt = 0;       ///< of the resolver, when it was asked last
    std::uint64_t m_learntOfHeld = 0; ///< the same, for what is held
    std::uint64_t m_amendments = 0, m_refusedAmendments = 0;
    std::vector<SourceTotals> m_totals;
};

} // namespace tapio::agent
