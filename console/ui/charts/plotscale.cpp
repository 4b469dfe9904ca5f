// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/ui/charts/plotscale.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "console/ui/charts/decimate.h"

namespace tapio::console {

namespace {

/// Above this multiple of the data a threshold would flatten the line: it is named at the edge instead of drawn.
constexpr double thresholdReach = 4;

struct Extremes {
    double low = std::numeric_limits<double>::infinity();
    double high = -std::numeric_limits<double>::infinity();

    bool any() const { return low <= high; }
    void add(double value)
    {
        if (!std::isfinite(value))
            return;
        low = std::min(low, value);
        high = std::max(high, value);
    }
    void add(const std::vector<PlotPoint> &points, const PanelSnapshot &panel, double sign = 1)
    {
        for (const PlotPoint &point : points)
            if (point.timeNs >= panel.fromNs && point.timeNs <= panel.toNs)
                add(sign * point.value);
    }
};

Extremes extremesOfLines(const PanelSnapshot &panel, bool withLoss)
{
    Extremes extremes;
    const auto sums = stack(panel.series);
    for (std::size_t i = 0; i < panel.series.size(); ++i) {
        const PlotSeries &series = panel.series[i];
        if (series.loss && !withLoss)
            continue;
        const double sign = series.below ? -1 : 1;
        extremes.add(series.stacked ? sums[i] : series.points, panel, sign);
        extremes.add(series.minimum, panel, sign);
        extremes.add(series.maximum, panel, sign);
    }
    return extremes;
}

Extremes extremesOfBars(const PanelSnapshot &panel)
{
    std::map<std::int64_t, double> sums;
    for (const PlotSeries &series : panel.series)
        for (const PlotPoint &point : series.points)
            if (std::isfinite(point.value))
                sums[point.timeNs] += point.value;
    Extremes extremes;
    for (const auto &[time, sum] : sums)
        extremes.add(sum);
    return extremes;
}

/// Higher is better and the figures sit near 100 %: the axis closes in on them.
bool closesIn(const PanelSnapshot &panel, const Extremes &extremes)
{
    if (panel.axisLow || panel.axisHigh) // somebody said what it holds
        return false;
    const bool wantsHigh = panel.thresholds.empty() || std::ranges::any_of(panel.thresholds, [](const Threshold &threshold) {
                               return threshold.kind == ThresholdKind::AlertBelow || threshold.kind == ThresholdKind::Reference;
                           });
    return plotUnit(panel) == Unit::Percent && wantsHigh && extremes.any() && extremes.low >= 50;
}

/// The rows that hold something, and room around them: an empty decade is no information.
PlotScale heatScale(const HeatView &heat, int intervals)
{
    constexpr std::size_t leastRows = 6;
    PlotScale scale;
    const std::size_t rows = heat.boundsNs.empty() ? 0 : heat.boundsNs.size() - 1;
    std::size_t first = rows;
    std::size_t end = 0;
    for (const HeatColumn &column : heat.columns) {
        for (std::size_t row = 0; row < std::min(rows, column.counts.size()); ++row) {
            if (column.counts[row] > 0) {
                first = std::min(first, row);
                end = std::max(end, row + 1);
            }
        }
    }
    if (rows == 0 || first >= end) {
        scale.main.high = static_cast<double>(std::max<std::size_t>(rows, 1));
        return scale;
    }
    first = first > 0 ? first - 1 : 0;
    end = std::min(rows, std::max(end + 1, first + leastRows));
    scale.main.low = static_cast<double>(first);
    scale.main.high = static_cast<double>(end);
    const std::size_t count = std::min(static_cast<std::size_t>(std::max(intervals, 1)), end - first); // a very low plot has room for none
    for (std::size_t i = 0; i <= count; ++i) {
        const std::size_t row = first + i * (end - first) / count;
        scale.main.ticks.push_back({static_cast<double>(row), axisLabel(heat.boundsNs[row], heat.boundsNs[row], Unit::Nanoseconds, true)});
    }
    return scale;
}

std::optional<double> heatRow(const HeatView &heat, double value)
{
    for (std::size_t row = 0; row + 1 < heat.boundsNs.size(); ++row) {
        const double low = heat.boundsNs[row];
        const double high = heat.boundsNs[row + 1];
        if (value >= low && value <= high)
            return static_cast<double>(row) + (value - low) / (high - low);
    }
    return std::nullopt;
}

} // namespace

Unit plotUnit(const PanelSnapshot &panel)
{
    if (std::holds_alternative<HeatView>(panel.view))
        return Unit::Nanoseconds;
    for (const PlotSeries &series : panel.series)
        if (!series.loss)
            return series.unit;
    if (!panel.series.empty())
        return panel.series.front().unit;
    return panel.thresholds.empty() ? (panel.value ? panel.value->unit : Unit::None) : panel.thresholds.front().unit;
}

std::optional<double> thresholdPosition(const PanelSnapshot &panel, const Threshold &threshold)
{
    if (const auto *heat = std::get_if<HeatView>(&panel.view))
        return heatRow(*heat, threshold.value);
    return threshold.unit == plotUnit(panel) ? std::optional(threshold.value) : std::nullopt;
}

const Threshold *mainThreshold(const PanelSnapshot &panel)
{
    const auto rank = [](ThresholdKind kind) {
        switch (kind) {
        case ThresholdKind::AlertAbove:
        case ThresholdKind::AlertBelow: return 0;
        case ThresholdKind::ScaleUp: return 1;
        case ThresholdKind::Reference: return 2;
        case ThresholdKind::ScaleDown: break;
        }
        return 3;
    };
    const Threshold *best = nullptr;
    for (const Threshold &threshold : panel.thresholds)
        if (rank(threshold.kind) < (best ? rank(best->kind) : 3) && thresholdPosition(panel, threshold))
            best = &threshold;
    return best;
}

bool isQuietLoss(const PlotSeries &series)
{
    return series.loss && std::ranges::none_of(series.points, [](const PlotPoint &point) { return point.value > 0; });
}

namespace {

/// No data: a bound gives the axis its numbers; without one it has none, since they would be made up.
PlotScale emptyScale(const PanelSnapshot &panel, int intervals)
{
    PlotScale scale;
    const Threshold *threshold = mainThreshold(panel);
    const Unit unit = plotUnit(panel);
    if (threshold && threshold->kind != ThresholdKind::AlertAbove && unit == Unit::Percent && threshold->value >= 50)
        scale.main = valueScale(threshold->value - 5, 100, unit, false, intervals);
    else
        scale.main =
            valueScale(0, threshold ? std::min(*thresholdPosition(panel, *threshold) * 1.2, unit == Unit::Percent ? 100. : INFINITY) : 0,
                       unit, true, intervals);
    if (!threshold)
        for (ValueTick &tick : scale.main.ticks)
            tick.label.clear();
    return scale;
}

} // namespace

std::optional<Fact> wholeOf(const PanelSnapshot &panel, std::int64_t timeNs, std::int64_t toleranceNs)
{
    if (!panel.value || panel.value->unit != Unit::Percent || plotUnit(panel) != Unit::Percent)
        return std::nullopt;
    const auto now = std::ranges::find(panel.facts, "allocatable", &Fact::key);
    const PlotPoint *then = sampleAt(panel.allocatable, timeNs, toleranceNs);
    if (now == panel.facts.end() || !then || then->value <= 0)
        return std::nullopt;
    Fact whole = *now;
    whole.value = then->value;
    return whole;
}

PlotScale plotScale(const PanelSnapshot &panel, int intervals)
{
    if (const auto *heat = std::get_if<HeatView>(&panel.view))
        return heatScale(*heat, intervals);
    PlotScale scale;
    const Unit unit = plotUnit(panel);
    if (std::holds_alternative<BarsView>(panel.view)) {
        Extremes extremes = extremesOfBars(panel);
        if (!extremes.any())
            return emptyScale(panel, intervals);
        extremes.add(panel.axisHigh.value_or(extremes.high));
        scale.main = valueScale(0, extremes.high, unit, true, intervals, panel.isAnySize);
        return scale;
    }
    Extremes extremes = extremesOfLines(panel, false);
    if (!extremes.any())
        return emptyScale(panel, intervals);
    const bool close = closesIn(panel, extremes);
    if (!close)
        extremes = extremesOfLines(panel, true);
    if (const Threshold *threshold = mainThreshold(panel)) {
        const double at = *thresholdPosition(panel, *threshold);
        if (unit == Unit::Percent || (at > 0 && at <= thresholdReach * extremes.high))
            extremes.add(close && threshold->kind == ThresholdKind::AlertBelow ? std::min(at, extremes.low) - 0.1
                                                                               : at); // room below the line
    }
    if (!close)
        for (const std::optional<double> &end : {panel.axisLow, panel.axisHigh})
            extremes.add(end.value_or(extremes.low));
    scale.main = valueScale(extremes.low, extremes.high, unit, !close, intervals, panel.isAnySize);
    if (close) {
        Extremes lost;
        for (const PlotSeries &series : panel.series)
            if (series.loss)
                lost.add(series.points, panel);
        scale.lane = lost.any() && lost.high > 0;
        if (scale.lane) {
            const ValueScale lane = valueScale(0, std::max(lost.high, 0.1), unit, true, 2);
            scale.laneHigh = lane.high;
            scale.laneLabel = lane.ticks.back().label;
        }
    }
    return scale;
}

} // namespace tapio::console
