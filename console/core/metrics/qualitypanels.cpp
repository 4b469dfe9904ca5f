// SPDX-License-Identifier: GPL-3.0-or-later
// Panels 5 to 8: data quality.
#include <algorithm>
#include <cmath>

#include "console/core/metrics/figurenames.h"
#include "console/core/metrics/panelbuilder.h"
#include "console/core/metrics/rulefrequency.h"

namespace tapio::console {

namespace {

Interval intervalOf(std::string key, const replay::Share &share, std::uint64_t floor, double alert)
{
    Interval interval{std::move(key), std::nullopt, 0, 0, share.of, floor, alert};
    if (share.isEnough) {
        interval.estimate = 100 * share.value;
        interval.low = 100 * share.low;
        interval.high = 100 * share.high;
    }
    return interval;
}

ProofMoment momentOf(const std::optional<ProofTrial> &trial)
{
    return trial ? ProofMoment{trial->verdict.timeNs, trial->verdict.leadNs, trial->verdict.node, trial->drill} : ProofMoment{};
}

/// What both panels of judgement count: what operators said, and how the rules stand by the drills.
struct Judged {
    VerdictBook::Count verdicts;
    const ProofReport &proofs;

    explicit Judged(const PanelContext &context)
        : verdicts(context.input.verdicts.count(context.input.toNs - DetectionProofs::windowNs, context.input.toNs)),
          proofs(context.proofs())
    {}
    std::uint64_t given() const { return verdicts.confirmed + verdicts.rejected; }
};

void addBreach(PanelSnapshot &panel, const Interval &interval, double value, bool isPast)
{
    if (!interval.estimate || !isPast)
        return;
    panel.breaches.push_back({interval.key, {}, value, panel.thresholds.front(), panel.value && panel.value->key == interval.key, 0});
    panel.pastThreshold = true;
}

/// Of the shipped recordings' held half, once they are scored: without drills or verdicts it is what is known. What could not be scored is no figure.
void addSuite(const PanelContext &context, IntervalView &view, const replay::Share &share, double alert)
{
    const SuiteScore &suite = context.input.suite;
    if (suite.recordings > 0 || !suite.failure.empty())
        view.intervals.push_back(intervalOf("recordings", share, replay::floorOfAll, alert));
}

/// Labelled estimates. The headline is the drills', or the operators' where too few drills were run, or else the recordings'.
void showJudged(const PanelContext &context, PanelSnapshot &panel, const Judged &judged, std::string formula, IntervalView view)
{
    setRange(panel, context.figures);
    setLosses(context, panel);
    const auto counted = std::find_if(view.intervals.begin(), view.intervals.end(), [](const Interval &one) { return one.estimate; });
    if (counted != view.intervals.end()) {
        setValue(context, panel, {counted->key, *counted->estimate, Unit::Percent, {}}, context.endNs);
    } else {
        setNoData(context, panel, NoDataReason::NeedsVerdicts);
        panel.have = static_cast<double>(judged.given());
        panel.need = static_cast<double>(replay::floorOfAll);
    }
    const replay::Counts &all = judged.proofs.all;
    const auto input = [&panel](const char *key, std::uint64_t count) {
        panel.computation.inputs.push_back({key, static_cast<double>(count), Unit::Count, {}});
    };
    input("confirmed", judged.verdicts.confirmed);
    input("rejected", judged.verdicts.rejected);
    input("drills", judged.proofs.drills);
    input("true-positives", all.tp);
    input("true-negatives", all.tn);
    input("false-positives", all.fp);
    input("false-negatives", all.fn);
    panel.computation.n = all.n() + judged.given();
    panel.computation.windowNs = DetectionProofs::windowNs;
    panel.computation.formulaKey = std::move(formula);
    panel.view = std::move(view);
}

/// Of a counter, all labels together.
struct Increase {
    double sum = 0;
    Dense dense; ///< in each bucket
    std::int64_t asOfNs = 0;
};

Increase increaseOf(const PanelContext &context, std::string_view name)
{
    Increase all;
    all.dense.assign(context.figures.count(), noValue);
    for (const auto &[label, track] : context.tracks(name)) {
        const Dense values = increases(unroll(track), context.figures);
        addInto(all.dense, values);
        all.asOfNs = track.empty() ? all.asOfNs : std::max(all.asOfNs, track.back().timeNs);
    }
    for (const double value : all.dense)
        all.sum += std::isnan(value) ? 0 : value;
    return all;
}

std::optional<double> newestOf(const PanelContext &context, std::string_view name)
{
    const LabelledTracks &tracks = context.tracks(name);
    const auto track = tracks.find("");
    const auto point = track == tracks.end() ? std::nullopt : newest(track->second, context.endNs, context.staleNs(context.figures));
    return point ? std::optional(point->value) : std::nullopt;
}

/// Share of the increase of one track in that of another, percent, over the range.
std::optional<double> shareInRange(const PanelContext &context, std::string_view part, std::string_view whole)
{
    const double parts = increaseOf(context, part).sum, wholes = increaseOf(context, whole).sum;
    // An amendment counts when it comes, which may be in a later range than its events.
    return wholes > 0 ? std::optional(std::min(100 * parts / wholes, 100.0)) : std::nullopt;
}

NodeCell makeCell(const PanelContext &context, const std::string &node, bool alive, const wire::AgentState *agent)
{
    NodeCell cell;
    cell.node = node;
    if (const auto hooks = context.input.hooks.find(node); hooks != context.input.hooks.end()) {
        const HookCount count = countHooks(hooks->second);
        cell.hooksActive = count.active;
        cell.hooksWanted = count.wanted;
        for (const wire::Hook &hook : hooks->second.hooks) {
            if (hook.missing())
                cell.missing.push_back(hook.collector + '/' + hook.name + ": "
                                       + (hook.reason.empty() ? std::string(wire::hookStateName(hook.state)) : hook.reason));
        }
    }
    // What was counted then: the report that is known may be of another time.
    const auto counted = [&](std::string_view name) -> std::optional<std::uint32_t> {
        const LabelledTracks &tracks = context.tracks(name);
        const auto track = tracks.find(node);
        const auto point = track == tracks.end() ? std::nullopt : newest(track->second, context.endNs, context.staleNs(context.figures));
        return point ? std::optional(static_cast<std::uint32_t>(point->value)) : std::nullopt;
    };
    if (const auto wanted = counted(figure::hooksWanted)) {
        cell.hooksWanted = *wanted;
        cell.hooksActive = counted(figure::hooksActive).value_or(0);
        if (cell.hooksActive == cell.hooksWanted)
            cell.missing.clear();
    }
    if (alive)
        cell.state = cell.hooksActive == cell.hooksWanted && cell.hooksWanted > 0 ? NodeCell::State::Full : NodeCell::State::Partial;
    else
        cell.state = agent && agent->state == wire::LinkState::Gone ? NodeCell::State::Gone : NodeCell::State::Silent;
    return cell;
}

/// Coverage of one node: the share of its hooks while it is alive, else 0.
Track coverageOf(const PanelContext &context, const std::string &node)
{
    const auto trackOf = [&](std::string_view name) -> const Track & {
        static const Track none;
        const LabelledTracks &tracks = context.tracks(name);
        const auto track = tracks.find(node);
        return track == tracks.end() ? none : track->second;
    };
    const Track &active = trackOf(figure::hooksActive), &alive = trackOf(figure::agentAlive);
    const std::int64_t staleNs = context.staleNs(context.figures);
    Track coverage;
    for (const PlotPoint &wanted : trackOf(figure::hooksWanted)) {
        const auto attached = newest(active, wanted.timeNs, staleNs), up = newest(alive, wanted.timeNs, staleNs);
        if (wanted.value > 0 && attached && up)
            coverage.push_back({wanted.timeNs, 100 * up->value * attached->value / wanted.value});
    }
    return coverage;
}

/// Of the chosen node, or what was measured of all.
Track coverageTrack(const PanelContext &context)
{
    if (!context.scope.node.empty())
        return coverageOf(context, context.scope.node);
    const LabelledTracks &tracks = context.tracks(figure::coverage);
    const auto track = tracks.find("");
    return track == tracks.end() ? Track() : track->second;
}

} // namespace

HookCount countHooks(const wire::HookReport &report) noexcept
{
    HookCount count;
    for (const wire::Hook &hook : report.hooks) {
        count.wanted += hook.wanted() ? 1 : 0;
        count.active += hook.state == wire::HookState::Active ? 1 : 0;
    }
    return count;
}

std::optional<double> coveragePercent(std::size_t alive, std::size_t known, const std::map<std::string, wire::HookReport> &hooks)
{
    if (known == 0)
        return std::nullopt;
    double sum = 0;
    std::size_t reports = 0;
    for (const auto &[node, report] : hooks) {
        const HookCount count = countHooks(report);
        if (count.wanted == 0)
            continue;
        sum += static_cast<double>(count.active) / count.wanted;
        ++reports;
    }
    if (reports == 0)
        return std::nullopt;
    return 100 * static_cast<double>(alive) / static_cast<double>(known) * sum / static_cast<double>(reports);
}

void signalToNoise(const PanelContext &context, PanelSnapshot &panel)
{
    constexpr double leastJudged = 1000;
    setRange(panel, context.figures);
    setLosses(context, panel);
    panel.need = leastJudged;
    panel.thresholds = {{ThresholdKind::AlertBelow, 95, Unit::Percent, 0}};
    panel.computation.formulaKey = "signal-to-noise";
    panel.computation.windowNs = context.input.toNs - context.input.fromNs;
    const Increase judged = increaseOf(context, figure::signalJudged), kept = increaseOf(context, figure::signalKept);
    panel.computation.n = static_cast<std::uint64_t>(judged.sum);
    panel.computation.inputs = {{"judged", judged.sum, Unit::Events, {}}, {"signal", kept.sum, Unit::Events, {}}};
    if (const auto oneIn = newestOf(context, figure::signalOneIn))
        panel.computation.inputs.push_back({"one-in", *oneIn, Unit::Count, {}});
    if (const double displaced = increaseOf(context, figure::signalDisplaced).sum; displaced > 0)
        panel.computation.inputs.push_back({"displaced", displaced, Unit::Count, {}});
    panel.have = judged.sum;
    if (judged.sum < leastJudged)
        return setNoData(context, panel, NoDataReason::NotJudged);
    const double share = 100 * kept.sum / judged.sum;
    setValue(context, panel, {"signal", share, Unit::Percent, {}}, judged.asOfNs);
    panel.facts.push_back({"n", judged.sum, Unit::Count, {}});
    panel.series.push_back(makeSeries("signal", {}, Unit::Percent, percentOf(kept.dense, judged.dense), context.figures));
    if (share < panel.thresholds.front().value) {
        panel.breaches.push_back({"signal", {}, share, panel.thresholds.front(), true, 0});
        panel.pastThreshold = true;
    }
}

void correlationAccuracy(const PanelContext &context, PanelSnapshot &panel)
{
    const Threshold threshold{ThresholdKind::AlertBelow, 98, Unit::Percent, 0};
    const Judged judged(context);
    const Interval drill = intervalOf("drill", accuracyOf(judged.proofs.all, replay::floorOfAll), replay::floorOfAll, threshold.value);
    const Interval field = intervalOf("field", replay::shareOf(judged.verdicts.confirmed, judged.given(), replay::floorOfAll),
                                      replay::floorOfAll, threshold.value);
    IntervalView view{{drill, field}};
    for (const RuleProof &rule : judged.proofs.rules)
        view.rules.push_back({intervalOf(rule.rule, accuracyOf(rule.counts, replay::floorOfRule), replay::floorOfRule, threshold.value),
                              momentOf(rule.found), momentOf(rule.missed), momentOf(rule.wrong)});
    view.calibrated =
        frequenciesOf(judged.proofs, context.input.verdicts, context.input.toNs - DetectionProofs::windowNs, context.input.toNs);
    addSuite(context, view, accuracyOf(context.input.suite.all, replay::floorOfAll), threshold.value);
    panel.thresholds = {threshold};
    const std::vector<Interval> intervals = view.intervals;
    showJudged(context, panel, judged, "correlation-accuracy", std::move(view));
    for (const Interval &one : intervals) {
        const double least = one.key == "field" ? one.high : one.estimate.value_or(0);
        addBreach(panel, one, least, least < threshold.value);
    }
}

void falsePositiveRate(const PanelContext &context, PanelSnapshot &panel)
{
    const Threshold threshold{ThresholdKind::AlertAbove, 2, Unit::Percent, 0};
    const Judged judged(context);
    const Interval drill =
        intervalOf("drill", falsePositiveRateOf(judged.proofs.all, replay::floorOfAll), replay::floorOfAll, threshold.value);
    const Interval field = intervalOf("field", replay::shareOf(judged.verdicts.rejected, judged.given(), replay::floorOfAll),
                                      replay::floorOfAll, threshold.value);
    IntervalView view{{drill, field}};
    addSuite(context, view, falsePositiveRateOf(context.input.suite.all, replay::floorOfAll), threshold.value);
    panel.thresholds = {threshold};
    const std::vector<Interval> intervals = view.intervals;
    showJudged(context, panel, judged, "false-positive-rate", std::move(view));
    for (const Interval &one : intervals) {
        const double most = one.key == "field" ? one.low : one.estimate.value_or(0);
        addBreach(panel, one, most, most > threshold.value);
    }
}

void coveragePanel(const PanelContext &context, PanelSnapshot &panel)
{
    const TimeGrid &grid = context.figures;
    setRange(panel, grid);
    setLosses(context, panel);
    CoverageView view;
    std::size_t alive = 0, known = 0;
    for (const auto &[node, track] : context.tracks(figure::agentAlive)) {
        const auto state = newest(track, context.endNs, context.staleNs(grid));
        const auto agent = std::find_if(context.input.agents.begin(), context.input.agents.end(),
                                        [&node = node](const wire::AgentState &candidate) { return candidate.node == node; });
        ++known;
        const bool isAlive = state && state->value >= 1;
        alive += isAlive ? 1 : 0;
        view.cells.push_back(makeCell(context, node, isAlive, agent == context.input.agents.end() ? nullptr : &*agent));
        panel.computation.sources.push_back(node);
    }
    view.attribution = shareInRange(context, figure::resolvedEvents, figure::containerEvents);
    view.completeness = context.completeness;
    double hookSum = 0;
    std::size_t hookNodes = 0;
    for (const NodeCell &cell : view.cells) {
        if (cell.hooksWanted > 0) {
            hookSum += 100.0 * cell.hooksActive / cell.hooksWanted;
            ++hookNodes;
        }
    }
    if (hookNodes > 0)
        view.hooks = hookSum / static_cast<double>(hookNodes);

    panel.computation.formulaKey = "coverage";
    panel.computation.n = known;
    panel.computation.inputs = {{"agents-alive", static_cast<double>(alive), Unit::Count, {}},
                                {"nodes-known", static_cast<double>(known), Unit::Count, {}}};
    if (view.hooks)
        panel.computation.inputs.push_back({"hooks-attached", *view.hooks, Unit::Percent, {}});
    const Track track = coverageTrack(context);
    const auto value = newest(track, context.endNs, context.staleNs(grid));
    if (!value)
        return setNoData(context, panel, NoDataReason::NoSamplesInRange);
    setValue(context, panel, {"coverage", value->value, Unit::Percent, {}}, value->timeNs);
    panel.facts.push_back({"nodes-alive", static_cast<double>(alive), Unit::Count, {}});
    panel.facts.push_back({"nodes-known", static_cast<double>(known), Unit::Count, {}});
    if (view.attribution)
        panel.facts.push_back({"attribution", *view.attribution, Unit::Percent, {}});
    if (view.completeness)
        panel.facts.push_back({"completeness", *view.completeness, Unit::Percent, {}});
    panel.series.push_back(makeSeries("coverage", {}, Unit::Percent, lastValues(track, grid), grid));
    panel.view = std::move(view);
}

} // namespace tapio::console
