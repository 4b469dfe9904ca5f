// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include <cmath>
#include <limits>

#include "agent/correlation/baseline.h"
#include "agent/correlation/figuretracker.h"
#include "agent/correlation/trend.h"
#include "tests/correlation/stage.h"

using namespace tapio;
using namespace tapio::correlation;
using wire::Metric;

namespace {

constexpr std::int64_t minuteNs = 60 * nsPerSecond;

std::vector<FigureTracker::Fact> factsOf(Topic topic, const std::vector<FigureTracker::Fact> &facts)
{
    std::vector<FigureTracker::Fact> some;
    for (const FigureTracker::Fact &fact : facts) {
        if (fact.topic == topic)
            some.push_back(fact);
    }
    return some;
}

/// The last facts of readings each 15 seconds.
template <typename Read> std::vector<FigureTracker::Fact> last(FigureTracker &tracker, double seconds, Read read)
{
    std::vector<FigureTracker::Fact> facts;
    for (double at = 0; at <= seconds; at += 15) {
        Reading reading;
        read(reading, at);
        wire::SampleBatch batch = reading.take();
        batch.timeNs = Stage::timeOf(at);
        if (auto some = tracker.onSamples(batch); !some.empty())
            facts = std::move(some);
    }
    return facts;
}

} // namespace

class tst_Figures : public QObject {
    Q_OBJECT

private slots:
    void trend_isPerMinute_data();
    void trend_isPerMinute();
    void trend_ofTooLittle_isNone();
    void trend_ofTheLastOnes();
    void baseline_ignoresOutliers();
    void baseline_ofTooLittle_isNone();
    void baseline_ofNothing_hasAFloor();
    void baseline_ofSeveral_data();
    void baseline_ofSeveral();
    void baseline_ofAPodWhoseNameComesLate();
    void baseline_ofOneThatIsNotLikeTheOthers();
    void baseline_ofDevicesThatComeAndGo();
    void baseline_ofAWorkload_data();
    void baseline_ofAWorkload();
    void memory_withoutALimit_hasNoForecast();
    void memory_withALimit_isForecast();
    void memory_ofFilesIsNoGrowth();
    void memory_heldIsAnotherGauge();
    void memory_limitThatIsTakenAway();
    void counters_thatBeginAnew_areNoGrowth();
    void throttling_isAShareOfItsTime();
    void cpu_isOfAllOfThem();
    void latency_isOfItsTime();
    void latency_failuresAreAShare();
    void egress_isWithoutLoopback();
    void containers_thatAreBack_areOthers();
    void subjects_areBounded();
    void subjects_thatGoAreReadToTheEnd();
    void hostileBatches_data();
    void hostileBatches();
    void lines_data();
    void lines();
};

/// Whatever the distance of the samples: the slope is of time.
void tst_Figures::trend_isPerMinute_data()
{
    QTest::addColumn<double>("everySeconds");
    QTest::newRow("each second") << 1.0;
    QTest::newRow("each 15 seconds") << 15.0;
    QTest::newRow("each minute") << 60.0;
    QTest::newRow("each 7 minutes") << 420.0;
}

void tst_Figures::trend_isPerMinute()
{
    QFETCH(double, everySeconds);
    Trend trend(nsPerSecond, 20);
    for (int i = 0; i < 20; ++i)
        trend.add(Stage::timeOf(i * everySeconds), 1000 + 3 * i * everySeconds / 60);
    const auto line = trend.line();
    QVERIFY(line.has_value());
    QVERIFY(std::abs(line->perMinute - 3) < 1e-6);
    QVERIFY(line->fit > 0.999);
    QCOMPARE(line->rising, 1.0);
    QCOMPARE(line->resets, 0);
    QVERIFY(std::abs(line->spanSeconds - 19 * everySeconds) < 1e-6);
}

void tst_Figures::trend_ofTooLittle_isNone()
{
    Trend trend(minuteNs, 20);
    for (int i = 0; i < 100; ++i)
        trend.add(Stage::timeOf(i), i); // of less than two minutes: two values
    QCOMPARE(trend.size(), std::size_t(2));
    QVERIFY(!trend.line().has_value());
    trend.add(Stage::timeOf(600), std::numeric_limits<double>::quiet_NaN());
    trend.add(Stage::timeOf(0), 7); // older than the newest
    QCOMPARE(trend.size(), std::size_t(2));
}

void tst_Figures::trend_ofTheLastOnes()
{
    Trend trend(nsPerSecond, 10);
    for (int i = 0; i < 100; ++i)
        trend.add(Stage::timeOf(i), i < 90 ? 1000 - 10 * i : i);
    QCOMPARE(trend.size(), std::size_t(10));
    QVERIFY(std::abs(trend.line()->perMinute - 60) < 1e-6);
    for (int i = 100; i < 110; ++i)
        trend.add(Stage::timeOf(i), i % 2 == 0 ? 100 : 50);
    QCOMPARE(trend.line()->resets, 5);
}

void tst_Figures::baseline_ignoresOutliers()
{
    Baseline usual(20, 10, 0.1);
    for (int i = 0; i < 20; ++i)
        usual.add(i % 7 == 0 ? 1000 : 10 + 0.1 * (i % 5));
    const auto compared = usual.compare(40);
    QVERIFY(compared.has_value());
    QVERIFY(compared->median >= 10 && compared->median <= 11);
    QVERIFY(compared->ratio > 3.6 && compared->ratio < 4.1);
    QVERIFY(compared->deviation > 10);
}

void tst_Figures::baseline_ofTooLittle_isNone()
{
    Baseline usual(20, 10, 0.1);
    for (int i = 0; i < 9; ++i)
        usual.add(1);
    usual.add(std::numeric_limits<double>::infinity());
    QVERIFY(!usual.compare(1).has_value());
    usual.add(1);
    QVERIFY(usual.compare(1).has_value());
    QVERIFY(!usual.compare(std::numeric_limits<double>::quiet_NaN()).has_value());
}

void tst_Figures::baseline_ofNothing_hasAFloor()
{
    Baseline usual(20, 10, 1);
    for (int i = 0; i < 10; ++i)
        usual.add(0);
    const auto compared = usual.compare(5);
    QCOMPARE(compared->median, 0.0);
    QCOMPARE(compared->ratio, 5.0);
}

void tst_Figures::baseline_ofSeveral_data()
{
    QTest::addColumn<int>("several");
    QTest::newRow("one") << 1;
    QTest::newRow("three") << 3;
    QTest::newRow("more than are looked at") << 500;
}

/// However many they are, it is of the same time; and one of them that goes astray moves nothing.
void tst_Figures::baseline_ofSeveral()
{
    QFETCH(int, several);
    SharedBaseline usual(30 * nsPerSecond, 20, 10, 0.1);
    for (int slot = 0; slot < 10; ++slot) {
        QVERIFY(!usual.compare(Stage::timeOf(slot * 30), 10).has_value());
        for (int i = 0; i < several; ++i)
            usual.add(Stage::timeOf(slot * 30 + i % 30), several > 1 && i == 0 ? 1000 : 10);
    }
    usual.add(Stage::timeOf(299), std::numeric_limits<double>::quiet_NaN());
    const auto compared = usual.compare(Stage::timeOf(300), 40);
    QVERIFY(compared.has_value());
    QCOMPARE(compared->median, 10.0);
    QCOMPARE(compared->ratio, 4.0);
    usual.add(Stage::timeOf(0), 10); // late: of the newest slot
    QCOMPARE(usual.compare(Stage::timeOf(330), 40)->median, 10.0);
}

/// A new pod is sampled before it is known what runs it.
void tst_Figures::baseline_ofAPodWhoseNameComesLate()
{
    wire::Origin unnamed = pod("b");
    unnamed.workloadKind = unnamed.workloadName = {};
    FigureTracker tracker(10);
    const auto facts = last(tracker, 540, [&](Reading &reading, double at) {
        reading.add(at <= 390   ? pod("a")
                    : at <= 450 ? unnamed
                                : pod("b"),
                    Metric::NetTxBytes, at <= 390 ? 10'000 * at : 100'000 * at, "eth0");
    });
    const auto sent = factsOf(Topic::NetworkEgress, facts);
    QCOMPARE(sent.size(), std::size_t(1));
    QCOMPARE(sent[0].figures.values[rate::Ratio], 10.0);
}

/// A leader among those that wait does what it always does.
void tst_Figures::baseline_ofOneThatIsNotLikeTheOthers()
{
    FigureTracker tracker(10);
    const auto facts = last(tracker, 600, [&](Reading &reading, double at) {
        reading.add(pod("leader"), Metric::NetTxBytes, 2e6 * at, "eth0");
        for (const char *name : {"a", "b", "c"})
            reading.add(pod(name), Metric::NetTxBytes, 2000 * at, "eth0");
    });
    const auto sent = factsOf(Topic::NetworkEgress, facts);
    QCOMPARE(sent.size(), std::size_t(4));
    for (const FigureTracker::Fact &fact : sent)
        QCOMPARE(fact.figures.values[rate::Ratio], 1.0);
}

/// A workload's volumes come back under other names, again and again; what is usual is known of the last of them.
void tst_Figures::baseline_ofDevicesThatComeAndGo()
{
    FigureTracker tracker(10);
    double at = 0, ratio = noFigure;
    const auto run = [&](const std::string &container, const std::string &device, double seconds) {
        for (const double end = at + seconds; at < end; at += 15) {
            wire::Histogram reads;
            reads.kind = wire::HistogramKind::BlockIoLatency;
            Reading::count(reads, 2, static_cast<std::uint64_t>(100 + at));
            Reading reading;
            reading.add(pod("p", container), reads, device + " read");
            wire::SampleBatch batch = reading.take();
            batch.timeNs = Stage::timeOf(at);
            for (const FigureTracker::Fact &fact : factsOf(Topic::DiskLatency, tracker.onSamples(batch)))
                ratio = fact.figures.values[latency::Ratio];
        }
    };
    for (int device = 0; device < 50; ++device)
        run("c" + std::to_string(device), "sd" + std::to_string(device), 420);
    ratio = noFigure;
    run("new", "sd49", 60); // as those before it
    QCOMPARE(ratio, 1.0);
    ratio = noFigure;
    run("newer", "sd0", 60); // which had to go
    QVERIFY(std::isnan(ratio));
}

void tst_Figures::baseline_ofAWorkload_data()
{
    QTest::addColumn<QString>("kind");
    QTest::addColumn<QString>("workload");
    QTest::addColumn<QString>("name");
    QTest::addColumn<bool>("shared");
    QTest::newRow("another pod of a Deployment") << "Deployment"
                                                 << "web"
                                                 << "b" << true;
    QTest::newRow("a pod of another Deployment") << "Deployment"
                                                 << "db"
                                                 << "b" << false;
    QTest::newRow("another member of a StatefulSet") << "StatefulSet"
                                                     << "web"
                                                     << "web-1" << false;
    QTest::newRow("a member of a StatefulSet that is back") << "StatefulSet"
                                                            << "web"
                                                            << "web-0" << true;
    QTest::newRow("a pod that nothing runs") << "Pod"
                                             << "a"
                                             << "a" << false;
    QTest::newRow("nobody knows whose") << ""
                                        << ""
                                        << "b" << false;
}

void tst_Figures::baseline_ofAWorkload()
{
    QFETCH(QString, kind);
    QFETCH(QString, workload);
    QFETCH(QString, name);
    const auto origin = [&](const QString &ofWorkload, const QString &podName, const std::string &uid) {
        wire::Origin one = pod(uid);
        one.workloadKind = kind.toStdString();
        one.workloadName = ofWorkload.toStdString();
        one.podName = podName.toStdString();
        return one;
    };
    const wire::Origin known = origin(kind.isEmpty() ? QString() : QString("web"), "web-0", "first"),
                       other = origin(workload, name, "second");
    FigureTracker tracker(10);
    const auto facts = last(tracker, 480, [&](Reading &reading, double at) {
        const bool isFirst = at <= 390; // it goes when the other comes
        reading.add(isFirst ? known : other, Metric::NetTxBytes, isFirst ? 10'000 * at : 100'000 * at, "eth0");
    });
    const auto sent = factsOf(Topic::NetworkEgress, facts);
    QCOMPARE(sent.size(), std::size_t(1));
    QCOMPARE(sent[0].figures.values[rate::Rate], 100'000.0);
    QTEST(!std::isnan(sent[0].figures.values[rate::Ratio]), "shared");
}

void tst_Figures::memory_withoutALimit_hasNoForecast()
{
    FigureTracker tracker(10);
    const auto facts = factsOf(Topic::MemoryTrend, last(tracker, 300, [](Reading &reading, double at) {
                                   reading.add(pod("a"), Metric::MemoryWorkingSetBytes, 1e6 * (100 + at));
                               }));
    QCOMPARE(facts.size(), std::size_t(1)); // the one of hours has too little yet
    QVERIFY(std::isnan(facts[0].figures.values[trend::Limit]));
    QVERIFY(std::isnan(facts[0].figures.values[trend::MinutesLeft]));
    QVERIFY(std::isnan(facts[0].figures.values[trend::UsedShare]));
    QVERIFY(std::abs(facts[0].figures.values[trend::PerMinute] - 60e6) < 1);
}

void tst_Figures::memory_withALimit_isForecast()
{
    FigureTracker tracker(10);
    const auto facts = factsOf(Topic::MemoryTrend, last(tracker, 300, [](Reading &reading, double at) {
                                   reading.add(pod("a"), Metric::MemoryLimitBytes, 1000e6);
                                   reading.add(pod("a"), Metric::MemoryWorkingSetBytes, 1e6 * (100 + at));
                               }));
    QCOMPARE(facts.size(), std::size_t(1));
    QVERIFY(std::abs(facts[0].figures.values[trend::MinutesLeft] - 10) < 1e-6); // 600 MB at 60 MB a minute
    QVERIFY(std::abs(facts[0].figures.values[trend::UsedShare] - 0.4) < 1e-9);
}

/// Who reads files has more and more of them in memory, until others need it.
void tst_Figures::memory_ofFilesIsNoGrowth()
{
    const auto trendOf = [](bool isHeldTold) {
        FigureTracker tracker(10);
        const auto facts = factsOf(Topic::MemoryTrend, last(tracker, 1200, [isHeldTold](Reading &reading, double at) {
                                       reading.add(pod("a"), Metric::MemoryWorkingSetBytes, 1e8 + 1e5 * at);
                                       if (isHeldTold)
                                           reading.add(pod("a"), Metric::MemoryHeldBytes, 1e8);
                                   }));
        return facts.at(0).figures;
    };
    QVERIFY(std::abs(trendOf(false).values[trend::PerMinute] - 6e6) < 1);
    QVERIFY(std::abs(trendOf(true).values[trend::PerMinute]) < 1);
    QVERIFY(trendOf(true).values[trend::Used] == 1e8);
}

/// An agent that was updated: what it told before is not of the same.
void tst_Figures::memory_heldIsAnotherGauge()
{
    FigureTracker tracker(10);
    const auto facts =
        factsOf(Topic::MemoryTrend, last(tracker, 1200, [](Reading &reading, double at) {
                    if (at < 600)
                        reading.add(pod("a"), Metric::MemoryWorkingSetBytes, 5e8);
                    else
                        reading.add(pod("a"), Metric::MemoryWorkingSetBytes, 5e8).add(pod("a"), Metric::MemoryHeldBytes, 1e8);
                }));
    QVERIFY(!facts.empty());
    QCOMPARE(facts[0].figures.values[trend::Resets], 0.0);
    QVERIFY(facts[0].figures.values[trend::Span] <= 600);
}

void tst_Figures::memory_limitThatIsTakenAway()
{
    FigureTracker tracker(10);
    const auto facts = factsOf(Topic::MemoryTrend, last(tracker, 600, [](Reading &reading, double at) {
                                   if (at < 300)
                                       reading.add(pod("a"), Metric::MemoryLimitBytes, 1000e6);
                                   reading.add(pod("a"), Metric::MemoryWorkingSetBytes, 1e6 * (100 + at));
                               }));
    QVERIFY(std::isnan(facts.at(0).figures.values[trend::Limit]));
}

void tst_Figures::counters_thatBeginAnew_areNoGrowth()
{
    FigureTracker tracker(10);
    const auto facts = factsOf(Topic::TcpRetransmission, last(tracker, 60, [](Reading &reading, double at) {
                                   reading.add(pod("a"), Metric::TcpRetransmits, at < 45 ? 1e6 + at : at - 45);
                               }));
    QCOMPARE(facts.size(), std::size_t(1));
    QVERIFY(std::abs(facts[0].figures.values[rate::Rate] - 60) < 1e-6); // 15 of the last 15 seconds
}

void tst_Figures::throttling_isAShareOfItsTime()
{
    FigureTracker tracker(10);
    const auto facts = factsOf(Topic::CpuThrottling, last(tracker, 120, [](Reading &reading, double at) {
                                   reading.add(pod("a"), Metric::CpuPeriods, 10 * at);
                                   reading.add(pod("a"), Metric::CpuThrottledPeriods, at <= 90 ? 0 : 5 * (at - 90));
                               }));
    QCOMPARE(facts.size(), std::size_t(1));
    QCOMPARE(facts[0].figures.values[throttling::Share], 0.5);
    QCOMPARE(facts[0].figures.values[throttling::Periods], 300.0);
    QVERIFY(std::isnan(facts[0].figures.values[throttling::Limit])); // no limit was read: none is made up
}

void tst_Figures::cpu_isOfAllOfThem()
{
    FigureTracker tracker(10);
    const auto facts = factsOf(Topic::CpuUse, last(tracker, 60, [](Reading &reading, double at) {
                                   reading.add(host(), Metric::NodeCpuCount, 4).add(host(), Metric::CpuUsageNs, at * 3e9);
                                   reading.add(pod("a"), Metric::CpuUsageNs, at * 1e9);
                               }));
    QCOMPARE(facts.size(), std::size_t(2));
    QCOMPARE(facts[0].figures.values[cpu::Share], 0.75);
    QCOMPARE(facts[1].figures.values[cpu::Share], 0.25);
}

void tst_Figures::latency_isOfItsTime()
{
    FigureTracker tracker(10);
    const auto facts = factsOf(Topic::DiskLatency, last(tracker, 600, [](Reading &reading, double at) {
                                   wire::Histogram io;
                                   io.kind = wire::HistogramKind::BlockIoLatency;
                                   Reading::count(io, 1, static_cast<std::uint64_t>(std::min(at, 570.0) * 10));
                                   Reading::count(io, 100, at > 570 ? 100 : 0);
                                   reading.add(host(), io, "vda write");
                               }));
    QCOMPARE(facts.size(), std::size_t(1));
    const FigureSet &figures = facts[0].figures;
    QCOMPARE(figures.texts[0], std::string_view("vda"));
    QCOMPARE(figures.texts[1], std::string_view("write"));
    QCOMPARE(figures.values[latency::Count], 100.0);
    QVERIFY(figures.values[latency::P50] > 65 && figures.values[latency::P50] <= 132); // of the bucket of 65 to 131 ms
    QVERIFY(figures.values[latency::Baseline] > 0.5 && figures.values[latency::Baseline] < 1.1);
    QVERIFY(figures.values[latency::Ratio] > 60);
    QVERIFY(qAbs(figures.values[latency::Queue] - 100 * 0.0983 / 30) < 0.01); // 100 that take 98 ms, in half a minute
}

void tst_Figures::latency_failuresAreAShare()
{
    FigureTracker tracker(10);
    const auto facts = factsOf(Topic::HttpLatency, last(tracker, 30, [](Reading &reading, double at) {
                                   for (const auto &[label, times] : {std::pair("server 2xx", 6), std::pair("server 5xx", 3),
                                                                      std::pair("server none", 1), std::pair("client 2xx", 10)}) {
                                       wire::Histogram http;
                                       http.kind = wire::HistogramKind::HttpLatency;
                                       Reading::count(http, 5, static_cast<std::uint64_t>(at * times));
                                       reading.add(pod("a"), http, label);
                                   }
                               }));
    QCOMPARE(facts.size(), std::size_t(2));
    QCOMPARE(facts[0].figures.texts[0], std::string_view("client"));
    QCOMPARE(facts[0].figures.values[latency::FailedShare], 0.0);
    QCOMPARE(facts[1].figures.texts[0], std::string_view("server"));
    QCOMPARE(facts[1].figures.values[latency::FailedShare], 0.4);
}

void tst_Figures::egress_isWithoutLoopback()
{
    FigureTracker tracker(10);
    const auto facts = factsOf(Topic::NetworkEgress, last(tracker, 30, [](Reading &reading, double at) {
                                   reading.add(pod("a"), Metric::NetTxBytes, 1e6 * at, "lo");
                                   reading.add(pod("a"), Metric::NetTxBytes, 1000 * at, "eth0");
                                   reading.add(pod("a"), Metric::NetTxBytes, 500 * at, "eth1");
                               }));
    QCOMPARE(facts.size(), std::size_t(1));
    QCOMPARE(facts[0].figures.values[rate::Rate], 1500.0);
}

void tst_Figures::containers_thatAreBack_areOthers()
{
    FigureTracker tracker(10);
    last(tracker, 300,
         [](Reading &reading, double at) { reading.add(pod("a", at < 150 ? "c1" : "c2"), Metric::MemoryWorkingSetBytes, 1e6 * at); });
    QCOMPARE(tracker.size(), std::size_t(2));
}

/// More than there is room for, in one batch: what is told of those that go has their texts.
void tst_Figures::subjects_thatGoAreReadToTheEnd()
{
    FigureTracker tracker(10);
    std::vector<FigureTracker::Fact> facts;
    for (double at = 0; at <= 60; at += 30) {
        Reading reading;
        for (int i = 0; i < (at > 0 ? 40 : 10); ++i) {
            wire::Histogram slow;
            slow.kind = wire::HistogramKind::BlockIoLatency;
            Reading::count(slow, 200, static_cast<std::uint64_t>(100 + at));
            // Beside those that stay others come each time, for which some of those that are told go.
            const std::string name = i < 10 ? "p" + std::to_string(i) : "p" + std::to_string(i) + '-' + std::to_string(at);
            reading.add(pod(name), slow, "a-disk-with-a-name-that-is-longer-than-a-small-text write");
        }
        wire::SampleBatch batch = reading.take();
        batch.timeNs = Stage::timeOf(at);
        for (const FigureTracker::Fact &fact : tracker.onSamples(batch)) {
            QCOMPARE(std::string(fact.figures.texts[0]), std::string("a-disk-with-a-name-that-is-longer-than-a-small-text"));
            facts.push_back(fact);
        }
        QVERIFY(tracker.size() <= 10);
    }
    QVERIFY(!facts.empty());
}

void tst_Figures::subjects_areBounded()
{
    FigureTracker tracker(100);
    for (int i = 0; i < 1000; ++i) {
        Reading reading;
        reading.add(pod("p" + std::to_string(i)), Metric::MemoryWorkingSetBytes, 1);
        wire::SampleBatch batch = reading.take();
        batch.timeNs = Stage::timeOf(i);
        tracker.onSamples(batch);
        QVERIFY(tracker.size() <= 100);
    }
    wire::SampleBatch later;
    later.timeNs = Stage::timeOf(10'000);
    tracker.onSamples(later); // a quarter of an hour and more without a sample of any
    QCOMPARE(tracker.size(), std::size_t(0));
}

void tst_Figures::hostileBatches_data()
{
    QTest::addColumn<wire::SampleBatch>("batch");
    constexpr std::int64_t least = std::numeric_limits<std::int64_t>::min(), most = std::numeric_limits<std::int64_t>::max();
    const auto add = [](const char *name, std::int64_t timeNs, std::vector<wire::Sample> samples) {
        wire::SampleBatch batch;
        batch.timeNs = timeNs;
        batch.origins = {pod("a")};
        batch.samples = std::move(samples);
        QTest::newRow(name) << batch;
    };
    add("an origin that is none", 1, {{Metric::CpuUsageNs, 9, 0, 1}});
    add("a label that is none", 1, {{Metric::CpuUsageNs, 0, 9, 1}});
    add("a time before all times", least, {{Metric::CpuUsageNs, 0, 0, 1}});
    add("a time after all times", most, {{Metric::CpuUsageNs, 0, 0, 1}, {Metric::MemoryWorkingSetBytes, 0, 0, most}});
    add("the least value", Stage::timeOf(100), {{Metric::CpuUsageNs, 0, 0, least}, {Metric::CpuPeriods, 0, 0, least}});
    add("the largest value", Stage::timeOf(200), {{Metric::CpuUsageNs, 0, 0, most}, {Metric::CpuPeriods, 0, 0, most}});
    add("no CPU", Stage::timeOf(300), {{Metric::NodeCpuCount, 0, 0, 0}, {Metric::NodeCpuCount, 0, 0, least}});
}

/// One after another into one engine: nothing but that it goes on is asked of it.
void tst_Figures::hostileBatches()
{
    QFETCH(wire::SampleBatch, batch);
    Stage stage(loadRules(TAPIO_RULES).rules);
    for (int i = 0; i < 3; ++i) {
        stage.engine().onSamples(batch, {"n1"});
        stage.samples(i * 60, batch);
    }
    QVERIFY(stage.found.empty());
}

void tst_Figures::lines_data()
{
    QTest::addColumn<int>("topic");
    QTest::addColumn<QString>("line");
    QTest::newRow("memory") << static_cast<int>(Topic::MemoryTrend)
                            << "memory 400 MiB of 512 MiB (78 %), +12 MiB/min for 6 min, 9 min left";
    QTest::newRow("throttling") << static_cast<int>(Topic::CpuThrottling) << "throttled in 20 % of 300 periods, limit 0.5 cores";
    QTest::newRow("a disk") << static_cast<int>(Topic::DiskLatency) << "vda write p99 60 ms, usually 1.5 ms, 100 of them, 4.2 at a time";
    QTest::newRow("sent") << static_cast<int>(Topic::NetworkEgress)
                          << "sends 9.5 MiB/s, usually 98 KiB/s, 100 times that, this hour has 3 % of a busy one";
    QTest::newRow("sent to one") << static_cast<int>(Topic::DestinationEgress) << "10.0.0.9:443: 286 MiB sent, 9.5 MiB/s, usually 98 KiB/s";
    QTest::newRow("sent again to one") << static_cast<int>(Topic::DestinationRetransmission)
                                       << "10.0.0.9:443: 40 segments again in 20 connections, 2 each, usually 0.1";
    QTest::newRow("no figures") << static_cast<int>(Topic::RolloutImage) << "";
}

void tst_Figures::lines()
{
    QFETCH(int, topic);
    QFETCH(QString, line);
    FigureSet set;
    switch (static_cast<Topic>(topic)) {
    case Topic::MemoryTrend: set.values = {400 * 1048576.0, 512 * 1048576.0, 0.78, 12 * 1048576.0, 0.9, 1, 0, 9.3, 360, noFigure}; break;
    case Topic::CpuThrottling: set.values = {300, 60, 0.2, noFigure, 0.5, noFigure, noFigure, noFigure, noFigure, noFigure}; break;
    case Topic::DiskLatency:
        set.values = {noFigure, 60, 100, 1.5, 40, 9, 4.2, noFigure, noFigure, noFigure};
        set.texts = {"vda", "write"};
        break;
    case Topic::DestinationEgress:
        set.values = {1e7, 1e5, 100, 50, 3e8, 4, 90, 2, noFigure, noFigure};
        set.texts = {"10.0.0.9:443", ""};
        break;
    case Topic::DestinationRetransmission:
        set.values = {2, 0.1, 20, 50, 40, 20, noFigure, noFigure, noFigure, noFigure};
        set.texts = {"10.0.0.9:443", ""};
        break;
    case Topic::NetworkEgress: set.values = {1e7, 1e5, 100, 50, 0.03, noFigure, noFigure, noFigure, noFigure, noFigure}; break;
    default: break;
    }
    QCOMPARE(QString::fromStdString(figureLine(static_cast<Topic>(topic), set)), line);
}

QTEST_GUILESS_MAIN(tst_Figures)
#include "tst_figures.moc"
