// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QLocale>
#include <QString>
#include <QTimeZone>

#include <cstdint>
#include <optional>

#include "console/core/metrics/panel.h"
#include "protocol/base/clock.h"

/// Figures and times as text. Pure functions; any thread.
namespace tapio::console {

/// A figure ready to draw: the value in text.primary, the unit in text.tertiary beside it. "48.2 k" + "events/s", "312" + "MB/s".
struct Quantity {
    QString value;
    QString unit; ///< empty for a plain number
    QString text() const { return unit.isEmpty() ? value : value + QChar(0x00A0) + unit; }
    bool operator==(const Quantity &) const = default;
};

/// Three significant digits. Bytes in IEC steps (KiB, MiB), rates in SI steps (kB/s, MB/s), counts as "48.2 k".
/// A percentage reads 0 or 100 only when it is exactly that. NaN and infinity give an en dash: no sample.
Quantity quantity(double value, Unit unit, const QLocale &locale = QLocale());
/// All digits, for tooltips and tables: "48,213 events/s", "1,536 B".
Quantity exactQuantity(double value, Unit unit, const QLocale &locale = QLocale());
/// Six significant digits of a number without a unit, of a whole one all: "1,234.57", "1,002,997", "0.0122733", "2.500e-09".
QString plainNumber(double value, const QLocale &locale = QLocale());
QString exactCount(std::uint64_t count, const QLocale &locale = QLocale()); ///< "5,210"
QString bytesText(double bytes, const QLocale &locale = QLocale());         ///< "12.4 GiB"

/// "850 ns", "3.10 ms", "0.42 s", "2 min 10 s", "1 h 5 min", "3 d 4 h"; a minus sign in front of what is negative.
QString durationText(std::int64_t ns, const QLocale &locale = QLocale());
/// For ages and remaining times: one part only. "4 s", "9 min", "2 h", "3 d"; below 1 s "now" is never said: "0.4 s".
QString ageText(std::int64_t ns, const QLocale &locale = QLocale());
/// "± 0.8 ms"; an en dash when not measured (negative).
QString uncertaintyText(std::int64_t ns, const QLocale &locale = QLocale());

enum class TimeStyle {
    Minute,          ///< 14:35
    Second,          ///< 14:35:02
    Millisecond,     ///< 14:35:02.204
    DateMinute,      ///< 2026-03-01 14:35
    DateSecond,      ///< 2026-03-01 14:35:02
    DateMillisecond, ///< 03-01 14:35:02.204
    Full,            ///< 2026-03-01 14:35:02.204118 UTC
};
/// The same with its date, for where a time alone would not tell the day.
TimeStyle withDate(TimeStyle style);
/// Whether times in [fromNs, toNs) are of more than one day of the zone.
bool spansDays(std::int64_t fromNs, std::int64_t toNs, const QTimeZone &zone);
/// Without the zone, except Full. Digits as in ISO 8601 in every language: times are compared and copied.
QString timeText(std::int64_t utcNs, TimeStyle style, const QTimeZone &zone);
/// "UTC", "CET", or "UTC+05:30" where the zone has no abbreviation.
QString zoneText(std::int64_t utcNs, const QTimeZone &zone);
/// "2026-03-01T14:35:02.204118000Z", for copies and exports.
QString isoText(std::int64_t utcNs);

} // namespace tapio::console
