// SPDX-License-Identifier: GPL-3.0-or-later
// What the live model reads of insights, and of agents that look for them.
#include <QtTest>

#include "tests/console/livemodelinput.h"

using namespace tapio;
using namespace tapio::console;
using namespace tapio::test;
using wire::InsightState;
using wire::Severity;

namespace {

wire::Insight insightOf(std::uint64_t id, InsightState state, double fromSeconds = 0, const std::string &rule = "oom-kill")
{
    wire::Insight insight;
    insight.id = id;
    insight.rule = rule;
    insight.state = state;
    insight.fromNs = at(fromSeconds);
    return insight;
}

wire::Delivery hooksOf(const std::string &node, wire::HookState state, double seconds)
{
    wire::Delivery told = delivery(node, at(seconds));
    told.frame.body = wire::HookReport{at(seconds), {{"correlation", "rules", state, "node", "", 0, 0}}};
    return told;
}

wire::Delivery told(std::uint64_t seq, const wire::Insight &insight, double seconds, Severity severity = Severity::Error,
                    std::int64_t offsetNs = 0)
{
    wire::Delivery batch = delivery("a", at(seconds), offsetNs);
    batch.frame.sealedNs = at(seconds) - offsetNs;
    wire::Event event = eventAt(at(seconds) - offsetNs, insight);
    event.severity = severity;
    batch.frame.body = batchOf(seq, {}, {event});
    return batch;
}

} // namespace

class TestLiveInsights : public QObject {
    Q_OBJECT
private slots:
    void readsWhatIsOpenAndNew()
    {
        LiveModel model;
        model.onAgentState(agentState("a", at(0)));
        model.tick(at(0), {}, 0);
        model.onDelivery(hooksOf("a", wire::HookState::Active, 1), at(1));
        model.tick(at(1), {}, 0);
        QCOMPARE(latest(model, figure::insightAgents), 1.);
        QCOMPARE(latest(model, figure::insightOpened, "oom-kill"), -1.);
        model.onAgentState(agentState("a", at(2), 2));
        constexpr std::int64_t behind = 100 * nsPerSecond; // the node's clock
        wire::Insight open = insightOf(1, InsightState::Open, 2);
        open.fromNs -= behind;
        model.onDelivery(told(1, open, 5, Severity::Error, behind), at(5));
        model.tick(at(6), {}, 0);
        QCOMPARE(latest(model, figure::insightOpened, "oom-kill"), 1.);
        QCOMPARE(readings(model, figure::insightOpened, "oom-kill"), 2u); // and 0 at the tick before
        QCOMPARE(latest(model, figure::insightOpen, "oom-kill|error"), 1.);
        QCOMPARE(latest(model, figure::insightOldest, "oom-kill|error"), 4e9);
        model.onDelivery(told(2, insightOf(1, InsightState::Resolved, 2), 7), at(7));
        model.tick(at(7), {}, 0);
        QCOMPARE(latest(model, figure::insightOpen, "oom-kill|error"), 0.);
        model.tick(at(8), {}, 0);
        QCOMPARE(readings(model, figure::insightOpen, "oom-kill|error"), 2u); // 0 is said once
    }

    void readsWhatIsSignal()
    {
        LiveModel model;
        model.onAgentState(agentState("a", at(0)));
        wire::Delivery seen = delivery("a", at(1));
        seen.frame.body = batchOf(1, {}, {eventAt(at(1)), eventAt(at(1))});
        model.onDelivery(seen, at(1));
        wire::Insight insight = insightOf(1, InsightState::Open, 1);
        insight.evidence = {"step " + std::to_string(at(1)) + " +-0 a/0000000000000007/1 text"};
        model.onDelivery(told(3, insight, 2), at(2));
        model.tick(at(3), {}, 0);
        QCOMPARE(readings(model, figure::signalJudged, "a"), 0u);
        model.tick(at(1) + SignalBook::ripeNs, {}, 0);
        QCOMPARE(latest(model, figure::signalJudged, "a"), 2.);
        QCOMPARE(latest(model, figure::signalKept, "a"), 2.); // one kind, told in one moment
    }

    void newsIsWhatOpensOrEnds_data()
    {
        QTest::addColumn<int>("state");
        QTest::addColumn<bool>("news");
        QTest::newRow("opens") << int(InsightState::Open) << true;
        QTest::newRow("more of it") << int(InsightState::Updated) << false;
        QTest::newRow("over") << int(InsightState::Resolved) << true;
        QTest::newRow("expired") << int(InsightState::Expired) << true;
    }
    void newsIsWhatOpensOrEnds()
    {
        QFETCH(int, state);
        LiveModel model;
        model.onDelivery(delivery("a", at(0)), at(0));
        QVERIFY(!model.takeNews());
        model.onDelivery(told(1, insightOf(1, static_cast<InsightState>(state)), 1), at(1));
        QTEST(model.takeNews(), "news");
        QVERIFY(!model.takeNews()); // was asked
    }

    void readsNothingWithoutAnAgentThatCorrelates_data()
    {
        QTest::addColumn<int>("state"); // -1 = no such hook
        QTest::addColumn<bool>("away");
        QTest::addColumn<bool>("insight");
        QTest::addColumn<bool>("reads");
        QTest::newRow("an older agent") << -1 << false << false << false;
        QTest::newRow("switched off") << int(wire::HookState::Disabled) << false << false << false;
        QTest::newRow("rules refused") << int(wire::HookState::Failed) << false << false << false;
        QTest::newRow("rules refused, others find something") << int(wire::HookState::Failed) << false << true << true;
        QTest::newRow("correlates") << int(wire::HookState::Active) << false << false << true;
        QTest::newRow("correlates and is away") << int(wire::HookState::Active) << true << false << false;
    }
    void readsNothingWithoutAnAgentThatCorrelates()
    {
        QFETCH(int, state);
        QFETCH(bool, away);
        QFETCH(bool, insight);
        LiveModel model;
        wire::AgentState agent = agentState("a", at(0));
        agent.state = away ? wire::LinkState::Gone : wire::LinkState::Connected;
        model.onAgentState(agent);
        if (state >= 0)
            model.onDelivery(hooksOf("a", static_cast<wire::HookState>(state), 0), at(0));
        if (insight)
            model.onDelivery(told(1, insightOf(1, InsightState::Open), 0), at(0));
        model.tick(at(1), {}, 0);
        QTEST(latest(model, figure::insightAgents) > 0, "reads");
    }

    void switchedOffIsSaidOnce()
    {
        LiveModel model;
        model.onAgentState(agentState("a", at(0)));
        model.onDelivery(hooksOf("a", wire::HookState::Active, 0), at(0));
        model.tick(at(1), {}, 0);
        model.onDelivery(hooksOf("a", wire::HookState::Disabled, 2), at(2));
        model.tick(at(2), {}, 0);
        model.tick(at(3), {}, 0);
        QCOMPARE(latest(model, figure::insightAgents), 0.);
        QCOMPARE(readings(model, figure::insightAgents, ""), 2u);
    }

    void anEarlierRunOfTheConsoleBeginsAnew()
    {
        OverviewInput known;
        known.figures[std::string(figure::insightOpened)]["oom-kill"] = {{at(-20), 0}, {at(-10), 1}};
        LiveModel model;
        model.seed(std::move(known));
        model.onAgentState(agentState("a", at(0)));
        model.onDelivery(hooksOf("a", wire::HookState::Active, 0), at(0));
        model.tick(at(0), {}, 0);
        QCOMPARE(latest(model, figure::insightOpened, "oom-kill"), 0.);
        model.onDelivery(told(1, insightOf(1, InsightState::Open), 1), at(1));
        model.tick(at(1), {}, 0);
        QCOMPARE(latest(model, figure::insightOpened, "oom-kill"), 1.);
    }

    void remembersTheLastHourOfNewOnes()
    {
        LiveModel model;
        for (int t = 0; t <= 3500; t += 5) {
            model.onAgentState(agentState("a", at(t), static_cast<std::uint64_t>(t) + 1));
            if (t == 0)
                model.onDelivery(hooksOf("a", wire::HookState::Active, 0), at(0));
            if (t == 10 || t == 3000)
                model.onDelivery(told(static_cast<std::uint64_t>(t), insightOf(static_cast<std::uint64_t>(t), InsightState::Open, t), t),
                                 at(t));
            model.tick(at(t), {}, 0);
            static_cast<void>(model.takeFigures());
        }
        const OverviewSnapshot overview = model.overview(1);
        const PanelSnapshot &panel = overview.panels[static_cast<std::size_t>(PanelId::InsightsGenerated)];
        QCOMPARE(panel.value->value, 2.);
        QCOMPARE(fact(panel, "in-range")->value, 1.); // the window is shorter than an hour
        QCOMPARE(overview.panels[static_cast<std::size_t>(PanelId::ActiveCorrelations)].value->value, 2.);
    }
};

QTEST_APPLESS_MAIN(TestLiveInsights)
#include "tst_liveinsights.moc"
