// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include <cmath>
#include <numeric>

#include "tests/console/inputbuilder.h"

using namespace tapio;
using namespace tapio::console;
using namespace tapio::test;
using wire::HookState;

class TestQualityPanels : public QObject {
    Q_OBJECT
private slots:
    void judged_data()
    {
        QTest::addColumn<int>("id");
        QTest::addColumn<double>("need");
        QTest::addColumn<int>("kind");
        QTest::addColumn<double>("bound");
        QTest::newRow("signal-to-noise") << int(PanelId::SignalToNoise) << 1000. << int(ThresholdKind::AlertBelow) << 95.;
        QTest::newRow("accuracy") << int(PanelId::CorrelationAccuracy) << 20. << int(ThresholdKind::AlertBelow) << 98.;
        QTest::newRow("false positives") << int(PanelId::FalsePositiveRate) << 20. << int(ThresholdKind::AlertAbove) << 2.;
    }
    void judged()
    {
        QFETCH(int, id);
        QFETCH(double, need);
        QFETCH(int, kind);
        QFETCH(double, bound);
        const PanelSnapshot panel = InputBuilder().agent("a").panel(static_cast<PanelId>(id));
        QCOMPARE(panel.state, PanelState::NoData);
        QCOMPARE(panel.reason, id == int(PanelId::SignalToNoise) ? NoDataReason::NotJudged : NoDataReason::NeedsVerdicts);
        QVERIFY(!panel.value);
        QVERIFY(panel.series.empty());
        QCOMPARE(panel.have, 0.);
        QCOMPARE(panel.need, need);
        QCOMPARE(panel.thresholds.size(), 1u);
        QCOMPARE(int(panel.thresholds[0].kind), kind);
        QCOMPARE(panel.thresholds[0].value, bound);
        QVERIFY(!panel.pastThreshold);
    }

    void recordings_areAThirdEstimate_data()
    {
        QTest::addColumn<int>("right"); // rightly silent
        QTest::addColumn<int>("wrong"); // false positives
        QTest::addColumn<bool>("failed");
        QTest::addColumn<double>("accuracy"); // -1 = no data
        QTest::addColumn<bool>("past");
        QTest::newRow("well") << 399 << 1 << false << 99.75 << false;
        QTest::newRow("not well") << 390 << 10 << false << 97.5 << true;
        QTest::newRow("too few") << 19 << 0 << false << -1. << false;
        QTest::newRow("could not be scored") << 0 << 0 << true << -1. << false;
    }
    void recordings_areAThirdEstimate()
    {
        QFETCH(int, right);
        QFETCH(int, wrong);
        QFETCH(bool, failed);
        QFETCH(double, accuracy);
        QFETCH(bool, past);
        InputBuilder builder;
        builder.input.suite.recordings = failed ? 0 : 4;
        builder.input.suite.failure = failed ? "no such folder" : "";
        builder.input.suite.all = {0, static_cast<std::uint64_t>(wrong), 0, static_cast<std::uint64_t>(right)};
        const PanelSnapshot panel = builder.panel(PanelId::CorrelationAccuracy);
        const auto &view = std::get<IntervalView>(panel.view);
        QCOMPARE(view.intervals.size(), std::size_t(3));
        QCOMPARE(view.intervals[2].key, std::string("recordings"));
        QCOMPARE(view.intervals[2].estimate.value_or(-1), accuracy);
        QCOMPARE(panel.value.has_value(), accuracy >= 0); // nothing else is known
        QCOMPARE(panel.pastThreshold, past);
        const PanelSnapshot wrongs = builder.panel(PanelId::FalsePositiveRate);
        QCOMPARE(std::get<IntervalView>(wrongs.view).intervals[2].estimate.value_or(-1), accuracy < 0 ? -1. : 100 - accuracy);
        QCOMPARE(wrongs.pastThreshold, past);
        QCOMPARE(computeOverview(builder.input, 1).groups[1].key == "accuracy-low", past);
    }

    void accuracy_hasTwoLabelledEstimatesThatAreAbsent()
    {
        const PanelSnapshot panel = InputBuilder().agent("a").panel(PanelId::CorrelationAccuracy);
        const auto &view = std::get<IntervalView>(panel.view);
        QCOMPARE(view.intervals.size(), 2u);
        QCOMPARE(view.intervals[0].key, std::string("drill"));
        QCOMPARE(view.intervals[1].key, std::string("field"));
        for (const Interval &interval : view.intervals) {
            QVERIFY(!interval.estimate);
            QCOMPARE(interval.have, 0u);
            QCOMPARE(interval.need, 20u);
            QCOMPARE(interval.alert, 98.);
        }
    }

    void signal_isAShareOfWhatWasJudged_data()
    {
        QTest::addColumn<double>("judged");
        QTest::addColumn<double>("kept");
        QTest::addColumn<double>("share"); // -1 = no data
        QTest::addColumn<bool>("past");
        QTest::newRow("one too few") << 999. << 999. << -1. << false;
        QTest::newRow("all") << 1000. << 1000. << 100. << false;
        QTest::newRow("just enough") << 1000. << 950. << 95. << false;
        QTest::newRow("mostly noise") << 2000. << 100. << 5. << true;
        QTest::newRow("nothing but noise") << 2000. << 0. << 0. << true;
    }
    void signal_isAShareOfWhatWasJudged()
    {
        QFETCH(double, judged);
        QFETCH(double, kept);
        QFETCH(double, share);
        QFETCH(bool, past);
        InputBuilder builder;
        builder.agent("a").agent("b");
        // Counted since before the range, and of two nodes
        builder.figure(console::figure::signalJudged, "a", {{1, 500.}, {100, 500 + judged / 2}});
        builder.figure(console::figure::signalJudged, "b", {{1, 7.}, {100, 7 + judged / 2}});
        builder.figure(console::figure::signalKept, "a", {{1, 100.}, {100, 100 + kept}});
        const PanelSnapshot panel = builder.panel(PanelId::SignalToNoise);
        QCOMPARE(panel.value ? panel.value->value : -1, share);
        QCOMPARE(panel.pastThreshold, past);
        QCOMPARE(panel.computation.n, std::uint64_t(judged));
        if (!panel.value) {
            QCOMPARE(panel.reason, NoDataReason::NotJudged);
            QCOMPARE(panel.have, judged);
        }
    }

    void field_isWhatOperatorsSaid_data()
    {
        QTest::addColumn<int>("confirmed");
        QTest::addColumn<int>("rejected");
        QTest::addColumn<double>("accuracy"); // -1 = no data
        QTest::addColumn<double>("high");
        QTest::addColumn<bool>("pastAccuracy");
        QTest::addColumn<bool>("pastRate");
        QTest::newRow("none") << 0 << 0 << -1. << 0. << false << false;
        QTest::newRow("one too few") << 19 << 0 << -1. << 0. << false << false;
        QTest::newRow("all are right") << 20 << 0 << 100. << 100. << false << false;
        QTest::newRow("one of twenty is wrong") << 19 << 1 << 95. << 99.11 << false << false; // its bounds reach past both alerts
        QTest::newRow("half are wrong") << 10 << 10 << 50. << 70.07 << true << true;
    }
    void field_isWhatOperatorsSaid()
    {
        QFETCH(int, confirmed);
        QFETCH(int, rejected);
        QFETCH(double, accuracy);
        QFETCH(double, high);
        QFETCH(bool, pastAccuracy);
        QFETCH(bool, pastRate);
        InputBuilder builder;
        builder.agent("a");
        std::vector<Verdict> verdicts;
        const auto give = [&verdicts](int count, VerdictKind kind, double seconds) {
            for (int i = 0; i < count; ++i)
                verdicts.push_back({"a", verdicts.size() + 1, "oom-kill", kind, "seen", "kim", at(seconds)});
        };
        give(confirmed, VerdictKind::Confirmed, 10);
        give(rejected, VerdictKind::Rejected, 10);
        give(30, VerdictKind::Rejected, -31. * 86400); // more than 30 days ago
        give(30, VerdictKind::Withdrawn, 10);
        builder.input.verdicts = VerdictBook(verdicts);
        const PanelSnapshot right = builder.panel(PanelId::CorrelationAccuracy), wrong = builder.panel(PanelId::FalsePositiveRate);
        const Interval field = std::get<IntervalView>(right.view).intervals[1];
        QCOMPARE(field.have, std::uint64_t(confirmed + rejected));
        QCOMPARE(field.estimate.value_or(-1), accuracy);
        QVERIFY2(std::abs(field.high - high) < 0.01, qPrintable(QString::number(field.high)));
        QCOMPARE(right.pastThreshold, pastAccuracy);
        QCOMPARE(wrong.pastThreshold, pastRate);
        QCOMPARE(right.value.has_value(), accuracy >= 0);
        QCOMPARE(right.have, accuracy >= 0 ? 0. : double(confirmed + rejected));
        if (accuracy < 0)
            return;
        QCOMPARE(right.value->key, std::string("field"));
        QCOMPARE(wrong.value->value, 100 - accuracy);
    }

    void drill_isOfWhatWasProved_data()
    {
        QTest::addColumn<int>("found");
        QTest::addColumn<int>("missed");
        QTest::addColumn<double>("accuracy"); // -1 = no data
        QTest::addColumn<bool>("past");
        QTest::newRow("one too few") << 19 << 0 << -1. << false;
        QTest::newRow("enough") << 20 << 0 << 100. << false;
        QTest::newRow("one missed") << 19 << 1 << 95. << true;
    }
    void drill_isOfWhatWasProved()
    {
        QFETCH(int, found);
        QFETCH(int, missed);
        QFETCH(double, accuracy);
        QFETCH(bool, past);
        InputBuilder builder;
        builder.agent("a");
        for (int i = 0; i < found + missed; ++i) {
            const double from = 20. * i - 3600;
            const std::string where = "/drill-" + std::to_string(i);
            wire::Event event;
            event.type = wire::EventType::DrillLabel;
            event.detail = wire::DrillLabel{"oom-kill", where, "end", at(from), at(from + 2), std::uint64_t(i), {std::byte{1}}};
            builder.input.proofs.onEvent("a", event, {});
            if (i >= found)
                continue;
            wire::Insight insight;
            insight.id = std::uint64_t(i);
            insight.state = wire::InsightState::Open;
            insight.rule = "oom-kill";
            insight.root = where;
            event.timeNs = at(from + 1.8);
            event.type = wire::EventType::Insight;
            event.detail = wire::Boxed<wire::Insight>(insight);
            builder.input.proofs.onEvent("a", event, {});
        }
        const PanelSnapshot panel = builder.panel(PanelId::CorrelationAccuracy);
        const auto &view = std::get<IntervalView>(panel.view);
        QCOMPARE(view.intervals[0].estimate.value_or(-1), accuracy);
        QCOMPARE(view.intervals[0].have, std::uint64_t(found + missed));
        QCOMPARE(panel.pastThreshold, past);
        QCOMPARE(view.rules.size(), std::size_t(1));
        QCOMPARE(view.rules[0].interval.key, std::string("oom-kill"));
        QCOMPARE(view.rules[0].found.node, std::string("a"));
        QCOMPARE(view.rules[0].found.leadNs, std::int64_t(1'800'000'000));
        QCOMPARE(view.rules[0].missed.timeNs != 0, missed > 0);
        QCOMPARE(computeOverview(builder.input, 1).groups[1].key == "accuracy-low", past);
        // Nothing was silent and nothing was false: of that there is no figure.
        QVERIFY(!std::get<IntervalView>(builder.panel(PanelId::FalsePositiveRate).view).intervals[0].estimate);
    }

    void coveragePercent_data()
    {
        QTest::addColumn<int>("alive");
        QTest::addColumn<int>("known");
        QTest::addColumn<QList<int>>("states"); // hooks of node a; -1 ends it and begins node b
        QTest::addColumn<double>("percent");    // -1 = none
        const int active = int(HookState::Active), failed = int(HookState::Failed), disabled = int(HookState::Disabled),
                  unsupported = int(HookState::Unsupported);
        QTest::newRow("everything") << 1 << 1 << QList<int>{active, active} << 100.;
        QTest::newRow("one of two hooks") << 1 << 1 << QList<int>{active, failed} << 50.;
        QTest::newRow("switched off is not wanted") << 1 << 1 << QList<int>{active, disabled} << 100.;
        QTest::newRow("what the kernel lacks is missing") << 1 << 1 << QList<int>{active, active, active, unsupported} << 75.;
        QTest::newRow("one of two nodes") << 1 << 2 << QList<int>{active} << 50.;
        QTest::newRow("mean of the nodes' shares") << 2 << 2 << QList<int>{active, failed, -1, active, active} << 75.;
        QTest::newRow("no report yet") << 1 << 1 << QList<int>{} << -1.;
        QTest::newRow("all switched off") << 1 << 1 << QList<int>{disabled} << -1.;
        QTest::newRow("no node") << 0 << 0 << QList<int>{active} << -1.;
    }
    void coveragePercent()
    {
        QFETCH(int, alive);
        QFETCH(int, known);
        QFETCH(QList<int>, states);
        QFETCH(double, percent);
        InputBuilder builder;
        std::vector<std::pair<HookState, std::string>> hooks;
        std::string node = "a";
        for (const int state : states) {
            if (state < 0) {
                builder.hooks(node, std::exchange(hooks, {}));
                node = "b";
            } else {
                hooks.emplace_back(static_cast<HookState>(state), "");
            }
        }
        if (!states.isEmpty())
            builder.hooks(node, hooks);
        const auto found = console::coveragePercent(static_cast<std::size_t>(alive), static_cast<std::size_t>(known), builder.input.hooks);
        QCOMPARE(found.value_or(-1), percent);
    }

    void coverage_namesWhatIsMissing()
    {
        InputBuilder builder;
        builder.agent("a").agent("b", false);
        builder.hooks("a", {{HookState::Active, ""}, {HookState::Denied, "CAP_PERFMON is missing"}}).hooks("b", {{HookState::Active, ""}});
        builder.ramp(figure::coverage, "", 0, 900, 1, 37.5, 0);
        builder.ramp(figure::containerEvents, "", 0, 900, 1, 0, 10).ramp(figure::resolvedEvents, "", 0, 900, 1, 0, 9);
        builder.counters("a", "tcp", {{Counter::Seen, 100}, {Counter::QDrop, 1}});
        const PanelSnapshot panel = builder.panel(PanelId::Coverage);
        QCOMPARE(panel.value->value, 37.5);
        QCOMPARE(fact(panel, "nodes-alive")->value, 1.);
        QCOMPARE(fact(panel, "nodes-known")->value, 2.);
        const auto &view = std::get<CoverageView>(panel.view);
        QCOMPARE(std::round(*view.attribution), 90.);
        QCOMPARE(std::round(*view.completeness), 99.);
        QCOMPARE(*view.hooks, 75.);
        QCOMPARE(view.cells.size(), 2u);
        QCOMPARE(view.cells[0].state, NodeCell::State::Partial);
        QCOMPARE(view.cells[0].missing, std::vector<std::string>{"tcp/hook-1: CAP_PERFMON is missing"});
        QCOMPARE(view.cells[1].state, NodeCell::State::Silent);
        const GroupSummary group = builder.group(1);
        QCOMPARE(group.key, std::string("silent-nodes"));
        QCOMPARE(group.arguments, (std::vector<std::string>{"1", "b", "0"}));
    }

    void coverage_saysWhoIsGone()
    {
        InputBuilder builder;
        builder.agent("a", false).agent("b", false).ramp(figure::coverage, "", 0, 900, 1, 0, 0);
        builder.input.agents.back().state = wire::LinkState::Gone;
        builder.hooks("a", {{HookState::Active, ""}}).hooks("b", {{HookState::Active, ""}});
        QCOMPARE(builder.group(1).arguments, (std::vector<std::string>{"2", "a", "1"}));
    }

    void coverage_ofThenIsNotOfNow()
    {
        InputBuilder builder;
        builder.agent("a")
            .hooks("a", {{HookState::Active, ""}, {HookState::Failed, "no BTF"}})
            .ramp(figure::coverage, "", 0, 900, 1, 75, 0);
        builder.ramp(figure::hooksActive, "a", 0, 900, 1, 3, 0).ramp(figure::hooksWanted, "a", 0, 900, 1, 4, 0);
        const auto view = std::get<CoverageView>(builder.panel(PanelId::Coverage).view);
        QCOMPARE(view.cells[0].hooksActive, 3u);
        QCOMPARE(view.cells[0].hooksWanted, 4u);
        QCOMPARE(*view.hooks, 75.);
    }

    void judged_drawTheLossOfTheirEvents()
    {
        InputBuilder builder;
        builder.agent("a").counters("a", "tcp", {{Counter::Seen, 100}, {Counter::Lost, 1}});
        for (const PanelId id : {PanelId::SignalToNoise, PanelId::CorrelationAccuracy, PanelId::FalsePositiveRate})
            QVERIFY(!builder.panel(id).losses.empty());
        // Samples are cumulative or gauges: one that is missing is a gap, not a lost count (README).
        for (const PanelId id :
             {PanelId::CpuUsage, PanelId::MemoryUsage, PanelId::NetworkIo, PanelId::UserInteractions, PanelId::ApiResponseTimes})
            QVERIFY(builder.panel(id).losses.empty());
    }

    void coverage_withoutContainersHasNoAttribution()
    {
        InputBuilder builder;
        builder.agent("a").hooks("a", {{HookState::Active, ""}}).ramp(figure::coverage, "", 0, 900, 1, 100, 0);
        const auto view = std::get<CoverageView>(builder.panel(PanelId::Coverage).view);
        QVERIFY(!view.attribution);
        QVERIFY(!view.completeness);
        QCOMPARE(view.cells[0].state, NodeCell::State::Full);
        QCOMPARE(builder.group(1).key, std::string("partial-data"));
        QCOMPARE(builder.group(1).arguments, (std::vector<std::string>{"3", "4"}));
    }

    void coverage_aGoneNodeIsGone()
    {
        InputBuilder builder;
        builder.agent("a", false).ramp(figure::coverage, "", 0, 900, 1, 0, 0);
        builder.input.agents[0].state = wire::LinkState::Gone;
        QCOMPARE(std::get<CoverageView>(builder.panel(PanelId::Coverage).view).cells[0].state, NodeCell::State::Gone);
    }

    void interactions_countTheLastHour()
    {
        InputBuilder builder;
        for (const double t : {-3000., -2700.5, 10., 20., 890.})
            builder.input.actions.push_back({at(t), t == 20. ? "export" : "query", "", "kim"});
        std::sort(builder.input.actions.begin(), builder.input.actions.end(),
                  [](const auto &a, const auto &b) { return a.timeNs < b.timeNs; });
        const PanelSnapshot panel = builder.panel(PanelId::UserInteractions);
        QCOMPARE(panel.state, PanelState::Ready); // no agent is needed for it
        QCOMPARE(panel.value->value, 3.);         // -2700.5 is 3600.5 s before the end
        QCOMPARE(panel.value->unit, Unit::PerHour);
        QCOMPARE(fact(panel, "kind", "query")->value, 2.);
        QCOMPARE(fact(panel, "kind", "export")->value, 1.);
        QVERIFY(!fact(panel, "time-to-acknowledge")); // until there are alerts
        QCOMPARE(std::get<BarsView>(panel.view).bucketNs, panel.bucketNs);
        double drawn = 0;
        for (const PlotSeries &each : panel.series) {
            for (const PlotPoint &point : each.points)
                drawn += point.value;
        }
        QCOMPARE(drawn, 3.);
    }

    void interactions_nobodyDidAnything()
    {
        const PanelSnapshot panel = InputBuilder().agent("a").panel(PanelId::UserInteractions);
        QCOMPARE(panel.reason, NoDataReason::NoOperatorAction);
        QVERIFY(!panel.value);
    }

    void api_hasHeatAndQuantiles()
    {
        InputBuilder builder;
        builder.agent("a")
            .figure(figure::apiP95, "", {{890, 3e6}, {900, 4e6}})
            .figure(figure::apiP50, "", {{900, 1e6}})
            .figure(figure::apiP99, "", {{900, 9e6}});
        builder.figure(figure::apiP95, "store.events", {{900, 6e9}}).figure(figure::apiP95, "agent.heartbeat", {{600, 1e6}});
        builder.figure(figure::apiCount, "store.events", {{0, 0}, {450, 10}, {900 - 1, 50}})
            .figure(figure::apiErrors, "store.events", {{0, 0}, {450, 1}, {900 - 1, 1}});
        builder.figure(figure::apiHeat, "4", {{0, 0}, {5, 7}, {455, 9}})
            .figure(figure::apiHeat, "99", {{5, 1}})
            .figure(figure::apiHeat, "x", {{5, 1}});
        const PanelSnapshot panel = builder.panel(PanelId::ApiResponseTimes);
        QCOMPARE(panel.value->value, 4e6);
        QCOMPARE(fact(panel, "p50")->value, 1e6);
        QCOMPARE(fact(panel, "errors")->value, 2.);
        QCOMPARE(fact(panel, "operation", "store.events")->value, 6e9);
        QVERIFY(!fact(panel, "operation", "agent.heartbeat")); // five minutes old
        QVERIFY(panel.pastThreshold);
        QCOMPARE(builder.group(3).key, std::string("api-slow"));
        QCOMPARE(builder.group(3).arguments, (std::vector<std::string>{"store.events", "6000"}));
        const auto &heat = std::get<HeatView>(panel.view);
        QCOMPARE(heat.columns.front().counts.size() + 1, heat.boundsNs.size());
        QCOMPARE(heat.columns.front().counts[4], 7u);
        std::uint64_t all = 0;
        for (const HeatColumn &column : heat.columns)
            all += std::accumulate(column.counts.begin(), column.counts.end(), std::uint64_t(0));
        QCOMPARE(all, 9u);
    }
};

QTEST_APPLESS_MAIN(TestQualityPanels)
#include "tst_qualitypanels.moc"
