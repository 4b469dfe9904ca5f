// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/pipeline/collectloop.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include "agent/collect/filehooks.h"
#include "agent/collect/readers/kmsgreader.h"
#include "agent/collect/readers/loginreader.h"
#include "agent/collect/readers/mountreader.h"
#include "agent/collect/samplers/cgroupsampler.h"
#include "agent/collect/samplers/filesystemsampler.h"
#include "agent/collect/samplers/hostsampler.h"
#include "agent/collect/samplers/podnetworksampler.h"
#include "agent/collect/samplers/portsampler.h"
#include "agent/control/drilllabels.h"

namespace tapio::agent {

using std::chrono::milliseconds;

namespace {

/// Collectors that read files, as the configuration names them.
constexpr std::array<const char *, 9> fileCollectors{"cpu", "memory", "psi", "disk", "network", "filesystem", "ports", "kmsg", "login"};

/// Equal in all that tells what can be seen; run times grow for ever.
bool sameStates(const std::vector<wire::Hook> &a, const std::vector<wire::Hook> &b)
{
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](wire::Hook x, const wire::Hook &y) {
        x.runTimeNs = y.runTimeNs;
        x.runCount = y.runCount;
        return x == y;
    });
}

std::int64_t ns(milliseconds duration) { return std::chrono::nanoseconds(duration).count(); }

} // namespace

CollectLoop::CollectLoop(CollectOptions options, PublisherPort port, const Clock &clock, spdlog::logger &log)
    : m_options(std::move(options)), m_port(std::move(port)), m_clock(clock), m_log(log), m_bootTime(clock),
      m_inventory(m_options.cgroupRoot, m_options.maxCgroups), m_resolver(m_options.resolver, m_inventory, clock),
      m_pipeline(m_options.node, m_options.batch, m_resolver, m_bootTime, clock, m_port.outlet)
{
}

Result<std::unique_ptr<CollectLoop>> CollectLoop::open(CollectOptions options, const KernelFactory &openKernel,
                                                       PublisherPort port, const Clock &clock, spdlog::logger &log)
{
    std::unique_ptr<CollectLoop> loop(new CollectLoop(std::move(options), std::move(port), clock, log));
    loop->m_resolver.refresh();   // before the first event, so that it finds its cgroup
    auto kernel = openKernel(loop->m_pipeline);
    if (!kernel)
        return fail(kernel.error());
    loop->m_kernel = std::move(*kernel);
    loop->makeSamplers();
    loop->makeReaders();
    return loop;
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
        all.queuedEvents += m_pipeline.pending();
        return all;
    };
    add(std::make_unique<SelfSampler>(m_resolver.host(), traffic), m_options.hostInterval);
    if (wants("filesystem"))
        add(std::make_unique<FilesystemSampler>(procRoot, m_resolver.host()), m_options.filesystemInterval);
    m_cgroupSamplers.push_back(std::make_unique<CgroupSampler>(procRoot, m_inventory, m_resolver, m_options.disabled));
    if (wants("network"))
        m_cgroupSamplers.push_back(std::make_unique<PodNetworkSampler>(procRoot, m_inventory, m_resolver));
    if (wants("ports"))
        m_cgroupSamplers.push_back(std::make_unique<PortSampler>(procRoot, m_inventory, m_resolver, m_clock));
}

void CollectLoop::makeReaders()
{
    const auto wants = [this](const char *collector) { return m_options.disabled.count(collector) == 0; };
    if (wants("kmsg")) {
        KmsgOptions options;
        options.open = [path = m_options.kmsg] { return openKmsg(path); };
        m_readers.push_back(std::make_unique<KmsgReader>(std::move(options), m_clock));
    }
    if (wants("login")) {
        LoginOptions options;
        options.files = {m_options.logs / "auth.log", m_options.logs / "secure"}; // Debian's and Red Hat's name
        m_readers.push_back(std::make_unique<LoginReader>(std::move(options), m_clock));
    }
    if (wants("security")) {
        MountOptions options;
        options.procRoot = m_options.resolver.procRoot;
        m_readers.push_back(std::make_unique<MountReader>(std::move(options), m_inventory, m_clock));
    }
    if (m_options.drillLabels)
        m_readers.push_back(std::make_unique<DrillReader>(m_options.drillLabels, m_clock));
}

void CollectLoop::readEvents()
{
    for (const auto &reader : m_readers)
        reader->read(m_pipeline);
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

void CollectLoop::everySecond()
{
    const std::int64_t now = m_clock.bootNs();
    m_nextSecondBootNs += nsPerSecond;
    if (m_nextSecondBootNs <= now)
        m_nextSecondBootNs = now + nsPerSecond;
    if (const auto step = m_bootTime.measure())
        m_log.warn("clock: the machine's clock was set by {:+.3f} s; times follow it from here", static_cast<double>(*step) / 1e9);
    if (auto filter = m_port.takeFilter())
        m_pipeline.setFilter(std::move(*filter));
    readEvents();
    sampleDue(false);
    reportHooks();
    reportCounters();
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
    for (const char *collector : fileCollectors) {
        if (m_options.disabled.count(collector) != 0)
            hooks.push_back(disabledHook(collector));
    }
    return hooks;
}

void CollectLoop::reportHooks()
{
    // Run times change with every run of a program; their sum is a sample of each second.
    constexpr std::int64_t runTimesEveryNs = 10 * nsPerSecond;
    const std::int64_t now = m_clock.bootNs();
    std::vector<wire::Hook> hooks = this->hooks();
    const bool due = hooks != m_reportedHooks && now - m_hooksReportedBootNs >= runTimesEveryNs;
    if (!due && sameStates(hooks, m_reportedHooks))
        return;
    if (m_port.outlet.push({wire::HookReport{m_clock.utcNs(), hooks}, {}})) {
        m_reportedHooks = std::move(hooks);
        m_hooksReportedBootNs = now;
    }
}

std::vector<SourceCounterSet> CollectLoop::sourceCounters() const
{
    std::vector<SourceCounterSet> all = m_kernel->counters();
    for (const auto &reader : m_readers) {
        SourceCounterSet mine = reader->counters();
        if (mine.counters == CounterSet())
            continue; // nothing to say yet
        const auto same = std::find_if(all.begin(), all.end(), [&](const auto &one) { return one.source == mine.source; });
        if (same != all.end())
            same->counters += mine.counters;
        else
            all.push_back(std::move(mine));
    }
    return all;
}

wire::CounterReport CollectLoop::counters() const
{
    wire::CounterReport report{m_clock.utcNs(), m_pipeline.counters(sourceCounters())};
    if (m_sampleFrames > 0) {
        CounterSet &samples = report.sources.emplace_back(wire::SourceCounters{std::string(wire::samplesSource), {}}).counters;
        samples[Counter::Seen] = samples[Counter::Drained] = m_sampleFrames;
        samples[Counter::QDrop] = m_refusedSampleFrames;
    }
    return report;
}

void CollectLoop::reportCounters()
{
    wire::CounterReport report = counters();
    m_totals = {};
    for (const wire::SourceCounters &source : report.sources) {
        if (source.countsEvents())
            m_totals.drained += source.counters[Counter::Drained];
        m_totals.missing += source.counters.missing();
    }
    if (!m_port.outlet.push({std::move(report), {}}))
        m_log.debug("queue: a counter report was dropped, it is full");
}

wire::CounterReport CollectLoop::finish()
{
    drainRings();
    readEvents();
    m_pipeline.flush();
    // What was added up since the last second would be gone with the programs.
    SampleWriter writer(m_clock.utcNs());
    m_kernelSampler->sample(writer);
    push(writer);
    return counters();
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
