// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QImage>
#include <QPainter>

#include <memory>
#include <vector>

#include "console/core/metrics/panel.h"
#include "console/ui/charts/plotframe.h"
#include "console/ui/charts/seriescolors.h"
#include "console/ui/theme/theme.h"

/// Draws the data of one plot: hatches, bands, areas, lines, bars, heat map, thresholds; no words. Pure functions, any thread.
namespace tapio::console {

/// More is never drawn: 50 series and the sum of the rest, in each direction.
inline constexpr std::size_t maxDrawnSeries = 102;

struct PlotStyle {
    std::shared_ptr<const Theme> theme;
    std::vector<SeriesLook> looks; ///< one per series
    double devicePixelRatio = 1;
    int passes = 2;             ///< 1 px strokes half a pixel apart: 2 look like 1.5 px at a fraction of the cost
    bool wide = false;          ///< real 1.5 px strokes: for exports
    bool allThresholds = false; ///< a small plot shows the main one only
    int isolated = -1;          ///< index of the series that stands out, the others fade; -1 = none
    bool operator==(const PlotStyle &) const = default;
};

struct PlotJob {
    std::shared_ptr<const PanelSnapshot> panel;
    PlotFrame frame;
    PlotStyle style;
    bool operator==(const PlotJob &) const = default; ///< same snapshot object, not an equal one
};

/// Draws in the coordinates of job.frame.
void paintPlot(QPainter &painter, const PlotJob &job);
/// The same as an image of frame.whole(), in device pixels, transparent where nothing is.
QImage renderPlot(const PlotJob &job);
/// Estimated nanoseconds of renderPlot, for deciding where to run it.
double estimatedCostNs(const PlotJob &job);

/// Colour of a heat map cell: share 0 to 1 of the largest count.
QColor heatColor(double share, const Theme &theme);

} // namespace tapio::console
