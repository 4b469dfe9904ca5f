// SPDX-License-Identifier: GPL-3.0-or-later
// Panels 13 and 14: open insights and new ones, of figures by hand and of a stored range.
#include <QtTest>

#include <QTemporaryDir>

#include <nlohmann/json.hpp>

#include <cmath>
#include <sstream>

#include "agent/correlation/ruleloader.h"
#include "console/core/metrics/export.h"
#include "console/core/metrics/historymodel.h"
#include "console/core/metrics/panelinsights.h"
#include "tests/console/fakeclock.h"
#include "tests/console/inputbuilder.h"

using namespace tapio;
using namespace tapio::console;
using namespace tapio::test;
using wire::HookState;

namespace {

InputBuilder &withHook(InputBuilder &builder, const std::string &node, HookState state, const std::string &reason = {})
{
    builder.input.hooks[node].hooks.push_back({"correlation", "rules", state, "", reason, 0, 0});
    return builder;
}

/// One node whose agent correlates all the time.
InputBuilder correlating()
{
    InputBuilder builder;
    builder.agent("a").ramp(figure::insightAgents, "", 0, 900, 1, 1, 0);
    withHook(builder, "a", HookState::Active);
    return builder;
}

double drawn(const PanelSnapshot &panel)
{
    double sum = 0;
    for (const PlotSeries &each : panel.series) {
        for (const PlotPoint &point : each.points)
            sum += std::isnan(point.value) ? 0 : point.value;
    }
    return sum;
}

} // namespace

class TestInsightPanels : public QObject {
    Q_OBJECT
private slots:
    void without_data()
    {
        QTest::addColumn<bool>("agent");
        QTest::addColumn<int>("state"); // -1 = no such hook
        QTest::addColumn<int>("reason");
        QTest::addColumn<QString>("detail");
        QTest::newRow("no agent") << false << -1 << int(NoDataReason::NoAgent) << "";
        QTest::newRow("an older agent") << true << -1 << int(NoDataReason::NotCorrelated) << "";
        QTest::newRow("switched off") << true << int(HookState::Disabled) << int(NoDataReason::NotCorrelated) << "";
        QTest::newRow("rules refused") << true << int(HookState::Failed) << int(NoDataReason::SourceUnavailable) << "a: no such field";
        QTest::newRow("it correlates, and this console measured nothing")
            << true << int(HookState::Active) << int(NoDataReason::NoSamplesInRange) << "";
    }
    void without()
    {
        QFETCH(bool, agent);
        QFETCH(int, state);
        QFETCH(int, reason);
        QFETCH(QString, detail);
        InputBuilder builder;
        if (agent)
            builder.agent("a");
        if (state >= 0)
            withHook(builder, "a", static_cast<HookState>(state), "no such field");
        for (const PanelId id : {PanelId::ActiveCorrelations, PanelId::InsightsGenerated}) {
            const PanelSnapshot panel = builder.panel(id);
            QCOMPARE(panel.state, PanelState::NoData);
            QCOMPARE(int(panel.reason), reason);
            QCOMPARE(QString::fromStdString(panel.detail), detail);
            QVERIFY(!panel.value);
            QVERIFY(panel.series.empty());
            std::ostringstream csv;
            writeCsv(csv, panel);
            QVERIFY(csv.str().find("# value") == std::string::npos);
            QCOMPARE(csv.str().find("no-data, not-correlated") != std::string::npos, panel.reason == NoDataReason::NotCorrelated);
        }
    }

    void zero_isMeasuredWhereAnAgentCorrelates()
    {
        const InputBuilder builder = correlating();
        const PanelSnapshot open = builder.panel(PanelId::ActiveCorrelations), fresh = builder.panel(PanelId::InsightsGenerated);
        QCOMPARE(open.state, PanelState::Ready);
        QCOMPARE(open.value->value, 0.);
        QVERIFY(!fact(open, "oldest"));
        QVERIFY(std::get<GroupsView>(open.view).rows.empty());
        QCOMPARE(series(open, "open")->points.back().value, 0.);
        QCOMPARE(fresh.state, PanelState::Ready);
        QCOMPARE(fresh.value->value, 0.);
        QCOMPARE(fresh.value->unit, Unit::PerHour);
        QCOMPARE(fact(fresh, "in-range")->value, 0.);
        QCOMPARE(fresh.computation.inputs.at(1).key, std::string("elapsed"));
        QCOMPARE(fresh.computation.inputs.at(1).value, 900e9);
    }

    void switchedOff_isNoZero()
    {
        InputBuilder builder;
        builder.agent("a").ramp(figure::insightAgents, "", 0, 600, 1, 1, 0).figure(figure::insightAgents, "", {{601, 0}});
        withHook(builder, "a", HookState::Disabled);
        QCOMPARE(builder.panel(PanelId::ActiveCorrelations).reason, NoDataReason::NotCorrelated);
        QCOMPARE(builder.panel(PanelId::InsightsGenerated).reason, NoDataReason::NotCorrelated);
    }

    void away_growsOld()
    {
        InputBuilder builder;
        builder.agent("a", false).ramp(figure::insightAgents, "", 0, 600, 1, 1, 0);
        withHook(builder, "a", HookState::Active);
        QCOMPARE(builder.panel(PanelId::ActiveCorrelations).state, PanelState::Stale);
        QCOMPARE(builder.panel(PanelId::ActiveCorrelations).asOfNs, at(600));
    }

    void panels_haveWhatIsOpenAboutThem()
    {
        InputBuilder builder = correlating();
        builder.ramp(figure::insightOpen, "oom-kill|error", 300, 900, 1, 2, 0)
            .ramp(figure::insightOpen, "disk-full|critical", 300, 900, 1, 1, 0);
        builder.ramp(figure::insightOpen, "privilege-gain|error", 300, 900, 1, 1, 0);
        builder.ramp(figure::insightOpen, "somebody's-own-rule|error", 300, 900, 1, 1, 0);
        const PanelSnapshot memory = builder.panel(PanelId::MemoryUsage);
        QCOMPARE(memory.insights.size(), std::size_t(2));
        QCOMPARE(memory.insights[0].title, std::string("disk-full")); // the worst first
        QCOMPARE(memory.insights[1].open, std::uint64_t(2));
        QVERIFY(panelJson(memory).at("insights").size() == 2);
        for (const PanelId id : {PanelId::CpuUsage, PanelId::NetworkIo, PanelId::PodStatus, PanelId::Coverage, PanelId::ActiveCorrelations})
            QVERIFY(builder.panel(id).insights.empty());
        // Of a node alone there is no saying which of them it has.
        const OverviewSnapshot ofNode = computeOverview(builder.input, 1, {"a", {}});
        QVERIFY(ofNode.panels[static_cast<std::size_t>(PanelId::MemoryUsage)].insights.empty());
        QVERIFY(!ofNode.panels[static_cast<std::size_t>(PanelId::ActiveCorrelations)].insights.size());
    }

    void whatIsOpenWhereAllAgentsAreAway_isNotCounted()
    {
        InputBuilder builder;
        builder.agent("a", false)
            .ramp(figure::insightAgents, "", 0, 600, 1, 1, 0)
            .ramp(figure::insightOpen, "oom-kill|error", 300, 600, 1, 2, 0);
        withHook(builder, "a", HookState::Active);
        QCOMPARE(builder.panel(PanelId::ActiveCorrelations).state, PanelState::Stale);
        QVERIFY(builder.panel(PanelId::MemoryUsage).insights.empty());
    }

    void everyShippedRule_hasAPanelButThoseOfSecurity()
    {
        for (const correlation::Rule &rule : correlation::shippedRules().rules)
            QVERIFY2(panelOfRule(rule.id).has_value() == (rule.runbook != "security"), rule.id.c_str());
        QVERIFY(!panelOfRule("no-such-rule"));
    }

    void open_isByRuleAndSeverity()
    {
        InputBuilder builder = correlating();
        builder.ramp(figure::insightOpen, "dns-failures|warning", 300, 900, 1, 2, 0);
        builder.ramp(figure::insightOldest, "dns-failures|warning", 300, 900, 1, 10e9, 1e9); // 610 s at the end
        builder.ramp(figure::insightOpen, "a|b|critical", 800, 900, 1, 1, 0)
            .ramp(figure::insightOldest, "a|b|critical", 800, 900, 1, 0, 1e9);
        builder.ramp(figure::insightOpen, "oom-kill|error", 100, 890, 1, 4, 0).figure(figure::insightOpen, "oom-kill|error", {{891, 0}});
        builder.ramp(figure::insightOpen, "of-an-earlier-run|error", 0, 800, 1, 9, 0); // the console ended without a last reading
        const PanelSnapshot panel = builder.panel(PanelId::ActiveCorrelations);
        QCOMPARE(panel.value->key, std::string("open"));
        QCOMPARE(panel.value->value, 3.);
        QCOMPARE(fact(panel, "oldest")->value, 610e9);
        const auto &rows = std::get<GroupsView>(panel.view).rows;
        QCOMPARE(rows.size(), 2u);
        QCOMPARE(rows[0].severity, std::string("critical"));
        QCOMPARE(rows[0].title, std::string("a|b"));
        QCOMPARE(rows[0].open, 1u);
        QCOMPARE(rows[0].sinceNs, at(800));
        QCOMPARE(rows[1].title, std::string("dns-failures"));
        QCOMPARE(rows[1].open, 2u);
        QCOMPARE(rows[1].sinceNs, at(290));
        QCOMPARE(panel.computation.n, 3u);
        QCOMPARE(builder.group(3).key, std::string("insights-open"));
        QCOMPARE(builder.group(3).arguments, (std::vector<std::string>{"1", "a|b"}));
        std::ostringstream csv;
        writeCsv(csv, panel);
        QVERIFY2(csv.str().find("# group warning: dns-failures, 2 open, since 2026-03-01T12:04:50.000000000Z") != std::string::npos,
                 csv.str().c_str());
        QVERIFY(csv.str().find("# value: open 3 ") != std::string::npos);
    }

    void new_areThoseOfTheLastHour()
    {
        InputBuilder builder = correlating();
        // Before the hour, in the hour before the range, in the range; the console began anew at 400.
        builder.figure(figure::insightOpened, "oom-kill", {{-3000, 0}, {-2999, 5}, {-1000, 6}, {100, 8}, {390, 8}, {400, 0}, {500, 1}});
        builder.figure(figure::insightOpened, "dns-failures", {{799, 0}, {800, 7}});
        builder.figure(figure::insightOpened, "disk-full", {{-3000, 1}, {900, 1}});
        const PanelSnapshot panel = builder.panel(PanelId::InsightsGenerated);
        QCOMPARE(panel.value->value, 1. + 2 + 1 + 7);
        QCOMPARE(fact(panel, "in-range")->value, 2. + 1 + 7);
        QCOMPARE(panel.facts.at(1).label, std::string("dns-failures"));
        QCOMPARE(fact(panel, "rule", "dns-failures")->value, 7.);
        QCOMPARE(fact(panel, "rule", "oom-kill")->value, 4.);
        QVERIFY(!fact(panel, "rule", "disk-full"));
        QCOMPARE(drawn(panel), 10.);
        QCOMPARE(panel.series.size(), 2u);
        QVERIFY(panel.series[0].stacked);
        QCOMPARE(panel.series[0].label, std::string("dns-failures"));
        QCOMPARE(std::get<BarsView>(panel.view).bucketNs, panel.bucketNs);
        std::ostringstream csv;
        writeCsv(csv, panel);
        QVERIFY(csv.str().find("# rule dns-failures: 7 ") != std::string::npos);
        QVERIFY2(csv.str().find("\r\ntime,dns-failures [1],oom-kill [1]\r\n") != std::string::npos, csv.str().c_str());
    }

    void stored_data()
    {
        QTest::addColumn<double>("hours"); // length of the range
        QTest::addColumn<double>("inRange");
        QTest::newRow("a quarter of an hour") << 0.25 << 1.;
        QTest::newRow("an hour") << 1. << 3.;
        QTest::newRow("two days") << 48. << 4.;
    }
    /// However coarse the range is, the last hour is exact.
    void stored()
    {
        QFETCH(double, hours);
        QFETCH(double, inRange);
        const QTemporaryDir folder;
        FakeClock clock(at(0));
        StoreOptions options;
        options.file = std::filesystem::path(folder.path().toStdString()) / "test.tapio";
        auto writer = StoreWriter::open(options, clock);
        QVERIFY(writer);
        wire::AgentState agent;
        agent.node = "a";
        agent.streamId = 7;
        agent.state = wire::LinkState::Connected;
        QVERIFY((*writer)->putAgent(agent));
        constexpr double end = 48 * 3600;
        for (double t = end - 3 * 3600; t <= end; t += 10) {
            // Opened 65, 58, 31 and 5 minutes before the end; the last is still open.
            double count = 0;
            for (const double minutes : {65., 58., 31., 5.})
                count += t >= end - minutes * 60 ? 1 : 0;
            std::vector<Figure> figures{{at(t), std::string(figure::agentAlive), "a", 1},
                                        {at(t), std::string(figure::insightAgents), "", 1},
                                        {at(t), std::string(figure::insightOpened), "oom-kill", count}};
            if (t >= end - 300) {
                figures.push_back({at(t), std::string(figure::insightOpen), "oom-kill|error", 1});
                figures.push_back({at(t), std::string(figure::insightOldest), "oom-kill|error", (t - end + 300) * 1e9});
            }
            QVERIFY((*writer)->putFigures(figures));
        }
        QVERIFY((*writer)->flush());
        const auto reader = StoreReader::open(options.file);
        QVERIFY(reader);
        const auto history = readHistory(**reader, {at(end - hours * 3600), at(end), at(end)}, {});
        QVERIFY2(history, history ? "" : history.error().message().c_str());
        const OverviewSnapshot overview = computeOverview(*history, 1);
        const PanelSnapshot &fresh = overview.panels[static_cast<std::size_t>(PanelId::InsightsGenerated)];
        QCOMPARE(fresh.value->value, 3.);
        QCOMPARE(fact(fresh, "in-range")->value, inRange);
        QCOMPARE(fact(fresh, "rule", "oom-kill")->value, 3.);
        QCOMPARE(drawn(fresh), inRange);
        const PanelSnapshot &open = overview.panels[static_cast<std::size_t>(PanelId::ActiveCorrelations)];
        QCOMPARE(open.value->value, 1.);
        QCOMPARE(fact(open, "oldest")->value, 300e9);
    }
};

QTEST_APPLESS_MAIN(TestInsightPanels)
#include "tst_insightpanels.moc"
