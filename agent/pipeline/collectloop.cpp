// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/pipeline/collectloop.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <malloc.h>
#include <unistd.h>
#include <utility>

#include "agent/collect/filehooks.h"
#include "agent/collect/readers/kmsgreader.h"
#include "agent/collect/readers/kubernetesreader.h"
#include "agent/collect/readers/loginreader.h"
#include "agent/collect/readers/memoryreader.h"
#include "agent/collect/readers/mountreader.h"
#include "agent/collect/readers/volumereader.h"
#include "agent/collect/samplers/cgroupsampler.h"
#include "agent/collect/samplers/filesystemsampler.h"
#include "agent/collect/samplers/hostsampler.h"
#include "agent/collect/samplers/podnetworksampler.h"
#include "agent/collect/samplers/portsampler.h"
#include "agent/collect/samplers/volumesampler.h"
#include "agent/control/drilllabels.h"
#include "agent/pipeline/notices.h"
#include "protocol/wire/filter.h"

namespace tapio::agent {

using std::chrono::milliseconds;

namespace {

/// Collectors that read files, as the configuration names them.
constexpr std::array<const char *, 11> fileCollectors{"cpu",     "memory", "psi",  "disk",  "network",   "filesystem",
                                                      "volumes", "ports",  "kmsg", "login", "kubernetes"};

/// Equal in all that tells what can be seen; run times grow for ever.
bool sameStates(const std::vector<wire::Hook> &a, const std::vector<wire::Hook> &b)
{
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](wire::Hook x, const wire::Hook &y) {
        x.runTimeNs = y.runTimeNs;
        x.runCount = y.runCount;
        return x == y;
    });
}

void addTo(std::vector<SourceCounterSet> &all, SourceCounterSet more)
{
    const auto same = std::find_if(all.begin(), all.end(), [&](const auto &one) { return one.source == more.source; });
    if (same != all.end())
        same->counters += more.counters;
    else if (more.counters != CounterSet()) // nothing to say yet
        all.push_back(std::move(more));
}

std::int64_t ns(milliseconds duration) { return std::chrono::nanoseconds(duration).count(); }

} // namespace

bool readsFiles(std::string_view collector) noexcept
{
    return std::find(fileCollectors.begin(), fileCollectors.end(), collector) != fileCollectors.end();
}

CollectLoop::CollectLoop(CollectOptions options, PublisherPort port, const Clock &clock, spdlog::logger &log)
    : m_options(std::move(options)), m_port(std::move(port)), m_clock(clock), m_log(log), m_bootTime(clock),
      m_inventory(m_options.cgroupRoot, m_options.maxCgroups), m_resolver(m_options.resolver, m_inventory, clock),
      m_pipeline(m_options.node, m_options.batch, m_resolver, m_bootTime, clock, m_port.outlet),
      m_filter(m_options.filter, m_options.node, clock), m_volumes({.procRoot = m_options.resolver.procRoot}), m_budget(m_options.budget)
{}

Result<std::unique_ptr<CollectLoop>> CollectLoop::open(CollectOptions options, const KernelFactory &openKernel, PublisherPort port,
                                                       const Clock &clock, spdlog::logger &log)
{
    std::unique_ptr<CollectLoop> loop(new CollectLoop(std::move(options), std::move(port), clock, log));
    loop->m_resolver.refresh(); // before the first event, so that it finds its cgroup
    auto kernel = openKernel(loop->m_pipeline);
    if (!kernel)
        return fail(kernel.error());
    loop->m_kernel = std::move(*kernel);
    loop->m_resolver.setBirth([&births = *loop->m_kernel](std::uint64_t id, bool isV1) { return births.cgroupBirth(id, isV1); });
    loop->m_filter.turn(*loop->m_kernel, loop->m_resolver); // the first generation is no news
    loop->makeCorrelator();
    loop->makeSamplers();
    loop->makeReaders();
    return loop;
}

void CollectLoop::makeCorrelator()
{
    const auto &wanted = m_options.correlation;
    if (!wanted && !m_correlator)
        return;
    correlation::LoadedRules rules;
    if (wanted && wanted->isOn)
        rules = wanted->rules.empty() ? correlation::shippedRules() : correlation::loadRules(wanted->rules);
    for (const correlation::RuleProblem &problem : rules.problems)
        m_log.warn("correlation: a rule is refused: {}", toString(problem));
    if (m_correlator)
        m_correlator->setRules(std::move(rules), m_clock.utcNs());
    else
        m_correlator = std::make_unique<Correlator>(m_options.node, m_options.streamId, std::move(rules));
    m_correlator->timeWith(m_clock);
    m_pipeline.setCorrelator(m_correlator.get());
    m_pipeline.setDetailHeld(wanted && wanted->isDetailHeld && m_correlator->hasRules());
}

void CollectLoop::makeSamplers()
{
    const auto &procRoot = m_options.resolver.procRoot;
    const auto wants = [this](const char *collector) { return m_options.disabled.count(collector) == 0; };
    const auto add = [this](std::unique_ptr<Sampler> sampler, milliseconds interval) {
        m_samplers.push_back({std::move(sampler), ns(interval), 0});
    };
    auto kernel = std::make_unique<KernelSampler>(*m_kernel, m_resolver);
    m_kernelSampler = kernel.get();
    add(std::move(kernel), m_options.hostInterval);
    add(std::make_unique<HostSampler>(procRoot, m_options.disabled, m_resolver.host()), m_options.hostInterval);
    const auto traffic = [this] {
        SelfSampler::Traffic all = m_port.traffic();
        all.queuedEvents += m_pipeline.waiting(); // what is kept back on purpose is no queue that anything could shorten
        return all;
    };
    add(std::make_unique<SelfSampler>(m_resolver.host(), traffic), m_options.hostInterval);
    if (wants("filesystem"))
        add(std::make_unique<FilesystemSampler>(procRoot, m_resolver.host()), m_options.filesystemInterval);
    if (wants("volumes"))
        add(std::make_unique<VolumeSampler>(m_volumes, m_resolver), m_options.hostInterval);
    m_cgroupSamplers.push_back(std::make_unique<CgroupSampler>(procRoot, m_inventory, m_resolver, m_options.disabled));
    if (wants("network"))
        m_cgroupSamplers.push_back(std::make_unique<PodNetworkSampler>(procRoot, m_inventory, m_resolver));
    if (wants("ports"))
        m_cgroupSamplers.push_back(std::make_unique<PortSampler>(procRoot, m_inventory, m_resolver, m_clock));
}

void CollectLoop::makeReaders()
{
    const auto wants = [this](const char *collector) {
        const auto isIt = [&](const auto &reader) { return reader->counters().source == collector; };
        return m_options.disabled.count(collector) == 0 && std::none_of(m_readers.begin(), m_readers.end(), isIt);
    };
    if (wants("kmsg")) {
        KmsgOptions options;
        options.open = [path = m_options.kmsg] { return openKmsg(path); };
        m_readers.push_back(std::make_unique<KmsgReader>(std::move(options), m_clock));
    }
    if (wants("login")) {
        LoginOptions options;
        options.files = {m_options.logs / "auth.log", m_options.logs / "secure"}; // Debian's and Red Hat's name
        const JournalPlace place{{m_options.logs / "journal", m_options.journal},
                                 m_options.resolver.procRoot / "sys/kernel/random/boot_id"};
        options.openJournal = [place](const std::string &cursor) { return openJournal(place, cursor); };
        m_readers.push_back(std::make_unique<LoginReader>(std::move(options), m_clock));
    }
    if (wants("security")) {
        MountOptions options;
        options.procRoot = m_options.resolver.procRoot;
        m_readers.push_back(std::make_unique<MountReader>(std::move(options), m_inventory, m_clock));
    }
    if (wants("memory"))
        m_readers.push_back(std::make_unique<MemoryReader>(MemoryOptions(), m_inventory, m_clock));
    if (wants("psi")) {
        PressureOptions options = m_options.pressure;
        options.procRoot = m_options.resolver.procRoot;
        m_readers.push_back(std::make_unique<PressureReader>(std::move(options), m_inventory, m_clock));
    }
    if (wants("volumes"))
        m_readers.push_back(std::make_unique<VolumeReader>(VolumeOptions(), m_volumes, m_inventory, m_clock));
    if (wants("kubernetes"))
        m_readers.push_back(std::make_unique<KubernetesReader>(m_options.kubernetes, m_options.resolver.cluster, m_clock));
    if (m_options.drillLabels && wants("drill"))
        m_readers.push_back(std::make_unique<DrillReader>(m_options.drillLabels, m_clock));
}

void CollectLoop::endReaders()
{
    std::erase_if(m_readers, [this](const auto &reader) {
        if (m_options.disabled.count(reader->counters().source) == 0)
            return false;
        reader->finish(m_pipeline);
        addTo(m_endedReaders, reader->counters());
        return true;
    });
}

void CollectLoop::readEvents()
{
    for (const auto &reader : m_readers)
        reader->read(m_pipeline);
}

void CollectLoop::change(CollectChange change)
{
    m_options.disabled = std::move(change.disabled);
    m_options.maxCgroups = change.maxCgroups;
    m_options.hostInterval = change.hostInterval;
    m_options.cgroupInterval = change.cgroupInterval;
    m_options.otherHooks = std::move(change.otherHooks);
    m_budget.setLimits(change.budget);
    m_filter.setRules(std::move(change.filter));
    m_options.correlation = std::move(change.correlation);
    makeCorrelator();
    subscribeKernel(); // other rules may wait for something else
    keepFilter();
    m_inventory.setMaxCgroups(m_options.maxCgroups);
    m_kernel->setDisabled(m_options.disabled);
    m_samplers.clear();
    m_cgroupSamplers.clear();
    makeSamplers();
    endReaders();
    makeReaders();
    m_nextCgroupsBootNs = 0;
}

Status CollectLoop::turn()
{
    const std::int64_t now = m_clock.bootNs();
    std::int64_t untilNs = std::max<std::int64_t>(m_nextSecondBootNs - now, 0);
    if (const auto batchNs = m_pipeline.untilDueNs())
        untilNs = std::min(untilNs, *batchNs);
    const auto polled = m_kernel->poll(std::chrono::ceil<milliseconds>(std::chrono::nanoseconds(untilNs)));
    if (!polled)
        return fail(polled.error());
    m_pipeline.tick();
    if (m_clock.bootNs() >= m_nextSecondBootNs)
        everySecond();
    return {};
}

/// To what consoles want, and to what the rules wait for: what nobody subscribes to is evidence all the same.
void CollectLoop::subscribeKernel()
{
    if (!m_subscribed)
        return;
    wire::Filter kernel = *m_subscribed;
    if (std::any_of(kernel.any.begin(), kernel.any.end(), wire::wantsEverything))
        kernel.any.clear(); // who asks for detail besides changes nothing for the kernel
    if (m_correlator && !kernel.any.empty()) {
        if (std::vector<wire::EventType> types = m_correlator->wanted(); !types.empty()) // no types would be all of them
            kernel.any.emplace_back().types = std::move(types);
    }
    m_filter.setSubscription(kernel);
}

void CollectLoop::everySecond()
{
    const std::int64_t now = m_clock.bootNs();
    m_nextSecondBootNs += nsPerSecond;
    if (m_nextSecondBootNs <= now)
        m_nextSecondBootNs = now + nsPerSecond;
    if (const auto step = m_bootTime.measure())
        m_log.warn("clock: the machine's clock was set by {:+.3f} s; times follow it from here", static_cast<double>(*step) / 1e9);
    if (auto filter = m_port.takeFilter()) {
        m_pipeline.setFilter(*filter);
        m_subscribed = std::move(*filter);
        subscribeKernel();
    }
    m_resolver.refreshNames();
    keepFilter(); // after the names, which its rules are about
    tellLeftOut(false);
    readEvents();
    sampleDue(false);
    m_pipeline.amend(); // after the names, and a walk where one was due
    m_pipeline.correlate();
    std::vector<wire::Hook> hooks = this->hooks();
    reportHooks(hooks);
    keepBudget(hooks);
    reportCounters();
    takeSnapshot(std::move(hooks));
}

void CollectLoop::sampleAll()
{
    readEvents();
    sampleDue(true);
}

void CollectLoop::sampleDue(bool all)
{
    // Half a second of slack: the loop's own second must not make every other sample late.
    const std::int64_t now = m_clock.bootNs() + nsPerSecond / 2;
    SampleWriter writer(m_clock.utcNs());
    if (all || now >= m_nextCgroupsBootNs)
        walkAndSample(writer);
    for (Scheduled &entry : m_samplers) {
        if (!all && now < entry.nextBootNs)
            continue;
        entry.nextBootNs = m_clock.bootNs() + entry.intervalNs;
        entry.sampler->sample(writer);
    }
    if (std::exchange(m_kernelProblem, m_kernelSampler->problem()) != m_kernelSampler->problem() && !m_kernelProblem.empty())
        m_log.warn("kernel: {}", m_kernelProblem);
    push(writer);
}

void CollectLoop::push(SampleWriter &writer)
{
    for (wire::SampleBatch &batch : writer.take()) {
        ++m_sampleFrames;
        if (m_correlator)
            m_correlator->onSamples(batch);
        if (m_port.outlet.push({std::move(batch), {}}))
            continue;
        ++m_refusedSampleFrames;
        m_log.debug("queue: samples were dropped, it is full");
    }
}

void CollectLoop::walkAndSample(SampleWriter &writer)
{
    m_resolver.refresh();
    const std::int64_t before = threadCpuNs();
    for (const auto &sampler : m_cgroupSamplers)
        sampler->sample(writer);
    constexpr std::int64_t mostNs = 60 * nsPerSecond;
    // With the walks that events of unknown cgroups asked for since the last time.
    const std::int64_t spent = threadCpuNs() - before + m_resolver.takeWalkNs();
    const std::int64_t stretched = std::min(spent * cgroupShare, mostNs);
    m_nextCgroupsBootNs = m_clock.bootNs() + std::max(ns(m_options.cgroupInterval), stretched);
}

std::vector<wire::Hook> CollectLoop::hooks() const
{
    std::vector<wire::Hook> hooks = m_kernel->hooks();
    const auto add = [&hooks](const Sampler &sampler) {
        std::vector<wire::Hook> more = sampler.hooks();
        hooks.insert(hooks.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
    };
    for (const Scheduled &entry : m_samplers)
        add(*entry.sampler);
    for (const auto &sampler : m_cgroupSamplers)
        add(*sampler);
    for (const auto &reader : m_readers) {
        std::vector<wire::Hook> more = reader->hooks();
        hooks.insert(hooks.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
    }
    if (m_correlator && m_options.correlation)
        hooks.push_back(m_options.correlation->isOn ? m_correlator->hook() : disabledHook("correlation"));
    for (const char *collector : fileCollectors) {
        if (m_options.disabled.count(collector) != 0)
            hooks.push_back(disabledHook(collector));
    }
    std::vector<wire::Hook> names = m_resolver.hooks();
    hooks.insert(hooks.end(), std::make_move_iterator(names.begin()), std::make_move_iterator(names.end()));
    hooks.insert(hooks.end(), m_options.otherHooks.begin(), m_options.otherHooks.end());
    return hooks;
}

void CollectLoop::reportHooks(const std::vector<wire::Hook> &hooks)
{
    // Run times change with every run of a program; their sum is a sample of each second.
    constexpr std::int64_t runTimesEveryNs = 10 * nsPerSecond;
    const std::int64_t now = m_clock.bootNs();
    const bool due = hooks != m_reportedHooks && now - m_hooksReportedBootNs >= runTimesEveryNs;
    if (!due && sameStates(hooks, m_reportedHooks))
        return;
    if (m_port.outlet.push({wire::HookReport{m_clock.utcNs(), hooks}, {}})) {
        m_reportedHooks = hooks;
        m_hooksReportedBootNs = now;
    }
}

void CollectLoop::keepBudget(const std::vector<wire::Hook> &hooks)
{
    const SelfUse use = m_options.readSelf();
    BudgetReading reading{use.cpuNs, std::nullopt, use.residentBytes, m_port.traffic().sentBytes, m_pipeline.sheddable()};
    for (const wire::Hook &hook : hooks) {
        if (hook.runCount > 0)
            reading.kernelNs = reading.kernelNs.value_or(0) + hook.runTimeNs;
    }
    const auto notice = m_budget.note(m_clock.bootNs(), reading);
    const BudgetSpent &spent = m_budget.spent();
    if (spent.cpuPercent && !spent.kernelIncluded && m_budget.limits().cpuPercent > 0 && !std::exchange(m_saidWithoutKernel, true))
        m_log.info("budget: cpu is without the kernel programs, whose run time the kernel does not tell");
    if (std::exchange(m_isOverAtRest, m_budget.isOverAtRest()) != m_budget.isOverAtRest() && m_budget.isOverAtRest())
        m_log.warn(
            "budget: cpu {:.2f} % of {:.2f} % is spent on little more than being here ({:.1f} events/s that may be left out): leaving "
            "them out would not help, so the budget takes no step for it",
            *spent.cpuPercent, m_budget.limits().cpuPercent, spent.sheddablePerSecond.value_or(0));
    if (!notice)
        return;
    m_stepsTaken += notice->begins ? 1 : 0;
    m_pipeline.setShedStep(m_budget.step());
    // What the allocator keeps for later counts as ours.
    if (notice->begins && notice->limits.rssBytes > 0 && spent.rssBytes.value_or(0) > notice->limits.rssBytes)
        malloc_trim(0);
    m_log.warn("budget: {}", describe(*notice));
    announce(noticeOf(*notice));
    if (m_options.budgetListener != nullptr)
        m_options.budgetListener->onBudgetNotice(*notice);
}

void CollectLoop::announce(wire::AgentNotice notice) { announce(std::move(notice), nullptr, {}); }

void CollectLoop::announce(wire::AgentNotice notice, const OriginPtr &about, const CgroupRef &cgroup)
{
    m_pipeline.announce(std::move(notice), {static_cast<std::uint32_t>(getpid()), geteuid(), 0, "tapio-agent"}, about, cgroup);
}

void CollectLoop::keepFilter()
{
    if (m_filter.turn(*m_kernel, m_resolver)) {
        m_log.info("filter: generation {} is in force, sha256 {}: {}", m_filter.state().generation, m_filter.state().sha256,
                   m_filter.description());
        announce(noticeOf(m_filter.state(), m_filter.description()));
    }
    const std::string &problem = m_filter.state().problem;
    if (std::exchange(m_filterProblem, problem) != problem && !problem.empty())
        m_log.warn("filter: {}", problem);
}

void CollectLoop::tellLeftOut(bool all)
{
    for (const LeftOutNews &news : m_filter.takeLeftOut(*m_kernel, m_leftOutByTokens, all)) {
        const OriginPtr origin = m_resolver.resolve(news.cgroupId, 0, 0, news.memoryCgroupId, news.hierarchy);
        announce(noticeOf(news, origin->cgroupPath), origin, {news.cgroupId, news.memoryCgroupId, news.hierarchy});
    }
}

BudgetState CollectLoop::budgetState() const
{
    return {m_budget.limits(), m_budget.spent(), m_budget.step(), m_stepsTaken, m_pipeline.trimmed(), m_pipeline.folded()};
}

void CollectLoop::takeSnapshot(std::vector<wire::Hook> hooks)
{
    const auto fill = [](std::pair<std::uint64_t, std::uint64_t> ring) { return RingFill{ring.first, ring.second}; };
    auto snapshot = std::make_shared<CollectSnapshot>();
    snapshot->takenBootNs = m_clock.bootNs();
    snapshot->hooks = std::move(hooks);
    snapshot->events = fill(m_kernel->ringFill());
    snapshot->critical = fill(m_kernel->criticalRingFill());
    snapshot->budget = budgetState();
    snapshot->filter = m_filter.state();
    snapshot->pendingEvents = m_pipeline.pending();
    snapshot->unlearnt = m_pipeline.unlearnt();
    snapshot->detail = m_pipeline.detail();
    snapshot->toldWithin = m_pipeline.toldWithin();
    if (m_correlator)
        snapshot->rules = m_correlator->counters();
    snapshot->cgroups = m_inventory.nodes().size();
    snapshot->cgroupsCutOff = m_inventory.cutOff();
    m_snapshot = std::move(snapshot);
}

std::vector<SourceCounterSet> CollectLoop::sourceCounters() const
{
    std::vector<SourceCounterSet> all = m_kernel->counters();
    for (const auto &reader : m_readers)
        addTo(all, reader->counters());
    for (const SourceCounterSet &ended : m_endedReaders)
        addTo(all, ended);
    return all;
}

wire::CounterReport CollectLoop::counters() const
{
    wire::CounterReport report{m_clock.utcNs(), m_pipeline.counters(sourceCounters()), m_filter.state().generation};
    if (m_sampleFrames > 0) {
        CounterSet &samples = report.sources.emplace_back(wire::SourceCounters{std::string(wire::samplesSource), {}}).counters;
        samples[Counter::Seen] = samples[Counter::Drained] = m_sampleFrames;
        samples[Counter::QDrop] = m_refusedSampleFrames;
    }
    return report;
}

/// Of rules less often: there are many, and each looks at little.
void CollectLoop::addRuleCounters(wire::CounterReport &report)
{
    const std::int64_t now = m_clock.bootNs();
    if (!m_correlator || now < m_nextRulesBootNs)
        return;
    m_nextRulesBootNs = now + ns(rulesEvery);
    report.rules = m_correlator->counters();
}

void CollectLoop::reportCounters()
{
    wire::CounterReport report = counters();
    addRuleCounters(report);
    m_totals = {};
    m_leftOutByTokens = 0;
    for (const wire::SourceCounters &source : report.sources) {
        m_leftOutByTokens += source.leftOut[static_cast<std::size_t>(FilterCause::Tokens)];
        if (source.countsEvents())
            m_totals.drained += source.counters[Counter::Drained];
        m_totals.missing += source.counters.missing();
    }
    if (!m_port.outlet.push({std::move(report), {}}))
        m_log.debug("queue: a counter report was dropped, it is full");
}

wire::CounterReport CollectLoop::finish()
{
    m_kernel->tellCounted();
    drainRings();
    readEvents();
    for (const auto &reader : m_readers)
        reader->finish(m_pipeline);
    tellLeftOut(true);
    m_resolver.refreshNames();
    m_pipeline.amend();
    m_pipeline.flush();
    // What was added up since the last second would be gone with the programs.
    SampleWriter writer(m_clock.utcNs());
    m_kernelSampler->sample(writer);
    push(writer);
    wire::CounterReport last = counters();
    if (m_correlator)
        last.rules = m_correlator->counters();
    return last;
}

/// One poll reads at most so much of a ring; and what other processes do meanwhile does not have to be waited for.
void CollectLoop::drainRings()
{
    const std::int64_t deadline = m_clock.bootNs() + ns(mostDraining);
    while (m_clock.bootNs() < deadline) {
        const auto polled = m_kernel->poll(milliseconds(0));
        if (!polled) {
            m_log.warn("kernel: {}", polled.error().message());
            return;
        }
        if (*polled == 0 || m_kernel->ringFill().first == 0)
            return;
    }
    m_log.warn("kernel: {} bytes of records stay unread in the ring at the end", m_kernel->ringFill().first);
}

} // namespace tapio::agent
