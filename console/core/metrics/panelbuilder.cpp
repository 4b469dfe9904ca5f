// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/core/metrics/panelbuilder.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <iterator>
#include <set>

#include "console/core/metrics/figurenames.h"
#include "console/core/metrics/scope.h"

namespace tapio::console {

namespace {

/// Metric, node, path and label name one series; names of pods may be corrected while it lives.
std::string placeKey(const std::string &node, const std::string &path, const std::string &label)
{
    return node + '\n' + path + '\n' + label;
}

bool isAncestor(const std::string &path, const std::string &of)
{
    return of.size() > path.size() && of[path.size()] == '/' && of.compare(0, path.size(), path) == 0;
}

SeriesData merge(const SeriesData &one, const SeriesData &two)
{
    const auto endOf = [](const SeriesData &data) { return data.buckets.empty() ? 0 : data.buckets.back().lastNs; };
    SeriesData merged{endOf(one) > endOf(two) ? one.key : two.key, {}};
    std::merge(one.buckets.begin(), one.buckets.end(), two.buckets.begin(), two.buckets.end(), std::back_inserter(merged.buckets),
               [](const SeriesBucket &a, const SeriesBucket &b) { return a.firstNs < b.firstNs; });
    std::erase_if(merged.buckets, [](const SeriesBucket &bucket) { return bucket.n == 0; });
    return merged;
}

void appendBands(std::vector<LossBand> &bands, const Dense &lost, const Dense &seen, const TimeGrid &grid, const std::string &node,
                 const std::string &cause)
{
    LossBand *open = nullptr;
    double lostSum = 0, seenSum = 0; // a bucket of a gap has a fraction of its events
    for (std::size_t i = 0; i < lost.size(); ++i) {
        if (std::isnan(lost[i]) || lost[i] <= 0) {
            open = nullptr;
            continue;
        }
        if (!open) {
            bands.push_back({grid.start(i), grid.start(i), 0, 0, node, cause});
            open = &bands.back();
            lostSum = seenSum = 0;
        }
        lostSum += lost[i];
        seenSum += i < seen.size() && !std::isnan(seen[i]) ? seen[i] : 0;
        open->toNs = grid.start(i) + grid.bucketNs();
        open->lost = static_cast<std::uint64_t>(std::llround(lostSum));
        open->of = static_cast<std::uint64_t>(std::llround(seenSum));
    }
    std::erase_if(bands, [](const LossBand &band) { return band.lost == 0; }); // next to all of its gap is out of the range
}

double sumOf(const Dense &values)
{
    double sum = 0;
    for (const double value : values)
        sum += std::isnan(value) ? 0 : value;
    return sum;
}

constexpr auto later = [](std::int64_t timeNs, const PlotPoint &point) { return timeNs < point.timeNs; };

} // namespace

bool isHost(const wire::Origin &origin) noexcept { return origin.cgroupPath == "/" || origin.cgroupPath.empty(); }

const ProofReport &PanelContext::proofs() const
{
    if (!m_proofs)
        m_proofs = input.proofs.report(input.toNs, input.verdicts);
    return *m_proofs;
}

std::int64_t PanelContext::newestFor(PanelId id) const
{
    std::int64_t newestNs = INT64_MIN;
    const auto offer = [this, &newestNs](std::int64_t timeNs) {
        if (timeNs <= input.toNs)
            newestNs = std::max(newestNs, timeNs);
        return timeNs <= input.toNs;
    };
    const auto figure = [&](std::string_view name) {
        for (const auto &[label, track] : tracks(name))
            std::any_of(track.rbegin(), track.rend(), [&](const PlotPoint &point) { return offer(point.timeNs); });
    };
    const auto metric = [&](wire::Metric wanted) {
        for (const SeriesData *data : of(wanted))
            std::any_of(data->buckets.rbegin(), data->buckets.rend(),
                        [&](const SeriesBucket &bucket) { return bucket.n > 0 && offer(bucket.lastNs); });
    };
    switch (id) {
    case PanelId::EventsProcessed:
        figure(figure::processed);
        for (const auto &[node, track] : tracks(figure::agentAlive)) // while it is connected, that nothing comes is a reading
            std::any_of(track.rbegin(), track.rend(), [&](const PlotPoint &point) { return point.value >= 1 && offer(point.timeNs); });
        break;
    case PanelId::ProcessingLatency: figure(figure::latencyP99); break;
    case PanelId::QueueDepth: figure(figure::queueAgent); break;
    case PanelId::FilterEfficiency:
        for (const CounterTrack &track : input.counters)
            std::any_of(track.readings.rbegin(), track.readings.rend(),
                        [&](const CounterTrack::Reading &reading) { return offer(reading.timeNs); });
        break;
    case PanelId::SignalToNoise: figure(figure::signalJudged); break;
    case PanelId::Coverage: figure(scope.node.empty() ? figure::coverage : figure::hooksWanted); break;
    case PanelId::CpuUsage: metric(wire::Metric::CpuUsageNs); break;
    case PanelId::MemoryUsage:
        metric(scope.namespaceName.empty() ? wire::Metric::NodeMemoryAvailableBytes : wire::Metric::MemoryWorkingSetBytes);
        break;
    case PanelId::NetworkIo:
        metric(wire::Metric::NetRxBytes);
        metric(wire::Metric::NetTxBytes);
        break;
    case PanelId::ActiveCorrelations:
    case PanelId::InsightsGenerated: figure(figure::insightAgents); break;
    case PanelId::ApiResponseTimes: figure(figure::apiP95); break;
    default: break;
    }
    return newestNs == INT64_MIN ? input.toNs : newestNs;
}

Track unrollSum(const CounterTrack &track, std::initializer_list<Counter> counters)
{
    const auto sumOf = [counters](const CounterSet &set) {
        double sum = 0;
        for (const Counter counter : counters)
            sum += static_cast<double>(set[counter]);
        return sum;
    };
    Track unrolled;
    unrolled.reserve(track.readings.size());
    double total = 0;
    for (std::size_t i = 0; i < track.readings.size(); ++i) {
        const CounterTrack::Reading &reading = track.readings[i];
        if (i > 0) {
            const CounterTrack::Reading &before = track.readings[i - 1];
            total += sumOf(before.streamId == reading.streamId ? difference(reading.counters, before.counters).delta : reading.counters);
        }
        unrolled.push_back({reading.timeNs, total});
    }
    return unrolled;
}

PanelContext::PanelContext(const OverviewInput &source, const Scope &narrowedTo)
    : m_narrowed(narrowedTo.all() ? std::nullopt : std::optional(narrowed(source, narrowedTo))), scope(narrowedTo),
      input(m_narrowed ? *m_narrowed : source), agentsKnown(!source.agents.empty()),
      figures(source.fromNs, source.toNs, source.figureBucketNs), samples(source.fromNs, source.toNs, source.sampleBucketNs),
      endNs(source.toNs)
{
    index(source.series);
    findLosses();
}

void PanelContext::index(const std::vector<SeriesData> &series)
{
    std::map<std::pair<wire::Metric, std::string>, const SeriesData *> byLabel;
    for (const SeriesData &data : series) {
        if (!inScope(data.key, scope))
            continue;
        const auto key = std::make_pair(data.key.metric, placeKey(data.key.node, data.key.origin.cgroupPath, data.key.label));
        const SeriesData *&slot = byLabel[key];
        slot = slot ? &m_merged.emplace_back(merge(*slot, data)) : &data;
    }
    for (const auto &[key, data] : byLabel) {
        m_byMetric[key.first].push_back(data);
        m_byPlace.emplace(std::make_pair(key.first, placeKey(data->key.node, data->key.origin.cgroupPath, {})), data);
    }
}

std::optional<RecentLoss> lossOfLastMinute(const PanelContext &context)
{
    const OverviewInput &input = context.input;
    if (input.toNs < input.nowNs || input.sampleBucketNs > 10 * nsPerSecond)
        return std::nullopt;
    // From the last reading before the minute: what a reading tells happened since the one before it. Of a gap that is as much as there is of it
    // in the minute.
    const auto increase = [&input, gapNs = context.samples.maxGapNs()](const Track &track) -> std::optional<std::uint64_t> {
        const std::int64_t beginNs = input.toNs - 60 * nsPerSecond;
        const auto end = std::upper_bound(track.begin(), track.end(), input.toNs, later);
        auto base = std::upper_bound(track.begin(), end, beginNs, later);
        if (base != track.begin())
            --base;
        if (end - base < 2)
            return std::nullopt;
        const auto next = std::next(base);
        double before = base->value;
        if (const std::int64_t elapsed = next->timeNs - base->timeNs; elapsed > gapNs && base->timeNs < beginNs)
            before += (next->value - base->value) * static_cast<double>(beginNs - base->timeNs) / static_cast<double>(elapsed);
        return static_cast<std::uint64_t>(std::llround(std::max(0., std::prev(end)->value - before)));
    };
    std::optional<RecentLoss> sum;
    for (const CounterTrack &track : input.counters) {
        const auto seen = increase(unrollSum(track, {Counter::Seen}));
        if (!seen)
            continue;
        sum = sum.value_or(RecentLoss{});
        sum->seen += *seen;
        sum->lost += increase(unrollSum(track, {Counter::Lost, Counter::Shed, Counter::QDrop})).value_or(0);
    }
    for (const FigureLoss &loss : figureLosses) {
        for (const auto &[node, track] : context.tracks(loss.figure)) {
            const auto missed = increase(context.toldOf(node, track));
            if (!missed || (!sum && *missed == 0))
                continue;
            sum = sum.value_or(RecentLoss{});
            sum->lost += *missed;
        }
    }
    return sum;
}

void PanelContext::findLosses()
{
    double seen = 0, lost = 0, missed = 0;
    for (const CounterTrack &track : input.counters) {
        const Dense seenDense = spreadIncreases(unrollSum(track, {Counter::Seen}), samples);
        seen += sumOf(seenDense);
        for (const Counter cause : {Counter::Lost, Counter::Shed, Counter::QDrop}) {
            const Dense lostDense = spreadIncreases(unrollSum(track, {cause}), samples);
            lost += sumOf(lostDense);
            appendBands(losses, lostDense, seenDense, samples, track.node, std::string(counterName(cause)));
        }
    }
    for (const FigureLoss &loss : figureLosses) {
        for (const auto &[node, track] : tracks(loss.figure)) {
            const Dense missedDense = spreadIncreases(toldOf(node, track), samples);
            missed += sumOf(missedDense);
            appendBands(losses, missedDense, {}, samples, node, loss.cause);
        }
    }
    if (seen > 0) {
        completeness = std::max(0.0, 100.0 * (1 - lost / seen));
        lostPercent = std::min(100.0, 100.0 * (lost + missed) / seen);
    } else if (lost + missed > 0) {
        lostPercent = 100;
        if (lost > 0)
            completeness = 0;
    }
}

const std::vector<const SeriesData *> &PanelContext::of(wire::Metric metric) const
{
    static const std::vector<const SeriesData *> none;
    const auto found = m_byMetric.find(metric);
    return found == m_byMetric.end() ? none : found->second;
}

const SeriesData *PanelContext::find(wire::Metric metric, const std::string &node, const std::string &path) const
{
    const auto found = m_byPlace.find({metric, placeKey(node, path, {})});
    return found == m_byPlace.end() ? nullptr : found->second;
}

const LabelledTracks &PanelContext::tracks(std::string_view name) const
{
    static const LabelledTracks none;
    const auto found = input.figures.find(name);
    return found == input.figures.end() ? none : found->second;
}

std::vector<const SeriesData *> PanelContext::hosts(wire::Metric metric) const
{
    std::vector<const SeriesData *> found;
    std::copy_if(of(metric).begin(), of(metric).end(), std::back_inserter(found),
                 [](const SeriesData *data) { return isHost(data->key.origin); });
    return found;
}

std::vector<Entity> PanelContext::entities(wire::Metric metric) const
{
    std::map<std::string, Entity> pods;
    std::vector<Entity> result;
    std::set<std::string> nodes;
    std::map<std::string, std::set<std::string>> parents; // by node: every path that has a sampled child
    for (const SeriesData *data : of(metric)) {
        nodes.insert(data->key.node);
        const std::string &path = data->key.origin.cgroupPath;
        for (std::size_t slash = path.rfind('/'); slash != std::string::npos && slash > 0; slash = path.rfind('/', slash - 1))
            parents[data->key.node].insert(path.substr(0, slash));
    }
    for (const SeriesData *data : of(metric)) {
        const wire::Origin &origin = data->key.origin;
        if (isHost(origin))
            continue;
        if (origin.podUid.empty()) {
            if (!parents[data->key.node].contains(origin.cgroupPath)) {
                const std::string name = data->key.node + ':' + origin.cgroupPath;
                result.push_back({name, nodes.size() > 1 ? name : origin.cgroupPath, data->key.node, false, {data}});
            }
            continue;
        }
        Entity &pod = pods[data->key.node + '/' + origin.podUid];
        pod.parts.push_back(data);
        pod.node = data->key.node;
        pod.pod = true;
        if (pod.label.empty() || !origin.podName.empty())
            pod.label = origin.podName.empty() ? origin.podUid : origin.namespaceName + '/' + origin.podName;
    }
    for (auto &[key, pod] : pods) {
        pod.key = key;
        // The pod's own cgroup holds its containers: parts inside of another part would count twice.
        const std::vector<const SeriesData *> all = pod.parts;
        std::erase_if(pod.parts, [&all](const SeriesData *part) {
            return std::any_of(all.begin(), all.end(), [part](const SeriesData *other) {
                return isAncestor(other->key.origin.cgroupPath, part->key.origin.cgroupPath);
            });
        });
        result.push_back(std::move(pod));
    }
    return result;
}

Track PanelContext::toldOf(const std::string &node, const Track &count) const
{
    const LabelledTracks &agents = tracks(figure::agentAlive);
    const auto alive = agents.find(node);
    return alive == agents.end() ? unroll(count) : withoutAway(unroll(count), alive->second);
}

bool PanelContext::isAway(const std::string &node, std::int64_t timeNs) const
{
    const LabelledTracks &agents = tracks(figure::agentAlive);
    const auto track = agents.find(node);
    const auto alive = track == agents.end() ? std::nullopt : newest(track->second, timeNs, staleNs(figures));
    return alive && alive->value < 1;
}

void PanelContext::hideAway(Dense &values, const std::string &node, const TimeGrid &grid, std::int64_t fromNs) const
{
    const LabelledTracks &agents = tracks(figure::agentAlive);
    const auto track = agents.find(node);
    const auto away = [](const PlotPoint &point) { return point.value < 1; };
    if (track == agents.end() || std::none_of(track->second.begin(), track->second.end(), away))
        return;
    const Dense alive = lastValues(track->second, grid);
    for (std::size_t i = 0; i < std::min(values.size(), alive.size()); ++i) {
        if (alive[i] < 1 && grid.start(i) >= fromNs)
            values[i] = noValue;
    }
}

void PanelContext::hideKeptWhileAllAway(Dense &values, const Track &readings, const TimeGrid &grid) const
{
    std::vector<bool> somebodyThere(values.size(), false);
    for (const auto &[node, track] : tracks(figure::agentAlive)) {
        const Dense alive = lastValues(track, grid);
        // What is not known of a node does not say that it was away.
        for (std::size_t i = 0; i < std::min(values.size(), alive.size()); ++i)
            somebodyThere[i] = somebodyThere[i] || !(alive[i] < 1);
    }
    if (tracks(figure::agentAlive).empty())
        return;
    const Envelope read = envelope(readings, grid);
    for (std::size_t i = 0; i < std::min(values.size(), read.minimum.size()); ++i) {
        if (!somebodyThere[i] && std::isnan(read.minimum[i]))
            values[i] = noValue;
    }
}

std::optional<double> PanelContext::latest(const SeriesData *gauge) const
{
    if (!gauge)
        return std::nullopt;
    // Limits and totals are sampled rarely where they do not change.
    const auto point = newest(gaugeTrack(*gauge), endNs, std::max<std::int64_t>(300 * nsPerSecond, samples.maxGapNs()));
    return point ? std::optional(point->value) : std::nullopt;
}

std::optional<double> PanelContext::latestHost(wire::Metric metric, const std::string &node) const
{
    for (const SeriesData *data : of(metric)) {
        if (data->key.node == node && isHost(data->key.origin))
            return latest(data);
    }
    return std::nullopt;
}

PlotSeries makeSeries(std::string key, std::string label, Unit unit, const Dense &values, const TimeGrid &grid)
{
    PlotSeries series;
    series.key = std::move(key);
    series.label = std::move(label);
    series.unit = unit;
    series.points = toPoints(values, grid);
    return series;
}

PlotSeries makeEnveloped(const PanelContext &context, std::string key, Unit unit, const Track &gauge, const TimeGrid &grid)
{
    Dense values = lastValues(gauge, grid);
    context.hideKeptWhileAllAway(values, gauge, grid);
    const Envelope bounds = envelope(gauge, grid);
    PlotSeries series = makeSeries(std::move(key), {}, unit, values, grid);
    for (const PlotPoint &point : series.points) {
        const auto i = static_cast<std::size_t>(grid.indexOf(point.timeNs));
        series.minimum.push_back({point.timeNs, std::isnan(bounds.minimum[i]) ? point.value : bounds.minimum[i]});
        series.maximum.push_back({point.timeNs, std::isnan(bounds.maximum[i]) ? point.value : bounds.maximum[i]});
    }
    return series;
}

void drawTop(PanelSnapshot &panel, std::vector<Line> lines, const TimeGrid &grid, Unit unit, bool stacked, bool below)
{
    const auto largest = [](const Line &line) {
        double best = -1;
        for (const double value : line.values)
            best = std::isnan(value) ? best : std::max(best, value);
        return best;
    };
    std::vector<std::pair<double, std::size_t>> order;
    for (std::size_t i = 0; i < lines.size(); ++i)
        order.emplace_back(largest(lines[i]), i);
    std::erase_if(order, [](const auto &entry) { return entry.first < 0; });
    std::sort(order.begin(), order.end(), [&lines](const auto &a, const auto &b) {
        return a.first != b.first ? a.first > b.first : lines[a.second].key < lines[b.second].key;
    });
    Dense others;
    for (std::size_t rank = 0; rank < order.size(); ++rank) {
        Line &line = lines[order[rank].second];
        if (rank >= maxSeries) {
            addInto(others, line.values);
            continue;
        }
        PlotSeries series = makeSeries(std::move(line.key), std::move(line.label), unit, line.values, grid);
        series.stacked = stacked;
        series.below = below;
        panel.series.push_back(std::move(series));
    }
    if (!others.empty()) {
        PlotSeries series = makeSeries("others", {}, unit, others, grid);
        series.stacked = stacked;
        series.below = below;
        panel.series.push_back(std::move(series));
    }
    panel.seriesTotal += order.size();
}

void setLosses(const PanelContext &context, PanelSnapshot &panel)
{
    panel.losses = context.losses;
    panel.computation.completeness = context.completeness;
    panel.computation.lost = context.lostPercent;
}

void setRange(PanelSnapshot &panel, const TimeGrid &grid)
{
    panel.fromNs = grid.fromNs();
    panel.toNs = grid.toNs();
    panel.bucketNs = grid.bucketNs();
}

void setNoData(const PanelContext &context, PanelSnapshot &panel, NoDataReason otherwise)
{
    panel.state = PanelState::NoData;
    panel.value.reset();
    if (!context.input.failure.empty()) {
        panel.state = PanelState::Failed;
        panel.reason = NoDataReason::StoreFailed;
        panel.detail = context.input.failure;
    } else if (!context.agentsKnown && otherwise != NoDataReason::NoOperatorAction) {
        panel.reason = NoDataReason::NoAgent;
    } else {
        const bool pods = otherwise == NoDataReason::NoKubernetes;
        const bool scoped =
            pods ? !context.scope.namespaceName.empty() : otherwise == NoDataReason::NoSamplesInRange && !context.scope.all();
        panel.reason = scoped ? NoDataReason::NothingInScope : otherwise;
    }
}

void setValue(const PanelContext &context, PanelSnapshot &panel, Fact value, std::int64_t asOfNs)
{
    panel.value = std::move(value);
    panel.asOfNs = asOfNs;
    panel.state = PanelState::Ready;
    std::string missing;
    bool any = false;
    for (const auto &[node, track] : context.tracks(figure::agentAlive)) {
        const bool away = context.isAway(node, context.input.toNs);
        any |= !away;
        if (away)
            missing += (missing.empty() ? "" : ", ") + node;
    }
    if (!missing.empty()) {
        panel.state = PanelState::Partial;
        panel.detail = missing;
    }
    const bool sampled = panel.id >= PanelId::PodStatus && panel.id <= PanelId::NetworkIo;
    if (sampled && context.input.seriesRefused > 0) {
        panel.state = PanelState::Partial;
        panel.seriesRefused = context.input.seriesRefused;
    }
    // With nobody left to read from, the next reading is not merely late.
    const std::int64_t patienceNs = missing.empty() || any ? std::max(heartbeatFreshNs, 2 * panel.bucketNs) : 2 * nsPerSecond;
    if (context.input.toNs - asOfNs > patienceNs)
        panel.state = PanelState::Stale;
}

void checkScaling(PanelSnapshot &panel, const Measured &measured)
{
    for (const Threshold &threshold : panel.thresholds) {
        const bool up = threshold.kind == ThresholdKind::ScaleUp;
        if (!up && threshold.kind != ThresholdKind::ScaleDown)
            continue;
        const auto past = [up, bound = threshold.value](double value) { return up ? value > bound : value < bound; };
        const Held held = heldFor(measured, past);
        panel.checks.push_back({threshold, held.heldNs, held.knownNs, held.heldNs > 0 && held.heldNs >= threshold.forNs});
    }
}

void checkAlert(PanelSnapshot &panel, const Threshold &threshold, const Measured &measured, std::string key, std::string label,
                bool headline)
{
    const auto past = [bound = threshold.value](double value) { return value > bound; };
    const std::int64_t heldNs = heldFor(measured, past).heldNs;
    if (heldNs <= 0)
        return;
    const Dense &values = measured.values;
    const double newest = !std::isnan(values.back()) || values.size() < 2 ? values.back() : values[values.size() - 2];
    Breach breach{std::move(key), std::move(label), newest, threshold, headline, heldNs};
    if (heldNs < threshold.forNs) {
        panel.pending.push_back(std::move(breach));
        return;
    }
    panel.breaches.push_back(std::move(breach));
    panel.pastThreshold = true;
}

Dense sampledRates(const PanelContext &context, const SeriesData &counter)
{
    const Track track = unroll(counter);
    Dense values = rates(track, context.samples);
    context.hideAway(values, counter.key.node, context.samples, track.empty() ? INT64_MIN : track.back().timeNs);
    return values;
}

Dense sampledValues(const PanelContext &context, const SeriesData &gauge)
{
    const Track track = gaugeTrack(gauge);
    Dense values = lastValues(track, context.samples);
    context.hideAway(values, gauge.key.node, context.samples, track.empty() ? INT64_MIN : track.back().timeNs);
    return values;
}

Dense percentOf(const Dense &part, const Dense &whole)
{
    Dense percent(part.size(), noValue);
    for (std::size_t i = 0; i < std::min(part.size(), whole.size()); ++i)
        percent[i] = whole[i] > 0 ? 100 * part[i] / whole[i] : noValue;
    return percent;
}

std::string number(double value)
{
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%.6g", value);
    return text.data();
}

} // namespace tapio::console
