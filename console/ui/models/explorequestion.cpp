// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/ui/models/explorequestion.h"

#include <QDateTime>

#include <algorithm>
#include <array>
#include <utility>

namespace tapio::console {

namespace {

constexpr std::int64_t second = 1'000, minute = 60 * second, hour = 60 * minute, day = 24 * hour; // in ms

/// ISO 8601, UTC, as `tapio` takes it; to the second, which a step is never less than.
QString isoSecond(std::int64_t timeMs)
{
    return QDateTime::fromMSecsSinceEpoch(timeMs, Qt::UTC).toString(QStringLiteral("yyyy-MM-ddTHH:mm:ss")) + QLatin1Char('Z');
}

QString shellQuoted(const QString &text)
{
    QString inner = text;
    return QLatin1Char('\'') + inner.replace(QLatin1Char('\''), QStringLiteral("'\\''")) + QLatin1Char('\'');
}

} // namespace

std::int64_t roundStepMs(std::int64_t lengthMs, std::int64_t mostValues)
{
    constexpr std::array steps{second, 2 * second, 5 * second, 10 * second, 15 * second, 30 * second,
                               minute, 2 * minute, 5 * minute, 10 * minute, 15 * minute, 30 * minute,
                               hour,   2 * hour,   3 * hour,   6 * hour,    12 * hour,   day};
    const std::int64_t least = (lengthMs + std::max<std::int64_t>(mostValues, 1) - 1) / std::max<std::int64_t>(mostValues, 1);
    const auto found = std::find_if(steps.begin(), steps.end(), [least](std::int64_t step) { return step >= least; });
    return found != steps.end() ? *found : (least + day - 1) / day * day;
}

QString stepText(std::int64_t stepMs)
{
    QString text;
    constexpr std::array<std::pair<std::int64_t, const char *>, 5> units{
        {{day, "d"}, {hour, "h"}, {minute, "m"}, {second, "s"}, {1, "ms"}}};
    for (const auto &[length, unit] : units) {
        if (const std::int64_t count = stepMs / length; count > 0)
            text += QString::number(count) + QLatin1String(unit);
        stepMs %= length;
    }
    return text;
}

QString questionAsText(const Question &question, const QueryTarget &target)
{
    const QString query = QString::fromStdString(question.expression);
    const QString where = target.name.isEmpty() ? QStringLiteral("store ") + target.where
                                                : target.name + QStringLiteral(" (") + target.where + QLatin1Char(')');
    const QString when = question.isRange ? isoSecond(question.times.startMs) + QStringLiteral(" to ") + isoSecond(question.times.endMs)
                                                + QStringLiteral(", step ") + stepText(question.times.stepMs)
                                          : QStringLiteral("at ") + isoSecond(question.times.endMs);
    return query + QLatin1Char('\n') + where + QLatin1Char('\n') + when + QLatin1Char('\n') + questionAsCommand(question, target)
           + QLatin1Char('\n');
}

QString questionAsCommand(const Question &question, const QueryTarget &target)
{
    QString command = QStringLiteral("tapio query ") + shellQuoted(QString::fromStdString(question.expression));
    if (question.isRange)
        command += QStringLiteral(" --start ") + isoSecond(question.times.startMs) + QStringLiteral(" --end ")
                   + isoSecond(question.times.endMs) + QStringLiteral(" --step ") + stepText(question.times.stepMs);
    else
        command += QStringLiteral(" --time ") + isoSecond(question.times.endMs);
    if (target.name.isEmpty())
        return command + QStringLiteral(" --store ") + shellQuoted(target.where);
    return command + QStringLiteral(" --source ") + shellQuoted(target.name);
}

bool isPassing(Errc why) noexcept { return why == Errc::Disconnected || why == Errc::TimedOut || why == Errc::Busy; }

QStringList exampleQueries()
{
    return {QStringLiteral("sum by (namespace, pod) (rate(container_cpu_usage_seconds_total[1m]))"),
            QStringLiteral("topk(10, container_memory_working_set_bytes)"), QStringLiteral("count by (__name__) ({__name__!=\"\"})")};
}

} // namespace tapio::console
