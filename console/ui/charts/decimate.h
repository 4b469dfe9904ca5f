// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QPointF>

#include <span>
#include <vector>

#include "console/core/metrics/panel.h"
#include "console/ui/charts/plotframe.h"

/// From samples to what a screen can show. Pure functions; any thread.
namespace tapio::console {

/// Two samples further apart than this many buckets have a gap between them.
inline constexpr double gapBuckets = 1.5;

/// One unbroken piece of a line, in pixels, left to right.
using LineRun = std::vector<QPointF>;

/// Samples per pixel column reduced to their minimum and maximum in order of occurrence, so that no peak is lost; NaN and
/// missing buckets break the line into runs. Only points in view, plus one neighbour on each side. `yOf` maps a value.
/// Cost: two searches plus one pass over the points in view.
std::vector<LineRun> decimate(std::span<const PlotPoint> points, const PlotFrame &frame, std::int64_t bucketNs, double devicePixelRatio);

/// Like decimate, through the upper and lower bounds of each bucket, as closed shapes.
std::vector<LineRun> envelope(std::span<const PlotPoint> minimum, std::span<const PlotPoint> maximum, const PlotFrame &frame,
                              std::int64_t bucketNs, double devicePixelRatio);

struct PlotSpan {
    std::int64_t fromNs = 0, toNs = 0;
    bool operator==(const PlotSpan &) const = default;
};
/// Times in the frame for which no series has a sample, oldest first.
std::vector<PlotSpan> emptySpans(std::span<const PlotSeries> series, std::int64_t fromNs, std::int64_t toNs, std::int64_t bucketNs);

/// Cumulative sums of the stacked series over all their times: [i] is series i on top of those before it. A series without a
/// sample at a time adds nothing there; where none has one, all are NaN. Not stacked series give an empty entry.
std::vector<std::vector<PlotPoint>> stack(std::span<const PlotSeries> series);

/// The sample of a bucket nearest to timeNs, at most half a bucket (and at least half a pixel) away; null when there is none.
const PlotPoint *sampleAt(std::span<const PlotPoint> points, std::int64_t timeNs, std::int64_t toleranceNs);

} // namespace tapio::console
