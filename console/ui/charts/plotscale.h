// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>

#include "console/core/metrics/panel.h"
#include "console/ui/charts/ticks.h"

namespace tapio::console {

/// The value axis of one panel, chosen from its data, unit and thresholds. Pure; any thread.
struct PlotScale {
    ValueScale main;
    bool lane = false; ///< the lost share needs a strip of its own, since the main axis does not start at 0
    double laneHigh = 1;
    QString laneLabel;
};

/// `intervals`: how many grid steps the height has room for.
PlotScale plotScale(const PanelSnapshot &panel, int intervals);
/// The unit of the value axis.
Unit plotUnit(const PanelSnapshot &panel);
/// Where a threshold lies on the panel's value axis: a duration in the row of a heat map. Nothing when the axis cannot show it.
std::optional<double> thresholdPosition(const PanelSnapshot &panel, const Threshold &threshold);
/// What a percentage on the value axis was of at that time, in cores or bytes; `toleranceNs` as far as a sample may be away.
std::optional<Fact> wholeOf(const PanelSnapshot &panel, std::int64_t timeNs, std::int64_t toleranceNs);
/// The one threshold that a small plot has room for: an alert before a scaling bound before a reference; null = none.
const Threshold *mainThreshold(const PanelSnapshot &panel);
/// Nothing was lost in the whole series: it is not drawn, so that a healthy page shows no red.
bool isQuietLoss(const PlotSeries &series);

} // namespace tapio::console
