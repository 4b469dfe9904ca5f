// SPDX-License-Identifier: GPL-3.0-or-later
// Panels 10 and 11: CPU and memory.
#include <algorithm>
#include <cmath>
#include <set>

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

Dense scaled(Dense values, double factor)
{
    for (double &value : values)
        value *= factor;
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

/// What all nodes use of what they have, now and over time.
struct Gauge {
    double used = 0, of = 0;
    std::int64_t asOfNs = 0;
    Dense usedDense, ofDense;
    std::vector<std::pair<std::string, Dense>> percents; ///< by node

    void add(const std::string &node, const Dense &usage, double whole)
    {
        Dense all(usage.size(), noValue);
        for (std::size_t i = 0; i < usage.size(); ++i)
            all[i] = std::isnan(usage[i]) ? noValue : whole;
        addInto(usedDense, usage);
        addInto(ofDense, all);
        percents.emplace_back(node, percentOf(usage, all));
    }
};

/// The alert of the nodes, each and all together (which is the headline), and how the scaling rules of the headline stand.
void checkNodes(PanelSnapshot &panel, const Gauge &nodes, const TimeGrid &grid, const std::string &key)
{
    const bool one = nodes.percents.size() == 1;
    for (const auto &[node, percent] : nodes.percents)
        checkAlert(panel, panel.thresholds.front(), percent, grid, key, node, one);
    const Dense all = percentOf(nodes.usedDense, nodes.ofDense);
    if (!one)
        checkAlert(panel, panel.thresholds.front(), all, grid, key, {}, true);
    checkScaling(panel, all, grid);
}

/// Used and total memory of all nodes.
Gauge nodeMemory(const PanelContext &context, PanelSnapshot &panel, Worst &worst)
{
    Gauge sum;
    for (const SeriesData *host : context.hosts(Metric::NodeMemoryAvailableBytes)) {
        const auto total = context.latestHost(Metric::NodeMemoryTotalBytes, host->key.node);
        const Track track = gaugeTrack(*host);
        const auto available = newest(track, context.endNs, context.staleNs(context.samples));
        if (!total || *total <= 0 || !available)
            continue;
        sum.used += *total - available->value;
        sum.of += *total;
        sum.asOfNs = std::max(sum.asOfNs, available->timeNs);
        ++panel.computation.n;
        worst.offer(100 * (1 - available->value / *total), host->key.node);
        Dense used = sampledValues(context, *host);
        for (double &value : used)
            value = *total - value;
        sum.add(host->key.node, used, *total);
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
    for (const SeriesData *total : context.of(Metric::NodeMemoryTotalBytes))
        sum.of += context.latest(total).value_or(0);
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
        const Track track = unroll(*host);
        const auto rate = rateOver(track, context.endNs, windowNs, context.staleNs(grid));
        const auto count = cpuCount(context, host->key.node);
        if (!rate || !count)
            continue;
        sum.used += rate->perSecond / nsPerSecond;
        sum.of += *count;
        sum.asOfNs = std::max(sum.asOfNs, rate->asOfNs);
        panel.computation.windowNs = rate->elapsedNs;
        ++panel.computation.n;
        worst.offer(100 * rate->perSecond / nsPerSecond / *count, host->key.node);
        Dense usage = scaled(sampledRates(context, *host), 1.0 / nsPerSecond);
        sum.add(host->key.node, usage, *count);
        lines.push_back({host->key.node, host->key.node, std::move(usage)});
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
    for (const std::string &node : nodes)
        sum.of += cpuCount(context, node).value_or(0);
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
            const Dense percent = scaled(usage, 100'000 / *limit);
            if (const auto now = lastOf(percent))
                worst.offer(*now, entity.label);
            checkAlert(panel, panel.thresholds.front(), percent, grid, "cpu", entity.label);
        }
        lines.push_back({entity.key, entity.label, std::move(usage)});
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
            const Dense percent = scaled(bytes, 100 / *limit);
            if (const auto now = lastOf(percent))
                worst.offer(*now, entity.label);
            checkAlert(panel, panel.thresholds.front(), percent, grid, "memory", entity.label);
        }
        lines.push_back({entity.key, entity.label, std::move(bytes)});
    }
    return lines;
}

void addWorst(PanelSnapshot &panel, const Worst &worst)
{
    if (worst.percent >= 0)
        panel.facts.push_back({"worst", worst.percent, Unit::Percent, worst.label});
}

void addDisks(const PanelContext &context, PanelSnapshot &panel)
{
    Worst worst;
    for (const SeriesData *used : context.of(Metric::FilesystemUsedBytes)) {
        for (const SeriesData *total : context.of(Metric::FilesystemTotalBytes)) {
            if (total->key.node != used->key.node || total->key.label != used->key.label)
                continue;
            const auto bytes = context.latest(used), of = context.latest(total);
            if (!bytes || !of || *of <= 0)
                continue;
            const double percent = 100 * *bytes / *of;
            const std::string label = used->key.node + ':' + used->key.label;
            worst.offer(percent, label);
            if (percent > diskAlert.value)
                panel.breaches.push_back({"disk", label, percent, diskAlert, false});
        }
    }
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
    const Gauge nodes = ofNodes ? nodeCpu(context, panel, window, worst, hosts) : podCpu(context, panel, window, entities);
    if (nodes.of <= 0 || nodes.asOfNs == 0)
        return setNoData(context, panel, context.of(Metric::CpuUsageNs).empty() ? NoDataReason::NoSamplesInRange : NoDataReason::WarmingUp);
    if (ofNodes)
        checkNodes(panel, nodes, grid, "cpu");
    std::vector<Line> lines = cpuLines(context, panel, entities, worst);
    // Where the kernel accounts CPU to no cgroup below the root, the nodes themselves are all there is to draw.
    const bool parts = !lines.empty();
    Dense rest = parts ? besides(hosts, lines, grid) : Dense();
    if (!parts)
        lines = std::move(hosts);
    setValue(context, panel, {"cpu", 100 * nodes.used / nodes.of, Unit::Percent, {}}, nodes.asOfNs);
    panel.facts.push_back({"cores", nodes.used, Unit::Cores, {}});
    panel.facts.push_back({"allocatable", nodes.of, Unit::Cores, {}});
    addWorst(panel, worst);
    addThrottling(context, panel, window);
    addPressure(context, panel, Metric::PsiCpuSomeUs, window);
    panel.computation.inputs = {{"cores-used", nodes.used, Unit::Cores, {}}, {"cores-allocatable", nodes.of, Unit::Cores, {}}};
    // Of all that the nodes have, as the headline and its bounds: one unit for chart, table and export.
    for (Line &line : lines)
        line.values = scaled(std::move(line.values), 100 / nodes.of);
    drawTop(panel, std::move(lines), grid, Unit::Percent, true);
    if (parts && ofNodes) { // so that the stack is as high as the headline says
        PlotSeries series = makeSeries("rest", {}, Unit::Percent, scaled(std::move(rest), 100 / nodes.of), grid);
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
    const Gauge node = ofNodes ? nodeMemory(context, panel, worst) : podMemory(context, panel, entities);
    if (node.of <= 0 || node.asOfNs == 0)
        return setNoData(context, panel, NoDataReason::NoSamplesInRange);
    if (ofNodes)
        checkNodes(panel, node, grid, "memory");
    double workingSet = 0;
    std::vector<Line> lines = memoryLines(context, panel, entities, worst, workingSet);
    setValue(context, panel, {"memory", 100 * node.used / node.of, Unit::Percent, {}}, node.asOfNs);
    panel.facts.push_back({"used", node.used, Unit::Bytes, {}});
    panel.facts.push_back({"allocatable", node.of, Unit::Bytes, {}});
    panel.facts.push_back({"working-set", workingSet, Unit::Bytes, {}});
    addWorst(panel, worst);
    addForecast(context, panel, entities);
    addDisks(context, panel);
    addPressure(context, panel, Metric::PsiMemorySomeUs, std::max(minute, 2 * grid.bucketNs()));
    panel.computation.inputs = {{"used", node.used, Unit::Bytes, {}}, {"allocatable", node.of, Unit::Bytes, {}}};
    drawTop(panel, std::move(lines), grid, Unit::Bytes, true);
}

} // namespace tapio::console
