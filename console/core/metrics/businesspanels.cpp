// SPDX-License-Identifier: GPL-3.0-or-later
// Panels 15 and 16: what the operators did, and how long calls took.
#include <algorithm>
#include <charconv>
#include <cmath>

#include "console/core/metrics/figurenames.h"
#include "console/core/metrics/panelbuilder.h"

namespace tapio::console {

namespace {

constexpr std::int64_t hour = 3600 * nsPerSecond;
constexpr double slowestQueryNs = 5e9;

std::optional<double> latestOf(const PanelContext &context, std::string_view name, std::string_view label)
{
    const LabelledTracks &tracks = context.tracks(name);
    const auto found = tracks.find(label);
    if (found == tracks.end())
        return std::nullopt;
    const auto point = newest(found->second, context.endNs, std::max(60 * nsPerSecond, context.figures.maxGapNs()));
    return point ? std::optional(point->value) : std::nullopt;
}

HeatView heatOf(const PanelContext &context, const TimeGrid &grid)
{
    HeatView heat;
    heat.boundsNs = apiHeatBoundsNs();
    const std::size_t rows = heat.boundsNs.size() - 1;
    heat.columns.resize(grid.count());
    for (std::size_t i = 0; i < grid.count(); ++i)
        heat.columns[i] = {grid.start(i), std::vector<std::uint64_t>(rows, 0)};
    for (const auto &[label, track] : context.tracks(figure::apiHeat)) {
        std::size_t row = rows;
        std::from_chars(label.data(), label.data() + label.size(), row);
        if (row >= rows)
            continue;
        const Dense counts = increases(unroll(track), grid);
        for (std::size_t i = 0; i < counts.size(); ++i)
            heat.columns[i].counts[row] += std::isnan(counts[i]) ? 0 : static_cast<std::uint64_t>(counts[i]);
    }
    return heat;
}

double increaseInRange(const PanelContext &context, const Track &track)
{
    double sum = 0;
    for (const double value : increases(unroll(track), context.figures))
        sum += std::isnan(value) ? 0 : value;
    return sum;
}

} // namespace

std::int64_t barBucketNs(const TimeGrid &grid) { return niceBucketNs((grid.toNs() - grid.fromNs()) * 12, 60 * nsPerSecond); }

const std::vector<double> &apiHeatBoundsNs()
{
    static const std::vector<double> bounds{0,   1e5, 2.5e5, 5e5, 1e6, 2.5e6, 5e6, 1e7,  2.5e7,
                                            5e7, 1e8, 2.5e8, 5e8, 1e9, 2.5e9, 5e9, 1e10, 1.2e11};
    return bounds;
}

void userInteractions(const PanelContext &context, PanelSnapshot &panel)
{
    const TimeGrid grid(context.input.fromNs, context.input.toNs, barBucketNs(context.figures));
    setRange(panel, grid);
    panel.view = BarsView{grid.bucketNs()};
    panel.computation.formulaKey = "user-interactions";
    panel.computation.windowNs = hour;
    panel.computation.sources = {"audit log"};
    std::map<std::string, Dense> byKind;
    std::map<std::string, double> lastHour;
    double count = 0;
    std::int64_t asOfNs = 0;
    for (const OperatorAction &action : context.input.actions) {
        if (action.timeNs > context.endNs)
            continue;
        const bool inHour = action.timeNs > context.endNs - hour;
        count += inHour ? 1 : 0;
        if (inHour)
            ++lastHour[action.kind];
        const std::int64_t bucket = grid.indexOf(action.timeNs);
        if (bucket < 0 || bucket >= static_cast<std::int64_t>(grid.count())) {
            asOfNs = std::max(asOfNs, inHour ? action.timeNs : 0);
            continue;
        }
        asOfNs = std::max(asOfNs, action.timeNs);
        Dense &bars = byKind[action.kind];
        bars.resize(grid.count(), 0);
        bars[static_cast<std::size_t>(bucket)] += 1;
    }
    panel.computation.n = static_cast<std::uint64_t>(count);
    if (asOfNs == 0)
        return setNoData(context, panel, NoDataReason::NoOperatorAction);
    // The audit log is the console's own: no agent is missing from it, and it is never old.
    panel.value = Fact{"actions", count, Unit::PerHour, {}};
    panel.asOfNs = asOfNs;
    panel.state = PanelState::Ready;
    for (const auto &[kind, n] : lastHour)
        panel.facts.push_back({"kind", n, Unit::PerHour, kind});
    panel.computation.inputs = panel.facts;
    std::vector<Line> lines;
    for (auto &[kind, bars] : byKind)
        lines.push_back({kind, kind, std::move(bars)});
    drawTop(panel, std::move(lines), grid, Unit::Count, true);
}

void apiResponseTimes(const PanelContext &context, PanelSnapshot &panel)
{
    const TimeGrid &grid = context.figures;
    const TimeGrid columns(context.input.fromNs, context.input.toNs,
                           niceBucketNs((grid.toNs() - grid.fromNs()) * 4, std::max(10 * nsPerSecond, grid.bucketNs())));
    setRange(panel, columns);
    panel.thresholds = {{ThresholdKind::AlertAbove, slowestQueryNs, Unit::Nanoseconds, 0}};
    panel.computation.formulaKey = "api-response-times";
    panel.computation.windowNs = 10 * nsPerSecond;
    double calls = 0, errors = 0;
    for (const auto &[operation, track] : context.tracks(figure::apiCount)) {
        calls += increaseInRange(context, track);
        panel.computation.sources.push_back(operation);
    }
    for (const auto &[operation, track] : context.tracks(figure::apiErrors))
        errors += increaseInRange(context, track);
    panel.computation.n = static_cast<std::uint64_t>(calls);
    panel.computation.inputs = {{"calls", calls, Unit::Count, {}}, {"errors", errors, Unit::Count, {}}};
    const LabelledTracks &p95 = context.tracks(figure::apiP95);
    const auto all = p95.find("");
    const auto value = all == p95.end() ? std::nullopt : newest(all->second, context.endNs, std::max(60 * nsPerSecond, grid.maxGapNs()));
    if (!value)
        return setNoData(context, panel, NoDataReason::NoSamplesInRange);
    panel.value = Fact{"p95", value->value, Unit::Nanoseconds, {}};
    panel.asOfNs = value->timeNs;
    panel.state = PanelState::Ready;
    if (const auto p50 = latestOf(context, figure::apiP50, ""))
        panel.facts.push_back({"p50", *p50, Unit::Nanoseconds, {}});
    if (const auto p99 = latestOf(context, figure::apiP99, ""))
        panel.facts.push_back({"p99", *p99, Unit::Nanoseconds, {}});
    if (calls > 0)
        panel.facts.push_back({"errors", 100 * errors / calls, Unit::Percent, {}});
    for (const auto &[operation, track] : p95) {
        if (operation.empty())
            continue;
        if (const auto latest = latestOf(context, figure::apiP95, operation)) {
            panel.facts.push_back({"operation", *latest, Unit::Nanoseconds, operation});
            if (*latest > slowestQueryNs) {
                panel.pastThreshold = true;
                panel.breaches.push_back({"operation", operation, *latest, panel.thresholds.front(), false});
            }
        }
    }
    panel.view = heatOf(context, columns);
}

} // namespace tapio::console
