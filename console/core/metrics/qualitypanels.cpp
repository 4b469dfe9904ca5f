// SPDX-License-Identifier: GPL-3.0-or-later
// Panels 5 to 8: data quality.
#include <algorithm>
#include <cmath>

#include "console/core/metrics/figurenames.h"
#include "console/core/metrics/panelbuilder.h"

namespace tapio::console {

namespace {

/// Verdicts needed before a field estimate is shown (metrics, panel 6).
constexpr std::uint64_t neededVerdicts = 20;

/// Nobody has said of any insight whether it is right, and no drill is scored: no interval, 0 of 20 verdicts.
void notJudged(const PanelContext &context, PanelSnapshot &panel, std::string formula, Threshold threshold)
{
    setRange(panel, context.figures);
    panel.losses = context.losses;
    setNoData(context, panel, NoDataReason::NeedsVerdicts);
    panel.have = 0;
    panel.need = static_cast<double>(neededVerdicts);
    panel.thresholds = {threshold};
    panel.view = IntervalView{{{"drill", std::nullopt, 0, 0, 0, neededVerdicts, threshold.value},
                               {"field", std::nullopt, 0, 0, 0, neededVerdicts, threshold.value}}};
    panel.computation.formulaKey = std::move(formula);
}

/// Share of the increase of one track in that of another, percent, over the range.
std::optional<double> shareInRange(const PanelContext &context, std::string_view part, std::string_view whole)
{
    double parts = 0, wholes = 0;
    const auto sum = [&context](const LabelledTracks &tracks, double &total) {
        for (const auto &[label, track] : tracks) {
            for (const double value : increases(unroll(track), context.figures))
                total += std::isnan(value) ? 0 : value;
        }
    };
    sum(context.tracks(part), parts);
    sum(context.tracks(whole), wholes);
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
    setRange(panel, context.figures);
    panel.losses = context.losses;
    setNoData(context, panel, NoDataReason::NotJudged);
    panel.need = 1000;
    panel.thresholds = {{ThresholdKind::AlertBelow, 95, Unit::Percent, 0}};
    panel.computation.formulaKey = "signal-to-noise";
}

void correlationAccuracy(const PanelContext &context, PanelSnapshot &panel)
{
    notJudged(context, panel, "correlation-accuracy", {ThresholdKind::AlertBelow, 98, Unit::Percent, 0});
}

void falsePositiveRate(const PanelContext &context, PanelSnapshot &panel)
{
    notJudged(context, panel, "false-positive-rate", {ThresholdKind::AlertAbove, 2, Unit::Percent, 0});
}

void coveragePanel(const PanelContext &context, PanelSnapshot &panel)
{
    const TimeGrid &grid = context.figures;
    setRange(panel, grid);
    panel.losses = context.losses;
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
    panel.computation.completeness = context.completeness;
    panel.computation.lost = context.lostPercent;
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
