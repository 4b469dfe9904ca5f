// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include "console/cli/nodeviews.h"

using namespace tapio;
using namespace tapio::console;

namespace {

constexpr std::int64_t t0 = 1'772'366'400 * nsPerSecond;
constexpr std::int64_t s = nsPerSecond;

wire::Delivery report(std::int64_t timeNs, std::uint64_t seen, std::uint64_t sent, std::uint64_t stream = 1, std::int64_t offsetNs = 0)
{
    wire::Delivery delivery;
    delivery.node = "a";
    delivery.clockOffsetNs = offsetNs;
    delivery.frame.streamId = stream;
    wire::CounterReport counters{timeNs, {{"process", {}}}};
    counters.sources[0].counters[Counter::Seen] = seen;
    counters.sources[0].counters[Counter::Sent] = sent;
    delivery.frame.body = counters;
    return delivery;
}

wire::AgentState connected(std::int64_t sinceNs, std::int64_t lastHeartbeatNs)
{
    wire::AgentState state;
    state.node = "a";
    state.state = wire::LinkState::Connected;
    state.sinceNs = sinceNs;
    state.lastHeartbeatNs = lastHeartbeatNs;
    return state;
}

} // namespace

class TestNodeViews : public QObject {
    Q_OBJECT

    static std::optional<double> sentRate(const std::vector<wire::Delivery> &deliveries, const wire::AgentState &state)
    {
        NodeViews views;
        const ServerClientHandlers handlers = views.handlers();
        handlers.agentState(state);
        for (const wire::Delivery &delivery : deliveries)
            handlers.delivery(delivery);
        return views.nodes().at("a").rate(Counter::Sent);
    }

private slots:
    void rate_isADifferenceOverTheAgentsTime()
    {
        const auto rate = sentRate({report(t0, 100, 90), report(t0 + 2 * s, 300, 250)}, connected(t0 - 60 * s, t0 + 2 * s));
        QVERIFY(rate);
        QCOMPARE(*rate, 80.);
    }

    void server_isNoNode()
    {
        NodeViews views;
        const ServerClientHandlers handlers = views.handlers();
        wire::Delivery own = report(t0, 0, 0);
        own.node = "server:hq";
        handlers.delivery(own);
        QVERIFY(views.nodes().empty());
    }

    void collectors_areThoseOfTheLastReport()
    {
        NodeViews views;
        const ServerClientHandlers handlers = views.handlers();
        handlers.delivery(report(t0, 100, 90));
        wire::Delivery next = report(t0 + s, 300, 250);
        auto &sources = std::get<wire::CounterReport>(next.frame.body).sources;
        sources.push_back({"tcp", {}});
        sources.back().counters[Counter::Lost] = 7;
        sources.push_back({std::string(wire::amendmentsSource), {}}); // counts no events
        handlers.delivery(next);
        const auto &collectors = views.nodes().at("a").collectors();
        QCOMPARE(collectors.size(), 2u);
        QCOMPARE(collectors.at("process")[Counter::Seen], 300u);
        QCOMPARE(collectors.at("tcp")[Counter::Lost], 7u);
    }

    void rate_oneReportIsNone() { QVERIFY(!sentRate({report(t0, 100, 90)}, connected(t0 - 60 * s, t0))); }

    void rate_reportsOfBeforeTheSessionSayNothing()
    {
        // The agent waited for its server: nothing could be sent.
        const std::vector<wire::Delivery> waited{report(t0 - 3 * s, 10, 0), report(t0 - 2 * s, 20, 0), report(t0 - s, 30, 0)};
        QVERIFY(!sentRate(waited, connected(t0, t0)));
        std::vector<wire::Delivery> more = waited;
        more.push_back(report(t0 + s, 40, 40));
        QVERIFY(!sentRate(more, connected(t0, t0 + s)));
        more.push_back(report(t0 + 2 * s, 50, 50));
        QCOMPARE(sentRate(more, connected(t0, t0 + 2 * s)).value_or(-1), 10.);
    }

    void rate_whatTheServerRepeatsOfThePastSaysNothing()
    {
        const std::vector<wire::Delivery> old{report(t0, 0, 0), report(t0 + s, 0, 0)};
        QVERIFY(!sentRate(old, connected(t0 - 60 * s, t0 + 300 * s)));
        std::vector<wire::Delivery> more = old;
        for (int i = 298; i <= 300; ++i)
            more.push_back(report(t0 + i * s, 0, static_cast<std::uint64_t>(i) * 5));
        QCOMPARE(sentRate(more, connected(t0 - 60 * s, t0 + 300 * s)).value_or(-1), 5.);
    }

    void rate_ofANodeWithAWrongClock()
    {
        const std::int64_t behind = 3600 * s;
        const auto rate =
            sentRate({report(t0 - behind, 0, 0, 1, behind), report(t0 + s - behind, 0, 3, 1, behind)}, connected(t0 - 60 * s, t0 + s));
        QCOMPARE(rate.value_or(-1), 3.);
    }

    void reports_areUnknownUntilTheyCome()
    {
        NodeViews views;
        const ServerClientHandlers handlers = views.handlers();
        QVERIFY(!views.reportsKnown());
        handlers.agentState(connected(t0 - 60 * s, t0));
        QVERIFY(!views.nodes().at("a").hooks && !views.nodes().at("a").counters());
        wire::Delivery delivery = report(t0, 0, 0);
        delivery.frame.body = wire::HookReport{
            0, {{"tcp", "a hook", wire::HookState::Active, "", "", 0, 0}, {"tcp", "another", wire::HookState::Failed, "", "", 0, 0}}};
        handlers.delivery(delivery);
        QVERIFY(!views.reportsKnown());
        handlers.delivery(report(t0, 100, 90));
        QVERIFY(views.reportsKnown());
        QCOMPARE(views.nodes().at("a").hooks->active, std::size_t(1));
        QCOMPARE(views.nodes().at("a").hooks->wanted, std::size_t(2));
    }

    void rate_beginsAnewWithTheStream()
    {
        const std::vector<wire::Delivery> restarted{report(t0, 1000, 1000), report(t0 + s, 5, 5, 2)};
        QVERIFY(!sentRate(restarted, connected(t0 - 60 * s, t0 + s)));
    }

    void rate_ofANodeThatIsGone()
    {
        wire::AgentState gone = connected(t0 - 60 * s, t0 + s);
        gone.state = wire::LinkState::Gone;
        QVERIFY(!sentRate({report(t0, 0, 0), report(t0 + s, 0, 3)}, gone));
    }
};

QTEST_APPLESS_MAIN(TestNodeViews)
#include "tst_nodeviews.moc"
