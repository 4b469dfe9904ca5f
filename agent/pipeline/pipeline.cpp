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

bool isContained(const wire::Origin &origin)
{
    return !origin.containerId.empty() || !origin.podUid.empty();
}

} // namespace

Pipeline::Pipeline(std::string node, BatchLimits limits, OriginResolver &resolver, const BootTime &bootTime,
                   const Clock &clock, Outlet &outlet)
    : m_clock(clock), m_resolver(resolver), m_bootTime(bootTime), m_outlet(outlet), m_gate(std::move(node)), m_batcher(limits)
{
}

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
    if (sheds(record))   // before the rest: what is shed must cost as little as it can
        return;
    const OriginPtr origin = m_resolver.resolve(record.cgroupId, event.process.pid, event.process.startTimeNs,
                                                  record.memoryCgroupId);
    event.severity = severityOf(event, *origin);
    if ((record.containersOnly && !isContained(*origin)) || !m_gate.wants(event, *origin)) {
        ++totals(record.source).ufiltered;
        return;
    }
    HeldEvent item{std::move(event), origin, record.source, static_cast<std::int64_t>(record.drainedBootNs)};
    if (m_shedder.holds(item.event)) {
        pass(m_shedder.hold(std::move(item)));
        return;
    }
    pass(m_shedder.takeOf(item.event.process));
    pass(std::move(item));
}

void Pipeline::announce(wire::AgentNotice notice, wire::Process self)
{
    ++m_announced;
    const std::int64_t now = m_clock.bootNs();
    wire::Event event;
    event.timeNs = m_bootTime.toUtcNs(static_cast<std::uint64_t>(now));
    event.type = wire::EventType::AgentNotice;
    event.process = std::move(self);
    event.detail = std::move(notice);
    event.severity = severityOf(event, *m_resolver.host());
    if (!m_gate.wants(event, *m_resolver.host())) {
        ++totals(agentSource).ufiltered;
        return;
    }
    pass(HeldEvent{std::move(event), m_resolver.host(), agentSource, now});
}

bool Pipeline::sheds(const KernelRecord &record)
{
    m_alongWith.clear();
    if (!m_shedder.sheds(record.event, m_alongWith))
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
    wire::fitTexts(item.event.detail);   // a text too long would have the whole batch refused
    const bool mayLearnMore = m_resolver.mayLearnMore(*item.origin);
    if (mayLearnMore)
        item.origin = m_resolver.current(item.origin);    // it may have been held for a while
    if (m_batcher.add(std::move(item.event), item.origin, item.source, item.sinceBootNs, mayLearnMore))
        send();
}

void Pipeline::onBetterOrigin(std::uint64_t cgroupId, const OriginPtr &origin)
{
    if (m_batcher.amend(cgroupId, origin, !m_resolver.mayLearnMore(*origin), m_clock.bootNs()))
        send();
}

void Pipeline::pass(std::vector<HeldEvent> &&events)
{
    for (HeldEvent &event : events)
        pass(std::move(event));
}

void Pipeline::setShedStep(ShedStep step) { pass(m_shedder.setStep(step)); }

void Pipeline::tick()
{
    pass(m_shedder.takeDue(m_clock.bootNs()));
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
    if (!m_batcher.empty())
        send();
}

void Pipeline::send()
{
    Outgoing batch = m_batcher.take();
    if (m_outlet.push(std::move(batch)))
        return;
    for (const std::string_view source : batch.sources)   // a refused push leaves the batch with us
        ++totals(source).qdrop;
    if (const auto *refused = std::get_if<wire::EventBatch>(&batch.body))
        m_batcher.giveBack(*refused, m_clock.bootNs());
}

std::vector<wire::SourceCounters> Pipeline::counters(const std::vector<SourceCounterSet> &kernel) const
{
    std::vector<wire::SourceCounters> all;
    all.reserve(kernel.size());
    for (const SourceCounterSet &set : kernel)
        all.push_back({set.source, set.counters});
    if (m_announced + m_lostNotices > 0) {
        CounterSet &own = all.emplace_back(wire::SourceCounters{std::string(agentSource), {}}).counters;
        own[Counter::Seen] = m_announced + m_lostNotices;
        own[Counter::Lost] = m_lostNotices;
        own[Counter::Drained] = m_announced;
    }
    if (const Batcher::AmendmentTotals &amendments = m_batcher.amendments(); amendments.made > 0) {
        CounterSet &own = all.emplace_back(wire::SourceCounters{std::string(wire::amendmentsSource), {}}).counters;
        own[Counter::Seen] = own[Counter::Drained] = amendments.made;
        own[Counter::QDrop] = amendments.lost;
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
