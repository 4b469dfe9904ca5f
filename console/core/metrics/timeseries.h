// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <vector>

#include "console/core/metrics/panel.h"
#include "console/core/store/store.h"
#include "protocol/base/clock.h"

/// Arithmetic on readings, shared by the live and the history path. Pure functions, any thread. Two rules hold everywhere:
/// a rate is counter difference / measured elapsed time and never negative; what was not sampled is NaN, never a guess.
namespace tapio::console {

inline constexpr double noValue = std::numeric_limits<double>::quiet_NaN();

/// Readings of one quantity, sorted by time.
using Track = std::vector<PlotPoint>;
/// One value per bucket of a grid; NaN = no sample.
using Dense = std::vector<double>;

/// Buckets of equal width, aligned to multiples of the width so that points keep their place while the window moves.
class TimeGrid {
public:
    TimeGrid() = default;
    /// bucketNs > 0; the range is widened to whole buckets.
    TimeGrid(std::int64_t fromNs, std::int64_t toNs, std::int64_t bucketNs);

    std::int64_t fromNs() const noexcept { return m_fromNs; }
    std::int64_t toNs() const noexcept { return m_fromNs + static_cast<std::int64_t>(m_count) * m_bucketNs; }
    std::int64_t bucketNs() const noexcept { return m_bucketNs; }
    std::size_t count() const noexcept { return m_count; }
    std::int64_t start(std::size_t index) const noexcept { return m_fromNs + static_cast<std::int64_t>(index) * m_bucketNs; }
    /// Bucket of a time; negative before the grid, >= count() after it.
    std::int64_t indexOf(std::int64_t timeNs) const noexcept;
    /// Readings further apart than this have a gap between them: 15 s, or 2.5 buckets when those are longer.
    std::int64_t maxGapNs() const noexcept;

private:
    std::int64_t m_fromNs = 0;
    std::int64_t m_bucketNs = nsPerSecond;
    std::size_t m_count = 0;
};

/// A bucket width for a range that gives at most about 400 points: 1, 2, 5, 10, 15, 30 s, 1, 2, 5, 10, 15, 30 min, 1 h.
std::int64_t niceBucketNs(std::int64_t rangeNs, std::int64_t atLeastNs) noexcept;

/// A cumulative count with its resets taken out: starts at 0 and never falls. After a reset the new count is what is known to have happened.
Track unroll(const Track &cumulative);
Track unroll(const SeriesData &counter);
/// Values of a gauge's buckets at the time of their last sample.
Track gaugeTrack(const SeriesData &gauge);

/// An unrolled count whose owner is connected and that nobody read: nothing has come to count, so it stands still. Adds a reading at each
/// time at which `alive` is 1 and `unrolled` has none.
Track standStill(const Track &unrolled, const Track &alive);
/// A count of somebody else's about a node, without the readings that stood still while the node was away and shortly after: what it counts
/// once the node is back happened at some time of that gap, not in the second in which it was told.
Track withoutAway(const Track &unrolled, const Track &alive);

/// Average increase per second in each bucket. A bucket between two readings no further apart than maxGapNs has the average
/// of that interval; the newest rate is kept for maxGapNs; beyond that: NaN.
Dense rates(const Track &unrolled, const TimeGrid &grid);
/// Last reading in each bucket, kept for maxGapNs.
Dense lastValues(const Track &gauge, const TimeGrid &grid);
/// Smallest and largest reading in each bucket; NaN where there is none.
struct Envelope {
    Dense minimum, maximum;
};
Envelope envelope(const Track &gauge, const TimeGrid &grid);
Envelope envelope(const SeriesData &gauge, const TimeGrid &grid);
/// Increase in each bucket (0 where readings show none); NaN where nothing was read.
Dense increases(const Track &unrolled, const TimeGrid &grid);
/// Their sum; 0 where nothing was read.
double increaseWithin(const Track &unrolled, const TimeGrid &grid);
/// As increases(), but what a count grew by over a gap, when nobody knows, is shared by all buckets of the gap.
Dense spreadIncreases(const Track &unrolled, const TimeGrid &grid);
/// Average increase per second over each gap in which the count grew, which rates() leaves out; NaN elsewhere.
Dense ratesOverGaps(const Track &unrolled, const TimeGrid &grid);

/// Adds where both have a value; a lone value stands for itself.
void addInto(Dense &sum, const Dense &other);

/// Change per second over about `windowNs` up to the newest reading at or before endNs; the elapsed time is the measured
/// one. Empty without two readings, with no time between them, or when the newest is older than `staleNs`.
struct MeasuredRate {
    double perSecond = 0;
    double increase = 0;
    std::int64_t elapsedNs = 0;
    std::int64_t asOfNs = 0;
};
std::optional<MeasuredRate> rateOver(const Track &unrolled, std::int64_t endNs, std::int64_t windowNs, std::int64_t staleNs);
/// Newest reading at or before endNs that is not older than staleNs.
std::optional<PlotPoint> newest(const Track &track, std::int64_t endNs, std::int64_t staleNs);

/// Least-squares slope per second of the readings in [endNs - windowNs, endNs]. Empty with fewer than `minimumReadings`, or
/// when they span less than half of the window.
std::optional<double> slopePerSecond(const Track &track, std::int64_t endNs, std::int64_t windowNs, std::size_t minimumReadings = 3);

/// How much of each bucket there are readings for, ns: from the first to the last of those without a gap between them. The
/// newest stands for 15 s more at most, as the next may be late, and not beyond untilNs.
Dense covered(const Track &readings, const TimeGrid &grid, std::int64_t untilNs);
Dense covered(const SeriesData &series, const TimeGrid &grid, std::int64_t untilNs);
/// Of two that are one together: the longer in each bucket.
void coverAlso(Dense &coveredNs, const Dense &other);

/// Values and how much of their buckets they are known for: a bucket that has just begun holds for no longer than its data.
struct Measured {
    Dense values, coveredNs;
};
/// How long the newest values have satisfied `past` without a break, and how long they are known without a gap. What was not
/// seen is not claimed.
struct Held {
    std::int64_t heldNs = 0, knownNs = 0;
};
Held heldFor(const Measured &measured, const std::function<bool(double)> &past);

/// Dense values as plot points: one NaN point where a gap begins.
std::vector<PlotPoint> toPoints(const Dense &values, const TimeGrid &grid);

} // namespace tapio::console
