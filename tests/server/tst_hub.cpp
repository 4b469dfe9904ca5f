// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include "tests/server/hubfixture.h"

using namespace tapio;
using namespace tapio::server;
using test::only;
using test::SharedLink;
using transport::PeerId;
using Fixture = test::HubFixture;

Q_DECLARE_METATYPE(std::string)

namespace {

FanInOptions acknowledgedBySink()
{
    FanInOptions options;
    options.acknowledgeBySink = true;
    return options;
}

} // namespace

class TestHub : public QObject {
    Q_OBJECT
private slots:
    void frames_reachTheSinkAndAreAcknowledged()
    {
        Fixture f;
        auto &agent = f.agent(1);
        f.send(1, test::eventFrame(1, 3));
        f.send(1, test::eventFrame(2, 2));
        QVERIFY((f.sink.frameSeqs() == std::vector<std::uint64_t>{1, 2}));
        QCOMPARE(f.sink.deliveries[0]->node, std::string("node-1"));
        QCOMPARE(agent.last<wire::Ack>().frameSeq, 2u);
        QCOMPARE(f.counters().counters[Counter::Received], 5u);
        QCOMPARE(f.counters().counters[Counter::Processed], 5u);
        QCOMPARE(f.counters().queuedEvents, 0u);
    }

    void heldByTheAgentUntilTheServerBegan_isCountedApart()
    {
        Fixture f;
        f.agent(1);
        wire::Frame held = test::eventFrame(1, 3), fresh = test::eventFrame(2, 2);
        held.sealedNs = f.clock.utcNs() - 1;
        fresh.sealedNs = f.clock.utcNs();
        f.send(1, held);
        f.send(1, fresh);
        QCOMPARE(f.counters().counters[Counter::Received], 5u);
        QCOMPARE(f.counters().earlierEvents, 3u);
    }

    void anAgentThatIsGoneBeforeItsWelcome_isNotConnected()
    {
        Fixture f;
        f.newLinksAreBusy = true; // as a peer is that has gone
        f.agent(1);
        QCOMPARE(f.sink.lastState("node-1").state, wire::LinkState::Gone);
    }

    void acknowledgeBySink_waitsForIt()
    {
        Fixture f(acknowledgedBySink());
        auto &agent = f.agent(1);
        f.send(1, test::eventFrame(1));
        f.send(1, test::eventFrame(2));
        QVERIFY(agent.all<wire::Ack>().empty());
        f.hub.acknowledge("node-1", test::streamA, 1);
        f.hub.acknowledge("node-9", test::streamA, 1);
        f.hub.tick(true);
        QCOMPARE(agent.last<wire::Ack>().frameSeq, 1u);
    }

    void refusingSink_getsTheSameFramesLaterInOrder()
    {
        Fixture f;
        auto &agent = f.agent(1);
        f.agent(2, "node-2");
        f.sink.refuses = true;
        for (std::uint64_t seq = 1; seq <= 3; ++seq)
            f.send(1, test::eventFrame(seq, 2));
        f.send(2, test::eventFrame(1));
        QVERIFY(agent.all<wire::Ack>().empty());
        QCOMPARE(f.counters().queuedEvents, 6u);
        QVERIFY(f.hub.untilTick() < std::chrono::milliseconds(50));
        f.sink.refuses = false;
        f.hub.tick(true);
        QCOMPARE(agent.last<wire::Ack>().frameSeq, 3u);
        QCOMPARE(f.link(2).last<wire::Ack>().frameSeq, 1u);
        QVERIFY((f.sink.frameSeqs() == std::vector<std::uint64_t>{1, 2, 3, 1}));
        QCOMPARE(f.counters().queuedEvents, 0u);
    }

    void refusingSink_stopsAnAgentAtItsCredit()
    {
        FanInOptions options;
        const std::size_t bytes = wire::encode(test::eventFrame(1, 4))->size();
        options.creditBytes = 3 * bytes;
        Fixture f(options);
        auto &agent = f.agent(1);
        f.sink.refuses = true;
        for (std::uint64_t seq = 1; seq <= 3; ++seq)
            f.send(1, test::eventFrame(seq, 4));
        QVERIFY(agent.closed.empty());
        f.send(1, test::eventFrame(4, 4));
        QCOMPARE(agent.closed, std::string("over-credit"));
        f.agent(2, "node-1", test::streamA, 1);
        QCOMPARE(f.link(2).last<wire::Welcome>().ackedFrameSeq, 0u);
        f.sink.refuses = false;
        for (std::uint64_t seq = 1; seq <= 4; ++seq)
            f.send(2, test::eventFrame(seq, 4));
        // The fourth was here when the session ended, but had not been taken in.
        QVERIFY((f.sink.frameSeqs() == std::vector<std::uint64_t>{1, 2, 3, 4}));
    }

    void known_resumesWhereTheStoreEnded()
    {
        FanInOptions options = acknowledgedBySink();
        options.known = {{"node-1", test::streamA, 41}, {"node-1", test::streamB, 7}};
        Fixture f(options);
        QCOMPARE(f.agent(1, "node-1", test::streamA, 30).last<wire::Welcome>().ackedFrameSeq, 41u);
        f.send(1, test::eventFrame(42));
        QVERIFY((f.sink.frameSeqs() == std::vector<std::uint64_t>{42}));
        QCOMPARE(f.sink.lastState("node-1").loss.gapFrames, 0u);
    }

    void refused_data()
    {
        QTest::addColumn<int>("row");
        QTest::addColumn<std::string>("code");
        QTest::newRow("another node's name") << 0 << std::string("spoofed-node");
        QTest::newRow("a newer protocol only") << 1 << std::string("version");
        QTest::newRow("a console with a node's greeting") << 2 << std::string("wrong-role");
        QTest::newRow("no greeting") << 3 << std::string("protocol");
        QTest::newRow("garbage") << 4 << std::string("malformed");
        QTest::newRow("a newer format") << 5 << std::string("version");
    }
    void refused()
    {
        QFETCH(int, row);
        QFETCH(std::string, code);
        Fixture f;
        f.console(7);
        f.identities[1] = test::identity(row == 2 ? Role::Console : Role::Node, "node-1");
        wire::Hello newer = test::nodeHello("node-1");
        newer.versionMin = newer.versionMax = 2;
        wire::Bytes newerFormat = *wire::encode(newer);
        newerFormat[0] = std::byte{9};
        const wire::Bytes rows[] = {*wire::encode(test::nodeHello("node-2")), *wire::encode(newer),
                                    *wire::encode(test::nodeHello("node-1")), *wire::encode(test::eventFrame(1)),
                                    wire::Bytes(100, std::byte{1}),           newerFormat};
        f.sendBytes(1, rows[row]);
        f.hub.tick(true);
        QCOMPARE(f.link(1).closed, code);
        QCOMPARE(f.link(1).last<wire::Bye>().code, code);
        QVERIFY(f.link(1).all<wire::Welcome>().empty());
        QCOMPARE(f.sink.notices.back().code, code);
        QCOMPARE(f.sink.notices.back().kind, wire::LinkNoticeKind::Refused);
        QVERIFY(f.sink.notices.back().identity.starts_with("spiffe://test.tapio/tapio/"));
        QCOMPARE(f.link(7).last<wire::LinkNotice>().code, code);
        // What it sends afterwards is not looked at.
        f.send(1, test::nodeHello("node-1"));
        f.send(1, test::eventFrame(1));
        QVERIFY(f.sink.deliveries.empty());
        QVERIFY(f.link(1).all<wire::Welcome>().empty());
    }

    void sameNodeTwice_theNewestWins()
    {
        Fixture f;
        auto &older = f.agent(1);
        f.send(1, test::eventFrame(1));
        f.agent(2, "node-1", test::streamA, 2);
        QCOMPARE(older.closed, std::string("replaced"));
        QVERIFY(older.last<wire::Bye>().reconnectAfterMs > 0);
        QCOMPARE(f.link(2).last<wire::Welcome>().ackedFrameSeq, 1u);
        f.send(1, test::eventFrame(2));
        QVERIFY((f.sink.frameSeqs() == std::vector<std::uint64_t>{1}));
        f.closed(1);
        QCOMPARE(f.sink.lastState("node-1").state, wire::LinkState::Connected);
        QCOMPARE(f.sink.lastState("node-1").sessions, 2u);
        f.send(2, test::eventFrame(2));
        QVERIFY((f.sink.frameSeqs() == std::vector<std::uint64_t>{1, 2}));
    }

    void sameConsoleTwice_bothAreServed()
    {
        Fixture f;
        f.console(1);
        f.console(2);
        f.agent(3);
        f.send(3, test::eventFrame(1));
        QCOMPARE(f.link(1).all<wire::Delivery>().size(), std::size_t(1));
        QCOMPARE(f.link(2).all<wire::Delivery>().size(), std::size_t(1));
        QVERIFY(f.link(1).closed.empty());
    }

    void malformedMessages_areCountedThenThePeerIsClosed()
    {
        Fixture f;
        auto &agent = f.agent(1);
        for (int i = 1; i <= 7; ++i)
            f.sendBytes(1, wire::Bytes(64, std::byte{1}));
        QVERIFY(agent.closed.empty());
        QCOMPARE(f.counters().counters[Counter::Rejected], 7u);
        f.send(1, test::eventFrame(1));
        QCOMPARE(f.sink.deliveries.size(), std::size_t(1));
        f.sendBytes(1, wire::Bytes(64, std::byte{1}));
        QCOMPARE(agent.closed, std::string("malformed"));
        QCOMPARE(f.sink.lastState("node-1").state, wire::LinkState::Gone);
    }

    void zstd_isReadOfWhoAgreedOnItOnly_data()
    {
        QTest::addColumn<bool>("named");
        QTest::newRow("named in the greeting") << true;
        QTest::newRow("not named") << false;
    }
    void zstd_isReadOfWhoAgreedOnItOnly()
    {
        QFETCH(bool, named);
        Fixture f;
        f.identities[1] = test::identity(Role::Node, "node-1");
        wire::Hello hello = test::nodeHello("node-1");
        if (named)
            hello.capabilities.emplace_back("zstd");
        f.send(1, hello);
        f.sendBytes(1, *wire::encode(test::eventFrame(1, 200), {true}));
        QCOMPARE(f.sink.deliveries.size(), std::size_t(named ? 1 : 0));
        QCOMPARE(f.counters().counters[Counter::Rejected], named ? 0u : 1u);
    }

    void compressedFrames_areChargedExpanded()
    {
        FanInOptions options;
        const wire::Bytes bomb = *wire::encode(test::eventFrame(1, 10'000), {true});
        options.creditBytes = wire::plainBytes(bomb);
        QVERIFY(bomb.size() * 50 < options.creditBytes);
        Fixture f(options);
        f.sink.refuses = true;
        f.identities[1] = test::identity(Role::Node, "node-1");
        wire::Hello hello = test::nodeHello("node-1");
        hello.capabilities.emplace_back("zstd");
        f.send(1, hello);
        f.sendBytes(1, bomb);
        QVERIFY(f.link(1).closed.empty());
        f.sendBytes(1, *wire::encode(test::eventFrame(2, 10'000), {true}));
        QCOMPARE(f.link(1).closed, std::string("over-credit"));
        QCOMPARE(f.counters().queuedEvents, 10'000u);
    }

    void states_followTheLink()
    {
        Fixture f;
        auto &console = f.console(9);
        f.agent(1);
        QCOMPARE(f.sink.lastState("node-1").state, wire::LinkState::Connected);
        f.clock.advance(31 * nsPerSecond);
        f.hub.tick(true);
        QCOMPARE(f.sink.lastState("node-1").state, wire::LinkState::Silent);
        QCOMPARE(f.sink.lastState("node-1").sinceNs, f.clock.utcNs());
        f.send(1, wire::Heartbeat());
        QCOMPARE(f.sink.lastState("node-1").state, wire::LinkState::Connected);
        f.closed(1);
        f.hub.tick(true);
        QCOMPARE(f.sink.lastState("node-1").state, wire::LinkState::Gone);
        QCOMPARE(console.last<wire::AgentState>().state, wire::LinkState::Gone);
        QCOMPARE(console.last<wire::AgentState>().certificateSerial, std::string("01ab"));
    }

    void states_comeEveryTwoSeconds()
    {
        Fixture f;
        f.agent(1);
        const std::size_t before = f.sink.states.size();
        for (int i = 0; i < 100; ++i) {
            f.clock.advance(100 * nsPerMs);
            f.hub.tick(true);
        }
        QCOMPARE(f.sink.states.size() - before, std::size_t(5));
    }

    void states_ofAllNodesGreetAConsole()
    {
        Fixture f;
        f.agent(1, "node-1");
        f.agent(2, "node-2");
        f.closed(2);
        const auto states = f.console(9).all<wire::AgentState>();
        QCOMPARE(states.size(), std::size_t(2));
        QCOMPARE(states[1].state, wire::LinkState::Gone);
    }

    void lastWordsAfterTheClosedNotice_areHeard()
    {
        Fixture f;
        f.agent(1);
        transport::Notice notice;
        notice.kind = transport::NoticeKind::Closed;
        notice.peer = 1;
        f.hub.onNotices({notice});
        f.sendBytes(1, *wire::encode(test::eventFrame(1)));
        f.hub.tick(false);
        QCOMPARE(f.sink.deliveries.size(), std::size_t(1));
        QCOMPARE(f.sink.lastState("node-1").state, wire::LinkState::Connected);
        f.clock.advance(2 * nsPerSecond);
        f.hub.tick(false);
        QCOMPARE(f.sink.lastState("node-1").state, wire::LinkState::Gone);
    }

    void mutePeer_isRefused()
    {
        Fixture f;
        transport::Notice notice;
        notice.kind = transport::NoticeKind::Accepted;
        notice.peer = 1;
        f.hub.onNotices({notice});
        f.clock.advance(9 * nsPerSecond);
        f.hub.tick(true);
        QVERIFY(f.link(1).closed.empty());
        f.clock.advance(2 * nsPerSecond);
        f.hub.tick(true);
        QCOMPARE(f.link(1).closed, std::string("greeting-timeout"));
        QCOMPARE(f.sink.notices.back().code, std::string("greeting-timeout"));
        f.hub.tick(true);
        QCOMPARE(f.sink.notices.size(), std::size_t(2));
    }

    void notices_reachSinkAndConsoles()
    {
        Fixture f;
        auto &console = f.console(9);
        transport::Notice notice;
        notice.kind = transport::NoticeKind::Refused;
        notice.remoteAddress = "10.9.9.9:1";
        notice.code = "plaintext";
        notice.reason = "not TLS";
        notice.repeated = 12;
        f.hub.onNotices({notice});
        f.hub.tick(true);
        QCOMPARE(f.sink.notices.back().repeated, 12u);
        QCOMPARE(console.last<wire::LinkNotice>().code, std::string("plaintext"));
        QCOMPARE(console.last<wire::LinkNotice>().kind, wire::LinkNoticeKind::Refused);
    }

    void consoles_seeWhatTheyAskedFor()
    {
        Fixture f;
        wire::Subscribe critical;
        critical.filter.minSeverity = wire::Severity::Critical;
        critical.samples = false;
        f.console(8);
        f.console(9, critical);
        f.agent(1);
        f.send(1, test::eventFrame(1));
        f.send(1, wire::Frame{test::streamA, 2, 0, wire::SampleBatch()});
        QCOMPARE(f.link(8).all<wire::Delivery>().size(), std::size_t(2));
        QVERIFY(f.link(9).all<wire::Delivery>().empty());
        QCOMPARE(f.sink.deliveries.size(), std::size_t(2));
    }

    void slowConsole_losesOnlyItsOwn()
    {
        FanInOptions options;
        options.consoleQueueBytes = 3 * footprint(*test::delivery("node-1", test::eventFrame(1)));
        Fixture f(options);
        auto &fast = f.console(8);
        auto &slow = f.console(9);
        auto &agent = f.agent(1);
        slow.busy = true;
        for (std::uint64_t seq = 1; seq <= 20; ++seq)
            f.send(1, test::eventFrame(seq));
        QCOMPARE(fast.all<wire::Delivery>().size(), std::size_t(20));
        QCOMPARE(f.sink.deliveries.size(), std::size_t(20));
        QCOMPARE(agent.last<wire::Ack>().frameSeq, 20u);
        slow.busy = false;
        f.send(9, wire::Heartbeat());
        f.send(8, wire::Heartbeat());
        const std::uint64_t lost = slow.last<wire::HeartbeatReply>().droppedEvents;
        QVERIFY(lost > 0);
        QCOMPARE(slow.all<wire::Delivery>().size() + lost, std::size_t(20));
        QCOMPARE(fast.last<wire::HeartbeatReply>().droppedEvents, 0u);
    }

    void filterUnion_isPushedToAgentsOfAServerWithoutStore()
    {
        Fixture f({}, false);
        auto &agent = f.agent(1);
        QVERIFY(agent.all<wire::Filter>().empty());
        f.console(8, only("shop"));
        f.hub.tick(true);
        QCOMPARE(agent.last<wire::Filter>().any.size(), std::size_t(1));
        f.console(9, only("bank"));
        f.hub.tick(true);
        QCOMPARE(agent.last<wire::Filter>().any.size(), std::size_t(2));
        const auto epoch = agent.last<wire::Filter>().epoch;
        f.closed(9);
        f.clock.advance(nsPerSecond);
        f.hub.tick(true);
        QCOMPARE(agent.last<wire::Filter>().any.size(), std::size_t(1));
        QVERIFY(agent.last<wire::Filter>().epoch > epoch);
        f.closed(8);
        f.clock.advance(nsPerSecond);
        f.hub.tick(true);
        QVERIFY(agent.last<wire::Filter>().any.empty());
        QVERIFY(f.agent(2, "node-2").closed.empty());
    }

    void filterUnion_isEverythingWithAStore()
    {
        Fixture f;
        auto &agent = f.agent(1);
        f.console(8, only("shop"));
        f.hub.tick(true);
        QVERIFY(agent.all<wire::Filter>().empty());
    }

    void sinkThatTakesNoDeliveries_isNotAskedToAndWantsNothing()
    {
        test::FakeClock clock;
        test::RecordingSink sink;
        sink.takes = false;
        sink.refuses = true;
        auto link = std::make_shared<test::RecordingLink>();
        Hub hub({}, &sink, clock, [&](PeerId) { return std::make_unique<SharedLink>(link); });
        const auto id = test::identity(Role::Node, "node-1");
        hub.onMessage({1, id, "a:1", 1, *wire::encode(test::nodeHello("node-1"))});
        hub.onMessage({1, id, "a:1", 1, *wire::encode(test::eventFrame(1))});
        hub.tick(true);
        QCOMPARE(link->last<wire::Ack>().frameSeq, 1u);
        QVERIFY(sink.deliveries.empty());
        QVERIFY(!sink.states.empty());
    }

    void aConsoleCannotInjectAndAnAgentCannotSubscribe()
    {
        Fixture f;
        auto &console = f.console(9);
        f.send(9, test::eventFrame(1));
        QCOMPARE(console.closed, std::string("protocol"));
        auto &agent = f.agent(1);
        f.send(1, wire::Subscribe());
        QCOMPARE(agent.closed, std::string("protocol"));
        QVERIFY(f.sink.deliveries.empty());
    }

    void hooks_areShownToALateConsole()
    {
        FanInOptions options;
        options.replayRingBytes = 1;
        options.consoleQueueBytes = 1;
        Fixture f(options);
        f.agent(1);
        f.send(1, test::hookFrame(1));
        for (std::uint64_t seq = 2; seq <= 5; ++seq)
            f.send(1, test::eventFrame(seq));
        const auto deliveries = f.console(9).all<wire::Delivery>();
        QVERIFY(!deliveries.empty());
        QVERIFY(std::holds_alternative<wire::HookReport>(deliveries.front().frame.body));
    }

    void whatIsTooOld_isNotShownToALateConsole()
    {
        FanInOptions options;
        options.replayRingNs = 60 * nsPerSecond;
        Fixture f(options);
        f.agent(1);
        f.send(1, test::eventFrame(1));
        f.clock.advance(61 * nsPerSecond);
        f.send(1, test::eventFrame(2));
        f.send(1, test::eventFrame(3));
        const auto deliveries = f.console(9).all<wire::Delivery>();
        QCOMPARE(deliveries.size(), 2u);
        QCOMPARE(deliveries.front().frame.frameSeq, 2u);
    }

    void whileAConsoleReads_nothingIsTooOld()
    {
        FanInOptions options;
        options.replayRingNs = 60 * nsPerSecond;
        Fixture f(options);
        f.agent(1);
        f.console(9);
        f.send(1, test::eventFrame(1));
        f.clock.advance(61 * nsPerSecond);
        f.send(1, test::eventFrame(2));
        QCOMPARE(f.console(10).all<wire::Delivery>().size(), 2u);
    }

    void shutDown_saysByeToAllAndSpreadsThem()
    {
        Fixture f;
        f.agent(1, "node-1");
        f.agent(2, "node-2");
        f.console(3);
        f.hub.shutDown();
        for (const PeerId peer : {1, 2, 3})
            QCOMPARE(f.link(peer).last<wire::Bye>().code, std::string("shutdown"));
        QVERIFY(f.link(1).last<wire::Bye>().reconnectAfterMs != f.link(2).last<wire::Bye>().reconnectAfterMs);
    }
};

QTEST_APPLESS_MAIN(TestHub)
#include "tst_hub.moc"
