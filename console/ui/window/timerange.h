// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>
#include <QTimeZone>

#include <array>
#include <cstdint>

#include "console/core/session/session.h"
#include "protocol/base/result.h"

/// Arithmetic and words of the time range. Pure functions.
namespace tapio::console {

struct TimeWindow {
    std::int64_t fromNs = 0, toNs = 0;
    std::int64_t lengthNs() const { return toNs - fromNs; }
    bool operator==(const TimeWindow &) const = default;
};

inline constexpr std::int64_t shortestRangeNs = 10 * nsPerSecond;
inline constexpr std::int64_t longestRangeNs = 400LL * 24 * 3600 * nsPerSecond;
inline constexpr std::array presetRanges{TimeRange::Kind::Live, TimeRange::Kind::Last15Minutes, TimeRange::Kind::Last1Hour,
                                         TimeRange::Kind::Last6Hours, TimeRange::Kind::Last24Hours};

/// Live once it is full; until then it begins with the first sample, see LiveModel.
inline constexpr std::int64_t fullLiveNs = 15 * 60 * nsPerSecond;

bool isMoving(const TimeRange &range); ///< its end is now
/// `liveNs`: how wide Live is now.
TimeWindow resolve(const TimeRange &range, std::int64_t nowNs, std::int64_t liveNs = fullLiveNs);
/// One length back (steps = -1) or forward (+1). A step that would reach now gives the moving range of that length, if there is
/// one, else the span that ends now.
TimeRange shifted(const TimeRange &range, int steps, std::int64_t nowNs, std::int64_t liveNs = fullLiveNs);
/// Halves (factor 0.5) or doubles (2) around the middle, within the limits; never beyond now.
TimeRange zoomed(const TimeRange &range, double factor, std::int64_t nowNs, std::int64_t liveNs = fullLiveNs);

/// "Last 15 min", "14:05 to 14:20", "03-01 22:00 to 03-02 06:00"; the zone is shown beside it.
QString rangeText(const TimeRange &range, const QTimeZone &zone);

/// A time typed by a person: "14:05", "14:05:30", "2026-03-01 14:05", ISO 8601 with or without zone, "now", "-2h", "-30 min".
/// Times without a zone are in `zone`; a time of day is today's. Errors: InvalidArgument.
Result<std::int64_t> parseTime(const QString &text, const QTimeZone &zone, std::int64_t nowNs);
/// Errors: InvalidArgument with which end is wrong and why ("from: ...", "to: ...", or the order or length).
Result<TimeRange> parseRange(const QString &from, const QString &to, const QTimeZone &zone, std::int64_t nowNs);

/// For the settings file: "live", "last-1h", "custom 1781000000000000000 1781000900000000000".
QString rangeKey(const TimeRange &range);
TimeRange rangeFromKey(const QString &key); ///< Live for what it does not know

} // namespace tapio::console
