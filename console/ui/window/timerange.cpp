// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/ui/window/timerange.h"

#include <QCoreApplication>
#include <QDateTime>
#include <QRegularExpression>

#include <algorithm>
#include <cmath>

#include "console/ui/widgets/format.h"

namespace tapio::console {

namespace {

constexpr std::int64_t minuteNs = 60 * nsPerSecond;

QString tr(const char *text) { return QCoreApplication::translate("tapio::console", text); }

std::int64_t lengthOf(TimeRange::Kind kind, std::int64_t liveNs)
{
    switch (kind) {
    case TimeRange::Kind::Live: return liveNs;
    case TimeRange::Kind::Last1Hour: return 60 * minuteNs;
    case TimeRange::Kind::Last6Hours: return 360 * minuteNs;
    case TimeRange::Kind::Last24Hours: return 1440 * minuteNs;
    default: return 15 * minuteNs;
    }
}

/// The moving range of this length; with none, the span that ends now.
TimeRange upToNow(std::int64_t lengthNs, std::int64_t nowNs, std::int64_t liveNs)
{
    for (const TimeRange::Kind kind : presetRanges)
        if (lengthOf(kind, liveNs) == lengthNs)
            return {kind, 0, 0};
    return {TimeRange::Kind::Custom, nowNs - lengthNs, nowNs};
}

Result<std::int64_t> parseRelative(const QString &text, std::int64_t nowNs)
{
    static const QRegularExpression pattern(QStringLiteral("^-\\s*(\\d{1,7})\\s*(s|m|min|h|d)$"));
    const QRegularExpressionMatch match = pattern.match(text);
    if (!match.hasMatch())
        return fail(Errc::InvalidArgument, {});
    const QString unit = match.captured(2);
    const std::int64_t factor = unit == QLatin1String("s")   ? 1
                                : unit == QLatin1String("h") ? 3600
                                : unit == QLatin1String("d") ? 86400
                                                             : 60;
    return nowNs - match.captured(1).toLongLong() * factor * nsPerSecond;
}

QString spanText(const TimeWindow &span, const QTimeZone &zone)
{
    const auto day = [&](std::int64_t ns) { return timeText(ns, TimeStyle::DateMinute, zone).left(10); };
    const bool seconds = span.fromNs % minuteNs != 0 || span.toNs % minuteNs != 0;
    const TimeStyle style = seconds ? TimeStyle::Second : TimeStyle::Minute;
    const QString from = timeText(span.fromNs, style, zone);
    const QString to = timeText(span.toNs, style, zone);
    if (day(span.fromNs) == day(span.toNs))
        return tr("%1, %2 to %3").arg(day(span.fromNs).mid(5), from, to);
    return tr("%1 %2 to %3 %4").arg(day(span.fromNs).mid(5), from, day(span.toNs).mid(5), to);
}

} // namespace

bool isMoving(const TimeRange &range) { return range.kind != TimeRange::Kind::Custom; }

TimeWindow resolve(const TimeRange &range, std::int64_t nowNs, std::int64_t liveNs)
{
    if (range.kind == TimeRange::Kind::Custom)
        return {range.fromNs, range.toNs};
    return {nowNs - lengthOf(range.kind, liveNs), nowNs};
}

TimeRange shifted(const TimeRange &range, int steps, std::int64_t nowNs, std::int64_t liveNs)
{
    const TimeWindow span = resolve(range, nowNs, liveNs);
    const std::int64_t length = span.lengthNs();
    if (steps > 0 && span.toNs + steps * length >= nowNs)
        return upToNow(length, nowNs, liveNs);
    return {TimeRange::Kind::Custom, span.fromNs + steps * length, span.toNs + steps * length};
}

TimeRange zoomed(const TimeRange &range, double factor, std::int64_t nowNs, std::int64_t liveNs)
{
    const TimeWindow span = resolve(range, nowNs, liveNs);
    const auto wanted = static_cast<std::int64_t>(std::llround(static_cast<double>(span.lengthNs()) * factor));
    const std::int64_t length = std::clamp(wanted, shortestRangeNs, longestRangeNs);
    const std::int64_t to = std::min(nowNs, span.fromNs + span.lengthNs() / 2 + length / 2);
    return {TimeRange::Kind::Custom, to - length, to};
}

QString rangeText(const TimeRange &range, const QTimeZone &zone)
{
    switch (range.kind) {
    case TimeRange::Kind::Live: return tr("Live");
    case TimeRange::Kind::Last15Minutes: return tr("Last 15 min");
    case TimeRange::Kind::Last1Hour: return tr("Last 1 h");
    case TimeRange::Kind::Last6Hours: return tr("Last 6 h");
    case TimeRange::Kind::Last24Hours: return tr("Last 24 h");
    case TimeRange::Kind::Custom: break;
    }
    return spanText({range.fromNs, range.toNs}, zone);
}

Result<std::int64_t> parseTime(const QString &input, const QTimeZone &zone, std::int64_t nowNs)
{
    const QString text = input.trimmed();
    if (text.compare(QLatin1String("now"), Qt::CaseInsensitive) == 0 || text.compare(tr("now"), Qt::CaseInsensitive) == 0)
        return nowNs;
    if (text.startsWith(QLatin1Char('-')))
        if (auto relative = parseRelative(text, nowNs))
            return relative;
    const auto inZone = [&zone](const QDate &date, const QTime &time) { return QDateTime(date, time, zone).toMSecsSinceEpoch() * nsPerMs; };
    for (const char *format : {"H:mm", "H:mm:ss"})
        if (const QTime time = QTime::fromString(text, QLatin1String(format)); time.isValid())
            return inZone(QDateTime::fromMSecsSinceEpoch(nowNs / nsPerMs, zone).date(), time);
    for (const char *format : {"yyyy-MM-dd H:mm", "yyyy-MM-dd H:mm:ss", "yyyy-MM-dd H:mm:ss.z", "yyyy-MM-ddTHH:mm", "yyyy-MM-ddTHH:mm:ss"})
        if (const QDateTime time = QDateTime::fromString(text, QLatin1String(format)); time.isValid())
            return inZone(time.date(), time.time());
    if (const QDateTime time = QDateTime::fromString(text, Qt::ISODateWithMs); time.isValid() && time.timeSpec() != Qt::LocalTime)
        return time.toMSecsSinceEpoch() * nsPerMs;
    if (const QDate date = QDate::fromString(text, QStringLiteral("yyyy-MM-dd")); date.isValid())
        return inZone(date, QTime(0, 0));
    return fail(Errc::InvalidArgument, tr("'%1' is no time; write 14:05, 2026-03-01 14:05, now or -2h").arg(text).toStdString());
}

Result<TimeRange> parseRange(const QString &from, const QString &to, const QTimeZone &zone, std::int64_t nowNs)
{
    const auto begin = parseTime(from, zone, nowNs);
    if (!begin)
        return fail(begin.error().within(tr("From").toStdString()));
    const auto end = parseTime(to, zone, nowNs);
    if (!end)
        return fail(end.error().within(tr("To").toStdString()));
    const auto refuse = [](const QString &why) { return fail(Errc::InvalidArgument, why.toStdString()); };
    if (*begin >= *end)
        return refuse(tr("The range ends before it begins"));
    if (*begin > nowNs)
        return refuse(tr("The range begins in the future"));
    if (*end - *begin < shortestRangeNs)
        return refuse(tr("The range is shorter than 10 s"));
    if (*end - *begin > longestRangeNs)
        return refuse(tr("The range is longer than 400 days"));
    return TimeRange{TimeRange::Kind::Custom, *begin, std::min(*end, nowNs)};
}

QString rangeKey(const TimeRange &range)
{
    switch (range.kind) {
    case TimeRange::Kind::Live: return QStringLiteral("live");
    case TimeRange::Kind::Last15Minutes: return QStringLiteral("last-15min");
    case TimeRange::Kind::Last1Hour: return QStringLiteral("last-1h");
    case TimeRange::Kind::Last6Hours: return QStringLiteral("last-6h");
    case TimeRange::Kind::Last24Hours: return QStringLiteral("last-24h");
    case TimeRange::Kind::Custom: break;
    }
    return QStringLiteral("custom %1 %2").arg(range.fromNs).arg(range.toNs);
}

TimeRange rangeFromKey(const QString &key)
{
    for (const TimeRange::Kind kind : presetRanges)
        if (rangeKey({kind, 0, 0}) == key)
            return {kind, 0, 0};
    const QStringList parts = key.split(QLatin1Char(' '));
    if (parts.size() == 3 && parts[0] == QLatin1String("custom")) {
        const TimeRange range{TimeRange::Kind::Custom, parts[1].toLongLong(), parts[2].toLongLong()};
        if (range.fromNs > 0 && range.toNs - range.fromNs >= shortestRangeNs && range.toNs - range.fromNs <= longestRangeNs)
            return range;
    }
    return {};
}

} // namespace tapio::console
