// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include <cmath>

#include "tests/console/inputbuilder.h"

using namespace tapio;
using namespace tapio::console;
using namespace tapio::test;

namespace {

bool near(double a, double b) { return std::abs(a - b) < 1e-6 * std::max(1., std::abs(b)); }

} // namespace

class TestProcessingPanels : public QObject {
    Q_OBJECT
private slots:
    void everyPanel_saysNoAgentBeforeThereIsOne()
    {
        const OverviewSnapshot overview = computeOverview(InputBuilder().input, 7);
        for (const PanelSnapshot &panel : overview.panels) {
            QCOMPARE(panel.revision, 7u);
            QVERIFY2(!panel.value, panelKey(panel.id).data());
            QCOMPARE(panel.state, PanelState::NoData);
            QCOMPARE(panel.reason, panel.id == PanelId::UserInteractions ? NoDataReason::NoOperatorAction : NoDataReason::NoAgent);
            QVERIFY(!panel.computation.formulaKey.empty());
            QVERIFY(panel.toNs > panel.fromNs);
        }
        QCOMPARE(overview.groups[0].key, std::string("no-agent"));
    }

    void everyPanel_namesTheStoresFailure()
    {
        InputBuilder builder;
        builder.agent("a").input.failure = "chunk 7: checksum differs (corrupt)";
        for (const PanelSnapshot &panel : computeOverview(builder.input, 1).panels) {
            QCOMPARE(panel.state, PanelState::Failed);
            QCOMPARE(panel.reason, NoDataReason::StoreFailed);
            QCOMPARE(panel.detail, builder.input.failure);
        }
        QCOMPARE(builder.group(0).key, std::string("failed"));
    }

    void eventsProcessed_isTheRateOverTenSeconds()
    {
        InputBuilder builder;
        builder.agent("a")
            .ramp(figure::processed, "a/process", 0, 840, 1, 0, 50)
            .ramp(figure::processed, "a/process", 841, 900, 1, 42'000 + 80, 80);
        builder.ramp(figure::processed, "a/tcp", 0, 900, 1, 500, 20).ramp(figure::received, "a", 0, 900, 1, 0, 110);
        const PanelSnapshot panel = builder.panel(PanelId::EventsProcessed);
        QCOMPARE(panel.state, PanelState::Ready);
        QVERIFY(near(panel.value->value, 100)); // 80 + 20 now
        QCOMPARE(panel.asOfNs, at(900));
        QVERIFY(near(fact(panel, "average-1m")->value, 80 + 20)); // the last 60 s had 80
        QVERIFY(near(fact(panel, "received")->value, 110));
        QVERIFY(near(fact(panel, "source", "process")->value, 80));
        QVERIFY(near(fact(panel, "source", "tcp")->value, 20));
        QCOMPARE(panel.computation.windowNs, 10 * nsPerSecond);
        QCOMPARE(panel.computation.n, 1000u);
        QVERIFY(series(panel, "a/process")->stacked);
        QCOMPARE(panel.bucketNs, nsPerSecond);
        QVERIFY(near(series(panel, "a/tcp")->points.at(450).value, 20));
    }

    void eventsProcessed_countsAfterAResetFromZero()
    {
        InputBuilder builder;
        builder.agent("a").ramp(figure::processed, "a/tcp", 0, 895, 1, 1'000'000, 10).ramp(figure::processed, "a/tcp", 896, 900, 1, 0, 10);
        const PanelSnapshot panel = builder.panel(PanelId::EventsProcessed);
        // From 890 to 895: 50; the restart gives 0 known events in its first second; then 40.
        QVERIFY(near(panel.value->value, 9));
        for (const PlotPoint &point : series(panel, "a/tcp")->points)
            QVERIFY(std::isnan(point.value) || point.value >= 0);
    }

    void eventsProcessed_manySourcesAreDrawnByNode()
    {
        InputBuilder builder;
        for (const char *node : {"a", "b", "c", "d"}) {
            builder.agent(node);
            for (const char *source : {"process", "oom", "signal", "tcp"})
                builder.ramp(figure::processed, std::string(node) + '/' + source, 0, 900, 1, 0, 5);
        }
        const PanelSnapshot panel = builder.panel(PanelId::EventsProcessed);
        QVERIFY(near(panel.value->value, 80));
        QVERIFY(near(series(panel, "c")->points.at(100).value, 20));
        QVERIFY(!series(panel, "c/tcp"));
    }

    void eventsProcessed_topFiftyAndExactOthers()
    {
        InputBuilder builder;
        for (int i = 0; i < 60; ++i)
            builder.agent("n" + std::to_string(i)).ramp(figure::processed, "n" + std::to_string(i) + "/tcp", 0, 900, 1, 0, i + 1);
        const PanelSnapshot panel = builder.panel(PanelId::EventsProcessed);
        QVERIFY(near(panel.value->value, 60 * 61 / 2));
        QCOMPARE(panel.seriesTotal, 60u);
        QVERIFY(near(series(panel, "others")->points.at(100).value, 10 * 11 / 2)); // the ten smallest
        QVERIFY(!series(panel, "n9"));
        QVERIFY(series(panel, "n10"));
    }

    void eventsProcessed_needsTwoReadings()
    {
        InputBuilder builder;
        builder.agent("a").figure(figure::processed, "a/tcp", {{900, 10}});
        builder.input.toNs = at(901);
        const PanelSnapshot panel = builder.panel(PanelId::EventsProcessed);
        QCOMPARE(panel.reason, NoDataReason::WarmingUp);
        QVERIFY(near(panel.have, 1));
        QVERIFY(near(panel.need, 2));
    }

    void eventsProcessed_oldReadingsAreShownAsOld()
    {
        InputBuilder builder;
        builder.agent("a", false).ramp(figure::processed, "a/tcp", 0, 800, 1, 0, 10).ramp(figure::processed, "b/tcp", 0, 700, 1, 0, 50);
        const PanelSnapshot panel = builder.panel(PanelId::EventsProcessed);
        QCOMPARE(panel.state, PanelState::Stale);
        QCOMPARE(panel.asOfNs, at(800));
        QVERIFY(near(panel.value->value, 10)); // b had ended long before
    }

    void eventsProcessed_isPartialWhileANodeIsSilent()
    {
        InputBuilder builder;
        builder.agent("a").agent("b", false).ramp(figure::processed, "a/tcp", 0, 900, 1, 0, 10);
        const PanelSnapshot panel = builder.panel(PanelId::EventsProcessed);
        QCOMPARE(panel.state, PanelState::Partial);
        QCOMPARE(panel.detail, std::string("b"));
    }

    void eventsProcessed_nothingFromAConnectedNodeIsAMeasured0_data()
    {
        QTest::addColumn<double>("from"); // connected in [from, to)
        QTest::addColumn<double>("to");
        QTest::addColumn<int>("state");
        QTest::addColumn<int>("reason");
        const auto row = [](const char *name, double from, double to, PanelState state, NoDataReason reason = NoDataReason::None) {
            QTest::newRow(name) << from << to << static_cast<int>(state) << static_cast<int>(reason);
        };
        row("all the time", 0, 901, PanelState::Ready);
        row("since a minute", 840, 901, PanelState::Ready);
        row("since a second", 900, 901, PanelState::NoData, NoDataReason::WarmingUp);
        row("until five minutes ago", 0, 600, PanelState::Stale);
        row("never", 0, 0, PanelState::NoData, NoDataReason::NoSamplesInRange);
    }
    void eventsProcessed_nothingFromAConnectedNodeIsAMeasured0()
    {
        QFETCH(double, from);
        QFETCH(double, to);
        QFETCH(int, state);
        QFETCH(int, reason);
        InputBuilder builder;
        builder.input.agents.push_back({});
        builder.input.agents.back().node = "a";
        for (int t = 0; t <= 900; ++t)
            builder.figure(figure::agentAlive, "a", {{t, t >= from && t < to ? 1. : 0.}});
        const PanelSnapshot panel = builder.panel(PanelId::EventsProcessed);
        QCOMPARE(static_cast<int>(panel.state), state);
        QCOMPARE(static_cast<int>(panel.reason), reason);
        QCOMPARE(panel.value.has_value(), panel.reason == NoDataReason::None);
        if (!panel.value)
            return;
        QCOMPARE(panel.value->value, 0.);
        QCOMPARE(fact(panel, "received")->value, 0.);
        QVERIFY(!fact(panel, "source"));
        const PlotSeries *line = series(panel, "a");
        QVERIFY(line);
        std::map<std::int64_t, double> points;
        for (const PlotPoint &point : line->points)
            points[point.timeNs] = point.value;
        for (int t = 0; t <= 899; ++t) { // a point stands until the next one
            const auto point = std::prev(points.upper_bound(at(t)));
            QCOMPARE(std::isnan(point->second), t <= from || t >= to);
        }
    }

    void latency_withoutAnEventSaysWhy_data()
    {
        QTest::addColumn<int>("connected");
        QTest::addColumn<double>("came");
        QTest::addColumn<double>("held");
        QTest::addColumn<int>("reason");
        QTest::addColumn<double>("have");
        QTest::newRow("nothing came from two nodes") << 2 << 0. << 0. << static_cast<int>(NoDataReason::NoEvents) << 2.;
        QTest::newRow("what came was kept back on purpose") << 1 << 9. << 9. << static_cast<int>(NoDataReason::NotTimed) << 9.;
        QTest::newRow("some were timed, though none lately") << 1 << 9. << 4. << static_cast<int>(NoDataReason::NoSamplesInRange) << 0.;
        QTest::newRow("nobody was there to send") << 0 << 0. << 0. << static_cast<int>(NoDataReason::NoSamplesInRange) << 0.;
    }
    void latency_withoutAnEventSaysWhy()
    {
        QFETCH(int, connected);
        QFETCH(double, came);
        QFETCH(double, held);
        QFETCH(int, reason);
        QFETCH(double, have);
        InputBuilder builder;
        builder.agent("gone", false);
        for (int n = 0; n < connected; ++n)
            builder.agent("n" + std::to_string(n)).ramp(figure::agentAlive, "n" + std::to_string(n), 901, 900, 1, 1, 0);
        for (auto &[node, alive] : builder.input.figures[std::string(figure::agentAlive)])
            for (int t = 899; node != "gone" && t >= 0; --t)
                alive.insert(alive.begin(), {at(t), 1});
        if (came > 0)
            builder.figure(figure::processed, "n0/tcp", {{500, 0}, {501, came}, {900, came}});
        if (held > 0)
            builder.figure(figure::latencyHeld, "n0", {{500, 0}, {501, held}, {900, held}});
        const PanelSnapshot panel = builder.panel(PanelId::ProcessingLatency);
        QCOMPARE(panel.state, PanelState::NoData);
        QCOMPARE(static_cast<int>(panel.reason), reason);
        QCOMPARE(panel.have, have);
    }

    /// Other figures are measured: a group with nothing to time has no fault.
    void latency_withoutAnEventIsNoFaultOfTheGroup()
    {
        InputBuilder builder;
        builder.agent("a").counters("a", "tcp", {{Counter::Seen, 100}, {Counter::Folded, 100}});
        for (int t = 0; t <= 900; ++t)
            builder.figure(figure::queueAgent, "a", {{t, 0}});
        builder.input.figures[std::string(figure::agentAlive)]["a"].clear();
        builder.ramp(figure::agentAlive, "a", 0, 900, 1, 1, 0);
        QCOMPARE(builder.panel(PanelId::ProcessingLatency).reason, NoDataReason::NoEvents);
        QCOMPARE(builder.group(0).key, std::string("all-good"));
    }

    /// Of what was lost while nobody reported, nobody knows the second.
    void losses_ofAGapAreOfAllOfIt()
    {
        InputBuilder builder;
        builder.agent("a").counters("a", "tcp", {{Counter::Seen, 100}}).ramp(figure::processed, "a/tcp", 0, 900, 1, 0, 10);
        auto &readings = builder.input.counters[0].readings;
        std::erase_if(readings, [](const auto &reading) { return reading.timeNs > at(100) && reading.timeNs < at(400); });
        for (auto &reading : readings)
            reading.counters[Counter::QDrop] = reading.timeNs >= at(400) ? 3000 : 0;
        const PanelSnapshot panel = builder.panel(PanelId::EventsProcessed);
        QCOMPARE(panel.losses.size(), 1u);
        QCOMPARE(panel.losses[0].fromNs, at(105));
        QCOMPARE(panel.losses[0].toNs, at(405));
        QCOMPARE(panel.losses[0].lost, 3000u);
        QCOMPARE(panel.losses[0].of, 30'000u);
        double drawn = 0, highest = 0;
        for (const PlotPoint &point : series(panel, "lost")->points) {
            drawn += std::isnan(point.value) ? 0 : point.value * 5;
            highest = std::max(highest, point.value);
        }
        QVERIFY2(near(highest, 10), qPrintable(QString::number(highest)));
        QVERIFY2(near(drawn, 3000), qPrintable(QString::number(drawn)));
    }

    void losses_areBandsByNodeAndCause()
    {
        InputBuilder builder;
        builder.agent("a").counters("a", "tcp", {{Counter::Seen, 100}});
        auto &readings = builder.input.counters[0].readings;
        // 30 lost between 100 and 105 s and 20 between 105 and 110 s; 7 shed at 300 s.
        for (auto &reading : readings) {
            const double t = static_cast<double>(reading.timeNs - at(0)) / 1e9;
            reading.counters[Counter::Lost] = t >= 110 ? 50 : t >= 105 ? 30 : 0;
            reading.counters[Counter::Shed] = t >= 300 ? 7 : 0;
        }
        builder.figure(figure::transitLoss, "b", {{10, 0}, {600, 0}, {601, 13}, {700, 13}});
        const PanelSnapshot panel = builder.panel(PanelId::EventsProcessed);
        QCOMPARE(panel.losses.size(), 3u);
        const LossBand &lost = panel.losses[0];
        QCOMPARE(lost.cause, std::string("lost"));
        QCOMPARE(lost.fromNs, at(105));
        QCOMPARE(lost.toNs, at(115));
        QCOMPARE(lost.lost, 50u);
        QCOMPARE(lost.of, 1000u);
        QCOMPARE(panel.losses[1].cause, std::string("shed"));
        QCOMPARE(panel.losses[1].lost, 7u);
        QCOMPARE(panel.losses[2].node, std::string("b"));
        QCOMPARE(panel.losses[2].cause, std::string("gap"));
        QCOMPARE(panel.losses[2].lost, 13u);
        QVERIFY(near(*panel.computation.completeness, 100 * (1 - 57. / 89'500))); // what was lost on the way is not in it
        QVERIFY(near(*panel.computation.lost, 100 * 70. / 89'500));
        for (std::size_t id = 0; id < panelCount; ++id) { // one share, whichever panel says it
            const PanelSnapshot each = builder.panel(static_cast<PanelId>(id));
            QCOMPARE(each.computation.lost, each.losses.empty() ? std::optional<double>() : panel.computation.lost);
        }
        const GroupSummary group = builder.group(0);
        QCOMPARE(group.key, std::string("loss"));
        QCOMPARE(group.level, GroupSummary::Level::Attention); // 0.078 %, below 0.1 %
        QCOMPARE(group.arguments.at(1), std::string("lost"));
        QCOMPARE(group.arguments.at(2), std::string("a"));
    }

    void losses_theLineHasWhatTheBandsHave()
    {
        InputBuilder builder;
        builder.agent("a").counters("a", "tcp", {{Counter::Seen, 100}}).ramp(figure::processed, "a/tcp", 0, 900, 1, 0, 10);
        for (auto &reading : builder.input.counters[0].readings)
            reading.counters[Counter::QDrop] = reading.timeNs >= at(300) ? 20 : 0;
        builder.ramp(figure::transitLoss, "a", 0, 600, 1, 0, 0).ramp(figure::transitLoss, "a", 601, 900, 1, 30, 0);
        const PanelSnapshot panel = builder.panel(PanelId::EventsProcessed);
        double drawn = 0, banded = 0;
        for (const PlotPoint &point : series(panel, "lost")->points)
            drawn += std::isnan(point.value) ? 0 : point.value * static_cast<double>(builder.input.sampleBucketNs) / nsPerSecond;
        for (const LossBand &band : panel.losses)
            banded += static_cast<double>(band.lost);
        QVERIFY2(near(drawn, 50), qPrintable(QString::number(drawn)));
        QCOMPARE(banded, 50.);
    }

    void lastMinute_data()
    {
        QTest::addColumn<double>("at");    // a loss of 30 by ring, 7 by budget, 5 by queue, and 13 that never arrived
        QTest::addColumn<double>("toNow"); // seconds that the range ends before now
        QTest::addColumn<int>("bucket");
        QTest::addColumn<qint64>("lost"); // -1 = nothing is claimed
        QTest::newRow("in the last minute") << 880. << 0. << 5 << qint64{55};
        QTest::newRow("before it") << 800. << 0. << 5 << qint64{0};
        QTest::newRow("the range ends earlier") << 880. << 10. << 5 << qint64{-1};
        QTest::newRow("readings too coarse") << 880. << 0. << 60 << qint64{-1};
    }
    /// Seen are 100/s by each of two sources: counted once per source, not once per cause.
    void lastMinute()
    {
        QFETCH(double, at);
        QFETCH(double, toNow);
        QFETCH(int, bucket);
        QFETCH(qint64, lost);
        InputBuilder builder;
        builder.agent("a").counters("a", "tcp", {{Counter::Seen, 100}}).counters("a", "process", {{Counter::Seen, 100}});
        for (auto &reading : builder.input.counters[0].readings) {
            const bool after = reading.timeNs >= test::at(at);
            reading.counters[Counter::Lost] = after ? 30 : 0;
            reading.counters[Counter::Shed] = after ? 7 : 0;
            reading.counters[Counter::QDrop] = after ? 5 : 0;
        }
        builder.figure(figure::transitLoss, "a", {{0, 0}, {at, 0}, {at + 1, 13}, {900, 13}});
        builder.input.nowNs += static_cast<std::int64_t>(toNow * 1e9);
        builder.input.sampleBucketNs = bucket * nsPerSecond;
        const auto recent = computeOverview(builder.input, 1).lastMinute;
        QCOMPARE(recent.has_value(), lost >= 0);
        if (!recent)
            return;
        QCOMPARE(qint64(recent->lost), lost);
        QCOMPARE(recent->seen, 12'000u);
    }

    /// The node was away for ten minutes, the last 30 s of which are in the last minute.
    void lastMinute_hasItsShareOfAGap()
    {
        InputBuilder builder;
        builder.agent("a").counters("a", "tcp", {{Counter::Seen, 100}});
        auto &readings = builder.input.counters[0].readings;
        std::erase_if(readings, [](const auto &reading) { return reading.timeNs > at(270) && reading.timeNs < at(870); });
        for (auto &reading : readings)
            reading.counters[Counter::QDrop] = reading.timeNs >= at(870) ? 6000 : 0;
        const auto recent = computeOverview(builder.input, 1).lastMinute;
        QVERIFY(recent);
        QCOMPARE(recent->lost, 300u);
        QCOMPARE(recent->seen, 6000u);
    }

    void lastMinute_aSilentNodeHasNone()
    {
        InputBuilder builder;
        builder.agent("a", false).counters("a", "tcp", {{Counter::Seen, 100}, {Counter::Lost, 1}}, 0, 600);
        QVERIFY(!computeOverview(builder.input, 1).lastMinute);
    }

    void losses_ofTheConsolesQueueAreNamed()
    {
        InputBuilder builder;
        builder.agent("a").counters("a", "tcp", {{Counter::Seen, 100}});
        builder.figure(figure::consoleQueueLoss, "10.0.0.5:7117", {{10, 0}, {600, 0}, {601, 21}, {700, 21}});
        const PanelSnapshot panel = builder.panel(PanelId::EventsProcessed);
        QCOMPARE(panel.losses.size(), 1u);
        QCOMPARE(panel.losses[0].node, std::string("10.0.0.5:7117"));
        QCOMPARE(panel.losses[0].cause, std::string("console-queue"));
        QCOMPARE(panel.losses[0].lost, 21u);
        QCOMPARE(*panel.computation.completeness, 100.); // the agent's; what came later is in the share of lost events
    }

    void losses_anAgentsRestartIsNone()
    {
        InputBuilder builder;
        builder.agent("a")
            .counters("a", "tcp", {{Counter::Seen, 100}, {Counter::Lost, 0}}, 0, 450)
            .counters("a", "tcp", {{Counter::Seen, 100}}, 455, 900);
        for (auto &reading : builder.input.counters[1].readings)
            reading.streamId = 2;
        auto second = std::move(builder.input.counters[1].readings);
        builder.input.counters.pop_back();
        auto &first = builder.input.counters[0].readings;
        first.insert(first.end(), second.begin(), second.end());
        const PanelSnapshot panel = builder.panel(PanelId::EventsProcessed);
        QVERIFY(panel.losses.empty());
        QVERIFY(near(*panel.computation.completeness, 100));
    }

    void latency_showsTheLastTenSeconds()
    {
        InputBuilder builder;
        builder.agent("a");
        for (int t = 0; t <= 900; t += 10) {
            builder.figure(figure::latencyP50, "total", {{t, 2e6}}).figure(figure::latencyP95, "total", {{t, 8e6}});
            builder.figure(figure::latencyP99, "total", {{t, t == 900 ? 12e6 : 9e6}}).figure(figure::latencyCount, "total", {{t, 500}});
            builder.figure(figure::latencyP99, "wire", {{t, 1e6}});
        }
        builder.figure(figure::clockUncertainty, "a", {{900, 4e5}}).ramp(figure::latencyNoClock, "a", 890, 900, 1, 0, 3);
        builder.ramp(figure::latencyHeld, "a", 890, 900, 1, 0, 2);
        const PanelSnapshot panel = builder.panel(PanelId::ProcessingLatency);
        QVERIFY(near(panel.value->value, 12e6));
        QVERIFY(near(fact(panel, "p50")->value, 2e6));
        QVERIFY(near(fact(panel, "p95")->value, 8e6));
        QVERIFY(near(fact(panel, "stage-wire")->value, 1e6));
        QVERIFY(!fact(panel, "stage-drain"));
        QVERIFY(near(fact(panel, "clock-uncertainty")->value, 4e5));
        QCOMPARE(panel.computation.n, 500u);
        QVERIFY(near(panel.computation.inputs.front().value, 30)); // without a clock
        QVERIFY(near(panel.computation.inputs.back().value, 20));  // kept back
        QVERIFY(!panel.pastThreshold);
        QCOMPARE(panel.series.size(), 3u);
        QCOMPARE(panel.thresholds.front().value, 5e9);
    }

    void latency_aPeakSurvivesCoarseBuckets()
    {
        InputBuilder builder;
        builder.input.figureBucketNs = 60 * nsPerSecond;
        builder.agent("a");
        for (int t = 0; t <= 890; t += 10)
            builder.figure(figure::latencyP99, "total", {{t, t == 310 ? 7e9 : 1e6}});
        const PanelSnapshot panel = builder.panel(PanelId::ProcessingLatency);
        const PlotSeries *p99 = series(panel, "p99");
        QVERIFY(near(p99->points.at(5).value, 1e6));
        QVERIFY(near(p99->maximum.at(5).value, 7e9));
        QVERIFY(near(p99->minimum.at(5).value, 1e6));
    }

    /// One figure in ten seconds: it is kept until the next one, but says nothing about a time in which nobody was there to be measured.
    void latency_isNotKeptWhileAllAgentsAreAway_data()
    {
        QTest::addColumn<bool>("otherIsThere");
        QTest::addColumn<bool>("kept");
        QTest::newRow("the only one") << false << false;
        QTest::newRow("one of two") << true << true;
    }
    void latency_isNotKeptWhileAllAgentsAreAway()
    {
        QFETCH(bool, otherIsThere);
        QFETCH(bool, kept);
        InputBuilder builder;
        for (int t = 800; t <= 900; ++t) {
            builder.figure(figure::agentAlive, "a", {{t, t < 893 ? 1 : 0}});
            if (otherIsThere)
                builder.figure(figure::agentAlive, "b", {{t, 1}});
        }
        for (int t = 800; t <= 895; t += 5)
            builder.figure(figure::latencyP99, "total", {{t, 3e6}});
        const PlotSeries *p99 = series(builder.panel(PanelId::ProcessingLatency), "p99");
        QVERIFY(p99 != nullptr);
        const auto isDrawnAt = [p99](double t) {
            return std::any_of(p99->points.begin(), p99->points.end(),
                               [t](const PlotPoint &point) { return point.timeNs == at(t) && !std::isnan(point.value); });
        };
        QVERIFY(isDrawnAt(892));
        QCOMPARE(isDrawnAt(893), kept);
        QVERIFY(isDrawnAt(895)); // read while it was away, of events before
        QCOMPARE(isDrawnAt(897), kept);
    }

    void latency_aboveFiveSecondsIsPastTheThreshold()
    {
        InputBuilder builder;
        builder.agent("a").figure(figure::latencyP99, "total", {{895, 5.5e9}});
        QVERIFY(builder.panel(PanelId::ProcessingLatency).pastThreshold);
        const GroupSummary group = builder.group(0);
        QCOMPARE(group.key, std::string("latency-high"));
        QCOMPARE(group.arguments.front(), std::string("5500"));
    }

    void queueDepth_addsAllQueues()
    {
        InputBuilder builder;
        builder.agent("a").agent("b");
        for (int t = 0; t <= 900; t += 2) {
            builder.figure(figure::queueAgent, "a", {{t, 100. + t}}).figure(figure::queueAgent, "b", {{t, 10}});
            builder.figure(figure::queueInFlight, "a", {{t, 5}})
                .figure(figure::queueReceive, "", {{t, 1}})
                .figure(figure::queueOldest, "", {{t, 4e8}});
        }
        const PanelSnapshot panel = builder.panel(PanelId::QueueDepth);
        QVERIFY(near(panel.value->value, 1000 + 10 + 5 + 1));
        QVERIFY(near(fact(panel, "agent")->value, 1010));
        QVERIFY(near(fact(panel, "in-flight")->value, 5));
        QVERIFY(near(fact(panel, "receive")->value, 1));
        QVERIFY(near(fact(panel, "oldest")->value, 4e8));
        QVERIFY(std::abs(fact(panel, "slope")->value - 1) < 0.01); // one event per second
        QVERIFY(!panel.pastThreshold);                             // above 1000 for less than 5 min
    }

    void queueDepth_data()
    {
        QTest::addColumn<double>("since");
        QTest::addColumn<bool>("past");
        QTest::newRow("five minutes above 1000") << 598. << true;
        QTest::newRow("a minute above 1000") << 840. << false;
        QTest::newRow("never above 1000") << 2000. << false;
    }
    void queueDepth()
    {
        QFETCH(double, since);
        QFETCH(bool, past);
        InputBuilder builder;
        builder.agent("a");
        for (int t = 0; t <= 900; ++t)
            builder.figure(figure::queueAgent, "a", {{t, t >= since ? 1500. : 20.}});
        const PanelSnapshot panel = builder.panel(PanelId::QueueDepth);
        QCOMPARE(panel.pastThreshold, past);
        QCOMPARE(panel.checks.size(), 2u);
        QCOMPARE(panel.checks[0].held, past);        // scale up
        QCOMPARE(panel.checks[1].held, since > 900); // below 100 for five minutes: scale down
        QCOMPARE(builder.group(0).key == "queue-high", past);
    }

    void queueDepth_aReceiveQueueAloneIsNoFigure()
    {
        InputBuilder builder;
        builder.agent("a").ramp(figure::queueReceive, "", 0, 900, 1, 0, 0);
        const PanelSnapshot panel = builder.panel(PanelId::QueueDepth);
        QCOMPARE(panel.reason, NoDataReason::NoSamplesInRange);
        QVERIFY(panel.series.empty());
    }

    void filterEfficiency_keepsLossApart()
    {
        InputBuilder builder;
        builder.agent("a").counters("a", "tcp",
                                    {{Counter::Seen, 100},
                                     {Counter::KFiltered, 40},
                                     {Counter::Folded, 50},
                                     {Counter::UFiltered, 5},
                                     {Counter::Lost, 1},
                                     {Counter::Shed, 2},
                                     {Counter::QDrop, 1}});
        const PanelSnapshot panel = builder.panel(PanelId::FilterEfficiency);
        QVERIFY(near(panel.value->value, 95));
        QVERIFY(near(fact(panel, "lost-share")->value, 4));
        QVERIFY(near(fact(panel, "seen")->value, 100));
        QCOMPARE(panel.computation.windowNs, 60 * nsPerSecond);
        QCOMPARE(panel.computation.n, 6000u);
        std::map<std::string, double> inputs;
        for (const Fact &input : panel.computation.inputs)
            inputs[input.key] = input.value;
        QCOMPARE(
            inputs,
            (std::map<std::string, double>{
                {"seen", 6000}, {"kfiltered", 2400}, {"folded", 3000}, {"ufiltered", 300}, {"lost", 60}, {"shed", 120}, {"qdrop", 60}}));
        QVERIFY(near(series(panel, "filtered")->points.at(90).value, 95));
        QVERIFY(near(series(panel, "lost")->points.at(90).value, 4));
        QVERIFY(series(panel, "lost")->loss);
        QCOMPARE(panel.thresholds.front().kind, ThresholdKind::Reference);
    }

    /// What was kept back is left out later than it was seen.
    void filterEfficiency_isNeverMoreThanAll()
    {
        InputBuilder builder;
        builder.agent("a").counters("a", "process",
                                    {{Counter::Seen, 100}, {Counter::KFiltered, 60}, {Counter::UFiltered, 90}, {Counter::Lost, 50}});
        const PanelSnapshot panel = builder.panel(PanelId::FilterEfficiency);
        QVERIFY(near(panel.value->value, 75));
        QVERIFY(near(fact(panel, "lost-share")->value, 25));
        QVERIFY(near(fact(panel, "seen")->value, 100));
        QVERIFY(near(series(panel, "filtered")->points.at(90).value, 75));
        QVERIFY(near(series(panel, "lost")->points.at(90).value, 25));
    }

    void filterEfficiency_nothingSeenIsNoFigure()
    {
        InputBuilder builder;
        builder.agent("a").counters("a", "oom", {{Counter::Seen, 0}});
        QCOMPARE(builder.panel(PanelId::FilterEfficiency).reason, NoDataReason::NoSamplesInRange);
    }
};

QTEST_APPLESS_MAIN(TestProcessingPanels)
#include "tst_processingpanels.moc"
