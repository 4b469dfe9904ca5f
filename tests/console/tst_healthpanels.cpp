// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include <cmath>

#include "tests/console/inputbuilder.h"

using namespace tapio;
using namespace tapio::console;
using namespace tapio::test;
using wire::Metric;

namespace {

constexpr double mib = 1048576;

bool near(double a, double b) { return std::abs(a - b) < 1e-6 * std::max(1., std::abs(b)); }

/// A node with four CPUs that uses `cores` of them, and 8 GiB of which `usedMib` are used.
InputBuilder &node(InputBuilder &builder, const std::string &name, double cores, double usedMib)
{
    builder.agent(name).samples(name, Metric::CpuUsageNs, InputBuilder::host(), -60, 900, 0, cores * 1e9);
    builder.samples(name, Metric::NodeCpuCount, InputBuilder::host(), -60, 900, 4, 0);
    builder.samples(name, Metric::NodeMemoryTotalBytes, InputBuilder::host(), -60, 900, 8192 * mib, 0);
    return builder.samples(name, Metric::NodeMemoryAvailableBytes, InputBuilder::host(), -60, 900, (8192 - usedMib) * mib, 0);
}

/// Series but for what the nodes used beside them.
std::size_t named(const PanelSnapshot &panel)
{
    return static_cast<std::size_t>(
        std::count_if(panel.series.begin(), panel.series.end(), [](const PlotSeries &series) { return series.key != "rest"; }));
}

double state(const PanelSnapshot &panel, std::string_view key)
{
    for (const Counted &counted : std::get<PodStatusView>(panel.view).states) {
        if (counted.key == key)
            return static_cast<double>(counted.count);
    }
    return 0;
}

} // namespace

class TestHealthPanels : public QObject {
    Q_OBJECT
private slots:
    void cpu_isTheNodesShare()
    {
        InputBuilder builder;
        node(builder, "a", 1, 0);
        node(builder, "b", 3, 0);
        const PanelSnapshot panel = builder.panel(PanelId::CpuUsage);
        QVERIFY(near(panel.value->value, 50));
        QVERIFY(near(fact(panel, "cores")->value, 4));
        QVERIFY(near(fact(panel, "allocatable")->value, 8));
        QVERIFY(near(fact(panel, "worst")->value, 75));
        QCOMPARE(fact(panel, "worst")->label, std::string("b"));
        QVERIFY(!panel.pastThreshold);
        QCOMPARE(panel.computation.windowNs, 60 * nsPerSecond);
    }

    void cpu_theStackIsAsHighAsTheHeadline()
    {
        InputBuilder builder;
        node(builder, "a", 2, 0);
        builder.samples("a", Metric::CpuUsageNs, InputBuilder::cgroup("/system.slice"), -60, 900, 0, 0.4e9);
        const PanelSnapshot panel = builder.panel(PanelId::CpuUsage);
        QVERIFY(near(panel.value->value, 50));
        QCOMPARE(panel.series.back().key, std::string("rest"));
        QVERIFY(near(panel.series.back().points.back().value, 40));
        double height = 0;
        for (const PlotSeries &series : panel.series) {
            QVERIFY(series.stacked);
            height += series.points.back().value;
        }
        QVERIFY(near(height, 50));
        QCOMPARE(panel.seriesTotal, 1u);
    }

    void cpu_entitiesNeverOverlap()
    {
        InputBuilder builder;
        node(builder, "a", 2, 0);
        const auto usage = [&builder](const wire::Origin &origin, double cores) {
            builder.samples("a", Metric::CpuUsageNs, origin, -60, 900, 0, cores * 1e9);
        };
        usage(InputBuilder::cgroup("/kubepods"), 1.5);
        usage(InputBuilder::cgroup("/system.slice"), 0.4);
        usage(InputBuilder::cgroup("/system.slice/ssh.service"), 0.4);
        usage(InputBuilder::pod("web"), 1.0);
        usage(InputBuilder::pod("web", "c1"), 0.7);
        usage(InputBuilder::pod("web", "c2"), 0.3);
        usage(InputBuilder::pod("job", "c3"), 0.5); // its pod cgroup is not sampled
        const PanelSnapshot panel = builder.panel(PanelId::CpuUsage);
        QCOMPARE(named(panel), 3u);
        double sum = 0;
        for (const PlotSeries &each : panel.series)
            sum += each.key == "rest" ? 0 : each.points.at(90).value;
        QVERIFY(near(sum, 100 * 1.9 / 4)); // of four cores
        QCOMPARE(panel.series[0].label, std::string("shop/web"));
        QVERIFY(near(panel.series[0].points.at(90).value, 25));
        QCOMPARE(panel.series[1].label, std::string("shop/job"));
        QCOMPARE(panel.series[2].label, std::string("/system.slice/ssh.service"));
        QCOMPARE(panel.series[0].unit, panel.value->unit);
        QCOMPARE(panel.series[0].unit, Unit::Percent);
    }

    void cpu_topFiftyAndExactOthers()
    {
        InputBuilder builder;
        node(builder, "a", 2, 0);
        for (int i = 1; i <= 70; ++i)
            builder.samples("a", Metric::CpuUsageNs, InputBuilder::pod("p" + std::to_string(i)), -60, 900, 0, i * 1e7);
        const PanelSnapshot panel = builder.panel(PanelId::CpuUsage);
        QCOMPARE(named(panel), 51u);
        QCOMPARE(panel.seriesTotal, 70u);
        const PlotSeries &others = panel.series[panel.series.size() - 2];
        QCOMPARE(others.key, std::string("others"));
        QVERIFY(near(others.points.at(90).value, 100 * 20 * 21 / 2 * 0.01 / 4));
    }

    void cpu_aCorrectedNameIsTheSameCgroup()
    {
        InputBuilder builder;
        node(builder, "a", 1, 0);
        wire::Origin before = InputBuilder::pod("web"), after = before;
        before.podName.clear();
        before.namespaceName.clear();
        builder.samples("a", Metric::CpuUsageNs, before, -60, 450, 0, 1e9).samples("a", Metric::CpuUsageNs, after, 455, 900, 515e9, 1e9);
        const PanelSnapshot panel = builder.panel(PanelId::CpuUsage);
        QCOMPARE(named(panel), 1u);
        QCOMPARE(panel.series[0].label, std::string("shop/web"));
        for (const PlotPoint &point : panel.series[0].points)
            QVERIFY2(near(point.value, 25), qPrintable(QString::number(point.value)));
    }

    void cpu_limitsAndThrottling()
    {
        InputBuilder builder;
        node(builder, "a", 1, 0);
        builder.samples("a", Metric::CpuUsageNs, InputBuilder::pod("web"), -60, 900, 0, 0.45e9)
            .samples("a", Metric::CpuLimitMillicores, InputBuilder::pod("web"), -60, 900, 500, 0);
        builder.samples("a", Metric::CpuPeriods, InputBuilder::pod("web"), -60, 900, 0, 10)
            .samples("a", Metric::CpuThrottledPeriods, InputBuilder::pod("web"), -60, 900, 0, 2.5);
        builder.samples("a", Metric::PsiCpuSomeUs, InputBuilder::host(), -60, 900, 0, 30'000);
        const PanelSnapshot panel = builder.panel(PanelId::CpuUsage);
        QVERIFY(near(fact(panel, "worst")->value, 90)); // 0.45 of 0.5 cores
        QCOMPARE(fact(panel, "worst")->label, std::string("shop/web"));
        QVERIFY(std::abs(fact(panel, "throttled")->value - 25) < 0.5);
        QVERIFY(near(fact(panel, "pressure")->value, 3));
        QVERIFY(panel.pastThreshold); // above 80 % for 15 min
        QCOMPARE(panel.breaches.size(), 1u);
        QCOMPARE(panel.breaches[0].label, std::string("shop/web"));
        QVERIFY(!panel.breaches[0].headline); // the node is at 25 %
        QVERIFY(near(panel.breaches[0].value, 90));
        QCOMPARE(builder.group(2).key, std::string("cpu-high"));
        QCOMPARE(builder.group(2).arguments.front(), std::string("shop/web"));
    }

    void cpu_withoutALimitThereIsNoShareOfIt()
    {
        InputBuilder builder;
        node(builder, "a", 1, 0);
        builder.samples("a", Metric::CpuUsageNs, InputBuilder::pod("web"), -60, 900, 0, 0.9e9);
        const PanelSnapshot panel = builder.panel(PanelId::CpuUsage);
        QCOMPARE(fact(panel, "worst")->label, std::string("a"));
        QVERIFY(near(fact(panel, "worst")->value, 25));
        QVERIFY(!fact(panel, "throttled"));
        QVERIFY(!fact(panel, "pressure"));
    }

    void cpu_states_data()
    {
        QTest::addColumn<int>("samples");
        QTest::addColumn<NoDataReason>("reason");
        QTest::newRow("none") << 0 << NoDataReason::NoSamplesInRange;
        QTest::newRow("one") << 1 << NoDataReason::WarmingUp;
        QTest::newRow("two") << 2 << NoDataReason::None;
    }
    void cpu_states()
    {
        QFETCH(int, samples);
        QFETCH(NoDataReason, reason);
        InputBuilder builder;
        builder.agent("a");
        builder.input.agents[0].agent.cpuCount = 4; // known even without a sample
        if (samples > 0)
            builder.samples("a", Metric::CpuUsageNs, InputBuilder::host(), 900 - 5 * (samples - 1), 900, 0, 1e9);
        QCOMPARE(builder.panel(PanelId::CpuUsage).reason, reason);
    }

    void memory_isTheNodesShareAndTheWorstPod()
    {
        InputBuilder builder;
        node(builder, "a", 1, 2048);
        builder.samples("a", Metric::MemoryWorkingSetBytes, InputBuilder::pod("web"), -60, 900, 100 * mib, 0)
            .samples("a", Metric::MemoryLimitBytes, InputBuilder::pod("web"), -60, 900, 400 * mib, 0);
        builder.samples("a", Metric::MemoryWorkingSetBytes, InputBuilder::pod("free"), -60, 900, 900 * mib, 0);
        builder.samples("a", Metric::FilesystemTotalBytes, InputBuilder::host(), 0, 900, 1000, 0, "/")
            .samples("a", Metric::FilesystemUsedBytes, InputBuilder::host(), 0, 900, 300, 0, "/");
        const PanelSnapshot panel = builder.panel(PanelId::MemoryUsage);
        QVERIFY(near(panel.value->value, 25));
        QVERIFY(near(fact(panel, "used")->value, 2048 * mib));
        QVERIFY(near(fact(panel, "working-set")->value, 1000 * mib));
        QVERIFY(near(fact(panel, "worst")->value, 25)); // node and pod are equal: the node came first
        QVERIFY(near(fact(panel, "disk")->value, 30));
        QCOMPARE(fact(panel, "disk")->label, std::string("a:/"));
        QVERIFY(!fact(panel, "time-to-limit")); // level
        QVERIFY(!panel.pastThreshold);
    }

    void memory_volumesOfContainersAreNoDisks()
    {
        InputBuilder builder;
        node(builder, "a", 1, 2048);
        const auto add = [&](const wire::Origin &origin, double used, double total) {
            builder.samples("a", Metric::FilesystemTotalBytes, origin, 0, 900, total, 0, "/data")
                .samples("a", Metric::FilesystemUsedBytes, origin, 0, 900, used, 0, "/data");
        };
        add(InputBuilder::pod("web", "c1"), 5000, 5000); // full, at the place of a disk that is not
        QVERIFY(!fact(builder.panel(PanelId::MemoryUsage), "disk"));
        add(InputBuilder::host(), 300, 1000);
        const PanelSnapshot panel = builder.panel(PanelId::MemoryUsage);
        QVERIFY(near(fact(panel, "disk")->value, 30));
        QCOMPARE(fact(panel, "disk")->label, std::string("a:/data"));
        QVERIFY(near(fact(panel, "volume")->value, 100));
        QCOMPARE(fact(panel, "volume")->label, std::string("shop/web:/data"));
        QVERIFY(!panel.pastThreshold && panel.breaches.empty());
    }

    void memory_forecastNeedsAKnownLimitAndARise_data()
    {
        QTest::addColumn<double>("perSecond");
        QTest::addColumn<bool>("limited");
        QTest::addColumn<double>("seconds"); // -1 = none
        QTest::newRow("one MiB per second to a limit 300 MiB away") << 1. << true << 300.;
        QTest::newRow("falling") << -0.1 << true << -1.;
        QTest::newRow("level") << 0. << true << -1.;
        QTest::newRow("no limit, no forecast") << 1. << false << -1.;
        QTest::newRow("further than a day") << 0.001 << true << -1.;
    }
    void memory_forecastNeedsAKnownLimitAndARise()
    {
        QFETCH(double, perSecond);
        QFETCH(bool, limited);
        QFETCH(double, seconds);
        InputBuilder builder;
        node(builder, "a", 1, 0);
        const double now = 1000 * mib, start = now - perSecond * 900 * mib;
        builder.samples("a", Metric::MemoryWorkingSetBytes, InputBuilder::pod("web"), 0, 900, start, perSecond * mib);
        if (limited)
            builder.samples("a", Metric::MemoryLimitBytes, InputBuilder::pod("web"), 0, 900, 1300 * mib, 0);
        const PanelSnapshot panel = builder.panel(PanelId::MemoryUsage);
        const Fact *forecast = fact(panel, "time-to-limit");
        QCOMPARE(forecast != nullptr, seconds >= 0);
        if (forecast) {
            QVERIFY(std::abs(forecast->value / 1e9 - seconds) < 1);
            QVERIFY(std::abs(fact(panel, "slope")->value - perSecond * mib) < 1);
            QCOMPARE(forecast->label, std::string("shop/web"));
        }
    }

    void memory_thresholds_data()
    {
        QTest::addColumn<double>("since");
        QTest::addColumn<double>("disk");
        QTest::addColumn<bool>("past");
        QTest::addColumn<QString>("sentence");
        QTest::newRow("ten minutes above 90 %") << 295. << 10. << true << "memory-high";
        QTest::newRow("nine minutes above 90 %") << 360. << 10. << false << "pending";
        QTest::newRow("a full disk") << 2000. << 86. << true << "disk-high";
        QTest::newRow("a disk at its bound") << 2000. << 85. << false << "all-good";
    }
    void memory_thresholds()
    {
        QFETCH(double, since);
        QFETCH(double, disk);
        QFETCH(bool, past);
        QFETCH(QString, sentence);
        InputBuilder builder;
        node(builder, "a", 1, 0);
        builder.samples("a", Metric::NetRxBytes, InputBuilder::host(), -60, 900, 0, 100, "eth0")
            .samples("a", Metric::NetTxBytes, InputBuilder::host(), -60, 900, 0, 50, "eth0");
        SeriesData &available = builder.input.series[3];
        QCOMPARE(available.key.metric, Metric::NodeMemoryAvailableBytes);
        for (SeriesBucket &bucket : available.buckets)
            bucket.last = bucket.timeNs >= at(since) ? static_cast<std::int64_t>(400 * mib) : static_cast<std::int64_t>(4000 * mib);
        builder.samples("a", Metric::FilesystemTotalBytes, InputBuilder::host(), 0, 900, 1000, 0, "/data")
            .samples("a", Metric::FilesystemUsedBytes, InputBuilder::host(), 0, 900, disk * 10, 0, "/data");
        const PanelSnapshot panel = builder.panel(PanelId::MemoryUsage);
        QCOMPARE(panel.pastThreshold, past);
        QCOMPARE(panel.breaches.size(), past ? 1u : 0u);
        if (past) {
            const Breach &breach = panel.breaches.front();
            const bool ofDisk = disk > 85;
            QCOMPARE(breach.key, std::string(ofDisk ? "disk" : "memory"));
            QCOMPARE(breach.label, std::string(ofDisk ? "a:/data" : "a"));
            QCOMPARE(breach.headline, !ofDisk); // a full disk is not the memory's figure
            QCOMPARE(breach.threshold.value, ofDisk ? 85. : 90.);
        }
        QCOMPARE(panel.pending.size(), sentence == "pending" ? 1u : 0u);
        QCOMPARE(QString::fromStdString(builder.group(2).key), sentence);
    }

    void pending_data()
    {
        QTest::addColumn<double>("since");
        QTest::addColumn<double>("until");
        QTest::addColumn<int>("heldSeconds");
        QTest::addColumn<GroupSummary::Level>("level");
        QTest::newRow("four minutes of fifteen") << 655. << 900. << 240 << GroupSummary::Level::Pending;
        QTest::newRow("ten seconds of fifteen minutes") << 885. << 900. << 10 << GroupSummary::Level::Pending;
        QTest::newRow("all of its time") << -60. << 900. << 0 << GroupSummary::Level::Bad;
        QTest::newRow("past and over") << 300. << 600. << 0 << GroupSummary::Level::Ok;
        QTest::newRow("never") << 2000. << 2000. << 0 << GroupSummary::Level::Ok;
    }
    /// An alert that must hold is pending from its first reading past the bound, and the group says so.
    void pending()
    {
        QFETCH(double, since);
        QFETCH(double, until);
        QFETCH(int, heldSeconds);
        QFETCH(GroupSummary::Level, level);
        InputBuilder builder;
        node(builder, "a", 1, 1024);
        builder.samples("a", Metric::NetRxBytes, InputBuilder::host(), -60, 900, 0, 100, "eth0")
            .samples("a", Metric::NetTxBytes, InputBuilder::host(), -60, 900, 0, 50, "eth0");
        SeriesData &cpu = *std::find_if(builder.input.series.begin(), builder.input.series.end(),
                                        [](const SeriesData &data) { return data.key.metric == Metric::CpuUsageNs; });
        std::int64_t total = 0;
        for (SeriesBucket &bucket : cpu.buckets) {
            total += bucket.timeNs > at(since) && bucket.timeNs <= at(until) ? 19'800'000'000 : 5'000'000'000;
            bucket = {bucket.timeNs, 1, total, total, total, total, bucket.timeNs, bucket.timeNs};
        }
        const PanelSnapshot panel = builder.panel(PanelId::CpuUsage);
        const GroupSummary group = builder.group(2);
        QCOMPARE(group.level, level);
        QCOMPARE(panel.pastThreshold, level == GroupSummary::Level::Bad);
        QCOMPARE(panel.pending.size(), heldSeconds > 0 ? 1u : 0u);
        if (heldSeconds == 0)
            return;
        QCOMPARE(panel.pending.front().label, std::string("a"));
        QCOMPARE(panel.pending.front().heldNs, heldSeconds * nsPerSecond); // up to the last whole bucket
        const std::vector<std::string> arguments{"cpu", "a", "80", std::to_string(heldSeconds), "900"};
        QCOMPARE(group.key, std::string("pending"));
        QCOMPARE(group.arguments, arguments);
    }

    /// The range is as long as the rule, and its ends fall anywhere between readings.
    void breachOfARangeAsLongAsItsRule()
    {
        for (double second = 0; second < 10; second += 0.5) {
            InputBuilder builder;
            builder.input.fromNs = at(second);
            builder.input.toNs = builder.input.nowNs = at(900 + second);
            builder.agent("a").samples("a", Metric::CpuUsageNs, InputBuilder::host(), -57, 900 + second, 0, 3.9e9);
            builder.samples("a", Metric::NodeCpuCount, InputBuilder::host(), -57, 900 + second, 4, 0);
            const PanelSnapshot panel = builder.panel(PanelId::CpuUsage);
            QVERIFY2(panel.pastThreshold, qPrintable(QString::number(second)));
        }
    }

    void breachOfALongRange_data()
    {
        QTest::addColumn<double>("from");
        QTest::addColumn<int>("cpuSeconds"); // that an alert is pending for; 0 = it is past its bound
        QTest::addColumn<int>("memorySeconds");
        QTest::newRow("under seven minutes of data") << 590. << 410 << 410;
        QTest::newRow("eleven minutes: of memory no more is needed") << 340. << 660 << 0;
        QTest::newRow("sixteen minutes") << 40. << 0 << 0;
    }
    /// A breach lasts as long as its data, however long the buckets of the range are.
    void breachOfALongRange()
    {
        QFETCH(double, from);
        QFETCH(int, cpuSeconds);
        QFETCH(int, memorySeconds);
        InputBuilder builder;
        builder.input.toNs = builder.input.nowNs = at(1000);
        builder.input.fromNs = at(1000 - 86'400);
        builder.input.sampleBucketNs = 300 * nsPerSecond;
        builder.agent("a").samples("a", Metric::CpuUsageNs, InputBuilder::host(), from, 1000, 0, 3.9e9);
        builder.samples("a", Metric::NodeCpuCount, InputBuilder::host(), from, 1000, 4, 0);
        builder.samples("a", Metric::NodeMemoryTotalBytes, InputBuilder::host(), from, 1000, 8192 * mib, 0);
        builder.samples("a", Metric::NodeMemoryAvailableBytes, InputBuilder::host(), from, 1000, 100 * mib, 0);
        for (const auto &[id, seconds] : {std::pair(PanelId::CpuUsage, cpuSeconds), std::pair(PanelId::MemoryUsage, memorySeconds)}) {
            const PanelSnapshot panel = builder.panel(id);
            QCOMPARE(panel.pastThreshold, seconds == 0);
            QCOMPARE(panel.breaches.size(), seconds == 0 ? 1u : 0u);
            QCOMPARE(panel.pending.size(), seconds == 0 ? 0u : 1u);
            if (seconds > 0)
                QCOMPARE(panel.pending.front().heldNs, seconds * nsPerSecond);
            QCOMPARE(panel.checks.front().knownNs, static_cast<std::int64_t>(1000 - from) * nsPerSecond);
        }
    }

    void scaling_data()
    {
        QTest::addColumn<int>("minutes");        // length of the range
        QTest::addColumn<double>("usage");       // cores of four, and GiB of eight / 2
        QTest::addColumn<double>("sinceMinute"); // before it: half
        QTest::addColumn<QList<bool>>("held");   // CPU up, down; memory up, down
        QTest::addColumn<QList<double>>("heldMinutes");
        QTest::newRow("an hour of load") << 60 << 3.5 << -1. << QList<bool>{true, false, true, false} << QList<double>{60, 0, 60, 0};
        QTest::newRow("too little history to say")
            << 15 << 3.5 << -1. << QList<bool>{false, false, false, false} << QList<double>{15, 0, 15, 0};
        QTest::newRow("half an hour of load is enough for memory")
            << 60 << 3.5 << 28. << QList<bool>{false, false, true, false} << QList<double>{32, 0, 32, 0};
        QTest::newRow("idle for four hours") << 240 << 1. << -1. << QList<bool>{false, true, false, true} << QList<double>{0, 240, 0, 240};
        QTest::newRow("idle for two hours") << 120 << 1. << -1. << QList<bool>{false, false, false, true} << QList<double>{0, 120, 0, 120};
    }
    void scaling()
    {
        QFETCH(int, minutes);
        QFETCH(double, usage);
        QFETCH(double, sinceMinute);
        QFETCH(QList<bool>, held);
        QFETCH(QList<double>, heldMinutes);
        InputBuilder builder;
        const double seconds = minutes * 60.;
        builder.input.toNs = builder.input.nowNs = at(seconds);
        builder.agent("a").figure(figure::agentAlive, "a", {{seconds, 1}});
        builder.samples("a", Metric::NodeCpuCount, InputBuilder::host(), -60, seconds, 4, 0)
            .samples("a", Metric::NodeMemoryTotalBytes, InputBuilder::host(), -60, seconds, 8192 * mib, 0);
        SeriesData cpu{{"a", Metric::CpuUsageNs, InputBuilder::host(), {}}, {}}, available = cpu;
        available.key.metric = Metric::NodeMemoryAvailableBytes;
        double total = 0;
        for (double t = -60; t <= seconds; t += 5) {
            const double now = t > sinceMinute * 60 ? usage : usage / 2;
            total += 5 * now * 1e9;
            const auto used = static_cast<std::int64_t>(total), left = static_cast<std::int64_t>((8 - 2 * now) * 1024 * mib);
            cpu.buckets.push_back({at(t), 1, used, used, used, used, at(t), at(t)});
            available.buckets.push_back({at(t), 1, left, left, left, left, at(t), at(t)});
        }
        builder.input.series.push_back(std::move(cpu));
        builder.input.series.push_back(std::move(available));
        QList<bool> foundHeld;
        for (const PanelId id : {PanelId::CpuUsage, PanelId::MemoryUsage}) {
            const PanelSnapshot panel = builder.panel(id);
            QCOMPARE(panel.checks.size(), 2u);
            for (const ThresholdCheck &check : panel.checks) {
                QVERIFY2(std::abs(static_cast<double>(check.heldNs) / 60e9 - heldMinutes[foundHeld.size()]) < 0.2,
                         qPrintable(QString::number(static_cast<double>(check.heldNs) / 60e9)));
                QVERIFY(std::abs(static_cast<double>(check.knownNs) / 60e9 - minutes) < 0.2);
                foundHeld << check.held;
            }
        }
        QCOMPARE(foundHeld, held);
    }

    void scaling_aGapIsNoHistory()
    {
        InputBuilder builder;
        node(builder, "a", 3.5, 1024);
        for (SeriesData &data : builder.input.series)
            std::erase_if(data.buckets, [](const SeriesBucket &bucket) { return bucket.timeNs > at(300) && bucket.timeNs < at(600); });
        const PanelSnapshot panel = builder.panel(PanelId::CpuUsage);
        QVERIFY(std::abs(static_cast<double>(panel.checks[0].knownNs) / 1e9 - 300) <= 10);
        QVERIFY(!panel.checks[0].held);
    }

    void network_leavesOutWhatIsCountedElsewhere()
    {
        InputBuilder builder;
        builder.agent("a");
        const auto flow = [&builder](const char *interface, double rx, double tx) {
            builder.samples("a", Metric::NetRxBytes, InputBuilder::host(), 800, 900, 0, rx, interface)
                .samples("a", Metric::NetTxBytes, InputBuilder::host(), 800, 900, 0, tx, interface);
        };
        flow("eth0", 1000, 400);
        flow("eth1", 10, 4);
        flow("lo", 5000, 5000);
        flow("veth12", 700, 300);
        flow("cni0", 700, 300);
        builder.samples("a", Metric::TcpRetransmits, InputBuilder::pod("web", "c1"), 800, 900, 0, 2)
            .samples("a", Metric::TcpRetransmits, InputBuilder::cgroup("/kubepods"), 800, 900, 0, 1);
        builder.samples("a", Metric::AgentSentBytes, InputBuilder::host(), 800, 900, 0, 77);
        const PanelSnapshot panel = builder.panel(PanelId::NetworkIo);
        QVERIFY(near(panel.value->value, 1414));
        QVERIFY(near(fact(panel, "receive")->value, 1010));
        QVERIFY(near(fact(panel, "transmit")->value, 404));
        QVERIFY(near(fact(panel, "retransmits")->value, 3));
        QVERIFY(near(fact(panel, "agent")->value, 77));
        QVERIFY(near(fact(panel, "loopback")->value, 5000)); // said beside it
        QVERIFY(std::ranges::none_of(panel.computation.inputs, [](const Fact &input) { return input.key == "loopback"; }));
        QVERIFY(!fact(panel, "connection-failures")); // not measured is not 0
        QCOMPARE(panel.series.size(), 2u);
        QVERIFY(!panel.series[0].below && panel.series[1].below);
        QVERIFY(near(panel.series[1].points.back().value, 404));
        QCOMPARE(panel.computation.sources, (std::vector<std::string>{"a/eth0", "a/eth1"}));
    }

    void network_withoutLoopbackSaysNothingOfIt()
    {
        InputBuilder builder;
        builder.agent("a").samples("a", Metric::NetRxBytes, InputBuilder::host(), 800, 900, 0, 0, "eth0");
        const PanelSnapshot panel = builder.panel(PanelId::NetworkIo);
        QCOMPARE(panel.value->value, 0.);
        QVERIFY(!fact(panel, "loopback"));
    }

    void pods_data()
    {
        QTest::addColumn<double>("lastSample");
        QTest::addColumn<QList<double>>("restarts");
        QTest::addColumn<double>("oomAt");    // 0 = none
        QTest::addColumn<double>("exitCode"); // -1 = none
        QTest::addColumn<QString>("shown");
        QTest::newRow("running") << 900. << QList<double>{} << 0. << -1. << "running";
        QTest::newRow("ended by itself") << 600. << QList<double>{} << 0. << 0. << "ended";
        QTest::newRow("ended, nobody knows how") << 600. << QList<double>{} << 0. << -1. << "ended";
        QTest::newRow("ended with an error") << 600. << QList<double>{} << 0. << 137. << "error";
        QTest::newRow("restarted once") << 900. << QList<double>{100} << 0. << -1. << "restarted";
        QTest::newRow("crash loop: three restarts in half an hour") << 900. << QList<double>{-800, 100, 500} << 0. << 1. << "crash-loop";
        QTest::newRow("three restarts in an hour are none") << 900. << QList<double>{-2000, 100, 500} << 0. << -1. << "restarted";
        QTest::newRow("out of memory in the last hour") << 900. << QList<double>{} << -2600. << -1. << "oom-killed";
        QTest::newRow("out of memory before that") << 900. << QList<double>{} << -2800. << -1. << "running";
    }
    void pods()
    {
        QFETCH(double, lastSample);
        QFETCH(QList<double>, restarts);
        QFETCH(double, oomAt);
        QFETCH(double, exitCode);
        QFETCH(QString, shown);
        InputBuilder builder;
        builder.agent("a").samples("a", Metric::MemoryWorkingSetBytes, InputBuilder::pod("web", "c1"), 0, lastSample, 1, 0);
        for (const double t : restarts)
            builder.figure(figure::podRestart, "shop/web", {{t, 1}});
        if (oomAt != 0)
            builder.figure(figure::podOom, "shop/web", {{oomAt, 1}});
        if (exitCode >= 0)
            builder.figure(figure::podExit, "shop/web", {{lastSample, exitCode}});
        const PanelSnapshot panel = builder.panel(PanelId::PodStatus);
        QCOMPARE(state(panel, shown.toStdString()), 1.);
        const auto &view = std::get<PodStatusView>(panel.view);
        QCOMPARE(view.states.size(), 1u);
        QVERIFY(view.observedOnly);
        const bool bad = shown == "crash-loop" || shown == "oom-killed" || shown == "error";
        QCOMPARE(panel.pastThreshold, bad);
        QCOMPARE(view.worst.size(), bad ? 1u : 0u);
        QCOMPARE(builder.group(2).key == "pods-bad", bad);
    }

    void pods_ofASilentNodeAreUnknown()
    {
        InputBuilder builder;
        builder.agent("a", false).samples("a", Metric::MemoryWorkingSetBytes, InputBuilder::pod("web", "c1"), 0, 800, 1, 0);
        QCOMPARE(state(builder.panel(PanelId::PodStatus), "unknown"), 1.);
    }

    void sampled_panelsSayWhatDidNotFit()
    {
        InputBuilder builder;
        node(builder, "a", 1, 1024);
        builder.input.seriesRefused = 12;
        const PanelSnapshot cpu = builder.panel(PanelId::CpuUsage);
        QCOMPARE(cpu.state, PanelState::Partial);
        QCOMPARE(cpu.seriesRefused, 12u);
        QVERIFY(cpu.detail.empty()); // words are the ui's
    }

    void sampled_panelsOfADeadNodeAreStale()
    {
        InputBuilder builder;
        builder.agent("a", false);
        builder.samples("a", Metric::CpuUsageNs, InputBuilder::host(), 0, 600, 0, 2e9);
        builder.samples("a", Metric::NodeCpuCount, InputBuilder::host(), 0, 600, 4, 0);
        const PanelSnapshot cpu = builder.panel(PanelId::CpuUsage);
        QCOMPARE(cpu.state, PanelState::Stale);
        QCOMPARE(cpu.asOfNs, at(600));
        QVERIFY(near(cpu.value->value, 50));
    }

    void pods_noneIsNoKubernetes()
    {
        InputBuilder builder;
        node(builder, "a", 1, 1)
            .samples("a", Metric::MemoryWorkingSetBytes, InputBuilder::cgroup("/system.slice/ssh.service"), 0, 900, 1, 0);
        builder.samples("a", Metric::NetRxBytes, InputBuilder::host(), 0, 900, 0, 1, "eth0");
        builder.agent("away", false);
        QCOMPARE(builder.panel(PanelId::PodStatus).reason, NoDataReason::NoKubernetes);
        QCOMPARE(builder.panel(PanelId::PodStatus).have, 1.); // of the two nodes is connected
        QCOMPARE(builder.group(2).key, std::string("all-good"));
    }
};

QTEST_APPLESS_MAIN(TestHealthPanels)
#include "tst_healthpanels.moc"
