// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/pipeline/pipeline.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "agent/pipeline/severity.h"
#include "protocol/wire/detailfields.h"

namespace tapio::agent {

namespace {

std::uint32_t drainUs(const KernelRecord &record)
{
    if (record.drainedBootNs <= record.bootNs)
        return 0;
    const std::uint64_t us = (record.drainedBootNs - record.bootNs) / nsPerUs;
    return static_cast<std::uint32_t>(std::min<std::uint64_t>(us, std::numeric_limits<std::uint32_t>::max()));
}

constexpr std::string_view agentSource = "agent";
constexpr std::string_view correlationSource = "correlation";

/// What nobody could place may be in a container.
bool isOutside(const wire::Origin &origin)
{
    return origin.containerId.empty() && origin.podUid.empty() && origin.attribution != wire::Attribution::Unknown;
}

} // namespace

Pipeline::Pipeline(std::string node, BatchLimits limits, OriginResolver &resolver, const BootTime &bootTime, const Clock &clock,
                   Outlet &outlet)
    : m_node(node), m_clock(clock), m_resolver(resolver), m_bootTime(bootTime), m_outlet(outlet), m_gate(std::move(node)), m_shedder(clock),
      m_batcher(limits)
{}

Pipeline::SourceTotals &Pipeline::totals(std::string_view source)
{
    const auto found = std::find_if(m_totals.begin(), m_totals.end(), [&](const auto &t) { return t.source == source; });
    return found != m_totals.end() ? *found : m_totals.emplace_back(SourceTotals{source, 0, 0, 0});
}

bool Pipeline::writtenAfterStart(const KernelRecord &record) const
{
    return record.fileChangedNs != 0 && record.containerStartBootNs != 0
           && record.fileChangedNs > m_bootTime.toUtcNs(record.containerStartBootNs);
}

void Pipeline::onRecord(KernelRecord &&record)
{
    wire::Event &event = record.event;
    event.timeNs = m_bootTime.toUtcNs(record.bootNs);
    event.drainUs = drainUs(record);
    if (auto *exec = std::get_if<wire::ProcessExec>(&event.detail))
        exec->writtenAfterStart = writtenAfterStart(record);
    if (sheds(record)) // before the rest: what is shed must cost as little as it can
        return;
    CgroupRef cgroup{record.cgroupId, record.memoryCgroupId, record.hierarchy};
    const OriginPtr origin = record.podUid.empty() ? m_resolver.resolve(record.cgroupId, event.process.pid, event.process.startTimeNs,
                                                                        record.memoryCgroupId, record.hierarchy)
                                                   : m_resolver.ofPod(record.podUid, cgroup);
    event.severity = severityOf(event, *origin);
    const bool isToldAlready = m_toldSignals.explains(event);
    const bool isNobodys = record.containersOnly && isOutside(*origin);
    if (isNobodys || !m_gate.wants(event, *origin)) {
        ++totals(record.source).ufiltered;
        if (!isNobodys)
            seeUntold(event, *origin);
        return;
    }
    m_toldSignals.note(event);
    HeldEvent item{std::move(event), origin, record.source, static_cast<std::int64_t>(record.drainedBootNs), cgroup, isToldAlready};
    if (m_shedder.holds(item.event)) {
        pass(m_shedder.hold(std::move(item)));
        return;
    }
    pass(m_shedder.takeOf(item.event.process));
    pass(std::move(item));
}

/// Whoever subscribes to insights alone gets them all the same; their evidence then has no number.
void Pipeline::seeUntold(const wire::Event &event, const wire::Origin &origin)
{
    if (m_correlator == nullptr)
        return;
    m_correlator->onEvent(event, origin, 0);
    tellFound();
}

void Pipeline::announce(wire::AgentNotice notice, wire::Process self, const OriginPtr &about, const CgroupRef &cgroup)
{
    ++m_announced;
    const OriginPtr origin = about ? about : m_resolver.host();
    const std::int64_t now = m_clock.bootNs();
    wire::Event event;
    event.timeNs = m_bootTime.toUtcNs(static_cast<std::uint64_t>(now));
    event.type = wire::EventType::AgentNotice;
    event.process = std::move(self);
    event.detail = std::move(notice);
    event.severity = severityOf(event, *origin);
    if (!m_gate.wants(event, *origin)) {
        ++totals(agentSource).ufiltered;
        seeUntold(event, *origin);
        return;
    }
    pass(HeldEvent{std::move(event), origin, agentSource, now, cgroup});
}

bool Pipeline::sheds(const KernelRecord &record)
{
    m_alongWith.clear();
    if (!m_shedder.sheds(record.event, {record.cgroupId, record.memoryCgroupId}, m_alongWith))
        return false;
    ++totals(record.source).shed;
    for (const HeldEvent &start : m_alongWith)
        ++totals(start.source).shed;
    return true;
}

void Pipeline::pass(HeldEvent &&item)
{
    if (m_shedder.trims() && isSheddable(item.event) && trimDetail(item.event))
        ++m_trimmed;
    wire::fitTexts(item.event.detail); // a text too long would have the whole batch refused
    // What is evidence has the number that the evidence names, so it is not held.
    const bool isEvidence = m_correlator != nullptr && m_correlator->onEvent(item.event, *item.origin, m_batcher.lastSeq() + 1);
    m_detail.note(item);
    const bool isAsked = isEvidence || m_gate.wantsDetail(item.event, *item.origin);
    if (!isAsked && m_flows.isOn() && FlowFold::isOrdinary(item)) {
        fold(std::move(item));
        return;
    }
    if (isAsked || !m_detail.holds(item, m_node, m_clock.bootNs())) {
        put(std::move(item));
        return;
    }
    leaveOut(m_detail.hold(std::move(item)));
    tellFound();
}

void Pipeline::fold(HeldEvent &&item)
{
    const std::string_view source = item.source;
    FlowFold::Folded folded = m_flows.fold(std::move(item), m_clock.bootNs());
    totals(source).ufiltered += folded.isWithin ? 1 : 0;
    if (folded.told)
        put(std::move(*folded.told));
    else
        tellFound();
}

/// Into the batch, with the next number.
void Pipeline::put(HeldEvent &&item)
{
    const bool isInsight = item.event.type == wire::EventType::Insight;
    const bool isFull = m_batcher.add(std::move(item.event), item.origin, item.source, item.sinceBootNs);
    if (!isInsight && m_resolver.mayBeNamed(*item.origin)) // an insight has the name that it was found under
        m_ledger.note(item.cgroup, item.origin, m_batcher.lastSeq(), m_clock.bootNs());
    if (isFull)
        send();
    if (!isInsight)
        tellFound();
}

/// So that nobody takes it for late.
void Pipeline::markHeld(HeldEvent &item) const
{
    const std::int64_t seconds = (m_clock.bootNs() - item.sinceBootNs + nsPerSecond - 1) / nsPerSecond;
    item.event.heldSeconds = static_cast<std::uint8_t>(std::clamp<std::int64_t>(seconds, 1, std::numeric_limits<std::uint8_t>::max()));
}

void Pipeline::putHeld(HeldEvent &&item)
{
    markHeld(item);
    item.sinceBootNs = m_clock.bootNs(); // or the batch that it comes into would be one that has waited
    put(std::move(item));
}

void Pipeline::putHeld(std::vector<HeldEvent> &&events)
{
    for (HeldEvent &event : events) {
        nameBetter(event);
        putHeld(std::move(event));
    }
}

void Pipeline::tellFound()
{
    if (m_correlator == nullptr || !m_correlator->hasFound())
        return;
    for (Correlator::Found &found : m_correlator->take()) {
        ++m_insights;
        OriginPtr origin = found.origin ? found.origin : m_resolver.host();
        const std::int64_t now = m_clock.bootNs();
        const wire::Insight *insight = wire::insightOf(found.event.detail);
        if (const std::uint64_t learnt = m_resolver.learnt(); std::exchange(m_learntOfHeld, learnt) != learnt)
            m_detail.eachHeld([this](HeldEvent &event) { nameBetter(event); });
        // Growth that is told later than it was has nothing to do with what is held by then.
        const bool isOfNow = insight != nullptr && found.event.timeNs - insight->toNs < nsPerSecond;
        std::vector<HeldEvent> around = isOfNow ? m_detail.release(*insight, m_node, now) : std::vector<HeldEvent>();
        if (m_gate.wants(found.event, *origin))
            pass(HeldEvent{std::move(found.event), std::move(origin), correlationSource, now, {}});
        else
            ++totals(correlationSource).ufiltered;
        for (HeldEvent &detail : around)
            putHeld(std::move(detail));
    }
}

void Pipeline::setDetailHeld(bool isHeld)
{
    const bool isOn = isHeld && m_correlator != nullptr;
    putHeld(m_detail.setOn(isOn));
    putHeld(m_flows.setOn(isOn));
}

void Pipeline::leaveOut(const std::vector<HeldEvent> &events)
{
    for (const HeldEvent &event : events)
        ++totals(event.source).ufiltered;
}

void Pipeline::correlate()
{
    if (m_correlator == nullptr)
        return;
    m_correlator->advance(m_clock.utcNs());
    tellFound();
}

void Pipeline::pass(std::vector<HeldEvent> &&events)
{
    for (HeldEvent &event : events) {
        nameBetter(event);
        markHeld(event);
        pass(std::move(event));
    }
}

/// It was held for a while, and what has been learnt meanwhile is not learnt again.
void Pipeline::nameBetter(HeldEvent &event)
{
    if (!m_resolver.mayBeNamed(*event.origin))
        return;
    OriginPtr now = m_resolver.found(event.cgroup);
    if (now && isBetter(*now, *event.origin))
        event.origin = std::move(now);
}

void Pipeline::amend()
{
    const std::int64_t now = m_clock.bootNs();
    m_ledger.age(now);
    const std::uint64_t learnt = m_resolver.learnt();
    if (std::exchange(m_learnt, learnt) == learnt)
        return;
    const auto ask = [this](const CgroupRef &cgroup) {
        OriginPtr origin = m_resolver.found(cgroup);
        const bool mayBeNamed = origin && m_resolver.mayBeNamed(*origin);
        return AmendmentLedger::Known{std::move(origin), mayBeNamed};
    };
    for (const Amendment &amendment : m_ledger.learn(ask)) {
        ++m_amendments;
        if (m_correlator != nullptr)
            m_correlator->onAmendment(*amendment.told, *amendment.now);
        if (m_batcher.amend(amendment, now))
            send();
    }
}

void Pipeline::setShedStep(ShedStep step) { pass(m_shedder.setStep(step)); }

void Pipeline::tick()
{
    pass(m_shedder.takeDue(m_clock.bootNs()));
    leaveOut(m_detail.takeOld(m_clock.bootNs()));
    putHeld(m_flows.takeDue(m_clock.bootNs()));
    if (untilDueNs() == 0)
        send();
}

std::optional<std::int64_t> Pipeline::untilDueNs() const
{
    if (m_batcher.empty())
        return std::nullopt;
    return m_batcher.untilDueNs(m_clock.bootNs());
}

void Pipeline::flush()
{
    pass(m_shedder.takeAll());
    leaveOut(m_detail.takeAll());
    putHeld(m_flows.takeAll());
    if (!m_batcher.empty())
        send();
}

void Pipeline::send()
{
    Outgoing batch = m_batcher.take();
    if (m_outlet.push(std::move(batch)))
        return;
    for (const std::string_view source : batch.sources) // NOLINT(bugprone-use-after-move): a refused push leaves the batch with us
        ++totals(source).qdrop;
    m_refusedAmendments += std::get<wire::EventBatch>(batch.body).amendments.size();
}

std::vector<wire::SourceCounters> Pipeline::counters(const std::vector<SourceCounterSet> &kernel) const
{
    std::vector<wire::SourceCounters> all;
    all.reserve(kernel.size());
    for (const SourceCounterSet &set : kernel)
        all.push_back({set.source, set.counters, set.leftOut});
    if (m_announced + m_lostNotices > 0) {
        CounterSet &own = all.emplace_back(wire::SourceCounters{std::string(agentSource), {}}).counters;
        own[Counter::Seen] = m_announced + m_lostNotices;
        own[Counter::Lost] = m_lostNotices;
        own[Counter::Drained] = m_announced;
    }
    if (m_insights > 0) {
        CounterSet &own = all.emplace_back(wire::SourceCounters{std::string(correlationSource), {}}).counters;
        own[Counter::Seen] = own[Counter::Drained] = m_insights;
    }
    if (m_amendments > 0) {
        CounterSet &own = all.emplace_back(wire::SourceCounters{std::string(wire::amendmentsSource), {}}).counters;
        own[Counter::Seen] = own[Counter::Drained] = m_amendments;
        own[Counter::QDrop] = m_refusedAmendments;
    }
    for (const SourceTotals &mine : m_totals) {
        auto found = std::find_if(all.begin(), all.end(), [&](const auto &c) { return c.source == mine.source; });
        if (found == all.end())
            found = all.insert(all.end(), {std::string(mine.source), {}});
        found->counters[Counter::UFiltered] += mine.ufiltered;
        found->counters[Counter::Shed] += mine.shed;
        found->counters[Counter::QDrop] += mine.qdrop;
    }
    return all;
}

} // namespace tapio::agent
