// SPDX-License-Identifier: GPL-3.0-or-later
// Panels 10 and 11: CPU and memory.
#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <string_view>
#include <tuple>

#include "console/core/metrics/panelbuilder.h"

namespace tapio::console {

namespace {

using wire::Metric;

constexpr std::int64_t minute = 60 * nsPerSecond;

/// Percent of a limit, of whatever has one.
struct Worst {
    double percent = -1;
    std::string label;
    void offer(double candidate, const std::string &name)
    {
        if (candidate > percent) {
            percent = candidate;
            label = name;
        }
    }
};

/// The limit of an entity: of its own cgroup, else of all its parts when each has one.
std::optional<double> limitOf(const PanelContext &context, const Entity &entity, Metric metric)
{
    double sum = 0;
    for (const SeriesData *part : entity.parts) {
        const auto limit = context.latest(context.find(metric, entity.node, part->key.origin.cgroupPath));
        if (!limit || *limit <= 0)
            return std::nullopt;
        sum += *limit;
    }
    return entity.parts.empty() ? std::nullopt : std::optional(sum);
}

Dense coveredOf(const PanelContext &context, const Entity &entity)
{
    Dense coveredNs;
    for (const SeriesData *part : entity.parts)
        coverAlso(coveredNs, covered(*part, context.samples, context.input.toNs));
    return coveredNs;
}

Dense scaled(Dense values, double factor)
{
    for (double &value : values)
        value *= factor;
    return values;
}

Dense minus(Dense values, const Dense &less)
{
    for (std::size_t i = 0; i < values.size(); ++i)
        values[i] -= less[i];
    return values;
}

std::optional<double> lastOf(const Dense &values)
{
    for (std::size_t back = 0; back < std::min<std::size_t>(2, values.size()); ++back) {
        if (const double value = values[values.size() - 1 - back]; !std::isnan(value))
            return value;
    }
    return std::nullopt;
}

std::optional<double> cpuCount(const PanelContext &context, const std::string &node)
{
    if (const auto sampled = context.latestHost(Metric::NodeCpuCount, node))
        return sampled;
    for (const wire::AgentState &agent : context.input.agents) {
        if (agent.node == node && agent.agent.cpuCount > 0)
            return static_cast<double>(agent.agent.cpuCount);
    }
    return std::nullopt;
}

double increaseOver(const PanelContext &context, const SeriesData *data, std::int64_t windowNs)
{
    if (!data)
        return 0;
    const auto rate = rateOver(unroll(*data), context.endNs, windowNs, context.staleNs(context.samples));
    return rate ? rate->increase : 0;
}

/// Largest share of throttled periods of any cgroup, over a minute.
void addThrottling(const PanelContext &context, PanelSnapshot &panel, std::int64_t windowNs)
{
    Worst worst;
    for (const Entity &entity : context.entities(Metric::CpuPeriods)) {
        double periods = 0, throttled = 0;
        for (const SeriesData *part : entity.parts) {
            periods += increaseOver(context, part, windowNs);
            throttled +=
                increaseOver(context, context.find(Metric::CpuThrottledPeriods, entity.node, part->key.origin.cgroupPath), windowNs);
        }
        if (periods > 0)
            worst.offer(100 * throttled / periods, entity.label);
    }
    if (worst.percent >= 0)
        panel.facts.push_back({"throttled", worst.percent, Unit::Percent, worst.label});
}

void addPressure(const PanelContext &context, PanelSnapshot &panel, Metric metric, std::int64_t windowNs)
{
    Worst worst;
    for (const SeriesData *host : context.hosts(metric)) {
        if (const auto rate = rateOver(unroll(*host), context.endNs, windowNs, context.staleNs(context.samples)))
            worst.offer(100 * rate->perSecond / 1e6, host->key.node);
    }
    if (worst.percent >= 0)
        panel.facts.push_back({"pressure", worst.percent, Unit::Percent, worst.label});
}

/// The bound of a disk (metrics, panel 11).
constexpr Threshold diskAlert{ThresholdKind::AlertAbove, 85, Unit::Percent, 0};

/// Values where they are known; elsewhere the nearest known one, of two that are as near the earlier.
Dense nearestKnown(const Dense &values)
{
    Dense filled = values;
    std::optional<std::size_t> before;
    for (std::size_t i = 0; i < values.size(); ++i) {
        if (std::isnan(values[i]))
            continue;
        const std::size_t first = before ? *before + (i - *before) / 2 + 1 : 0;
        for (std::size_t hole = before ? *before + 1 : 0; hole < i; ++hole)
            filled[hole] = values[hole < first ? *before : i];
        before = i;
    }
    if (before)
        std::fill(filled.begin() + static_cast<std::ptrdiff_t>(*before), filled.end(), values[*before]);
    return filled;
}

/// What a node has, at any time of the range: `otherwise` where it was never sampled; NaN throughout where nobody knows.
Dense capacityOf(const PanelContext &context, Metric metric, const std::string &node, std::optional<double> otherwise = std::nullopt)
{
    Dense sampled(context.samples.count(), noValue);
    for (const SeriesData *data : context.of(metric)) {
        if (data->key.node != node || !isHost(data->key.origin))
            continue;
        const Track track = gaugeTrack(*data);
        sampled = lastValues(track, context.samples);
        if (!track.empty())
            otherwise = track.back().value;
    }
    const bool never = std::all_of(sampled.begin(), sampled.end(), [](double value) { return std::isnan(value); });
    return never ? Dense(sampled.size(), otherwise.value_or(noValue)) : nearestKnown(sampled);
}

/// What there was to share in each bucket: what the nodes have that have any value there. The past is not redrawn when a
/// node comes or goes.
class Whole {
public:
    /// The capacity of a node, which counts where it has a value.
    void know(const std::string &node, Dense capacity) { m_nodes[node].capacity = std::move(capacity); }
    void see(const std::string &node, const Dense &values)
    {
        if (const auto found = m_nodes.find(node); found != m_nodes.end())
            addInto(found->second.seen, values);
    }
    Dense sum(std::size_t count) const
    {
        Dense all(count, noValue);
        for (const auto &[name, node] : m_nodes) {
            Dense part(count, noValue);
            for (std::size_t i = 0; i < std::min({count, node.seen.size(), node.capacity.size()}); ++i)
                part[i] = std::isnan(node.seen[i]) ? noValue : node.capacity[i];
            addInto(all, part);
        }
        return all;
    }

private:
    struct Node {
        Dense capacity, seen;
    };
    std::map<std::string, Node> m_nodes;
};

/// What all nodes use of what they have: now, and in the range with those that have left by now.
struct Gauge {
    double used = 0, of = 0;
    std::int64_t asOfNs = 0;
    Dense usedDense;
    Whole whole;
    Dense coveredNs;
    std::vector<std::pair<std::string, Measured>> percents; ///< by node, of those that are there now

    void draw(const std::string &node, const Measured &usage, Dense capacity)
    {
        addInto(usedDense, usage.values);
        coverAlso(coveredNs, usage.coveredNs);
        whole.know(node, std::move(capacity));
        whole.see(node, usage.values);
    }
};

/// The alert of the nodes, each and all together (which is the headline), and how the scaling rules of the headline stand.
void checkNodes(PanelSnapshot &panel, const Gauge &nodes, const TimeGrid &grid, const std::string &key)
{
    const bool one = nodes.percents.size() == 1;
    for (const auto &[node, percent] : nodes.percents)
        checkAlert(panel, panel.thresholds.front(), percent, key, node, one);
    const Measured all{percentOf(nodes.usedDense, nodes.whole.sum(grid.count())), nodes.coveredNs};
    if (!one)
        checkAlert(panel, panel.thresholds.front(), all, key, {}, true);
    checkScaling(panel, all);
}

/// Used and total memory of all nodes.
Gauge nodeMemory(const PanelContext &context, PanelSnapshot &panel, Worst &worst)
{
    Gauge sum;
    for (const SeriesData *host : context.hosts(Metric::NodeMemoryAvailableBytes)) {
        const std::string &node = host->key.node;
        const Dense capacity = capacityOf(context, Metric::NodeMemoryTotalBytes, node);
        const Dense used = minus(capacity, sampledValues(context, *host));
        const Dense coveredNs = covered(*host, context.samples, context.input.toNs);
        sum.draw(node, {used, coveredNs}, capacity);
        const auto total = context.latestHost(Metric::NodeMemoryTotalBytes, node);
        const auto available = newest(gaugeTrack(*host), context.endNs, context.staleNs(context.samples));
        if (!total || *total <= 0 || !available)
            continue;
        sum.used += *total - available->value;
        sum.of += *total;
        sum.asOfNs = std::max(sum.asOfNs, available->timeNs);
        ++panel.computation.n;
        worst.offer(100 * (1 - available->value / *total), node);
        sum.percents.emplace_back(node, Measured{percentOf(used, capacity), coveredNs});
    }
    return sum;
}

/// Growth of the pod that would reach its limit first.
void addForecast(const PanelContext &context, PanelSnapshot &panel, const std::vector<Entity> &entities)
{
    const std::int64_t window = std::max(5 * minute, 5 * context.samples.bucketNs());
    double soonest = INFINITY, slopeOfSoonest = 0;
    std::string label;
    for (const Entity &entity : entities) {
        const auto limit = limitOf(context, entity, Metric::MemoryLimitBytes);
        if (!limit || entity.parts.size() != 1)
            continue;
        const Track track = gaugeTrack(*entity.parts.front());
        const auto now = newest(track, context.endNs, context.staleNs(context.samples));
        const auto slope = slopePerSecond(track, context.endNs, window, 5);
        if (!now || !slope || *slope <= 0 || now->value >= *limit)
            continue;
        const double seconds = (*limit - now->value) / *slope;
        if (seconds < soonest) {
            soonest = seconds;
            slopeOfSoonest = *slope;
            label = entity.label;
        }
    }
    // Further than a day ahead a straight line says nothing.
    if (soonest > 86'400)
        return;
    panel.computation.windowNs = window;
    panel.facts.push_back({"slope", slopeOfSoonest, Unit::BytesPerSecond, label});
    panel.facts.push_back({"time-to-limit", soonest * nsPerSecond, Unit::Nanoseconds, label});
}

/// Memory of a namespace's pods, of the total of all nodes in the scope.
Gauge podMemory(const PanelContext &context, PanelSnapshot &panel, const std::vector<Entity> &entities)
{
    Gauge sum;
    for (const SeriesData *total : context.of(Metric::NodeMemoryTotalBytes)) {
        sum.of += context.latest(total).value_or(0);
        sum.whole.know(total->key.node, capacityOf(context, Metric::NodeMemoryTotalBytes, total->key.node));
        sum.whole.see(total->key.node, sampledValues(context, *total));
    }
    for (const Entity &entity : entities) {
        for (const SeriesData *part : entity.parts) {
            const auto now = newest(gaugeTrack(*part), context.endNs, context.staleNs(context.samples));
            if (!now)
                continue;
            sum.used += now->value;
            sum.asOfNs = std::max(sum.asOfNs, now->timeNs);
            ++panel.computation.n;
        }
    }
    return sum;
}

/// CPU of all nodes, and the lines that stand for them where no cgroup below the root is accounted.
Gauge nodeCpu(const PanelContext &context, PanelSnapshot &panel, std::int64_t windowNs, Worst &worst, std::vector<Line> &lines)
{
    const TimeGrid &grid = context.samples;
    Gauge sum;
    for (const SeriesData *host : context.hosts(Metric::CpuUsageNs)) {
        const std::string &node = host->key.node;
        const auto count = cpuCount(context, node);
        const Dense capacity = capacityOf(context, Metric::NodeCpuCount, node, count);
        if (capacity.empty() || std::isnan(capacity.front()))
            continue; // nobody knows what it is a share of
        Measured usage{scaled(sampledRates(context, *host), 1.0 / nsPerSecond), covered(*host, grid, context.input.toNs)};
        sum.draw(node, usage, capacity);
        Dense percent = percentOf(usage.values, capacity);
        lines.push_back({node, node, std::move(usage.values), node});
        const auto rate = rateOver(unroll(*host), context.endNs, windowNs, context.staleNs(grid));
        if (!rate || !count)
            continue;
        sum.used += rate->perSecond / nsPerSecond;
        sum.of += *count;
        sum.asOfNs = std::max(sum.asOfNs, rate->asOfNs);
        panel.computation.windowNs = rate->elapsedNs;
        ++panel.computation.n;
        worst.offer(100 * rate->perSecond / nsPerSecond / *count, node);
        sum.percents.emplace_back(node, Measured{std::move(percent), std::move(usage.coveredNs)});
    }
    return sum;
}

/// CPU of a namespace's pods, of the cores of all nodes in the scope.
Gauge podCpu(const PanelContext &context, PanelSnapshot &panel, std::int64_t windowNs, const std::vector<Entity> &entities)
{
    Gauge sum;
    std::set<std::string> nodes;
    for (const SeriesData *count : context.of(Metric::NodeCpuCount))
        nodes.insert(count->key.node);
    for (const wire::AgentState &agent : context.input.agents)
        nodes.insert(agent.node);
    for (const std::string &node : nodes) {
        const auto count = cpuCount(context, node);
        sum.of += count.value_or(0);
        sum.whole.know(node, capacityOf(context, Metric::NodeCpuCount, node, count));
    }
    for (const SeriesData *count : context.of(Metric::NodeCpuCount))
        sum.whole.see(count->key.node, sampledValues(context, *count));
    for (const Entity &entity : entities) {
        for (const SeriesData *part : entity.parts) {
            const auto rate = rateOver(unroll(*part), context.endNs, windowNs, context.staleNs(context.samples));
            if (!rate)
                continue;
            sum.used += rate->perSecond / nsPerSecond;
            sum.asOfNs = std::max(sum.asOfNs, rate->asOfNs);
            panel.computation.windowNs = rate->elapsedNs;
            ++panel.computation.n;
        }
    }
    return sum;
}

/// One line per pod or cgroup, in cores; and the alerts of those with a limit.
std::vector<Line> cpuLines(const PanelContext &context, PanelSnapshot &panel, const std::vector<Entity> &entities, Worst &worst)
{
    const TimeGrid &grid = context.samples;
    std::vector<Line> lines;
    for (const Entity &entity : entities) {
        Dense usage(grid.count(), noValue);
        for (const SeriesData *part : entity.parts)
            addInto(usage, scaled(sampledRates(context, *part), 1.0 / nsPerSecond));
        if (const auto limit = limitOf(context, entity, Metric::CpuLimitMillicores)) {
            const Measured percent{scaled(usage, 100'000 / *limit), coveredOf(context, entity)};
            if (const auto now = lastOf(percent.values))
                worst.offer(*now, entity.label);
            checkAlert(panel, panel.thresholds.front(), percent, "cpu", entity.label);
        }
        lines.push_back({entity.key, entity.label, std::move(usage), entity.node});
    }
    return lines;
}

/// What the nodes used beside all of these: processes outside of pods, the kernel, and what it accounts to no cgroup.
Dense besides(const std::vector<Line> &hosts, const std::vector<Line> &lines, const TimeGrid &grid)
{
    Dense all(grid.count(), noValue), told(grid.count(), noValue);
    for (const Line &host : hosts)
        addInto(all, host.values);
    for (const Line &line : lines)
        addInto(told, line.values);
    for (std::size_t i = 0; i < all.size(); ++i)
        all[i] = std::isnan(told[i]) ? all[i] : std::max(0.0, all[i] - told[i]); // two clocks read them: never below 0
    return all;
}

/// One line per pod or cgroup; their sum now, and the alerts of those with a limit.
std::vector<Line> memoryLines(const PanelContext &context, PanelSnapshot &panel, const std::vector<Entity> &entities, Worst &worst,
                              double &workingSet)
{
    const TimeGrid &grid = context.samples;
    std::vector<Line> lines;
    for (const Entity &entity : entities) {
        Dense bytes(grid.count(), noValue);
        for (const SeriesData *part : entity.parts) {
            const Track track = gaugeTrack(*part);
            addInto(bytes, sampledValues(context, *part));
            if (const auto now = newest(track, context.endNs, context.staleNs(grid)))
                workingSet += now->value;
        }
        if (const auto limit = limitOf(context, entity, Metric::MemoryLimitBytes)) {
            const Measured percent{scaled(bytes, 100 / *limit), coveredOf(context, entity)};
            if (const auto now = lastOf(percent.values))
                worst.offer(*now, entity.label);
            checkAlert(panel, panel.thresholds.front(), percent, "memory", entity.label);
        }
        lines.push_back({entity.key, entity.label, std::move(bytes), entity.node});
    }
    return lines;
}

/// The lines in percent of all that there was at their time, as the headline and its bounds: one unit for chart, table and
/// export. Returns what there was, in each bucket.
Dense toShares(PanelSnapshot &panel, std::vector<Line> &lines, Whole &whole, const TimeGrid &grid)
{
    for (const Line &line : lines)
        whole.see(line.node, line.values);
    Dense all = whole.sum(grid.count());
    for (Line &line : lines)
        line.values = percentOf(line.values, all);
    panel.allocatable = toPoints(all, grid);
    return all;
}

void addWorst(PanelSnapshot &panel, const Worst &worst)
{
    if (worst.percent >= 0)
        panel.facts.push_back({"worst", worst.percent, Unit::Percent, worst.label});
}

/// How full each file system is, as far as both of its figures are known. `use` takes percent and series.
template <typename Use> void eachFileSystem(const PanelContext &context, Use use)
{
    const auto place = [](const SeriesData *data) {
        return std::tuple<std::string_view, std::string_view, std::string_view>(data->key.node, data->key.origin.cgroupPath,
                                                                                data->key.label);
    };
    std::map<decltype(place(nullptr)), const SeriesData *> totals;
    for (const SeriesData *total : context.of(Metric::FilesystemTotalBytes))
        totals.emplace(place(total), total);
    for (const SeriesData *used : context.of(Metric::FilesystemUsedBytes)) {
        const auto total = totals.find(place(used));
        const auto bytes = context.latest(used), of = total == totals.end() ? std::nullopt : context.latest(total->second);
        if (bytes && of && *of > 0)
            use(100 * *bytes / *of, *used);
    }
}

/// Those of the nodes. What only a container sees fills up with no harm to its node, and may be small and full on purpose: it is told, and
/// not held against the bound.
void addDisks(const PanelContext &context, PanelSnapshot &panel)
{
    Worst worst, volume;
    eachFileSystem(context, [&](double percent, const SeriesData &used) {
        const wire::Origin &origin = used.key.origin;
        if (!isHost(origin)) {
            const std::string whose = origin.podName.empty() ? origin.cgroupPath : origin.namespaceName + '/' + origin.podName;
            volume.offer(percent, whose + ':' + used.key.label);
            return;
        }
        const std::string label = used.key.node + ':' + used.key.label;
        worst.offer(percent, label);
        if (percent > diskAlert.value)
            panel.breaches.push_back({"disk", label, percent, diskAlert, false});
    });
    if (volume.percent >= 0)
        panel.facts.push_back({"volume", volume.percent, Unit::Percent, volume.label});
    if (worst.percent < 0)
        return;
    panel.facts.push_back({"disk", worst.percent, Unit::Percent, worst.label});
    panel.pastThreshold |= worst.percent > diskAlert.value;
}

} // namespace

void cpuUsage(const PanelContext &context, PanelSnapshot &panel)
{
    const TimeGrid &grid = context.samples;
    setRange(panel, grid);
    panel.thresholds = {{ThresholdKind::AlertAbove, 80, Unit::Percent, 15 * minute},
                        {ThresholdKind::ScaleUp, 70, Unit::Percent, 60 * minute},
                        {ThresholdKind::ScaleDown, 30, Unit::Percent, 240 * minute}};
    const std::int64_t window = std::max(minute, 2 * grid.bucketNs());
    panel.computation.formulaKey = "cpu-usage";
    panel.computation.windowNs = window;
    panel.computation.sources = {"cgroup cpu usage"};
    const bool ofNodes = context.scope.namespaceName.empty();
    const std::vector<Entity> entities = context.entities(Metric::CpuUsageNs);
    Worst worst;
    std::vector<Line> hosts;
    Gauge nodes = ofNodes ? nodeCpu(context, panel, window, worst, hosts) : podCpu(context, panel, window, entities);
    if (nodes.of <= 0 || nodes.asOfNs == 0)
        return setNoData(context, panel, context.of(Metric::CpuUsageNs).empty() ? NoDataReason::NoSamplesInRange : NoDataReason::WarmingUp);
    if (ofNodes)
        checkNodes(panel, nodes, grid, "cpu");
    std::vector<Line> lines = cpuLines(context, panel, entities, worst);
    // Where the kernel accounts CPU to no cgroup below the root, the nodes themselves are all there is to draw.
    const bool parts = !lines.empty();
    const Dense rest = parts ? besides(hosts, lines, grid) : Dense();
    if (!parts)
        lines = std::move(hosts);
    setValue(context, panel, {"cpu", 100 * nodes.used / nodes.of, Unit::Percent, {}}, nodes.asOfNs);
    panel.facts.push_back({"cores", nodes.used, Unit::Cores, {}});
    panel.facts.push_back({"allocatable", nodes.of, Unit::Cores, {}});
    addWorst(panel, worst);
    addThrottling(context, panel, window);
    addPressure(context, panel, Metric::PsiCpuSomeUs, window);
    panel.computation.inputs = {{"cores-used", nodes.used, Unit::Cores, {}}, {"cores-allocatable", nodes.of, Unit::Cores, {}}};
    const Dense whole = toShares(panel, lines, nodes.whole, grid);
    drawTop(panel, std::move(lines), grid, Unit::Percent, true);
    if (parts && ofNodes) { // so that the stack is as high as the headline says
        PlotSeries series = makeSeries("rest", {}, Unit::Percent, percentOf(rest, whole), grid);
        series.stacked = true;
        panel.series.push_back(std::move(series));
    }
}

void memoryUsage(const PanelContext &context, PanelSnapshot &panel)
{
    const TimeGrid &grid = context.samples;
    setRange(panel, grid);
    panel.thresholds = {{ThresholdKind::AlertAbove, 90, Unit::Percent, 10 * minute},
                        {ThresholdKind::ScaleUp, 80, Unit::Percent, 30 * minute},
                        {ThresholdKind::ScaleDown, 50, Unit::Percent, 120 * minute}};
    panel.computation.formulaKey = "memory-usage";
    panel.computation.sources = {"cgroup memory", "/proc/meminfo"};
    const bool ofNodes = context.scope.namespaceName.empty();
    const std::vector<Entity> entities = context.entities(Metric::MemoryWorkingSetBytes);
    Worst worst;
    Gauge nodes = ofNodes ? nodeMemory(context, panel, worst) : podMemory(context, panel, entities);
    if (nodes.of <= 0 || nodes.asOfNs == 0)
        return setNoData(context, panel, NoDataReason::NoSamplesInRange);
    if (ofNodes)
        checkNodes(panel, nodes, grid, "memory");
    double workingSet = 0;
    std::vector<Line> lines = memoryLines(context, panel, entities, worst, workingSet);
    setValue(context, panel, {"memory", 100 * nodes.used / nodes.of, Unit::Percent, {}}, nodes.asOfNs);
    panel.facts.push_back({"used", nodes.used, Unit::Bytes, {}});
    panel.facts.push_back({"allocatable", nodes.of, Unit::Bytes, {}});
    panel.facts.push_back({"working-set", workingSet, Unit::Bytes, {}});
    addWorst(panel, worst);
    addForecast(context, panel, entities);
    addDisks(context, panel);
    addPressure(context, panel, Metric::PsiMemorySomeUs, std::max(minute, 2 * grid.bucketNs()));
    panel.computation.inputs = {{"used", nodes.used, Unit::Bytes, {}}, {"allocatable", nodes.of, Unit::Bytes, {}}};
    const Dense whole = toShares(panel, lines, nodes.whole, grid);
    if (ofNodes) // the headline's own line, first: working sets may be more, as they count pages that the kernel calls available
        panel.series.push_back(makeSeries("nodes", {}, Unit::Percent, percentOf(nodes.usedDense, whole), grid));
    drawTop(panel, std::move(lines), grid, Unit::Percent, true);
}

} // namespace tapio::console
