// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/core/dashboards/panelplot.h"

#include <cmath>

namespace tapio::console {

namespace {

using Shape = PictureStyle::Shape;

Shape shapeOf(PanelKind kind) noexcept
{
    switch (kind) {
    case PanelKind::Area:
    case PanelKind::Stat: return Shape::Areas;
    case PanelKind::Stacked: return Shape::Stack;
    case PanelKind::Bars: return Shape::Bars;
    case PanelKind::Heatmap: return Shape::Heat;
    default: return Shape::Lines;
    }
}

/// A query more must not take over what another one is drawn with.
void append(PanelSnapshot &joined, const PanelSnapshot &plot, std::size_t query)
{
    for (PlotSeries series : plot.series) {
        if (joined.series.size() == mostDrawn)
            break;
        if (query > 0)
            series.key += '#' + std::to_string(query);
        joined.series.push_back(std::move(series));
    }
}

bool isPast(const PanelBound &bound, double value) noexcept
{
    if (bound.kind == ThresholdKind::AlertAbove)
        return value > bound.value;
    return bound.kind == ThresholdKind::AlertBelow && value < bound.value;
}

} // namespace

bool isOverRange(PanelKind kind) noexcept { return kind != PanelKind::Gauge && kind != PanelKind::Table; }

PictureStyle styleOf(const DashboardPanel &panel, const PanelQuery &query)
{
    return {shapeOf(panel.kind), query.legend, panel.unit.unit, panel.unit.factor};
}

PanelSnapshot joinedPlot(const DashboardPanel &panel, std::span<const PanelSnapshot *const> plots)
{
    PanelSnapshot joined;
    joined.state = PanelState::Ready;
    joined.isAnySize = true;
    std::uint64_t all = 0;
    for (std::size_t query = 0; query < plots.size(); ++query) {
        const PanelSnapshot *plot = plots[query];
        if (plot == nullptr)
            continue;
        joined.fromNs = plot->fromNs;
        joined.toNs = plot->toNs;
        joined.bucketNs = plot->bucketNs;
        joined.view = plot->view;
        all += plot->seriesTotal != 0 ? plot->seriesTotal : plot->series.size();
        append(joined, *plot, query);
    }
    joined.seriesTotal = all > joined.series.size() ? all : 0;
    for (const PanelBound &bound : panel.bounds)
        joined.thresholds.push_back({bound.kind, bound.value * panel.unit.factor, panel.unit.unit, 0});
    for (const auto &[end, axis] : {std::pair(panel.least, &joined.axisLow), std::pair(panel.largest, &joined.axisHigh)})
        if (end)
            *axis = *end * panel.unit.factor;
    return joined;
}

std::vector<SeriesSummary> valuesAt(std::span<const SeriesSummary> rows, std::int64_t endMs, std::int64_t stepMs)
{
    std::vector<SeriesSummary> now;
    for (const SeriesSummary &row : rows)
        if (row.samples > 0 && row.lastMs > endMs - stepMs && !std::isnan(row.last))
            now.push_back(row);
    return now;
}

const PanelBound *boundPast(const DashboardPanel &panel, double value) noexcept
{
    for (const PanelBound &bound : panel.bounds)
        if (isPast(bound, value / panel.unit.factor))
            return &bound;
    return nullptr;
}

} // namespace tapio::console
