// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QRectF>

#include <cstdint>

namespace tapio::console {

/// Where values land in a plot: the pixels, the time range and the value range. A value: copied into render jobs.
/// Lengths in logical pixels, y downwards; times in ns UTC.
struct PlotFrame {
    QRectF plot;                       ///< where data is drawn
    QRectF lane;                       ///< strip below it for the lost share with its own scale from 0; null when there is none
    std::int64_t fromNs = 0, toNs = 1; ///< fromNs < toNs
    double low = 0, high = 1;          ///< low < high
    double laneHigh = 1;

    double xOf(std::int64_t timeNs) const
    {
        return plot.left() + plot.width() * (static_cast<double>(timeNs - fromNs) / static_cast<double>(toNs - fromNs));
    }
    double yOf(double value) const { return plot.bottom() - plot.height() * ((value - low) / (high - low)); }
    double laneYOf(double value) const { return lane.bottom() - lane.height() * (value / laneHigh); }
    std::int64_t timeAt(double x) const
    {
        return fromNs + static_cast<std::int64_t>((x - plot.left()) / plot.width() * static_cast<double>(toNs - fromNs));
    }
    double nsPerPixel() const { return static_cast<double>(toNs - fromNs) / plot.width(); }
    /// Plot and lane together: what crosshair, bands and hatches span.
    QRectF whole() const { return lane.isNull() ? plot : plot.united(lane); }

    bool operator==(const PlotFrame &) const = default;
};

} // namespace tapio::console
