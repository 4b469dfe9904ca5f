// SPDX-License-Identifier: GPL-3.0-or-later
// Panels 1 to 4: event processing.
#include <algorithm>
#include <array>
#include <cmath>
#include <set>

#include "console/core/metrics/figurenames.h"
#include "console/core/metrics/panelbuilder.h"
#include "protocol/wire/message.h"

namespace tapio::console {

namespace {

struct NamedFigure {
    const char *key;
    std::string_view name;
};
constexpr std::array<NamedFigure, 3> quantiles{{{"p50", figure::latencyP50}, {"p95", figure::latencyP95}, {"p99", figure::latencyP99}}};
constexpr std::array<NamedFigure, 3> queueParts{
    {{"agent", figure::queueAgent}, {"in-flight", figure::queueInFlight}, {"receive", figure::queueReceive}}};

/// What became of seen events before they were sent: three kinds of filtering, then three of loss (metrics, panel 4).
constexpr std::array<Counter, 6> filterCounters{Counter::KFiltered, Counter::Folded, Counter::UFiltered,
                                                Counter::Lost,      Counter::Shed,   Counter::QDrop};

struct RateSum {
    double perSecond = 0;
    double increase = 0;
    std::int64_t elapsedNs = 0;
    std::int64_t asOfNs = 0;
    std::size_t tracks = 0;
};

std::string nodeOf(const std::string &label) { return label.substr(0, label.find('/')); }

/// A count of what came, unrolled. Heartbeats arrive from a node whatever happens on it, so a count that is not there while its node is connected is a
/// measured 0; a node of which nothing at all has come is there under its own name.
LabelledTracks arrivals(const PanelContext &context, std::string_view name)
{
    LabelledTracks counts;
    std::set<std::string> counted;
    const LabelledTracks &agents = context.tracks(figure::agentAlive);
    for (const auto &[label, track] : context.tracks(name)) {
        const std::string node = nodeOf(label);
        if (node.starts_with(wire::serverNodePrefix))
            continue; // what a server found itself came from no node, and would be a 0 where none is connected
        const auto alive = agents.find(node);
        counts.emplace(label, alive == agents.end() ? unroll(track) : standStill(unroll(track), alive->second));
        counted.insert(node);
    }
    for (const auto &[node, alive] : agents) {
        if (Track still = counted.contains(node) ? Track() : standStill({}, alive); !still.empty())
            counts.emplace(node, std::move(still));
    }
    return counts;
}

/// Rates of all labels ("node" or "node/source") added up, each over its own measured time.
RateSum sumRates(const PanelContext &context, const LabelledTracks &unrolled, std::int64_t windowNs)
{
    RateSum sum;
    for (const auto &[label, track] : unrolled) {
        const auto rate = rateOver(track, context.endNs, windowNs, context.staleNs(context.figures));
        if (!rate || context.isAway(nodeOf(label), context.endNs))
            continue;
        sum.perSecond += rate->perSecond;
        sum.increase += rate->increase;
        sum.elapsedNs = std::max(sum.elapsedNs, rate->elapsedNs);
        sum.asOfNs = std::max(sum.asOfNs, rate->asOfNs);
        ++sum.tracks;
    }
    return sum;
}

Dense ratesOf(const PanelContext &context, const std::string &label, const Track &unrolled)
{
    Dense values = rates(unrolled, context.figures);
    context.hideAway(values, nodeOf(label), context.figures);
    return values;
}

/// Lines "node/source" while they can be told apart, else one per node.
std::vector<Line> processedLines(const PanelContext &context, const LabelledTracks &processed)
{
    const bool fine = processed.size() <= 12;
    std::map<std::string, Dense> byKey;
    for (const auto &[label, track] : processed)
        addInto(byKey[fine ? label : nodeOf(label)], ratesOf(context, label, track));
    std::vector<Line> lines;
    for (auto &[key, values] : byKey)
        lines.push_back({key, key, std::move(values)});
    return lines;
}

Dense sumOfRates(const PanelContext &context, const LabelledTracks &tracks)
{
    Dense sum(context.figures.count(), noValue);
    for (const auto &[label, track] : tracks)
        addInto(sum, ratesOf(context, label, track));
    return sum;
}

/// The last reading in each bucket: so that what is read each second and what was stored each ten give the same rates.
Track lastOfEach(const Track &track, std::int64_t bucketNs)
{
    Track thinned;
    for (const PlotPoint &point : track) {
        if (!thinned.empty() && thinned.back().timeNs / bucketNs == point.timeNs / bucketNs)
            thinned.back() = point;
        else
            thinned.push_back(point);
    }
    return thinned;
}

/// Events per second that were lost by any cause, as the bands on the same chart have it.
Dense lossRate(const PanelContext &context)
{
    Dense sum(context.samples.count(), noValue);
    const auto add = [&context, &sum](const std::string &node, const Track &told) {
        Dense lately = rates(told, context.samples);
        context.hideAway(lately, node, context.samples, told.empty() ? INT64_MIN : told.back().timeNs);
        addInto(sum, lately);
        addInto(sum, ratesOverGaps(told, context.samples));
    };
    for (const CounterTrack &track : context.input.counters)
        add(track.node, unrollSum(track, {Counter::Lost, Counter::Shed, Counter::QDrop}));
    const std::int64_t step = std::max(context.figures.bucketNs(), context.samples.bucketNs());
    for (const FigureLoss &loss : figureLosses) {
        for (const auto &[node, track] : context.tracks(loss.figure))
            add(node, lastOfEach(context.toldOf(node, track), step));
    }
    return sum;
}

/// Events of the range that were left out, since agents or a server held them for the console until it was opened.
void nameEarlier(const PanelContext &context, PanelSnapshot &panel)
{
    for (const auto &[node, track] : context.tracks(figure::earlierEvents)) {
        if (const double events = increaseWithin(unroll(track), context.figures); events > 0)
            panel.computation.inputs.push_back({"earlier", events, Unit::Events, node});
    }
}

void finishComputation(PanelSnapshot &panel, std::string formula, std::int64_t windowNs, std::uint64_t n)
{
    panel.computation.formulaKey = std::move(formula);
    panel.computation.windowNs = windowNs;
    panel.computation.n = n;
}

/// Time since the first reading of any label, for "warming up: have of need seconds".
void setWarmingUp(const PanelContext &context, PanelSnapshot &panel, const LabelledTracks &counts, double needSeconds)
{
    std::int64_t firstNs = INT64_MAX;
    for (const auto &[label, track] : counts) {
        if (!track.empty())
            firstNs = std::min(firstNs, track.front().timeNs);
    }
    const bool any = firstNs <= context.input.toNs;
    const double have = any ? static_cast<double>(context.input.toNs - firstNs) / nsPerSecond : 0;
    setNoData(context, panel, any && have < needSeconds ? NoDataReason::WarmingUp : NoDataReason::NoSamplesInRange);
    if (panel.reason == NoDataReason::WarmingUp) {
        panel.have = have;
        panel.need = needSeconds;
    }
}

/// Nodes that were connected at some time of the range.
std::size_t connectedNodes(const PanelContext &context)
{
    const auto isConnected = [&input = context.input](const PlotPoint &point) {
        return point.value >= 1 && point.timeNs >= input.fromNs && point.timeNs <= input.toNs;
    };
    std::size_t nodes = 0;
    for (const auto &[node, alive] : context.tracks(figure::agentAlive))
        nodes += std::any_of(alive.rbegin(), alive.rend(), isConnected) ? 1 : 0;
    return nodes;
}

double cameInRange(const PanelContext &context, const LabelledTracks &counts)
{
    double sum = 0;
    for (const auto &[label, track] : counts)
        sum += increaseWithin(track, context.figures);
    return sum;
}

/// That nothing came, or only what is not timed on purpose, is no fault and does not read like one. Where some were timed, though none lately, neither
/// is true: the newest of them is too old, and nothing more is said.
void setNoLatency(const PanelContext &context, PanelSnapshot &panel)
{
    const LabelledTracks processed = arrivals(context, figure::processed);
    setWarmingUp(context, panel, processed, 10);
    nameEarlier(context, panel);
    const std::size_t connected = connectedNodes(context);
    if (panel.reason != NoDataReason::NoSamplesInRange || connected == 0)
        return;
    const double came = cameInRange(context, processed);
    const double leftOut =
        cameInRange(context, arrivals(context, figure::latencyHeld)) + cameInRange(context, arrivals(context, figure::latencyNoClock));
    if (came > 0 && leftOut < came)
        return;
    panel.reason = came > 0 ? NoDataReason::NotTimed : NoDataReason::NoEvents;
    panel.have = came > 0 ? came : static_cast<double>(connected);
}

} // namespace

void eventsProcessed(const PanelContext &context, PanelSnapshot &panel)
{
    const TimeGrid &grid = context.figures;
    const LabelledTracks processed = arrivals(context, figure::processed);
    setRange(panel, grid);
    setLosses(context, panel);
    const std::int64_t window = std::max(10 * nsPerSecond, grid.bucketNs());
    const RateSum now = sumRates(context, processed, window);
    finishComputation(panel, "events-processed", now.elapsedNs, static_cast<std::uint64_t>(now.increase));
    for (const auto &[label, track] : processed)
        panel.computation.sources.push_back(label);
    if (now.tracks == 0)
        return setWarmingUp(context, panel, processed, 2);

    setValue(context, panel, {"processed", now.perSecond, Unit::EventsPerSecond, {}}, now.asOfNs);
    const RateSum minute = sumRates(context, processed, std::max(60 * nsPerSecond, grid.bucketNs()));
    panel.facts.push_back({"average-1m", minute.perSecond, Unit::EventsPerSecond, {}});
    drawTop(panel, processedLines(context, processed), grid, Unit::EventsPerSecond, true);
    const LabelledTracks received = arrivals(context, figure::received);
    if (const RateSum rate = sumRates(context, received, window); rate.tracks > 0) {
        panel.facts.push_back({"received", rate.perSecond, Unit::EventsPerSecond, {}});
        panel.series.push_back(makeSeries("received", {}, Unit::EventsPerSecond, sumOfRates(context, received), grid));
        panel.computation.inputs.push_back({"received", rate.increase, Unit::Events, {}});
    }
    PlotSeries lost = makeSeries("lost", {}, Unit::EventsPerSecond, lossRate(context), context.samples);
    lost.loss = true;
    panel.series.push_back(std::move(lost));
    panel.computation.inputs.push_back({"processed", now.increase, Unit::Events, {}});
    panel.computation.inputs.push_back({"elapsed", static_cast<double>(now.elapsedNs), Unit::Nanoseconds, {}});
    nameEarlier(context, panel);
    std::map<std::string, double> bySource;
    for (const auto &[label, track] : processed) {
        const auto rate = rateOver(track, context.endNs, window, context.staleNs(grid));
        if (const std::size_t slash = label.find('/'); rate && slash != std::string::npos)
            bySource[label.substr(slash + 1)] += rate->perSecond;
    }
    for (const auto &[source, rate] : bySource)
        panel.facts.push_back({"source", rate, Unit::EventsPerSecond, source});
}

void processingLatency(const PanelContext &context, PanelSnapshot &panel)
{
    const TimeGrid &grid = context.figures;
    setRange(panel, grid);
    setLosses(context, panel);
    panel.thresholds = {{ThresholdKind::AlertAbove, 5e9, Unit::Nanoseconds, 0}};
    const auto latest = [&](std::string_view name, std::string_view stage) -> std::optional<PlotPoint> {
        const LabelledTracks &tracks = context.tracks(name);
        const auto found = tracks.find(stage);
        // One reading per ten seconds: two of them may be missing before the figure is called old.
        return found == tracks.end() ? std::nullopt
                                     : newest(found->second, context.endNs, std::max(30 * nsPerSecond, context.staleNs(grid)));
    };
    const auto p99 = latest(figure::latencyP99, figure::stageTotal);
    const auto n = latest(figure::latencyCount, figure::stageTotal);
    finishComputation(panel, "processing-latency", 10 * nsPerSecond, n ? static_cast<std::uint64_t>(n->value) : 0);
    if (!p99)
        return setNoLatency(context, panel);

    setValue(context, panel, {"p99", p99->value, Unit::Nanoseconds, {}}, p99->timeNs);
    if (p99->value > panel.thresholds.front().value) {
        panel.pastThreshold = true;
        panel.breaches.push_back({"p99", {}, p99->value, panel.thresholds.front(), true});
    }
    for (const auto &[key, name] : quantiles) {
        if (const auto value = latest(name, figure::stageTotal); value && name != figure::latencyP99)
            panel.facts.push_back({key, value->value, Unit::Nanoseconds, {}});
        const LabelledTracks &tracks = context.tracks(name);
        if (const auto found = tracks.find(figure::stageTotal); found != tracks.end()) {
            // Ten-second figures on a finer grid hold until the next one; on a coarser one the band shows the extremes.
            panel.series.push_back(makeEnveloped(context, key, Unit::Nanoseconds, found->second, grid));
        }
    }
    for (const std::string_view stage : {figure::stageDrain, figure::stageAgentQueue, figure::stageWire, figure::stageReceiveQueue}) {
        if (const auto value = latest(figure::latencyP99, stage))
            panel.facts.push_back({"stage-" + std::string(stage), value->value, Unit::Nanoseconds, "p99"});
    }
    double uncertainty = 0;
    for (const auto &[node, track] : context.tracks(figure::clockUncertainty)) {
        if (const auto value = newest(track, context.endNs, context.staleNs(grid))) {
            uncertainty = std::max(uncertainty, value->value);
            panel.computation.sources.push_back(node);
        }
    }
    panel.facts.push_back({"clock-uncertainty", uncertainty, Unit::Nanoseconds, {}});
    constexpr std::array leftOut{std::pair("without-clock", figure::latencyNoClock), std::pair("held", figure::latencyHeld)};
    for (const auto &[key, name] : leftOut) {
        for (const auto &[label, track] : context.tracks(name)) {
            if (const auto rate = rateOver(unroll(track), context.endNs, 10 * nsPerSecond, context.staleNs(grid));
                rate && rate->increase > 0)
                panel.computation.inputs.push_back({key, rate->increase, Unit::Events, label});
        }
    }
    nameEarlier(context, panel);
}

void queueDepth(const PanelContext &context, PanelSnapshot &panel)
{
    const TimeGrid &grid = context.figures;
    setRange(panel, grid);
    setLosses(context, panel);
    panel.thresholds = {{ThresholdKind::ScaleUp, 1000, Unit::Events, 300 * nsPerSecond},
                        {ThresholdKind::ScaleDown, 100, Unit::Events, 300 * nsPerSecond}};
    finishComputation(panel, "queue-depth", 0, 0);
    Dense total(grid.count(), noValue), coveredNs;
    double value = 0;
    std::int64_t asOfNs = 0;
    for (const auto &[key, name] : queueParts) {
        if (name == figure::queueReceive && !context.scope.node.empty())
            continue; // holds the events of all nodes
        Dense part(grid.count(), noValue);
        double now = 0;
        for (const auto &[label, track] : context.tracks(name)) {
            Dense values = lastValues(track, grid);
            context.hideAway(values, label, grid);
            addInto(part, values);
            coverAlso(coveredNs, covered(track, grid, context.input.toNs));
            const auto point = newest(track, context.endNs, context.staleNs(grid));
            if (point && !context.isAway(label, context.endNs)) {
                now += point->value;
                asOfNs = std::max(asOfNs, point->timeNs);
                ++panel.computation.n;
            }
            if (!label.empty())
                panel.computation.sources.push_back(label + '/' + key);
        }
        // What is received waits for nobody while all agents are away: a 0 of that part is not one of the whole.
        for (std::size_t i = 0; name == figure::queueReceive && i < part.size(); ++i)
            part[i] = std::isnan(total[i]) ? noValue : part[i];
        value += now;
        addInto(total, part);
        panel.computation.inputs.push_back({key, now, Unit::Events, {}});
        panel.facts.push_back({key, now, Unit::Events, {}});
        PlotSeries series = makeSeries(key, {}, Unit::Events, part, grid);
        series.stacked = true;
        panel.series.push_back(std::move(series));
    }
    if (context.tracks(figure::queueAgent).empty() || asOfNs == 0) {
        panel.series.clear();
        panel.facts.clear();
        return setNoData(context, panel, NoDataReason::NoSamplesInRange);
    }
    setValue(context, panel, {"queued", value, Unit::Events, {}}, asOfNs);
    for (const auto &[label, track] : context.tracks(figure::queueOldest)) {
        if (const auto oldest = newest(track, context.endNs, context.staleNs(grid)))
            panel.facts.push_back({"oldest", oldest->value, Unit::Nanoseconds, {}});
    }
    Track totals;
    for (std::size_t i = 0; i < total.size(); ++i) {
        if (!std::isnan(total[i]))
            totals.push_back({grid.start(i), total[i]});
    }
    const std::int64_t window = std::max(300 * nsPerSecond, 3 * grid.bucketNs());
    panel.computation.windowNs = window;
    if (const auto slope = slopePerSecond(totals, context.endNs, window))
        panel.facts.push_back({"slope", *slope, Unit::EventsPerSecond, {}});
    const Measured queued{std::move(total), std::move(coveredNs)};
    checkAlert(panel, panel.thresholds.front(), queued, "queued", {}, true);
    checkScaling(panel, queued);
}

namespace {

/// What a share is of. Agents keep some back for half a minute before it counts as left out, so a time may settle more than was seen in it, and no share
/// is above all.
double settledOf(double seen, double filtered, double lost) { return std::max(seen, filtered + lost); }

Dense settledOf(Dense seen, const Dense &filtered, const Dense &lost)
{
    for (std::size_t i = 0; i < seen.size(); ++i) {
        if (!std::isnan(seen[i]) && !std::isnan(filtered[i]) && !std::isnan(lost[i]))
            seen[i] = settledOf(seen[i], filtered[i], lost[i]);
    }
    return seen;
}

} // namespace

void filterEfficiency(const PanelContext &context, PanelSnapshot &panel)
{
    const TimeGrid &grid = context.samples;
    setRange(panel, grid);
    setLosses(context, panel);
    panel.thresholds = {{ThresholdKind::Reference, 97, Unit::Percent, 0}};
    const std::int64_t window = std::max(60 * nsPerSecond, 2 * grid.bucketNs());
    double seen = 0;
    std::array<double, filterCounters.size()> each{};
    std::int64_t asOfNs = 0, elapsedNs = 0;
    Dense seenDense(grid.count(), noValue), filteredDense = seenDense, lostDense = seenDense;
    for (const CounterTrack &track : context.input.counters) {
        const Track seenTrack = unrollSum(track, {Counter::Seen});
        const Track filteredTrack = unrollSum(track, {Counter::KFiltered, Counter::Folded, Counter::UFiltered});
        const Track lostTrack = unrollSum(track, {Counter::Lost, Counter::Shed, Counter::QDrop});
        const auto add = [&](Dense &sum, const Track &counted) {
            Dense values = rates(counted, grid);
            context.hideAway(values, track.node, grid, counted.empty() ? INT64_MIN : counted.back().timeNs);
            addInto(sum, values);
        };
        add(seenDense, seenTrack);
        add(filteredDense, filteredTrack);
        add(lostDense, lostTrack);
        const auto seenNow = rateOver(seenTrack, context.endNs, window, context.staleNs(grid));
        if (!seenNow)
            continue;
        seen += seenNow->increase;
        asOfNs = std::max(asOfNs, seenNow->asOfNs);
        elapsedNs = std::max(elapsedNs, seenNow->elapsedNs);
        for (std::size_t i = 0; i < filterCounters.size(); ++i)
            each[i] += rateOver(unrollSum(track, {filterCounters[i]}), context.endNs, window, context.staleNs(grid))->increase;
        panel.computation.sources.push_back(track.node + '/' + track.source);
    }
    finishComputation(panel, "filter-efficiency", elapsedNs, static_cast<std::uint64_t>(seen));
    panel.computation.inputs = {{"seen", seen, Unit::Events, {}}};
    for (std::size_t i = 0; i < filterCounters.size(); ++i)
        panel.computation.inputs.push_back({std::string(counterName(filterCounters[i])), each[i], Unit::Events, {}});
    const double filtered = each[0] + each[1] + each[2], lost = each[3] + each[4] + each[5];
    if (seen <= 0)
        return setNoData(context, panel, NoDataReason::NoSamplesInRange);
    const double settled = settledOf(seen, filtered, lost);
    setValue(context, panel, {"filtered", 100 * filtered / settled, Unit::Percent, {}}, asOfNs);
    panel.facts.push_back({"lost-share", 100 * lost / settled, Unit::Percent, {}});
    panel.facts.push_back({"seen", seen * nsPerSecond / static_cast<double>(elapsedNs), Unit::EventsPerSecond, {}});
    const Dense settledDense = settledOf(seenDense, filteredDense, lostDense);
    panel.series.push_back(makeSeries("filtered", {}, Unit::Percent, percentOf(filteredDense, settledDense), grid));
    PlotSeries loss = makeSeries("lost", {}, Unit::Percent, percentOf(lostDense, settledDense), grid);
    loss.loss = true;
    panel.series.push_back(std::move(loss));
}

} // namespace tapio::console
