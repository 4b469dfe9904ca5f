// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include "agent/correlation/ruleloader.h"
#include "agent/server/correlationthread.h"
#include "protocol/wire/evidence.h"
#include "tests/server/hubfixture.h"

using namespace tapio;
using namespace tapio::server;
using correlation::ClusterScope;

namespace {

constexpr std::uint64_t ownStreamId = 0x5e12;
const std::string ownNode = "server:hq";

correlation::RuleSet rules()
{
    const auto rule =
        correlation::parseRule("id = \"kills\"\ntitle = \"t\"\nscope = \"cluster\"\nroot = \"cluster\"\nseverity = \"error\"\n"
                               "lifetime = \"5m\"\ncooldown = \"5m\"\nsummary = \"{kill.count} nodes\"\n"
                               "[[step]]\nname = \"kill\"\nevent = \"oom.kill\"\nwithin = \"10m\"\naffects = \"node\"\ndistinct = 2\n"
                               "[[step]]\nname = \"exit\"\nevent = \"process.exit\"\nrole = \"supporting\"\nwithin = \"1m\"\n"
                               "after = \"kill\"\nafter_within = \"1m\"\n",
                               "kills.toml");
    auto all = correlation::shippedRules().rules;
    std::erase_if(all, [](const correlation::Rule &one) { return one.id != "node-lost"; });
    all.push_back(*rule);
    return all;
}

/// Looks at once, on the caller's thread.
class DirectFeed final : public CorrelationFeed {
public:
    void onDelivery(const std::shared_ptr<const wire::Delivery> &delivery, std::uint64_t) override
    {
        ++deliveries;
        scope.onDelivery(*delivery);
    }
    void onAgent(const wire::AgentState &state) override { scope.onAgent(state); }
    std::vector<ClusterScope::Found> take() override
    {
        auto found = scope.take();
        found.insert(found.end(), more.begin(), more.end());
        more.clear();
        return found;
    }
    const std::vector<wire::EventType> &wanted() const override { return types; }
    CorrelationCounters counters() const override
    {
        CorrelationCounters counters;
        counters.refusedEvents = refused;
        counters.scope = scope.counters();
        counters.scope.forgotten += forgotten;
        counters.rules = scope.ruleCounters();
        return counters;
    }

    ClusterScope scope{"hq", rules()};
    std::vector<wire::EventType> types = scope.wanted();
    std::vector<ClusterScope::Found> more; ///< that the test has it find
    std::uint64_t deliveries = 0, refused = 0, forgotten = 0;
};

struct Fixture : test::HubFixture {
    explicit Fixture(FanInOptions hubOptions = {}, bool withSink = true) : HubFixture(std::move(hubOptions), withSink)
    {
        hub.correlate(feed, {"hq", ownStreamId});
    }
    /// An OOM kill of "shop/api-0" on this peer's node.
    void kill(transport::PeerId peer, std::uint64_t frameSeq)
    {
        wire::Event one = test::event(wire::EventType::OomKill, wire::Severity::Error, 1);
        one.timeNs = clock.utcNs();
        one.detail = wire::OomKill();
        send(peer, wire::Frame{test::streamA, frameSeq, clock.utcNs(), test::batch(frameSeq * 1000, {one})});
    }
    /// Found, and put into the stream.
    void killOnTwo()
    {
        agent(1, "node-1");
        agent(2, "node-2");
        kill(1, 1);
        kill(2, 1);
    }
    void pass(std::int64_t seconds)
    {
        clock.advance(seconds * nsPerSecond);
        hub.tick(true);
        feed.scope.advance(clock.utcNs());
        hub.tick(true);
    }

    DirectFeed feed;
};

std::vector<wire::Insight> insightsIn(const std::vector<wire::Delivery> &deliveries)
{
    std::vector<wire::Insight> all;
    for (const wire::Delivery &delivery : deliveries) {
        const auto *batch = std::get_if<wire::EventBatch>(&delivery.frame.body);
        for (std::size_t i = 0; batch != nullptr && delivery.node == ownNode && i < batch->events.size(); ++i)
            if (const wire::Insight *insight = wire::insightOf(batch->events[i].detail))
                all.push_back(*insight);
    }
    return all;
}

std::vector<wire::Insight> insightsOf(const test::RecordingLink &console) { return insightsIn(console.all<wire::Delivery>()); }

std::vector<wire::Insight> insightsOf(const test::RecordingSink &sink)
{
    std::vector<wire::Delivery> all;
    for (const auto &delivery : sink.deliveries)
        all.push_back(*delivery);
    return insightsIn(all);
}

/// What the fixture told last, as large as it may be.
wire::Event largeFinding(const Fixture &f)
{
    wire::Event told = std::get<wire::EventBatch>(f.sink.deliveries.back()->frame.body).events[0];
    std::get<wire::Boxed<wire::Insight>>(told.detail)->text = std::string(wire::Insight::textBytes, 'x');
    for (int i = 0; i < 24; ++i)
        std::get<wire::Boxed<wire::Insight>>(told.detail)->evidence.push_back(std::string(wire::Insight::lineBytes, 'y'));
    return told;
}

} // namespace

class TestHubCorrelation : public QObject {
    Q_OBJECT
private slots:
    void rules_areReportedInItsOwnStream()
    {
        Fixture f;
        auto &console = f.console(9);
        f.killOnTwo();
        for (int i = 0; i < 21; ++i)
            f.pass(1);
        std::vector<wire::CounterReport> reports;
        std::uint64_t lastFrame = 0;
        for (const auto &delivery : console.all<wire::Delivery>()) {
            if (delivery.node != ownNode)
                continue;
            QCOMPARE(delivery.frame.frameSeq, lastFrame + 1); // the stream has no hole
            lastFrame = delivery.frame.frameSeq;
            if (const auto *report = std::get_if<wire::CounterReport>(&delivery.frame.body))
                reports.push_back(*report);
        }
        QVERIFY2(reports.size() == 2 || reports.size() == 3, qPrintable(QString::number(reports.size())));
        QVERIFY(reports.back().sources.empty());
        QCOMPARE(reports.back().rules.size(), std::size_t(2));
        for (const wire::RuleCounters &rule : reports.back().rules)
            QCOMPARE(rule.opened, std::uint64_t(rule.rule == "kills" ? 1 : 0));
    }
    void whatNodesShow_isFoundAndNamesItsEvents()
    {
        Fixture f;
        auto &console = f.console(9);
        f.killOnTwo();
        const auto found = insightsOf(console);
        QCOMPARE(found.size(), std::size_t(1));
        QCOMPARE(found[0].rule, std::string("kills"));
        QCOMPARE(found[0].text, std::string("2 nodes (found across nodes by the server hq)"));
        QCOMPARE(found[0].rootKind, wire::EntityKind::Cluster);
        QCOMPARE(found[0].evidence.size(), std::size_t(2));
        for (std::size_t i = 0; i < 2; ++i) {
            const auto evidence = wire::parseEvidence(found[0].evidence[i]);
            QCOMPARE(evidence->node, "node-" + std::to_string(i + 1));
            QCOMPARE(evidence->streamId, test::streamA);
            QCOMPARE(evidence->seq, std::uint64_t(1000));
        }
        QCOMPARE(insightsOf(f.sink).size(), std::size_t(1)); // and it is stored
        const auto &own = f.sink.deliveries.back();
        QCOMPARE(own->frame.streamId, ownStreamId);
        QCOMPARE(own->frame.frameSeq, std::uint64_t(2)); // the first says that it began
        QCOMPARE(own->clockUncertaintyNs, std::int64_t(0));
        QCOMPARE(std::get<wire::EventBatch>(own->frame.body).firstSeq, std::uint64_t(2));
    }

    /// Or what an earlier server had found would look open in a store for hours.
    void ownStream_saysThatItBegan()
    {
        Fixture f;
        f.hub.tick(true);
        QCOMPARE(f.sink.deliveries.size(), std::size_t(1));
        const wire::Delivery &first = *f.sink.deliveries[0];
        QCOMPARE(first.node, ownNode);
        QCOMPARE(first.frame.streamId, ownStreamId);
        const wire::Event &event = std::get<wire::EventBatch>(first.frame.body).events.at(0);
        QCOMPARE(event.timeNs, f.clock.utcNs());
        QVERIFY(std::get<wire::AgentNotice>(event.detail).kind == wire::AgentNoticeKind::Began);
        QCOMPARE(f.hub.correlation()->toldInsights, std::uint64_t(0));
        f.hub.tick(true);
        QCOMPARE(f.sink.deliveries.size(), std::size_t(1));
    }

    void whatComesTwice_isLookedAtOnce()
    {
        Fixture f;
        f.agent(1, "node-1");
        f.kill(1, 1);
        f.kill(1, 1);
        QCOMPARE(f.feed.deliveries, std::uint64_t(1));
        QCOMPARE(f.feed.scope.counters().events, std::uint64_t(1));
    }

    void ownStream_isNoEvidence()
    {
        Fixture f;
        f.killOnTwo();
        QCOMPARE(f.feed.deliveries, std::uint64_t(2));
    }

    /// It is told as an event first, so that what is found by it can be followed to there.
    void ownStream_ofWhatKubernetesSays_isEvidence()
    {
        Fixture f;
        f.agent(1, "node-1");
        f.closed(1);
        wire::KubernetesFact fact;
        fact.kind = wire::KubernetesFactKind::NodeNotReady;
        fact.node = "node-1";
        f.pass(39);
        f.pass(1);
        QCOMPARE(insightsOf(f.sink).size(), std::size_t(1));
        f.feed.scope.onNodes({fact}); // in the second in which its loss is told
        f.clock.advance(nsPerMs);
        f.hub.tick(true);
        const auto told = std::find_if(f.sink.deliveries.rbegin(), f.sink.deliveries.rend(),
                                       [](const auto &delivery) { return OwnStream::isEvidence(*delivery); });
        QVERIFY(told != f.sink.deliveries.rend());
        const auto &batch = std::get<wire::EventBatch>((*told)->frame.body);
        QCOMPARE(batch.events.at(0).severity, wire::Severity::Error);
        const std::uint64_t seq = batch.firstSeq;
        for (int second = 0; second < 20; ++second)
            f.pass(1);
        const auto found = insightsOf(f.sink);
        QCOMPARE(found.size(), std::size_t(2));
        QCOMPARE(found[1].state, wire::InsightState::Updated);
        const auto cited = [&](const std::string &line) {
            const auto one = wire::parseEvidence(line);
            return one->streamId == ownStreamId && one->seq == seq;
        };
        QVERIFY(std::any_of(found[1].evidence.begin(), found[1].evidence.end(), cited));
        const auto counters = f.feed.scope.counters();
        QCOMPARE(counters.found, f.hub.correlation()->toldInsights + f.hub.correlation()->untoldInsights);
    }

    /// At its start nobody is there to be told that a right is missing.
    void consoleThatComesLater_isToldWhatStaysSo()
    {
        Fixture f;
        const auto notice = [](const char *code) { return wire::LinkNotice{1, wire::LinkNoticeKind::Unknown, {}, {}, code, "why", 1}; };
        f.hub.saySince(notice("nodes-known"));
        f.hub.saySince(notice("nodes-unknown"));
        const auto notices = f.console(9).all<wire::LinkNotice>();
        QCOMPARE(std::count_if(notices.begin(), notices.end(), [](const auto &one) { return one.code == "nodes-unknown"; }), 1);
        QVERIFY(std::none_of(notices.begin(), notices.end(), [](const auto &one) { return one.code == "nodes-known"; }));
    }

    void consoleThatComesBack_goesOnWithTheStream()
    {
        Fixture f;
        f.console(9);
        f.killOnTwo();
        f.closed(9);
        f.pass(3600);                                                  // it expires
        QCOMPARE(f.hub.correlation()->toldInsights, std::uint64_t(4)); // with both nodes, which are silent
        wire::Subscribe resume;
        resume.resume = {{ownNode, ownStreamId, 2}};
        auto &back = f.console(10, resume);
        for (const wire::Insight &one : insightsOf(back))
            QVERIFY(one.state != wire::InsightState::Open || one.rule == "node-lost"); // the first frame it has
        QCOMPARE(insightsOf(f.console(11)).size(), std::size_t(4));
    }

    void refusingSink_getsItLater()
    {
        FanInOptions options;
        options.acknowledgeBySink = true;
        Fixture f(options);
        f.agent(1, "node-1");
        f.agent(2, "node-2");
        f.kill(1, 1);
        f.sink.refuses = true;
        f.kill(2, 1); // not accepted, so not looked at
        QCOMPARE(f.feed.deliveries, std::uint64_t(1));
        f.sink.refuses = false;
        f.hub.tick(true);
        QCOMPARE(insightsOf(f.sink).size(), std::size_t(1));
        f.hub.acknowledge(ownNode, ownStreamId, 2);
        f.hub.tick(true);
    }

    void findingsNobodyTakes_areBoundedAndCounted()
    {
        Fixture f;
        f.killOnTwo();
        const wire::Event told = std::get<wire::EventBatch>(f.sink.deliveries.back()->frame.body).events[0];
        OwnStream own({"hq", 1}, 0);
        for (int i = 0; i < 1000; ++i)
            own.add(std::vector<ClusterScope::Found>(32, {told, nullptr}), 1);
        QCOMPARE(own.told() + own.untold(), std::uint64_t(32'000));
        QVERIFY(own.untold() > 0);
        QVERIFY(own.record().pendingBytes() < 2 * OwnStream::mostPendingBytes);
    }

    /// All at once, and more than may wait: the sink takes them as they come.
    void manyFindings_areToldWhereTheSinkTakesThem()
    {
        Fixture f;
        f.killOnTwo();
        const wire::Event told = largeFinding(f);
        f.feed.more = std::vector<ClusterScope::Found>(2000, {told, nullptr});
        f.hub.tick(true);
        QCOMPARE(f.hub.correlation()->untoldInsights, std::uint64_t(0));
        QCOMPARE(insightsOf(f.sink).size(), std::size_t(2001));
    }

    void ownStream_isCounted()
    {
        Fixture f;
        f.killOnTwo();
        f.hub.tick(true);
        QCOMPARE(f.counters(ownNode).counters[Counter::Received], std::uint64_t(2));
        QCOMPARE(f.counters(ownNode).counters[Counter::Processed], std::uint64_t(2));
        QCOMPARE(f.hub.correlation()->toldInsights, std::uint64_t(1));
    }

    void narrowSubscription_doesNotBlindTheRules()
    {
        Fixture f({}, false);
        f.agent(1, "node-1");
        f.console(9, test::only("shop"));
        const auto filter = f.link(1).last<wire::Filter>();
        QCOMPARE(filter.any.size(), std::size_t(2));
        QCOMPARE(filter.any.back().types, f.feed.types);
        f.agent(2, "node-2");
        f.kill(1, 1);
        f.kill(2, 1);
        QCOMPARE(f.feed.scope.counters().found, std::uint64_t(1));
    }

    void nodeWithoutAFarewell_isLost()
    {
        Fixture f;
        f.agent(1, "node-1");
        f.closed(1);
        QVERIFY(f.sink.states.back().state == wire::LinkState::Gone && !f.sink.states.back().saidBye);
        f.pass(39);
        QVERIFY(insightsOf(f.sink).empty());
        f.pass(1);
        const auto found = insightsOf(f.sink);
        QCOMPARE(found.size(), std::size_t(1));
        QCOMPARE(found[0].rule, std::string("node-lost"));
        QCOMPARE(found[0].root, std::string("node-1"));
        f.agent(2, "node-1");
        f.pass(1);
        QCOMPARE(insightsOf(f.sink).back().state, wire::InsightState::Resolved);
    }

    void nodeThatSaysGoodbye_isNotLost()
    {
        Fixture f;
        f.agent(1, "node-1");
        QVERIFY(!f.sink.states.back().saidBye);
        f.send(1, wire::Bye{"shutdown", "on request", 0});
        const wire::AgentState &gone = f.sink.states.back();
        QVERIFY(gone.state == wire::LinkState::Gone && gone.saidBye);
        QVERIFY(gone.toldNs >= gone.sinceNs && gone.sinceNs > 0);
        f.pass(3600);
        QVERIFY(insightsOf(f.sink).empty());
    }

    void nodeThatIsBackInTime_isNotLost()
    {
        Fixture f;
        f.agent(1, "node-1");
        f.closed(1);
        f.pass(30);
        f.agent(2, "node-1");
        f.pass(1);
        f.pass(20);
        QVERIFY(insightsOf(f.sink).empty());
    }

    void refusedEvents_areSaid()
    {
        Fixture f;
        f.feed.refused = 7;
        f.pass(3);
        f.pass(3);
        QCOMPARE(f.sink.notices.size(), std::size_t(1));
        QCOMPARE(f.sink.notices[0].code, std::string("correlation-behind"));
        QCOMPARE(f.sink.notices[0].repeated, 7u);
        f.feed.refused = 9;
        f.pass(3);
        QCOMPARE(f.sink.notices.size(), std::size_t(1)); // not each time
        f.pass(60);
        QCOMPARE(f.sink.notices.size(), std::size_t(2));
        QCOMPARE(f.sink.notices[1].repeated, 2u);
    }

    void whatIsForgotten_isSaid()
    {
        Fixture f;
        f.feed.forgotten = 3;
        f.pass(3);
        QCOMPARE(f.sink.notices.size(), std::size_t(1));
        QCOMPARE(f.sink.notices[0].code, std::string("correlation-full"));
        QCOMPARE(f.sink.notices[0].repeated, 3u);
    }

    void whatIsNotTold_isSaid()
    {
        Fixture f;
        f.killOnTwo();
        const wire::Event told = largeFinding(f);
        f.sink.refuses = true;
        f.feed.more = std::vector<ClusterScope::Found>(2000, {told, nullptr});
        f.hub.tick(true);
        const std::uint64_t untold = f.hub.correlation()->untoldInsights;
        QVERIFY(untold > 0 && untold < 2000);
        f.pass(3);
        QCOMPARE(f.sink.notices.size(), std::size_t(1));
        QCOMPARE(f.sink.notices[0].code, std::string("correlation-untold"));
        QCOMPARE(f.sink.notices[0].repeated, static_cast<std::uint32_t>(untold));
        f.sink.refuses = false;
        f.pass(3);
        QCOMPARE(insightsOf(f.sink).size(), static_cast<std::size_t>(1 + 2000 - untold)); // what waited is told yet
    }

    void earlierServersStreams_areNoAgents()
    {
        FanInOptions options;
        options.known = {{ownNode, 1, 4}};
        Fixture f(options);
        QVERIFY(f.console(9).all<wire::AgentState>().empty());
    }

    void thread_findsTheSame_andLosesNothing()
    {
        test::FakeClock clock;
        std::atomic<int> woken = 0;
        CorrelationThread thread(
            std::make_unique<ClusterScope>("hq", rules()), {}, [&] { ++woken; }, clock);
        for (const char *node : {"node-1", "node-2"}) {
            wire::Event one = test::event(wire::EventType::OomKill, wire::Severity::Error, 1);
            one.timeNs = clock.utcNs();
            one.detail = wire::OomKill();
            auto delivery =
                std::make_shared<wire::Delivery>(*test::delivery(node, {test::streamA, 1, 0, test::batch(1, {one, test::event()})}));
            delivery->receivedNs = clock.utcNs(); // nothing arrives before it happens
            thread.onDelivery(std::move(delivery), 1000);
        }
        QTRY_VERIFY(woken > 0 && thread.isIdle());
        const auto found = thread.take();
        QCOMPARE(found.size(), std::size_t(1));
        const CorrelationCounters counters = thread.counters();
        QCOMPARE(counters.offeredEvents, std::uint64_t(4));
        QCOMPARE(counters.scope.events, std::uint64_t(4));
        QCOMPARE(counters.waitingEvents + counters.refusedEvents, std::uint64_t(0));
    }

    void threadThatIsBehind_refusesAndCounts()
    {
        test::FakeClock clock;
        CorrelationThread thread(
            std::make_unique<ClusterScope>("hq", rules()), {1000, 10}, [] {}, clock);
        const auto delivery = test::delivery("node-1", test::eventFrame(1, 1));
        for (int i = 0; i < 100'000; ++i)
            thread.onDelivery(delivery, 999);
        QTRY_VERIFY(thread.isIdle());
        const CorrelationCounters counters = thread.counters();
        QCOMPARE(counters.offeredEvents, std::uint64_t(100'000));
        QCOMPARE(counters.scope.events + counters.refusedEvents, std::uint64_t(100'000));
        QCOMPARE(counters.waitingEvents, std::uint64_t(0));
    }
};

QTEST_GUILESS_MAIN(TestHubCorrelation)
#include "tst_hubcorrelation.moc"
