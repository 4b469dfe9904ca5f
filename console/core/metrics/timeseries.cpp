// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/core/metrics/timeseries.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace tapio::console {

namespace {

std::int64_t floorTo(std::int64_t value, std::int64_t step) noexcept
{
    const std::int64_t rest = value % step;
    return value - (rest < 0 ? rest + step : rest);
}

constexpr auto laterThan = [](std::int64_t timeNs, const PlotPoint &point) { return timeNs < point.timeNs; };

/// Index of the bucket, or nothing when the time is outside of the grid.
std::optional<std::size_t> bucketOf(const TimeGrid &grid, std::int64_t timeNs)
{
    const std::int64_t index = grid.indexOf(timeNs);
    if (index < 0 || index >= static_cast<std::int64_t>(grid.count()))
        return std::nullopt;
    return static_cast<std::size_t>(index);
}

void fill(Dense &dense, std::int64_t first, std::int64_t last, double value)
{
    last = std::min(last, static_cast<std::int64_t>(dense.size()) - 1);
    for (std::int64_t i = std::max<std::int64_t>(first, 0); i <= last; ++i)
        dense[static_cast<std::size_t>(i)] = value;
}

/// How late the next reading may be: agents sample each five seconds, the console stores each ten.
constexpr std::int64_t lateNs = 15 * nsPerSecond;

/// Adds the time in [fromNs, toNs) to the buckets that it is in.
void cover(Dense &coveredNs, const TimeGrid &grid, std::int64_t fromNs, std::int64_t toNs)
{
    for (auto i = static_cast<std::size_t>(std::max<std::int64_t>(0, grid.indexOf(fromNs))); i < coveredNs.size() && grid.start(i) < toNs;
         ++i)
        coveredNs[i] += static_cast<double>(std::min(toNs, grid.start(i) + grid.bucketNs()) - std::max(fromNs, grid.start(i)));
}

void include(Envelope &bounds, std::size_t i, double low, double high)
{
    bounds.minimum[i] = std::isnan(bounds.minimum[i]) ? low : std::min(bounds.minimum[i], low);
    bounds.maximum[i] = std::isnan(bounds.maximum[i]) ? high : std::max(bounds.maximum[i], high);
}

} // namespace

TimeGrid::TimeGrid(std::int64_t fromNs, std::int64_t toNs, std::int64_t bucketNs)
    : m_fromNs(floorTo(fromNs, std::max<std::int64_t>(bucketNs, 1))), m_bucketNs(std::max<std::int64_t>(bucketNs, 1))
{
    if (toNs > m_fromNs)
        m_count = static_cast<std::size_t>((toNs - m_fromNs + m_bucketNs - 1) / m_bucketNs);
}

std::int64_t TimeGrid::indexOf(std::int64_t timeNs) const noexcept { return (floorTo(timeNs, m_bucketNs) - m_fromNs) / m_bucketNs; }

std::int64_t TimeGrid::maxGapNs() const noexcept { return std::max(lateNs, m_bucketNs * 5 / 2); }

std::int64_t niceBucketNs(std::int64_t rangeNs, std::int64_t atLeastNs) noexcept
{
    static constexpr std::array<std::int64_t, 13> steps{1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600};
    for (const std::int64_t step : steps) {
        if (step * nsPerSecond >= atLeastNs && rangeNs / (step * nsPerSecond) <= 400)
            return step * nsPerSecond;
    }
    return std::max(steps.back() * nsPerSecond, floorTo(rangeNs / 400, steps.back() * nsPerSecond));
}

Track unroll(const Track &cumulative)
{
    Track unrolled;
    unrolled.reserve(cumulative.size());
    double total = 0;
    for (std::size_t i = 0; i < cumulative.size(); ++i) {
        if (i > 0) {
            const double change = cumulative[i].value - cumulative[i - 1].value;
            total += change >= 0 ? change : cumulative[i].value;
        }
        unrolled.push_back({cumulative[i].timeNs, total});
    }
    return unrolled;
}

Track unroll(const SeriesData &counter)
{
    Track unrolled;
    unrolled.reserve(counter.buckets.size() * 2);
    std::int64_t previous = 0;
    double total = 0;
    for (const SeriesBucket &bucket : counter.buckets) {
        if (bucket.n == 0)
            continue;
        if (!unrolled.empty())
            total += static_cast<double>(bucket.first >= previous ? bucket.first - previous : bucket.first);
        unrolled.push_back({bucket.firstNs, total});
        if (bucket.lastNs > bucket.firstNs) {
            // A count that only grew has its largest value last: anything else means that it began anew in between.
            const bool reset = bucket.maximum > bucket.last;
            total += static_cast<double>(reset ? bucket.maximum - bucket.first + bucket.last : bucket.last - bucket.first);
            unrolled.push_back({bucket.lastNs, total});
        }
        previous = bucket.last;
    }
    return unrolled;
}

Track gaugeTrack(const SeriesData &gauge)
{
    Track track;
    track.reserve(gauge.buckets.size());
    for (const SeriesBucket &bucket : gauge.buckets) {
        if (bucket.n > 0)
            track.push_back({bucket.lastNs, static_cast<double>(bucket.last)});
    }
    return track;
}

Track standStill(const Track &unrolled, const Track &alive)
{
    Track all;
    all.reserve(std::max(unrolled.size(), alive.size()));
    auto next = unrolled.begin();
    double value = 0;
    for (const PlotPoint &sign : alive) {
        for (; next != unrolled.end() && next->timeNs <= sign.timeNs; ++next) {
            value = next->value;
            all.push_back(*next);
        }
        const bool isRead = !all.empty() && all.back().timeNs == sign.timeNs;
        if (sign.value >= 1 && !isRead)
            all.push_back({sign.timeNs, value});
    }
    all.insert(all.end(), next, unrolled.end());
    return all;
}

Track withoutAway(const Track &unrolled, const Track &alive)
{
    Track told;
    told.reserve(unrolled.size());
    auto sign = alive.begin();
    std::int64_t awayNs = INT64_MIN; // when the node was away last
    for (const PlotPoint &point : unrolled) {
        for (; sign != alive.end() && sign->timeNs <= point.timeNs; ++sign)
            awayNs = sign->value < 1 ? sign->timeNs : awayNs;
        const bool isSettling = awayNs != INT64_MIN && point.timeNs - awayNs <= lateNs;
        if (told.empty() || !isSettling || point.value != told.back().value)
            told.push_back(point);
    }
    return told;
}

Dense rates(const Track &unrolled, const TimeGrid &grid)
{
    Dense dense(grid.count(), noValue);
    const std::int64_t gap = grid.maxGapNs();
    const PlotPoint *before = nullptr; // last reading of an earlier bucket
    for (std::size_t i = 0; i < unrolled.size();) {
        const std::int64_t bucket = grid.indexOf(unrolled[i].timeNs);
        std::size_t end = i + 1;
        while (end < unrolled.size() && grid.indexOf(unrolled[end].timeNs) == bucket)
            ++end;
        const PlotPoint &last = unrolled[end - 1];
        const bool connected = before && unrolled[i].timeNs - before->timeNs <= gap;
        const PlotPoint &base = connected ? *before : unrolled[i];
        const std::int64_t elapsed = last.timeNs - base.timeNs;
        if (elapsed > 0) {
            const double rate = (last.value - base.value) * nsPerSecond / static_cast<double>(elapsed);
            fill(dense, connected ? grid.indexOf(base.timeNs) + 1 : bucket, bucket, rate);
            fill(dense, bucket + 1, grid.indexOf(last.timeNs + gap), rate);
        }
        if (end < unrolled.size() && unrolled[end].timeNs - last.timeNs > gap)
            fill(dense, bucket + 1, grid.indexOf(unrolled[end].timeNs), noValue);
        before = &last;
        i = end;
    }
    return dense;
}

Dense lastValues(const Track &gauge, const TimeGrid &grid)
{
    Dense dense(grid.count(), noValue);
    for (std::size_t i = 0; i < gauge.size(); ++i) {
        const std::int64_t bucket = grid.indexOf(gauge[i].timeNs);
        const bool gapAfter = i + 1 < gauge.size() && gauge[i + 1].timeNs - gauge[i].timeNs > grid.maxGapNs();
        fill(dense, bucket, gapAfter ? bucket : grid.indexOf(gauge[i].timeNs + grid.maxGapNs()), gauge[i].value);
    }
    return dense;
}

Envelope envelope(const Track &gauge, const TimeGrid &grid)
{
    Envelope bounds{Dense(grid.count(), noValue), Dense(grid.count(), noValue)};
    for (const PlotPoint &point : gauge) {
        if (const auto i = bucketOf(grid, point.timeNs))
            include(bounds, *i, point.value, point.value);
    }
    return bounds;
}

Envelope envelope(const SeriesData &gauge, const TimeGrid &grid)
{
    Envelope bounds{Dense(grid.count(), noValue), Dense(grid.count(), noValue)};
    for (const SeriesBucket &bucket : gauge.buckets) {
        const auto i = bucketOf(grid, bucket.lastNs);
        if (bucket.n > 0 && i)
            include(bounds, *i, static_cast<double>(bucket.minimum), static_cast<double>(bucket.maximum));
    }
    return bounds;
}

Dense increases(const Track &unrolled, const TimeGrid &grid)
{
    Dense dense(grid.count(), noValue);
    for (std::size_t i = 0; i < unrolled.size(); ++i) {
        const auto bucket = bucketOf(grid, unrolled[i].timeNs);
        if (!bucket)
            continue;
        const double change = i > 0 ? unrolled[i].value - unrolled[i - 1].value : 0;
        dense[*bucket] = (std::isnan(dense[*bucket]) ? 0 : dense[*bucket]) + change;
    }
    return dense;
}

double increaseWithin(const Track &unrolled, const TimeGrid &grid)
{
    double sum = 0;
    for (const double value : increases(unrolled, grid))
        sum += std::isnan(value) ? 0 : value;
    return sum;
}

Dense spreadIncreases(const Track &unrolled, const TimeGrid &grid)
{
    Dense dense = increases(unrolled, grid);
    for (std::size_t i = 1; i < unrolled.size(); ++i) {
        const PlotPoint &before = unrolled[i - 1], &point = unrolled[i];
        const std::int64_t first = grid.indexOf(before.timeNs) + 1, last = grid.indexOf(point.timeNs);
        if (point.value <= before.value || first >= last || point.timeNs - before.timeNs <= lateNs)
            continue;
        if (const auto bucket = bucketOf(grid, point.timeNs))
            dense[*bucket] -= point.value - before.value; // where increases() has put all of it
        const double share = (point.value - before.value) / static_cast<double>(last - first + 1);
        const std::int64_t end = std::min(last + 1, static_cast<std::int64_t>(dense.size()));
        for (auto b = static_cast<std::size_t>(std::max<std::int64_t>(first, 0)); static_cast<std::int64_t>(b) < end; ++b)
            dense[b] = (std::isnan(dense[b]) ? 0 : dense[b]) + share;
    }
    return dense;
}

Dense ratesOverGaps(const Track &unrolled, const TimeGrid &grid)
{
    Dense dense(grid.count(), noValue);
    for (std::size_t i = 1; i < unrolled.size(); ++i) {
        const PlotPoint &before = unrolled[i - 1], &point = unrolled[i];
        const std::int64_t elapsed = point.timeNs - before.timeNs;
        if (elapsed > grid.maxGapNs() && point.value > before.value)
            fill(dense, grid.indexOf(before.timeNs) + 1, grid.indexOf(point.timeNs),
                 (point.value - before.value) * nsPerSecond / static_cast<double>(elapsed));
    }
    return dense;
}

void addInto(Dense &sum, const Dense &other)
{
    if (sum.empty())
        sum.assign(other.size(), noValue);
    for (std::size_t i = 0; i < std::min(sum.size(), other.size()); ++i) {
        if (!std::isnan(other[i]))
            sum[i] = std::isnan(sum[i]) ? other[i] : sum[i] + other[i];
    }
}

std::optional<PlotPoint> newest(const Track &track, std::int64_t endNs, std::int64_t staleNs)
{
    const auto after = std::upper_bound(track.begin(), track.end(), endNs, laterThan);
    if (after == track.begin() || endNs - std::prev(after)->timeNs > staleNs || std::isnan(std::prev(after)->value))
        return std::nullopt;
    return *std::prev(after);
}

std::optional<MeasuredRate> rateOver(const Track &unrolled, std::int64_t endNs, std::int64_t windowNs, std::int64_t staleNs)
{
    const std::optional<PlotPoint> last = newest(unrolled, endNs, staleNs);
    if (!last)
        return std::nullopt;
    const std::int64_t target = last->timeNs - windowNs;
    auto base = std::lower_bound(unrolled.begin(), unrolled.end(), target,
                                 [](const PlotPoint &point, std::int64_t timeNs) { return point.timeNs < timeNs; });
    // The reading nearest to the window's beginning: readings are never exactly on the second.
    if (base != unrolled.begin() && target - std::prev(base)->timeNs < base->timeNs - target)
        --base;
    const std::int64_t elapsed = last->timeNs - base->timeNs;
    if (elapsed <= 0)
        return std::nullopt;
    const double increase = last->value - base->value;
    return MeasuredRate{increase * nsPerSecond / static_cast<double>(elapsed), increase, elapsed, last->timeNs};
}

std::optional<double> slopePerSecond(const Track &track, std::int64_t endNs, std::int64_t windowNs, std::size_t minimumReadings)
{
    double n = 0, sumX = 0, sumY = 0, sumXX = 0, sumXY = 0;
    std::int64_t firstNs = 0, lastNs = 0;
    for (const PlotPoint &point : track) {
        if (point.timeNs < endNs - windowNs || point.timeNs > endNs || std::isnan(point.value))
            continue;
        if (n == 0)
            firstNs = point.timeNs;
        lastNs = point.timeNs;
        const double x = static_cast<double>(point.timeNs - firstNs) / nsPerSecond;
        n += 1;
        sumX += x;
        sumY += point.value;
        sumXX += x * x;
        sumXY += x * point.value;
    }
    const double spread = n * sumXX - sumX * sumX;
    if (n < static_cast<double>(minimumReadings) || lastNs - firstNs < windowNs / 2 || spread <= 0)
        return std::nullopt;
    return (n * sumXY - sumX * sumY) / spread;
}

Dense covered(const Track &readings, const TimeGrid &grid, std::int64_t untilNs)
{
    Dense coveredNs(grid.count(), 0);
    for (std::size_t i = 0; i < readings.size();) {
        std::size_t end = i + 1;
        while (end < readings.size() && readings[end].timeNs - readings[end - 1].timeNs <= grid.maxGapNs())
            ++end;
        const std::int64_t last = readings[end - 1].timeNs;
        const bool newest = end == readings.size();
        cover(coveredNs, grid, readings[i].timeNs, newest ? std::max(last, std::min(untilNs, last + lateNs)) : last);
        i = end;
    }
    return coveredNs;
}

Dense covered(const SeriesData &series, const TimeGrid &grid, std::int64_t untilNs)
{
    Track readings;
    readings.reserve(series.buckets.size() * 2);
    for (const SeriesBucket &bucket : series.buckets) {
        if (bucket.n == 0)
            continue;
        readings.push_back({bucket.firstNs, 0});
        readings.push_back({bucket.lastNs, 0});
    }
    return covered(readings, grid, untilNs);
}

void coverAlso(Dense &coveredNs, const Dense &other)
{
    coveredNs.resize(std::max(coveredNs.size(), other.size()), 0);
    for (std::size_t i = 0; i < other.size(); ++i)
        coveredNs[i] = std::max(coveredNs[i], other[i]);
}

Held heldFor(const Measured &measured, const std::function<bool(double)> &past)
{
    Held held;
    // The newest bucket may not have been read yet.
    std::size_t i = std::min(measured.values.size(), measured.coveredNs.size());
    if (i > 0 && std::isnan(measured.values[i - 1]))
        --i;
    bool holds = true;
    for (; i > 0 && !std::isnan(measured.values[i - 1]); --i) {
        const auto ns = static_cast<std::int64_t>(measured.coveredNs[i - 1]);
        holds = holds && past(measured.values[i - 1]);
        held.heldNs += holds ? ns : 0;
        held.knownNs += ns;
    }
    return held;
}

std::vector<PlotPoint> toPoints(const Dense &values, const TimeGrid &grid)
{
    std::vector<PlotPoint> points;
    points.reserve(values.size());
    for (std::size_t i = 0; i < values.size(); ++i) {
        if (std::isnan(values[i]) && !points.empty() && std::isnan(points.back().value))
            continue;
        points.push_back({grid.start(i), values[i]});
    }
    return points;
}

} // namespace tapio::console
