// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/ui/charts/decimate.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace tapio::console {

namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

bool isGap(const PlotPoint &a, const PlotPoint &b, std::int64_t bucketNs)
{
    return bucketNs > 0 && static_cast<double>(b.timeNs - a.timeNs) > gapBuckets * static_cast<double>(bucketNs);
}

std::span<const PlotPoint> inView(std::span<const PlotPoint> points, std::int64_t fromNs, std::int64_t toNs)
{
    const auto before = [](const PlotPoint &point, std::int64_t time) { return point.timeNs < time; };
    auto first = std::lower_bound(points.begin(), points.end(), fromNs, before);
    auto last = std::lower_bound(first, points.end(), toNs, before);
    if (first != points.begin())
        --first;
    if (last != points.end())
        ++last;
    return {first, last};
}

/// The samples of one pixel column.
struct Column {
    std::int64_t index = 0;
    int samples = 0;
    QPointF first, lowest, highest, last;

    void add(QPointF point)
    {
        if (samples++ == 0)
            first = lowest = highest = point;
        if (point.y() < lowest.y())
            lowest = point;
        if (point.y() > highest.y())
            highest = point;
        last = point;
    }
    void flushTo(LineRun &run)
    {
        if (samples == 0)
            return;
        if (samples <= 2) {
            run.push_back(first);
            if (samples == 2)
                run.push_back(last);
        } else {
            const bool lowestFirst = lowest.x() <= highest.x();
            for (const QPointF &point : {first, lowestFirst ? lowest : highest, lowestFirst ? highest : lowest, last})
                if (run.empty() || run.back() != point)
                    run.push_back(point);
        }
        samples = 0;
    }
};

void closeRun(std::vector<LineRun> &runs, LineRun &run, Column &column)
{
    column.flushTo(run);
    if (!run.empty())
        runs.push_back(std::move(run));
    run = {};
}

} // namespace

std::vector<LineRun> decimate(std::span<const PlotPoint> points, const PlotFrame &frame, std::int64_t bucketNs, double devicePixelRatio)
{
    std::vector<LineRun> runs;
    LineRun run;
    Column column;
    const PlotPoint *previous = nullptr;
    for (const PlotPoint &point : inView(points, frame.fromNs, frame.toNs)) {
        if (std::isnan(point.value)) {
            closeRun(runs, run, column);
            previous = nullptr;
            continue;
        }
        if (previous && isGap(*previous, point, bucketNs))
            closeRun(runs, run, column);
        const double x = frame.xOf(point.timeNs);
        const auto index = static_cast<std::int64_t>(std::floor(x * devicePixelRatio));
        if (column.samples > 0 && index != column.index)
            column.flushTo(run);
        column.index = index;
        column.add({x, frame.yOf(point.value)});
        previous = &point;
    }
    closeRun(runs, run, column);
    return runs;
}

std::vector<LineRun> envelope(std::span<const PlotPoint> minimum, std::span<const PlotPoint> maximum, const PlotFrame &frame,
                              std::int64_t bucketNs, double devicePixelRatio)
{
    std::vector<LineRun> lower = decimate(minimum, frame, bucketNs, devicePixelRatio);
    const std::vector<LineRun> upper = decimate(maximum, frame, bucketNs, devicePixelRatio);
    std::vector<LineRun> shapes;
    for (std::size_t i = 0; i < std::min(lower.size(), upper.size()); ++i) {
        LineRun shape = upper[i];
        shape.insert(shape.end(), lower[i].rbegin(), lower[i].rend());
        shapes.push_back(std::move(shape));
    }
    return shapes;
}

std::vector<PlotSpan> emptySpans(std::span<const PlotSeries> series, std::int64_t fromNs, std::int64_t toNs, std::int64_t bucketNs)
{
    std::vector<std::int64_t> times;
    for (const PlotSeries &each : series) {
        if (each.loss && series.size() > 1)
            continue;
        const std::size_t merged = times.size();
        for (const PlotPoint &point : inView(each.points, fromNs, toNs))
            if (!std::isnan(point.value))
                times.push_back(point.timeNs);
        std::inplace_merge(times.begin(), times.begin() + static_cast<std::ptrdiff_t>(merged), times.end());
        times.erase(std::unique(times.begin(), times.end()), times.end());
    }
    const double bucket = static_cast<double>(std::max<std::int64_t>(bucketNs, 1));
    std::vector<PlotSpan> spans;
    std::int64_t last = fromNs;
    for (const std::int64_t time : times) {
        if (static_cast<double>(time - last) > gapBuckets * bucket)
            spans.push_back({last, std::min(time, toNs)});
        last = std::max(last, time);
    }
    const double tail = times.empty() ? 0 : (gapBuckets + 1) * bucket; // the newest bucket is still being filled
    if (static_cast<double>(toNs - last) > tail)
        spans.push_back({last, toNs});
    return spans;
}

std::vector<std::vector<PlotPoint>> stack(std::span<const PlotSeries> series)
{
    std::vector<std::int64_t> times;
    for (const PlotSeries &each : series) {
        if (!each.stacked)
            continue;
        const std::size_t merged = times.size();
        for (const PlotPoint &point : each.points)
            times.push_back(point.timeNs);
        std::inplace_merge(times.begin(), times.begin() + static_cast<std::ptrdiff_t>(merged), times.end());
        times.erase(std::unique(times.begin(), times.end()), times.end());
    }
    std::vector<double> sums(times.size(), nan);
    std::vector<std::vector<PlotPoint>> stacked(series.size());
    for (std::size_t s = 0; s < series.size(); ++s) {
        if (!series[s].stacked)
            continue;
        std::size_t slot = 0;
        for (const PlotPoint &point : series[s].points) {
            while (times[slot] < point.timeNs)
                ++slot;
            if (!std::isnan(point.value))
                sums[slot] = (std::isnan(sums[slot]) ? 0 : sums[slot]) + point.value;
        }
        stacked[s].reserve(times.size());
        for (std::size_t t = 0; t < times.size(); ++t)
            stacked[s].push_back({times[t], sums[t]});
    }
    return stacked;
}

const PlotPoint *sampleAt(std::span<const PlotPoint> points, std::int64_t timeNs, std::int64_t toleranceNs)
{
    const auto before = [](const PlotPoint &point, std::int64_t time) { return point.timeNs < time; };
    const auto next = std::lower_bound(points.begin(), points.end(), timeNs, before);
    const PlotPoint *best = nullptr;
    std::int64_t distance = toleranceNs;
    for (auto candidate = next == points.begin() ? next : std::prev(next); candidate != points.end() && candidate <= next; ++candidate) {
        const std::int64_t away = std::abs(candidate->timeNs - timeNs);
        if (away <= distance && !std::isnan(candidate->value)) {
            distance = away;
            best = &*candidate;
        }
    }
    return best;
}

} // namespace tapio::console
