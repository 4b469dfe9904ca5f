// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/correlation/figuretracker.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <tuple>
#include <utility>

#include "agent/correlation/alike.h"
#include "agent/correlation/baseline.h"
#include "agent/correlation/dayshape.h"
#include "agent/correlation/fnv.h"
#include "agent/correlation/trend.h"

namespace tapio::correlation {

namespace {

using wire::Metric;

constexpr std::int64_t shortStepNs = 15'000'000'000, longStepNs = 360'000'000'000; // a quarter of an hour, and six hours
constexpr std::size_t trendPoints = 60;
constexpr std::size_t baselineValues = 60, fewestValues = 10;                          // half an hour, and five minutes
constexpr double leastLatencyMs = 0.1, leastBytesPerSecond = 1000, leastPerMinute = 1; // less than that is not told from it
constexpr std::size_t mostLabels = 32;                                                 // disks, mounts, sides of each cgroup
constexpr double milli = 1e-3, nsPerSecond = 1e9;

/// A counter between two facts.
class Growth {
public:
    void add(std::int64_t timeNs, std::int64_t value)
    {
        if (m_lastNs == 0 || value < m_last) { // it began anew
            m_beginNs = timeNs;
            m_begin = value;
        }
        m_lastNs = timeNs;
        m_last = value;
    }
    double grown() const { return m_lastNs > m_beginNs ? static_cast<double>(m_last) - static_cast<double>(m_begin) : noFigure; }
    double perSecond() const { return grown() / (static_cast<double>(m_lastNs - m_beginNs) / nsPerSecond); }
    void begin()
    {
        m_beginNs = m_lastNs;
        m_begin = m_last;
    }

private:
    std::int64_t m_beginNs = 0, m_lastNs = 0;
    std::int64_t m_begin = 0, m_last = 0;
};

using Counts = std::array<std::uint64_t, wire::histogramBuckets>;

/// A cumulative histogram between two facts.
class Spread {
public:
    void add(const Counts &counts)
    {
        const bool beganAnew = !m_isKnown || !std::equal(counts.begin(), counts.end(), m_last.begin(), std::greater_equal<>());
        if (beganAnew)
            m_begin = counts;
        m_last = counts;
        m_isKnown = true;
    }
    double count() const
    {
        double sum = 0;
        for (std::size_t i = 0; i < m_last.size(); ++i)
            sum += static_cast<double>(m_last[i] - m_begin[i]);
        return sum;
    }
    void mergeInto(std::array<double, wire::histogramBuckets> &sum) const
    {
        for (std::size_t i = 0; i < m_last.size(); ++i)
            sum[i] += static_cast<double>(m_last[i] - m_begin[i]);
    }
    void begin() { m_begin = m_last; }

private:
    Counts m_begin{}, m_last{};
    bool m_isKnown = false;
};

using Sums = std::array<double, wire::histogramBuckets>;

/// In milliseconds, evenly spread within a bucket; the last bucket is open and has its lower end.
double quantileMs(const Sums &counts, double share)
{
    const double wanted = share * std::accumulate(counts.begin(), counts.end(), 0.0);
    double seen = 0;
    for (std::size_t i = 0; i < counts.size(); ++i) {
        if (counts[i] > 0 && seen + counts[i] >= wanted) {
            const double lower = i == 0 ? 0 : std::ldexp(1.0, static_cast<int>(i) - 1);
            const double upper = i + 1 == counts.size() ? lower : std::ldexp(1.0, static_cast<int>(i));
            return (lower + (upper - lower) * (wanted - seen) / counts[i]) * milli;
        }
        seen += counts[i];
    }
    return noFigure;
}

/// Of all requests together: each counts as long as the middle of its bucket, in the last, open one as its lower end.
double totalSeconds(const Sums &counts)
{
    constexpr double middle = 1.5, micro = 1e-6;
    double total = counts[0] * 0.5;
    for (std::size_t i = 1; i < counts.size(); ++i)
        total += counts[i] * std::ldexp(i + 1 == counts.size() ? 1.0 : middle, static_cast<int>(i) - 1);
    return total * micro;
}

struct Gauge {
    void forget() { recent = {shortStepNs, trendPoints}, longer = {longStepNs, trendPoints}; }

    Trend recent{shortStepNs, trendPoints}, longer{longStepNs, trendPoints};
    double used = noFigure, limit = noFigure;
    std::int64_t usedNs = 0, limitNs = 0;

    void add(std::int64_t timeNs, double value)
    {
        used = value;
        usedNs = timeNs;
        recent.add(timeNs, value);
        longer.add(timeNs, value);
    }
};

FigureSet trendFigures(const Gauge &gauge, const Trend::Line &line)
{
    FigureSet set;
    set.values[trend::Used] = gauge.used;
    set.values[trend::Limit] = gauge.limit;
    set.values[trend::UsedShare] = gauge.limit > 0 ? gauge.used / gauge.limit : noFigure;
    set.values[trend::PerMinute] = line.perMinute;
    set.values[trend::Fit] = line.fit;
    set.values[trend::Rising] = line.rising;
    set.values[trend::Resets] = line.resets;
    set.values[trend::Span] = line.spanSeconds;
    if (line.perMinute > 0 && gauge.limit > gauge.used) // without a known limit there is no forecast
        set.values[trend::MinutesLeft] = (gauge.limit - gauge.used) / line.perMinute;
    return set;
}

/// With what it usually does itself; until that is known with what others of its workload do, if there are some (`shared`).
void compare(FigureSet &set, SharedBaseline &own, SharedBaseline *shared, std::int64_t timeNs, double value, const ComparedPlaces &at)
{
    auto compared = own.compareAndAdd(timeNs, value);
    if (!compared && shared != nullptr)
        compared = shared->compare(timeNs, value);
    if (shared != nullptr)
        shared->add(timeNs, value);
    fillIn(set, compared, at);
}

using Latency = std::map<std::string, Spread, std::less<>>; ///< by label

struct UsualLatency : SharedBaseline {
    UsualLatency() : SharedBaseline(FigureTracker::everyNs, baselineValues, fewestValues, leastLatencyMs) {}
    std::int64_t seenNs = 0;
};
using UsualLatencies = std::map<std::string, UsualLatency, std::less<>>; ///< by label

/// Where it is; of too many the one goes that was seen longest ago: devices come back under other names, and their workload stays.
UsualLatency &usualOf(UsualLatencies &all, std::string_view label, std::int64_t timeNs)
{
    auto known = all.find(label);
    if (known == all.end() && all.size() >= mostLabels)
        all.erase(std::min_element(all.begin(), all.end(), [](const auto &a, const auto &b) { return a.second.seenNs < b.second.seenNs; }));
    if (known == all.end())
        known = all.emplace(std::string(label), UsualLatency()).first;
    known->second.seenNs = timeNs;
    return known->second;
}

/// "vda write" -> vda and write; "server 5xx" -> server and 5xx.
std::pair<std::string_view, std::string_view> halves(std::string_view label)
{
    const std::size_t space = label.rfind(' ');
    return space == std::string_view::npos ? std::pair(label, std::string_view())
                                           : std::pair(label.substr(0, space), label.substr(space + 1));
}

bool isFailure(std::string_view label) { return label.ends_with(" 5xx") || label.ends_with(" none"); }

} // namespace

struct FigureTracker::Usual {
    std::int64_t seenNs = 0;
    SharedBaseline sent{everyNs, baselineValues, fewestValues, leastBytesPerSecond};
    DayShape sentOfDay;
    SharedBaseline retransmits{everyNs, baselineValues, fewestValues, leastPerMinute};
    UsualLatency runQueue;
    UsualLatencies disks, http; ///< as those of Subject
};

struct FigureTracker::Subject {
    Usual usual;                  ///< its own
    std::shared_ptr<Usual> alike; ///< that of all of its workload; null: none is known
    std::int64_t seenNs = 0;
    std::int64_t toldNs = 0; ///< facts are of the time since then; while they are told, that of now
    double toldSeconds = 0;  ///< while facts are told: the time that they are of
    std::uint32_t origin = 0;
    bool isHost = false;
    bool isHeldKnown = false; ///< memory without contents of files; older agents tell only the working set
    Gauge memory;
    std::map<std::string, Gauge, std::less<>> filesystems; ///< by mount point
    Growth periods, throttled, throttledNs, cpuNs, retransmits;
    double cpuLimitCores = noFigure;
    std::map<std::string, Growth, std::less<>> sent; ///< by interface
    Latency runQueue;
    std::map<std::string, Latency, std::less<>> disks; ///< by "DEVICE OPERATION"
    std::map<std::string, Latency, std::less<>> http;  ///< by side

    void add(const wire::Sample &sample, const std::string &label, std::int64_t timeNs);
    void add(const wire::Histogram &histogram, const std::string &label);
    void tell(std::vector<Fact> &facts, double cpus);

private:
    void tellTrends(std::vector<Fact> &facts);
    void tellTrend(std::vector<Fact> &facts, Topic topic, Gauge &gauge, std::string_view mount) const;
    void tellCpu(std::vector<Fact> &facts, double cpus);
    void tellNetwork(std::vector<Fact> &facts);
    void tellLatency(std::vector<Fact> &facts, Topic topic, Latency &latency, UsualLatency &own, UsualLatency *shared,
                     std::string_view label) const;
};

namespace {

/// The entry, or null when there are too many of them.
template <typename T> T *entryOf(std::map<std::string, T, std::less<>> &map, std::string_view label)
{
    const auto known = map.find(label);
    if (known != map.end())
        return &known->second;
    return map.size() >= mostLabels ? nullptr : &map[std::string(label)];
}

} // namespace

void FigureTracker::Subject::add(const wire::Sample &sample, const std::string &label, std::int64_t timeNs)
{
    const auto value = static_cast<double>(sample.value);
    switch (sample.metric) {
    case Metric::MemoryWorkingSetBytes:
        if (!isHeldKnown)
            memory.add(timeNs, value);
        break;
    case Metric::MemoryHeldBytes: // whoever reads files grows by what is read, until others need the room
        if (!std::exchange(isHeldKnown, true))
            memory.forget();
        memory.add(timeNs, value);
        break;
    case Metric::MemoryLimitBytes:
        memory.limit = value;
        memory.limitNs = timeNs;
        break;
    case Metric::FilesystemUsedBytes:
        if (Gauge *gauge = entryOf(filesystems, label))
            gauge->add(timeNs, value);
        break;
    case Metric::FilesystemTotalBytes:
        if (Gauge *gauge = entryOf(filesystems, label))
            gauge->limit = value;
        break;
    case Metric::CpuPeriods: periods.add(timeNs, sample.value); break;
    case Metric::CpuThrottledPeriods: throttled.add(timeNs, sample.value); break;
    case Metric::CpuThrottledNs: throttledNs.add(timeNs, sample.value); break;
    case Metric::CpuUsageNs: cpuNs.add(timeNs, sample.value); break;
    case Metric::CpuLimitMillicores: cpuLimitCores = value * milli; break;
    case Metric::NetTxBytes:
        if (Growth *growth = entryOf(sent, label))
            growth->add(timeNs, sample.value);
        break;
    case Metric::TcpRetransmits: retransmits.add(timeNs, sample.value); break;
    default: break;
    }
}

void FigureTracker::Subject::add(const wire::Histogram &histogram, const std::string &label)
{
    Latency *latency = nullptr;
    switch (histogram.kind) {
    case wire::HistogramKind::RunQueueLatency: latency = &runQueue; break;
    case wire::HistogramKind::BlockIoLatency: latency = entryOf(disks, label); break;
    case wire::HistogramKind::HttpLatency: latency = entryOf(http, halves(label).first); break;
    default: break;
    }
    if (latency == nullptr)
        return;
    if (Spread *spread = entryOf(*latency, label))
        spread->add(histogram.counts);
}

void FigureTracker::Subject::tell(std::vector<Fact> &facts, double cpus)
{
    tellTrends(facts);
    tellCpu(facts, cpus);
    tellNetwork(facts);
    tellLatency(facts, Topic::RunQueueLatency, runQueue, usual.runQueue, alike ? &alike->runQueue : nullptr, {});
    for (auto &[label, latency] : disks)
        tellLatency(facts, Topic::DiskLatency, latency, usualOf(usual.disks, label, toldNs),
                    alike ? &usualOf(alike->disks, label, toldNs) : nullptr, label);
    for (auto &[side, latency] : http)
        tellLatency(facts, Topic::HttpLatency, latency, usualOf(usual.http, side, toldNs),
                    alike ? &usualOf(alike->http, side, toldNs) : nullptr, side);
}

void FigureTracker::Subject::tellTrends(std::vector<Fact> &facts)
{
    if (memory.usedNs - memory.limitNs > everyNs)
        memory.limit = noFigure; // it was taken away: no limit is no sample
    if (!isHost)
        tellTrend(facts, Topic::MemoryTrend, memory, {});
    for (auto &[mount, gauge] : filesystems)
        tellTrend(facts, Topic::FilesystemTrend, gauge, mount);
}

void FigureTracker::Subject::tellTrend(std::vector<Fact> &facts, Topic topic, Gauge &gauge, std::string_view mount) const
{
    for (const Trend *one : {&gauge.recent, &gauge.longer}) {
        const auto line = one->line();
        if (!line)
            continue;
        facts.push_back({topic, origin, trendFigures(gauge, *line)});
        facts.back().figures.texts[0] = mount;
    }
}

void FigureTracker::Subject::tellCpu(std::vector<Fact> &facts, double cpus)
{
    if (periods.grown() > 0) {
        FigureSet set;
        set.values[throttling::Periods] = periods.grown();
        set.values[throttling::Throttled] = throttled.grown();
        set.values[throttling::Share] = throttled.grown() / periods.grown();
        set.values[throttling::ThrottledMs] = throttledNs.grown() * 1e-6;
        set.values[throttling::Limit] = cpuLimitCores;
        facts.push_back({Topic::CpuThrottling, origin, set});
    }
    if (!std::isnan(cpuNs.grown())) {
        FigureSet set;
        set.values[cpu::Cores] = cpuNs.perSecond() / nsPerSecond;
        set.values[cpu::Share] = set.values[cpu::Cores] / cpus;
        facts.push_back({Topic::CpuUse, origin, set});
    }
    for (Growth *one : {&periods, &throttled, &throttledNs, &cpuNs})
        one->begin();
}

void FigureTracker::Subject::tellNetwork(std::vector<Fact> &facts)
{
    double perSecond = noFigure;
    for (auto &[interface, growth] : sent) {
        const double one = interface == "lo" ? noFigure : growth.perSecond();
        if (!std::isnan(one))
            perSecond = std::isnan(perSecond) ? one : perSecond + one;
        growth.begin();
    }
    if (!std::isnan(perSecond) && !isHost) {
        FigureSet set;
        set.values[rate::Rate] = perSecond;
        compare(set, usual.sent, alike ? &alike->sent : nullptr, toldNs, perSecond, rate::compared);
        // Of all pods of the workload, which outlives them; what is sent now says nothing of how the hour usually is.
        DayShape &day = (alike ? *alike : usual).sentOfDay;
        set.values[rate::HourShare] = day.share(toldNs).value_or(noFigure);
        day.add(toldNs, perSecond);
        facts.push_back({Topic::NetworkEgress, origin, set});
    }
    if (!std::isnan(retransmits.grown())) {
        FigureSet set;
        set.values[rate::Rate] = retransmits.perSecond() * 60;
        compare(set, usual.retransmits, alike ? &alike->retransmits : nullptr, toldNs, set.values[rate::Rate], rate::compared);
        facts.push_back({Topic::TcpRetransmission, origin, set});
    }
    retransmits.begin();
}

void FigureTracker::Subject::tellLatency(std::vector<Fact> &facts, Topic topic, Latency &latency, UsualLatency &own, UsualLatency *shared,
                                         std::string_view label) const
{
    Sums sums{};
    double failed = 0;
    for (auto &[part, spread] : latency) {
        spread.mergeInto(sums);
        failed += topic == Topic::HttpLatency && isFailure(part) ? spread.count() : 0;
        spread.begin();
    }
    const double count = std::accumulate(sums.begin(), sums.end(), 0.0);
    if (count == 0)
        return;
    FigureSet set;
    set.values[latency::P50] = quantileMs(sums, 0.5);
    set.values[latency::P99] = quantileMs(sums, 0.99);
    set.values[latency::Count] = count;
    compare(set, own, shared, toldNs, set.values[latency::P99], latency::compared);
    if (topic == Topic::HttpLatency) {
        set.values[latency::FailedShare] = failed / count;
        set.texts[0] = label;
    } else if (topic == Topic::DiskLatency) {
        set.values[latency::Queue] = totalSeconds(sums) / toldSeconds; // how many there are at a time: Little's law
        std::tie(set.texts[0], set.texts[1]) = halves(label);
    }
    facts.push_back({topic, origin, set});
}

FigureTracker::FigureTracker(std::size_t most) : m_most(most), m_cpus(noFigure) {}
FigureTracker::~FigureTracker() = default;
FigureTracker::FigureTracker(FigureTracker &&) noexcept = default;
FigureTracker &FigureTracker::operator=(FigureTracker &&) noexcept = default;

FigureTracker::Subject *FigureTracker::subjectOf(const wire::Origin &origin, std::int64_t timeNs)
{
    if (origin.cgroupPath.empty() && origin.containerId.empty() && origin.podUid.empty())
        return nullptr;
    Fnv key;
    key.add(origin.cgroupPath);
    key.add(origin.containerId); // a container that is back is another one
    key.add(origin.podUid);
    auto &subject = m_subjects[key.value()];
    if (!subject) {
        subject = std::make_unique<Subject>();
        subject->toldNs = timeNs;
        subject->isHost = origin.cgroupPath == "/" && origin.containerId.empty();
    }
    subject->seenNs = std::max(subject->seenNs, timeNs);
    if (!subject->alike) // a pod's name may come after its first samples
        subject->alike = alikeOf(origin);
    if (subject->alike)
        subject->alike->seenNs = std::max(subject->alike->seenNs, timeNs);
    return subject.get();
}

/// What one pod of a workload does is what others do: one that is new is compared with those before it.
std::shared_ptr<FigureTracker::Usual> FigureTracker::alikeOf(const wire::Origin &origin)
{
    const auto key = alikeKey(origin);
    if (!key)
        return nullptr;
    auto &usual = m_usual[*key];
    if (!usual)
        usual = std::make_shared<Usual>();
    return usual;
}

std::vector<FigureTracker::Fact> FigureTracker::onSamples(const wire::SampleBatch &batch)
{
    m_gone.clear();
    std::vector<Fact> facts;
    std::vector<Subject *> subjects(batch.origins.size(), nullptr);
    const auto subjectAt = [&](std::uint32_t index) -> Subject * {
        if (index >= subjects.size())
            return nullptr;
        if (subjects[index] == nullptr) {
            subjects[index] = subjectOf(batch.origins[index], batch.timeNs);
            if (subjects[index] != nullptr)
                subjects[index]->origin = index;
        }
        return subjects[index];
    };
    for (const wire::Sample &sample : batch.samples) {
        if (sample.metric == Metric::NodeCpuCount && sample.value > 0)
            m_cpus = static_cast<double>(sample.value);
        if (Subject *subject = subjectAt(sample.origin); subject != nullptr && sample.label < batch.labels.size())
            subject->add(sample, batch.labels[sample.label], batch.timeNs);
    }
    for (const wire::Histogram &histogram : batch.histograms) {
        if (Subject *subject = subjectAt(histogram.origin); subject != nullptr && histogram.label < batch.labels.size())
            subject->add(histogram, batch.labels[histogram.label]);
    }
    for (Subject *subject : subjects) {
        if (subject == nullptr || batch.timeNs - subject->toldNs < everyNs)
            continue;
        subject->toldSeconds = static_cast<double>(batch.timeNs - subject->toldNs) / nsPerSecond;
        subject->toldNs = batch.timeNs;
        subject->tell(facts, m_cpus);
    }
    makeRoom(batch.timeNs);
    return facts;
}

namespace {

/// Of too many an eighth more than needed, so that it is not done for each; those that were seen longest ago, by key too: the same on each run.
template <typename T, typename Gone> void keepNewest(std::unordered_map<std::uint64_t, T> &all, std::size_t most, Gone gone)
{
    if (all.size() <= most)
        return;
    std::vector<std::pair<std::int64_t, std::uint64_t>> ages;
    for (const auto &[key, one] : all)
        ages.emplace_back(one->seenNs, key);
    const std::size_t count = std::min(ages.size(), ages.size() - most + most / 8);
    std::partial_sort(ages.begin(), ages.begin() + static_cast<std::ptrdiff_t>(count), ages.end());
    for (std::size_t i = 0; i < count; ++i)
        gone(std::move(all.extract(ages[i].second).mapped()));
}

template <typename T> void forget(std::unordered_map<std::uint64_t, T> &all, std::int64_t beforeNs)
{
    std::erase_if(all, [beforeNs](const auto &one) { return one.second->seenNs < beforeNs; });
}

} // namespace

void FigureTracker::makeRoom(std::int64_t timeNs)
{
    constexpr std::int64_t forgottenNs = 900'000'000'000, lookNs = 60'000'000'000;
    constexpr std::int64_t usualNs = 6 * 3'600'000'000'000; // a workload that was scaled to none, and is back
    if (timeNs - m_lookedNs >= lookNs) {
        m_lookedNs = timeNs;
        forget(m_subjects, timeNs - forgottenNs);
        forget(m_usual, timeNs - usualNs);
    }
    keepNewest(m_usual, m_most, [](const std::shared_ptr<Usual> &) {}); // who has it goes on with it
    keepNewest(m_subjects, m_most, [this](std::unique_ptr<Subject> subject) { m_gone.push_back(std::move(subject)); }); // facts refer to it
}

} // namespace tapio::correlation
