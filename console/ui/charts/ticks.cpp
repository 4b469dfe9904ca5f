// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/ui/charts/ticks.h"

#include <QDateTime>
#include <QLocale>

#include <algorithm>
#include <array>
#include <cmath>

#include "protocol/base/clock.h"

namespace tapio::console {

namespace {

struct Prefix {
    double factor;
    const char *text;
};

constexpr std::array<Prefix, 5> decimal{{{1, ""}, {1e3, "k"}, {1e6, "M"}, {1e9, "G"}, {1e12, "T"}}};
constexpr std::array<Prefix, 7> durations{{{1, "ns"}, {1e3, "µs"}, {1e6, "ms"}, {1e9, "s"}, {60e9, "min"}, {3600e9, "h"}, {86400e9, "d"}}};
constexpr double kibi = 1024;
constexpr std::array<Prefix, 6> binary{{{1, ""},
                                        {kibi, "Ki"},
                                        {kibi * kibi, "Mi"},
                                        {kibi * kibi * kibi, "Gi"},
                                        {kibi * kibi * kibi * kibi, "Ti"},
                                        {kibi * kibi * kibi * kibi * kibi, "Pi"}}};

template <std::size_t N> Prefix pick(const std::array<Prefix, N> &table, double magnitude)
{
    Prefix best = table[0];
    for (const Prefix &each : table)
        if (magnitude >= each.factor * 0.9999)
            best = each;
    return best;
}

Prefix prefixFor(Unit unit, double reference)
{
    const double magnitude = std::abs(reference);
    switch (unit) {
    case Unit::Nanoseconds: return pick(durations, magnitude);
    case Unit::Bytes: return pick(binary, magnitude);
    case Unit::Percent: return {1, "%"};
    default: return pick(decimal, magnitude);
    }
}

/// Tops of an axis between 1 and 10, each with the number of equal steps that keep its labels round.
struct Top {
    double mantissa;
    int fine;
};
constexpr std::array<Top, 9> tops{{{1, 5}, {1.5, 3}, {2, 4}, {3, 3}, {4, 4}, {5, 5}, {6, 3}, {8, 4}, {10, 5}}};

bool countsWholeThings(Unit unit) { return unit == Unit::Count || unit == Unit::Events || unit == Unit::PerHour; }

struct RoundTop {
    double value;
    int intervals;
};

RoundTop roundTop(double maximum, Unit unit, int intervals)
{
    if (unit == Unit::Percent && maximum > 60 && maximum <= 100)
        return {100, intervals >= 5 ? 5 : intervals >= 4 ? 4 : 2};
    const double factor = prefixFor(unit, maximum).factor;
    const double scaled = maximum / factor;
    const double power = std::pow(10, std::floor(std::log10(scaled)));
    for (const Top &top : tops) {
        double value = top.mantissa * power * factor;
        if (unit == Unit::Bytes && value >= 1000 * factor)
            value = 1024 * factor; // the next prefix, instead of "1,000 Gi"
        const int steps = top.fine <= intervals ? top.fine : 2;
        const bool halves = countsWholeThings(unit) && std::fmod(value, steps) > 1e-9; // half a pod is no tick
        if (scaled <= top.mantissa * power * 1.0000001 && !halves)
            return {value, steps};
    }
    return {10 * power * factor, 2};
}

ValueScale fromZeroScale(double minimum, double maximum, Unit unit, int intervals, bool ofAnySize)
{
    ValueScale scale;
    const bool isAnySize = (ofAnySize || unit == Unit::None) && maximum > 0; // of a query: nobody knows how small it can be
    const double least = unit == Unit::Nanoseconds ? 1e6 : isAnySize ? maximum : 1;
    const bool up = maximum > 0 || minimum >= 0;
    const bool little =
        unit == Unit::Percent && maximum > 100 && maximum <= 130; // readings that do not end together add up to more than all
    if (little && minimum >= 0) {
        scale = fromZeroScale(minimum, 100, unit, intervals, ofAnySize);
        scale.high = maximum;
        return scale;
    }
    const RoundTop above = up ? roundTop(std::max(maximum, countsWholeThings(unit) ? 2. : least), unit, intervals) : RoundTop{0, 0};
    if (minimum < 0) { // the same scale on both sides, so that a pixel means the same
        const RoundTop below = roundTop(-minimum, unit, 1);
        scale.low = -below.value;
        scale.high = above.value;
        const double reference = std::max(above.value, below.value);
        scale.ticks.push_back({scale.low, axisLabel(below.value, reference, unit, false)});
        scale.ticks.push_back({0, axisLabel(0, reference, unit, false)});
        if (up)
            scale.ticks.push_back({scale.high, axisLabel(scale.high, reference, unit, true)});
        return scale;
    }
    scale.high = above.value;
    for (int i = 0; i <= above.intervals; ++i) {
        const double value = above.value * i / above.intervals;
        scale.ticks.push_back({value, axisLabel(value, above.value, unit, i == above.intervals)});
    }
    return scale;
}

double closeStep(double span, int intervals)
{
    const double power = std::pow(10, std::floor(std::log10(span / intervals)));
    for (const double mantissa : {1., 2., 5., 10.})
        if (mantissa * power * intervals >= span * 0.9999)
            return mantissa * power;
    return 10 * power;
}

ValueScale closeScale(double minimum, double maximum, Unit unit, int intervals)
{
    const double middle = (minimum + maximum) / 2;
    const double span = std::max(maximum - minimum, unit == Unit::Percent ? 0.4 : std::abs(middle) * 0.01);
    double step = closeStep(span, intervals);
    double low = 0;
    double high = 0;
    for (int attempt = 0; attempt < 4; ++attempt) { // rounding both ends outwards may need one step more than fits
        low = std::floor(minimum / step + 1e-9) * step;
        high = std::ceil(maximum / step - 1e-9) * step;
        if (high - low < step / 2)
            high = low + step;
        if ((high - low) / step <= intervals + 0.01)
            break;
        step = closeStep(step * 1.01 * intervals, intervals);
    }
    if (unit == Unit::Percent) {
        high = std::min(high, 100.);
        low = std::max(low, 0.);
        if (high - low < step / 2)
            low = high - step;
    }
    ValueScale scale{low, high, {}};
    const int count = std::max(1, static_cast<int>(std::lround((high - low) / step)));
    for (int i = 0; i <= count; ++i) {
        const double value = low + (high - low) * i / count;
        scale.ticks.push_back({value, axisLabel(value, step, unit, i == count)});
    }
    return scale;
}

} // namespace

QString axisLabel(double value, double reference, Unit unit, bool withUnit)
{
    // Durations and bytes keep one prefix along the axis; counts change theirs where it reads better: 500, 1 k, 1.5 k.
    const bool common = unit == Unit::Nanoseconds || unit == Unit::Bytes;
    const Prefix prefix = prefixFor(unit, common ? reference : value);
    const double scaled = value / prefix.factor;
    const double size = std::abs((common || unit == Unit::Percent ? reference : value) / prefix.factor);
    constexpr double leastDecimal = 1e-3;
    const bool isTiny = !common && value != 0 && size < leastDecimal;
    int decimals = 0;
    if (size < 10 || (unit == Unit::Percent && size < 100)) {
        // As many decimals as the value needs, three at most: 0.75 stays 0.75 and 1 stays 1; the half of 15 % is 7.5, not 8.
        const int most = size < 10 ? 3 : 1;
        while (decimals < most && std::abs(scaled * std::pow(10, decimals) - std::round(scaled * std::pow(10, decimals))) > 1e-6)
            ++decimals;
    }
    QString number = isTiny ? QLocale().toString(scaled, 'g', 3) : QLocale().toString(scaled, 'f', decimals);
    const QString text = QString::fromUtf8(prefix.text);
    const bool scaling = unit != Unit::Nanoseconds && unit != Unit::Percent;
    if (text.isEmpty() || value == 0 || (!withUnit && !scaling))
        return number;
    return number + QChar(0x00A0) + text;
}

ValueScale valueScale(double minimum, double maximum, Unit unit, bool fromZero, int intervals, bool ofAnySize)
{
    intervals = std::clamp(intervals, 2, 5);
    if (!std::isfinite(minimum) || !std::isfinite(maximum) || maximum < minimum)
        return fromZeroScale(0, 0, unit, intervals, ofAnySize);
    if (fromZero)
        return fromZeroScale(std::min(minimum, 0.), maximum, unit, intervals, ofAnySize);
    return closeScale(minimum, maximum, unit, intervals);
}

std::vector<TimeTick> timeTicks(std::int64_t fromNs, std::int64_t toNs, double width, double pixelsPerTick, const QTimeZone &zone)
{
    static constexpr std::array<std::int64_t, 20> steps{1,   2,    5,    10,   15,    30,    60,    120,   300,    600,
                                                        900, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 172800, 604800};
    std::vector<TimeTick> ticks;
    if (toNs <= fromNs || width <= 0)
        return ticks;
    const double seconds = static_cast<double>(toNs - fromNs) / static_cast<double>(nsPerSecond);
    const double wanted = seconds * pixelsPerTick / width;
    std::int64_t step = steps.back();
    for (const std::int64_t each : steps) {
        if (static_cast<double>(each) >= wanted) {
            step = each;
            break;
        }
    }
    while (static_cast<double>(step) < wanted)
        step *= 2;
    // Rounded in local time, so that 6 h ticks fall on 00:00 and 06:00 of the zone, not of UTC.
    const std::int64_t fromSecond = fromNs / nsPerSecond;
    const std::int64_t offset = zone.offsetFromUtc(QDateTime::fromSecsSinceEpoch(fromSecond, Qt::UTC));
    std::int64_t local = (fromSecond + offset + step - 1) / step * step;
    for (; local - offset <= toNs / nsPerSecond; local += step) { // in seconds: the product of what lies beyond would be no number
        const std::int64_t timeNs = (local - offset) * nsPerSecond;
        if (timeNs < fromNs || timeNs > toNs)
            continue;
        const QDateTime when = QDateTime::fromSecsSinceEpoch(local - offset, zone);
        const bool dayStart = step >= 3600 && when.time() == QTime(0, 0);
        const QString format = dayStart || step >= 86400 ? QStringLiteral("d MMM")
                               : step < 60               ? QStringLiteral("HH:mm:ss")
                                                         : QStringLiteral("HH:mm");
        ticks.push_back({timeNs, QLocale().toString(when, format)});
    }
    return ticks;
}

} // namespace tapio::console
