// SPDX-License-Identifier: GPL-3.0-or-later
// What the list of insights costs on the GUI thread, in its processor time: as many as the page reads at most, each alone or in storms of one cause.
// Prints a Markdown table, or with --json one object.
#include <QCoreApplication>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTextStream>

#include <algorithm>
#include <ctime>
#include <functional>

#include "console/ui/models/insightsfeed.h"
#include "console/ui/models/insightsmodel.h"
#include "protocol/base/clock.h"

using namespace tapio;
using namespace tapio::console;

namespace {

constexpr std::int64_t nowNs = 1'772'366'400 * nsPerSecond;
constexpr int rounds = 40, evidenceLines = 12;

double threadMs()
{
    timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
}

struct Times {
    double median = 0, most = 0;
};

Times measure(const std::function<void(int)> &step)
{
    std::vector<double> times;
    for (int i = -3; i < rounds; ++i) { // the first ones warm the caches
        const double start = threadMs();
        step(i + 3);
        if (i >= 0)
            times.push_back(threadMs() - start);
    }
    std::sort(times.begin(), times.end());
    return {times[times.size() / 2], times.back()};
}

/// The `number`th of them, a second after the one before it; `perCause` next to each other are about one pod.
InsightView insightOf(std::size_t number, std::size_t perCause)
{
    const std::string pod = "shop/web-7d4b9c6f5-" + std::to_string(number / perCause);
    InsightView view;
    view.node = "node-" + std::to_string(number % 20);
    view.severity = number % 7 == 0 ? wire::Severity::Error : wire::Severity::Warning;
    view.toldNs = nowNs - static_cast<std::int64_t>(number) * nsPerSecond;
    view.times = 3;
    view.streamId = 7;
    view.seq = number;
    wire::Insight &insight = view.insight;
    insight.id = number + 1;
    insight.rule = number % 2 == 0 ? "http-errors" : "refused-burst";
    insight.state = number % 3 == 0 ? wire::InsightState::Open : wire::InsightState::Resolved;
    insight.rootKind = wire::EntityKind::Pod;
    insight.root = pod;
    insight.text = "at least one request in twenty to " + pod + " fails (GET /cart 503 after 12 ms)";
    insight.fromNs = view.toldNs - 10 * nsPerSecond;
    insight.toNs = view.toldNs;
    insight.evidenceCount = evidenceLines;
    insight.score = 70;
    for (int line = 0; line < evidenceLines; ++line)
        insight.evidence.push_back("2026-03-01T12:00:05.000000Z failure 0." + std::to_string(line) + " s pod " + pod
                                   + ": GET /cart?id=" + std::to_string(number * evidenceLines + static_cast<std::size_t>(line))
                                   + " answered with 503 after 12 ms");
    insight.affected = {"pod " + pod, "destination 10.0.0.9:8080"};
    insight.owners = {"Deployment shop/web-" + std::to_string(number / perCause)};
    return view;
}

std::vector<InsightView> insightsOf(std::size_t first, std::size_t count, std::size_t perCause)
{
    std::vector<InsightView> views;
    for (std::size_t i = first; i < first + count; ++i)
        views.push_back(insightOf(i, perCause));
    return views;
}

struct ListTimes {
    Times same, arrived, text;
};

ListTimes measureList(std::size_t count, std::size_t perCause)
{
    constexpr std::size_t arriving = 50;
    const TimeDisplay time(QTimeZone::utc());
    InsightsModel model(time);
    // Newest first: those that come are before those that were there.
    const std::vector<InsightView> all = insightsOf(0, count + arriving * (rounds + 3), perCause);
    const auto listed = [&](std::size_t first) {
        return std::vector<InsightView>(all.begin() + static_cast<std::ptrdiff_t>(first),
                                        all.begin() + static_cast<std::ptrdiff_t>(first + count));
    };
    ListTimes result;
    const std::size_t oldest = all.size() - count;
    result.same = measure([&](int) { model.setInsights(listed(oldest), {}, nowNs); });
    result.arrived = measure([&](int i) { model.setInsights(listed(oldest - arriving * static_cast<std::size_t>(i + 1)), {}, nowNs); });
    result.text = measure([&](int i) {
        InsightFilter filter;
        filter.text = QString::number(i % 10);
        model.setFilter(filter);
    });
    return result;
}

QJsonObject json(const Times &times) { return {{"medianMs", times.median}, {"mostMs", times.most}}; }
QString cell(const Times &times) { return QStringLiteral("%1 (%2)").arg(times.median, 0, 'f', 1).arg(times.most, 0, 'f', 1); }

} // namespace

int main(int argc, char **argv)
{
    const QCoreApplication app(argc, argv);
    QTextStream out(stdout);
    QJsonArray rows;
    const bool isJson = app.arguments().contains(QStringLiteral("--json"));
    if (!isJson)
        out << "| insights | of one cause | told again, ms | 50 new ones, ms | another text in the filter, ms |\n|---|---|---|---|---|\n";
    for (const std::size_t count : {std::size_t(500), InsightsFeed::mostInsights}) {
        for (const std::size_t perCause : {std::size_t(1), std::size_t(25)}) {
            const ListTimes result = measureList(count, perCause);
            if (isJson)
                rows.append(QJsonObject{{"insights", static_cast<int>(count)},
                                        {"perCause", static_cast<int>(perCause)},
                                        {"toldAgain", json(result.same)},
                                        {"arrived", json(result.arrived)},
                                        {"filtered", json(result.text)}});
            else
                out << "| " << count << " | " << perCause << " | " << cell(result.same) << " | " << cell(result.arrived) << " | "
                    << cell(result.text) << " |" << Qt::endl;
        }
    }
    if (isJson)
        out << QJsonDocument(QJsonObject{{"rows", rows}}).toJson();
    return 0;
}
