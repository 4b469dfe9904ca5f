// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>
#include <QTimeZone>

#include <cstdint>
#include <vector>

#include "console/core/metrics/panel.h"

/// Nice numbers for axes. Pure functions; any thread.
namespace tapio::console {

struct ValueTick {
    double value = 0;
    QString label;
};
struct ValueScale {
    double low = 0, high = 1;
    std::vector<ValueTick> ticks; ///< ascending, the first at low, the last at high (but see percent)
};

/// The range and ticks that show minimum .. maximum. `intervals` is how many steps the height has room for (2 to 5).
/// With `fromZero` the range starts at 0 (or below, for downward series); otherwise it closes in on the data.
/// NaN or an empty range gives 0 .. 1 of the unit. Percent ends at 100 unless a value is over it; a little over it the range
/// ends at the value, and the last tick at 100. From 0 it ends at 1 of the unit at least (1 ms), but of a value without a unit and `ofAnySize`.
ValueScale valueScale(double minimum, double maximum, Unit unit, bool fromZero, int intervals, bool ofAnySize = false);

struct TimeTick {
    std::int64_t timeNs = 0;
    QString label; ///< "14:20", "14:20:05", or "12 Mar" where a day starts
};
/// Ticks on round local times of `zone`, at most one per `pixelsPerTick`.
std::vector<TimeTick> timeTicks(std::int64_t fromNs, std::int64_t toNs, double width, double pixelsPerTick, const QTimeZone &zone);

/// A number for an axis: at most three significant figures, with the unit's own prefix ("60 k", "75 ms", "400 M").
/// The word of the unit stands in the panel's head; percent and time name theirs once, at the top.
/// `reference` decides prefix and decimals, so that all labels of one axis agree.
QString axisLabel(double value, double reference, Unit unit, bool withUnit);

} // namespace tapio::console
