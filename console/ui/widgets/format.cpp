// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/ui/widgets/format.h"

#include <QCoreApplication>
#include <QDateTime>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace tapio::console {

namespace {

const QString noSample = QStringLiteral("\u2013");
const QString minus = QStringLiteral("\u2212");

QString tr(const char *text) { return QCoreApplication::translate("tapio::console", text); }

/// Three significant digits of a magnitude below 1000.
QString threeDigits(double magnitude, const QLocale &locale)
{
    const int decimals = magnitude >= 99.95 ? 0 : magnitude >= 9.995 ? 1 : 2;
    return locale.toString(magnitude, 'f', magnitude == 0.0 ? 0 : decimals);
}

/// As many digits as a double tells apart for certain, without zeros at the end; grouped as whole numbers are.
QString allDigits(double magnitude, const QLocale &locale)
{
    constexpr int certain = std::numeric_limits<double>::digits10;
    const int whole = magnitude < 1 ? 1 : static_cast<int>(std::floor(std::log10(magnitude))) + 1;
    const int smaller = magnitude > 0 && magnitude < 1 ? static_cast<int>(-std::floor(std::log10(magnitude))) - 1 : 0;
    QString text = QLocale::c().toString(magnitude, 'f', std::clamp(certain - whole + smaller, 0, 17));
    int decimals = 0;
    if (const qsizetype point = text.indexOf(QLatin1Char('.')); point >= 0) {
        while (text.endsWith(QLatin1Char('0')))
            text.chop(1);
        decimals = static_cast<int>(text.size() - point) - 1;
    }
    return locale.toString(magnitude, 'f', decimals);
}

/// To a millionth of a percent: a share has digits without end. Never 0 or 100 by rounding.
QString exactPercent(double magnitude, const QLocale &locale)
{
    const double rounded = std::round(magnitude * 1e6) / 1e6;
    const bool claims = rounded != magnitude && (rounded == 0 || rounded == 100);
    return allDigits(claims ? magnitude : rounded, locale);
}

QString withSign(double value, const QString &magnitude) { return value < 0 ? minus + magnitude : magnitude; }

struct Step {
    double factor;
    const char *prefix;
};

template <std::size_t N> const Step &stepFor(double magnitude, const std::array<Step, N> &steps)
{
    const Step *chosen = &steps[0];
    for (const Step &step : steps)
        if (magnitude >= step.factor * 0.9995) // so that 999.96 becomes "1.00 k", never "1000"
            chosen = &step;
    return *chosen;
}

constexpr std::array<Step, 5> siSteps{{{1, ""}, {1e3, "k"}, {1e6, "M"}, {1e9, "G"}, {1e12, "T"}}};
constexpr double kibi = 1024.0;
constexpr std::array<Step, 6> iecSteps{{{1, ""},
                                        {kibi, "Ki"},
                                        {kibi * kibi, "Mi"},
                                        {kibi * kibi * kibi, "Gi"},
                                        {kibi * kibi * kibi * kibi, "Ti"},
                                        {kibi * kibi * kibi * kibi * kibi, "Pi"}}};
constexpr std::array<Step, 4> timeSteps{{{1, "ns"}, {1e3, "\u00b5s"}, {1e6, "ms"}, {1e9, "s"}}};

QString plainOrThree(double magnitude, const QLocale &locale)
{
    const bool whole = magnitude < 1000 && std::floor(magnitude) == magnitude;
    return whole ? locale.toString(magnitude, 'f', 0) : threeDigits(magnitude, locale);
}

/// "48.2 k" + unit: the prefix stands with the number since the unit is a word.
Quantity scaledWord(double value, const QString &unit, const QLocale &locale)
{
    const double magnitude = std::fabs(value);
    const Step &step = stepFor(magnitude, siSteps);
    QString text = withSign(value, plainOrThree(magnitude / step.factor, locale));
    if (*step.prefix)
        text += QChar(0x00A0) + QString::fromUtf8(step.prefix);
    return {text, unit};
}

template <std::size_t N> Quantity scaledUnit(double value, const std::array<Step, N> &steps, const QString &unit, const QLocale &locale)
{
    const double magnitude = std::fabs(value);
    const Step &step = stepFor(magnitude, steps);
    return {withSign(value, plainOrThree(magnitude / step.factor, locale)), QString::fromUtf8(step.prefix) + unit};
}

Quantity percent(double value, const QLocale &locale)
{
    const double magnitude = std::fabs(value);
    if (magnitude > 0 && magnitude < 0.01)
        return {withSign(value, QStringLiteral("< ") + locale.toString(0.01, 'f', 2)), QStringLiteral("%")};
    if (magnitude > 99.9 && magnitude < 100.0) // rounding must not claim completeness
        return {withSign(value, locale.toString(std::floor(magnitude * 100.0) / 100.0, 'f', 2)), QStringLiteral("%")};
    const bool whole = magnitude == 0.0 || magnitude >= 100.0;
    return {withSign(value, locale.toString(magnitude, 'f', whole ? 0 : magnitude < 0.995 ? 2 : 1)), QStringLiteral("%")};
}

QString unitWord(Unit unit)
{
    switch (unit) {
    case Unit::EventsPerSecond: return tr("events/s");
    case Unit::Events: return tr("events");
    case Unit::Percent: return QStringLiteral("%");
    case Unit::Nanoseconds: return QStringLiteral("ns");
    case Unit::Bytes: return QStringLiteral("B");
    case Unit::BytesPerSecond: return QStringLiteral("B/s");
    case Unit::PacketsPerSecond: return tr("packets/s");
    case Unit::Cores: return tr("cores");
    case Unit::PerHour: return tr("per hour");
    case Unit::PerSecond: return tr("per second");
    case Unit::Count:
    case Unit::None: break;
    }
    return {};
}

std::int64_t floorDivide(std::int64_t a, std::int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }

QDateTime dateTime(std::int64_t utcNs, const QTimeZone &zone) { return QDateTime::fromMSecsSinceEpoch(floorDivide(utcNs, nsPerMs), zone); }

constexpr std::int64_t secondsPerMinute = 60, secondsPerHour = 3600, secondsPerDay = 86400;

/// A function of its own, not a lambda: lupdate takes the "std::" of a lambda's arguments for the context of what follows.
QString join(std::int64_t first, const QString &firstUnit, std::int64_t second, const QString &secondUnit)
{
    const QString head = QStringLiteral("%1\u00a0%2").arg(first).arg(firstUnit);
    return second == 0 ? head : head + QStringLiteral(" %1\u00a0%2").arg(second).arg(secondUnit);
}

QString twoParts(std::int64_t seconds)
{
    if (seconds < secondsPerHour)
        return join(seconds / secondsPerMinute, tr("min"), seconds % secondsPerMinute, tr("s"));
    if (seconds < secondsPerDay)
        return join(seconds / secondsPerHour, tr("h"), seconds % secondsPerHour / secondsPerMinute, tr("min"));
    return join(seconds / secondsPerDay, tr("d"), seconds % secondsPerDay / secondsPerHour, tr("h"));
}

} // namespace

Quantity quantity(double value, Unit unit, const QLocale &locale)
{
    if (!std::isfinite(value))
        return {noSample, {}};
    switch (unit) {
    case Unit::Percent: return percent(value, locale);
    case Unit::Bytes: return scaledUnit(value, iecSteps, QStringLiteral("B"), locale);
    case Unit::BytesPerSecond: return scaledUnit(value, siSteps, QStringLiteral("B/s"), locale);
    case Unit::Nanoseconds: {
        if (value == 0)
            return {QStringLiteral("0"), QStringLiteral("s")};
        const double seconds = std::fabs(value) / 1e9;
        if (seconds < 59.95)
            return scaledUnit(value, timeSteps, QString(), locale);
        return {withSign(value, twoParts(std::llround(seconds))), QString()};
    }
    default: return scaledWord(value, unitWord(unit), locale);
    }
}

Quantity exactQuantity(double value, Unit unit, const QLocale &locale)
{
    if (!std::isfinite(value))
        return {noSample, {}};
    if (unit == Unit::Percent)
        return {withSign(value, exactPercent(std::fabs(value), locale)), QStringLiteral("%")};
    if (unit == Unit::Nanoseconds) {
        const double magnitude = std::fabs(value);
        const Step &step = stepFor(magnitude, timeSteps);
        return {withSign(value, allDigits(magnitude / step.factor, locale)), QString::fromUtf8(step.prefix)};
    }
    const double magnitude = std::fabs(value);
    if (unit == Unit::None)
        return {withSign(value, plainNumber(magnitude, locale)), {}};
    const bool whole = std::floor(magnitude) == magnitude;
    return {withSign(value, locale.toString(magnitude, 'f', whole ? 0 : magnitude >= 100 ? 1 : 3)), unitWord(unit)};
}

QString plainNumber(double value, const QLocale &locale)
{
    constexpr double largestPlain = 1e15, smallestPlain = 1e-4; // beyond it digits would be made up, or be zeros
    constexpr int digits = 6;
    const double size = std::fabs(value);
    if (std::floor(size) == size && size < largestPlain)
        return locale.toString(value, 'f', 0);
    if (size < smallestPlain || size >= largestPlain)
        return locale.toString(value, 'e', 3);
    QString text = locale.toString(value, 'f', std::max(0, digits - 1 - static_cast<int>(std::floor(std::log10(size)))));
    while (text.contains(locale.decimalPoint()) && text.endsWith(locale.zeroDigit()))
        text.chop(1);
    if (text.endsWith(locale.decimalPoint()))
        text.chop(1);
    return text;
}

QString exactCount(std::uint64_t count, const QLocale &locale) { return locale.toString(static_cast<qulonglong>(count)); }

QString bytesText(double bytes, const QLocale &locale) { return quantity(bytes, Unit::Bytes, locale).text(); }

QString durationText(std::int64_t ns, const QLocale &locale) { return quantity(static_cast<double>(ns), Unit::Nanoseconds, locale).text(); }

QString ageText(std::int64_t ns, const QLocale &locale)
{
    const std::int64_t seconds = std::abs(ns) / nsPerSecond;
    const QString sign = ns < 0 ? minus : QString();
    const auto part = [&sign](std::int64_t count, const QString &unit) { return sign + QStringLiteral("%1\u00a0%2").arg(count).arg(unit); };
    if (seconds < 1)
        return sign + locale.toString(static_cast<double>(std::abs(ns)) / 1e9, 'f', 1) + QChar(0x00A0) + tr("s");
    if (seconds < secondsPerMinute)
        return part(seconds, tr("s"));
    if (seconds < secondsPerHour)
        return part(seconds / secondsPerMinute, tr("min"));
    if (seconds < 2 * secondsPerDay)
        return part(seconds / secondsPerHour, tr("h"));
    return part(seconds / secondsPerDay, tr("d"));
}

QString uncertaintyText(std::int64_t ns, const QLocale &locale)
{
    return ns < 0 ? noSample : QStringLiteral("\u00b1\u00a0") + durationText(ns, locale);
}

TimeStyle withDate(TimeStyle style)
{
    switch (style) {
    case TimeStyle::Minute: return TimeStyle::DateMinute;
    case TimeStyle::Second: return TimeStyle::DateSecond;
    case TimeStyle::Millisecond: return TimeStyle::DateMillisecond;
    default: return style;
    }
}

bool spansDays(std::int64_t fromNs, std::int64_t toNs, const QTimeZone &zone)
{
    return toNs > fromNs && dateTime(fromNs, zone).date() != dateTime(toNs - 1, zone).date();
}

QString timeText(std::int64_t utcNs, TimeStyle style, const QTimeZone &zone)
{
    const QDateTime time = dateTime(utcNs, zone);
    switch (style) {
    case TimeStyle::Minute: return time.toString(QStringLiteral("HH:mm"));
    case TimeStyle::Second: return time.toString(QStringLiteral("HH:mm:ss"));
    case TimeStyle::Millisecond: return time.toString(QStringLiteral("HH:mm:ss.zzz"));
    case TimeStyle::DateMinute: return time.toString(QStringLiteral("yyyy-MM-dd HH:mm"));
    case TimeStyle::DateSecond: return time.toString(QStringLiteral("yyyy-MM-dd HH:mm:ss"));
    case TimeStyle::DateMillisecond: return time.toString(QStringLiteral("MM-dd HH:mm:ss.zzz"));
    case TimeStyle::Full: break;
    }
    const std::int64_t inSecond = utcNs - floorDivide(utcNs, nsPerSecond) * nsPerSecond;
    return time.toString(QStringLiteral("yyyy-MM-dd HH:mm:ss")) + QStringLiteral(".%1 ").arg(inSecond / nsPerUs, 6, 10, QLatin1Char('0'))
           + zoneText(utcNs, zone);
}

QString zoneText(std::int64_t utcNs, const QTimeZone &zone)
{
    const QDateTime time = dateTime(utcNs, zone);
    if (zone == QTimeZone::utc())
        return QStringLiteral("UTC");
    QString name = zone.abbreviation(time);
    const bool isName = !name.isEmpty() && name.front().isLetter() && !name.startsWith(QLatin1String("GMT+"));
    if (isName)
        return name;
    const int offset = zone.offsetFromUtc(time);
    const int minutes = std::abs(offset) / 60;
    return QStringLiteral("UTC%1%2:%3")
        .arg(offset < 0 ? minus : QStringLiteral("+"))
        .arg(minutes / 60, 2, 10, QLatin1Char('0'))
        .arg(minutes % 60, 2, 10, QLatin1Char('0'));
}

QString isoText(std::int64_t utcNs)
{
    const std::int64_t inSecond = utcNs - floorDivide(utcNs, nsPerSecond) * nsPerSecond;
    return dateTime(utcNs, QTimeZone::utc()).toString(QStringLiteral("yyyy-MM-ddTHH:mm:ss"))
           + QStringLiteral(".%1Z").arg(inSecond, 9, 10, QLatin1Char('0'));
}

} // namespace tapio::console
