// SPDX-License-Identifier: GPL-3.0-or-later
// What only supports: it raises the score of an insight that is there, names nobody as affected, and opens none.
#include <QtTest>

#include <algorithm>

#include "tests/correlation/plays.h"

using namespace tapio;
using namespace tapio::correlation;
using wire::Metric;

namespace {

constexpr double halfMinute = 30;

/// A disk of which a pod waits: so many requests of so many milliseconds a minute, after ten minutes of short ones.
Script slowDisk(double milliseconds, double perMinute)
{
    return [=](Stage &stage) {
        for (double at = 0; at <= 13 * 60; at += halfMinute) {
            wire::Histogram counts;
            counts.kind = wire::HistogramKind::BlockIoLatency;
            Reading::count(counts, 1, static_cast<std::uint64_t>(std::min(at / 60, 10.0) * perMinute));
            Reading::count(counts, milliseconds, static_cast<std::uint64_t>(std::max(at / 60 - 10, 0.0) * perMinute));
            Reading reading;
            reading.add(pod("a"), counts, "vda write");
            stage.samples(at, reading.take());
        }
    };
}

enum Parts : unsigned { IsBusy = 1, Dominates = 2, Waits = 4, All = 7, IsThrottled = 8 };

/// Five minutes of a node on which this holds.
void noise(Stage &stage, unsigned parts)
{
    for (double at = 0; at <= 300; at += halfMinute) {
        Reading reading;
        reading.add(host(), Metric::NodeCpuCount, 2).add(host(), Metric::CpuUsageNs, (parts & IsBusy) != 0 ? at * 1.8e9 : at * 0.2e9);
        reading.add(pod("loud"), Metric::CpuUsageNs, (parts & Dominates) != 0 ? at * 1.4e9 : at * 0.1e9);
        for (const char *name : {"w1", "w2", "w3"}) {
            wire::Histogram waits;
            waits.kind = wire::HistogramKind::RunQueueLatency;
            Reading::count(waits, (parts & Waits) != 0 ? 40 : 1, static_cast<std::uint64_t>(at * 10));
            reading.add(pod(name), waits);
        }
        reading.add(pod("w1"), Metric::CpuPeriods, at * 10)
            .add(pod("w1"), Metric::CpuThrottledPeriods, (parts & IsThrottled) != 0 ? at * 5 : 0);
        stage.samples(at, reading.take());
    }
}

Script neighbours(unsigned parts)
{
    return [=](Stage &stage) { noise(stage, parts); };
}

Script killsAndRestart(int pods, bool isRestarted)
{
    return [=](Stage &stage) {
        stage.event(0, written(false), pod("a", "c1")); // so that its next container is another one
        for (int i = 0; i < pods; ++i)
            stage.event(10 + i, wire::OomKill(), pod(std::string(1, static_cast<char>('a' + i))));
        if (isRestarted)
            stage.event(30, written(false), pod("a", "c2"));
        stage.pass(100);
    };
}

} // namespace

Q_DECLARE_METATYPE(tapio::correlation::Script)

class tst_RuleSupport : public QObject {
    Q_OBJECT

private slots:
    void support_raisesTheScoreOnly_data();
    void support_raisesTheScoreOnly();
};

void tst_RuleSupport::support_raisesTheScoreOnly_data()
{
    QTest::addColumn<QString>("rule");
    QTest::addColumn<Script>("script");
    QTest::addColumn<int>("score"); ///< 0: there is no insight
    QTest::addColumn<QStringList>("affected");
    QTest::newRow("a slow disk with few requests at a time") << "disk-latency" << slowDisk(60, 200) << 60 << QStringList{"pod shop/a"};
    QTest::newRow("a slow disk with many") << "disk-latency" << slowDisk(60, 8000) << 65 << QStringList{"pod shop/a"};
    QTest::newRow("many requests at a time of a disk that is not slow") << "disk-latency" << slowDisk(1, 600'000) << 0 << QStringList{};
    const QStringList neighboursOf{"container shop/loud/main", "container shop/w1/main", "container shop/w2/main",
                                   "container shop/w3/main"};
    QTest::newRow("a neighbour") << "noisy-neighbour" << neighbours(All) << 60 << neighboursOf;
    QTest::newRow("a neighbour, and one is throttled") << "noisy-neighbour" << neighbours(All | IsThrottled) << 65 << neighboursOf;
    QTest::newRow("one is throttled, and nobody waits")
        << "noisy-neighbour" << neighbours((All | IsThrottled) & ~unsigned(Waits)) << 0 << QStringList{};
    QTest::newRow("kills in two pods") << "oom-cascade" << killsAndRestart(2, false) << 85 << QStringList{"pod shop/a", "pod shop/b"};
    QTest::newRow("kills in two pods, and a restart")
        << "oom-cascade" << killsAndRestart(2, true) << 90 << QStringList{"pod shop/a", "pod shop/b"};
    QTest::newRow("a kill and a restart") << "oom-cascade" << killsAndRestart(1, true) << 0 << QStringList{};
}

void tst_RuleSupport::support_raisesTheScoreOnly()
{
    QFETCH(QString, rule);
    QFETCH(Script, script);
    QFETCH(QStringList, affected);
    Stage stage(loadRules(TAPIO_RULES).rules);
    script(stage);
    int score = 0;
    QStringList names;
    for (const Finding &finding : stage.found) {
        if (finding.insight.rule != rule.toStdString())
            continue;
        score = finding.insight.score;
        names.clear();
        for (const std::string &name : finding.insight.affected)
            names << QString::fromStdString(name);
    }
    QTEST(score, "score");
    names.sort();
    QCOMPARE(names, affected);
}

QTEST_APPLESS_MAIN(tst_RuleSupport)
#include "tst_rulesupport.moc"
