// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include <limits>

#include "agent/server/agentsession.h"
#include "protocol/wire/codec.h"
#include "tests/server/servertest.h"
#include "tests/support/fakeclock.h"

using namespace tapio;
using namespace tapio::server;

namespace {

constexpr std::uint64_t credit = 1000;

/// A node with one session after its greeting. takeAll() stands for whoever takes frames and acknowledges them.
struct Fixture {
    test::FakeClock clock;
    test::RecordingLink link;
    NodeRecord node{"node-1", 0};
    std::unique_ptr<AgentSession> session;
    wire::Filter everything;

    std::optional<wire::Bye> connect(const wire::Hello &hello)
    {
        session = std::make_unique<AgentSession>(node, link, clock, credit);
        return session->begin(hello, test::identity(Role::Node, "node-1"), "10.0.0.1:5", Greeted{1, {"filter"}}, 77);
    }
    std::optional<wire::Bye> send(wire::Message message, std::size_t bytes = 100)
    {
        return session->onMessage(std::move(message), {bytes, bytes}, clock.utcNs());
    }
    void takeAll()
    {
        while (!node.pending().empty()) {
            const auto frame = node.pending().front()->frame;
            node.taken(0);
            node.acknowledge(frame.streamId, frame.frameSeq);
        }
        session->flush(everything);
    }
};

} // namespace

class TestAgentSession : public QObject {
    Q_OBJECT
private slots:
    void begin_welcomesWithCreditAndWhereToResume()
    {
        Fixture f;
        QVERIFY(!f.connect(test::nodeHello("node-1", test::streamA, 8)));
        const auto welcome = f.link.last<wire::Welcome>();
        QCOMPARE(welcome.version, 1);
        QCOMPARE(welcome.sessionId, 77u);
        QCOMPARE(welcome.creditBytes, credit);
        QCOMPARE(welcome.ackedFrameSeq, 7u);
        QVERIFY(welcome.capabilities == std::vector<std::string>{"filter"});
        QCOMPARE(f.node.state().sessions, 1u);
        QCOMPARE(f.node.state().remoteAddress, std::string("10.0.0.1:5"));
    }

    void begin_resumesAfterWhatTheStoreHas()
    {
        Fixture f;
        f.node.know(test::streamA, 12);
        QVERIFY(!f.connect(test::nodeHello("node-1", test::streamA, 8)));
        QCOMPARE(f.link.last<wire::Welcome>().ackedFrameSeq, 12u);
    }

    void begin_refusesAStreamWithoutNumber()
    {
        Fixture f;
        const auto bye = f.connect(test::nodeHello("node-1", 0));
        QVERIFY(bye);
        QCOMPARE(bye->code, std::string("protocol"));
    }

    void frame_isAcknowledgedOnceItIsTaken()
    {
        Fixture f;
        f.connect(test::nodeHello("node-1"));
        QVERIFY(!f.send(test::eventFrame(1, 3)));
        f.session->flush(f.everything);
        QVERIFY(f.link.all<wire::Ack>().empty());
        f.takeAll();
        const auto acks = f.link.all<wire::Ack>();
        QCOMPARE(acks.size(), std::size_t(1));
        QVERIFY(acks[0] == (wire::Ack{"", test::streamA, 1}));
        QCOMPARE(f.node.counters().counters[Counter::Received], 3u);
        QCOMPARE(f.node.counters().counters[Counter::Processed], 3u);
    }

    void acks_areCumulative()
    {
        Fixture f;
        f.connect(test::nodeHello("node-1"));
        for (std::uint64_t seq = 1; seq <= 5; ++seq)
            f.send(test::eventFrame(seq));
        f.takeAll();
        QCOMPARE(f.link.all<wire::Ack>().size(), std::size_t(1));
        QCOMPARE(f.link.last<wire::Ack>().frameSeq, 5u);
        f.session->flush(f.everything);
        QCOMPARE(f.link.all<wire::Ack>().size(), std::size_t(1));
    }

    void ack_refusedByTheLinkIsSentLater()
    {
        Fixture f;
        f.connect(test::nodeHello("node-1"));
        f.send(test::eventFrame(1));
        f.link.busy = true;
        f.takeAll();
        f.link.busy = false;
        QVERIFY(f.link.all<wire::Ack>().empty());
        QVERIFY(f.session->inFlightBytes() > 0);
        f.session->flush(f.everything);
        QCOMPARE(f.link.last<wire::Ack>().frameSeq, 1u);
        QCOMPARE(f.session->inFlightBytes(), 0u);
    }

    void credit_isEnforced_data()
    {
        QTest::addColumn<QList<int>>("sizes");
        QTest::addColumn<bool>("within");
        QTest::newRow("exactly the credit") << QList<int>{400, 600} << true;
        QTest::newRow("a byte more") << QList<int>{400, 601} << false;
        QTest::newRow("one frame larger than the credit, alone") << QList<int>{5000} << true;
        QTest::newRow("and another behind it") << QList<int>{5000, 1} << false;
    }
    void credit_isEnforced()
    {
        Fixture f;
        f.connect(test::nodeHello("node-1"));
        QFETCH(QList<int>, sizes);
        std::optional<wire::Bye> bye;
        std::uint64_t seq = 0;
        for (const int size : sizes) {
            QVERIFY(!bye);
            bye = f.send(test::eventFrame(++seq), static_cast<std::size_t>(size));
        }
        QTEST(!bye.has_value(), "within");
        if (bye)
            QCOMPARE(bye->code, std::string("over-credit"));
    }

    void credit_isRenewedByAcknowledging()
    {
        Fixture f;
        f.connect(test::nodeHello("node-1"));
        for (std::uint64_t seq = 1; seq <= 20; ++seq) {
            QVERIFY(!f.send(test::eventFrame(seq), 900));
            f.takeAll();
        }
        QCOMPARE(f.session->inFlightBytes(), 0u);
    }

    void credit_countsBytesBeforeCompression()
    {
        Fixture f;
        f.connect(test::nodeHello("node-1"));
        QVERIFY(!f.session->onMessage(test::eventFrame(1), {50, 900}, f.clock.utcNs()));
        QCOMPARE(f.session->inFlightBytes(), 900u);
        QCOMPARE(f.node.state().receivedBytes, 50u);
        const auto bye = f.session->onMessage(test::eventFrame(2), {50, 101}, f.clock.utcNs());
        QVERIFY(bye);
        QCOMPARE(bye->code, std::string("over-credit"));
    }

    void credit_isNotRenewedByConnectingAgain()
    {
        Fixture f;
        std::optional<wire::Bye> bye;
        std::uint64_t sessions = 0;
        // Nobody takes its frames; it sends half a credit, starts anew, and so on.
        for (; !bye && sessions < 1000; ++sessions) {
            QVERIFY(!f.connect(test::nodeHello("node-1", 1 + sessions)));
            bye = f.send(test::eventFrame(1, 1, 1 + sessions), credit / 2);
        }
        QVERIFY(bye);
        QCOMPARE(bye->code, std::string("over-credit"));
        QVERIFY(bye->reconnectAfterMs > 0);
        QVERIFY(f.node.pendingBytes() <= wire::DecodeLimits().expansion * credit);
        f.takeAll();
        QCOMPARE(f.node.pendingBytes(), 0u);
        QVERIFY(!f.connect(test::nodeHello("node-1", 1 + sessions)));
        QVERIFY(!f.send(test::eventFrame(1, 1, 1 + sessions), credit / 2));
    }

    void duplicates_afterAReconnectAreCountedAndNotDeliveredTwice()
    {
        Fixture f;
        f.connect(test::nodeHello("node-1"));
        f.send(test::eventFrame(1, 10));
        f.send(test::eventFrame(2, 10));
        f.node.acknowledge(test::streamA, 1);
        QVERIFY(!f.connect(test::nodeHello("node-1", test::streamA, 1)));
        QCOMPARE(f.link.last<wire::Welcome>().ackedFrameSeq, 1u);
        f.send(test::eventFrame(1, 10));
        f.send(test::eventFrame(2, 10));
        f.send(test::eventFrame(3, 10));
        QCOMPARE(f.node.pending().size(), std::size_t(3));
        QCOMPARE(f.node.counters().counters[Counter::Received], 30u);
        QCOMPARE(f.node.counters().counters[Counter::Dup], 20u);
        QCOMPARE(f.node.state().loss.duplicateFrames, 2u);
        // Frame 1 was safe already, the agent just did not know; 2 is in flight again.
        QCOMPARE(f.session->inFlightBytes(), 200u);
        f.session->flush(f.everything);
        QCOMPARE(f.link.last<wire::Ack>().frameSeq, 1u);
        f.takeAll();
        QCOMPARE(f.link.last<wire::Ack>().frameSeq, 3u);
        QCOMPARE(f.session->inFlightBytes(), 0u);
    }

    void gap_isNamedInTheState()
    {
        Fixture f;
        f.connect(test::nodeHello("node-1"));
        f.send(test::eventFrame(1));
        f.send(test::eventFrame(4));
        QCOMPARE(f.node.state().loss.gapFrames, 2u);
    }

    void restart_isAnotherStreamAndNamesTheTail()
    {
        Fixture f;
        f.connect(test::nodeHello("node-1", test::streamA));
        f.send(test::eventFrame(1, 10));
        wire::Heartbeat beat;
        beat.producedEvents = 25;
        beat.queuedEvents = 15;
        f.send(beat);
        f.takeAll();
        f.connect(test::nodeHello("node-1", test::streamB));
        QCOMPARE(f.link.last<wire::Welcome>().ackedFrameSeq, 0u);
        QCOMPARE(f.node.state().streamId, test::streamB);
        QCOMPARE(f.node.state().loss.transitEvents, 15u);
        QVERIFY(f.node.state().heartbeat == wire::Heartbeat());
        QVERIFY(!f.send(test::eventFrame(1, 1, test::streamB)));
        QCOMPARE(f.node.counters().counters[Counter::Dup], 0u);
    }

    void ack_ofAnOlderStreamDoesNotMoveTheCurrentOne()
    {
        Fixture f;
        f.connect(test::nodeHello("node-1", test::streamA));
        f.send(test::eventFrame(1, 1, test::streamA));
        f.connect(test::nodeHello("node-1", test::streamB));
        f.send(test::eventFrame(1, 1, test::streamB));
        QVERIFY(!f.node.acknowledge(test::streamA, 1));
        QCOMPARE(f.node.ackedFrameSeq(), 0u);
        QVERIFY(f.node.acknowledge(test::streamB, 1));
    }

    void heartbeat_isAnsweredAtOnceWithFourTimes()
    {
        Fixture f;
        f.connect(test::nodeHello("node-1"));
        wire::Heartbeat beat;
        beat.id = 9;
        beat.sentNs = 1234;
        beat.offsetNs = -500;
        beat.uncertaintyNs = 40;
        const std::int64_t received = f.clock.utcNs();
        f.clock.advance(3 * nsPerMs);
        QVERIFY(!f.session->onMessage(beat, {50, 50}, received));
        QVERIFY(f.link.last<wire::HeartbeatReply>() == (wire::HeartbeatReply{9, 1234, received, f.clock.utcNs(), 0}));
        f.send(test::eventFrame(1));
        QCOMPARE(f.node.pending().front()->clockOffsetNs, std::int64_t(-500));
        QCOMPARE(f.node.pending().front()->clockUncertaintyNs, std::int64_t(40));
        QCOMPARE(f.node.state().lastHeartbeatNs, received);
    }

    void heartbeat_ofAnAbsurdUncertaintyTellsNothingOfTheClock()
    {
        Fixture f;
        f.connect(test::nodeHello("node-1"));
        wire::Heartbeat beat;
        beat.id = 9;
        beat.uncertaintyNs = std::numeric_limits<std::int64_t>::max();
        QVERIFY(!f.session->onMessage(beat, {50, 50}, f.clock.utcNs()));
        f.send(test::eventFrame(1));
        QCOMPARE(f.node.pending().front()->clockUncertaintyNs, std::int64_t(-1));
    }

    void delivery_beforeAHeartbeatSaysThatTheOffsetIsNotMeasured()
    {
        Fixture f;
        f.connect(test::nodeHello("node-1"));
        f.send(test::eventFrame(1));
        QCOMPARE(f.node.pending().front()->clockUncertaintyNs, std::int64_t(-1));
        QCOMPARE(f.node.pending().front()->node, std::string("node-1"));
    }

    void filter_isSentOncePerEpoch()
    {
        Fixture f;
        f.connect(test::nodeHello("node-1"));
        f.session->flush(f.everything);
        QVERIFY(f.link.all<wire::Filter>().empty());
        const wire::Filter narrow{3, {{{}, wire::Severity::Error, {}, {}, {}}}};
        f.link.busy = true;
        f.session->flush(narrow);
        f.link.busy = false;
        f.session->flush(narrow);
        f.session->flush(narrow);
        QCOMPARE(f.link.all<wire::Filter>().size(), std::size_t(1));
        QVERIFY(f.link.last<wire::Filter>() == narrow);
    }

    void notForANode_data()
    {
        QTest::addColumn<int>("index");
        QTest::newRow("Hello again") << 0;
        QTest::newRow("Subscribe") << 1;
        QTest::newRow("Ack") << 2;
        QTest::newRow("Delivery") << 3;
        QTest::newRow("Welcome") << 4;
        QTest::newRow("AgentState") << 5;
        QTest::newRow("a frame of another stream") << 6;
        QTest::newRow("a frame without number") << 7;
    }
    void notForANode()
    {
        QFETCH(int, index);
        const wire::Message messages[] = {test::nodeHello("node-1"),
                                          wire::Subscribe(),
                                          wire::Ack(),
                                          wire::Delivery(),
                                          wire::Welcome(),
                                          wire::AgentState(),
                                          test::eventFrame(1, 1, test::streamB),
                                          test::eventFrame(0)};
        Fixture f;
        f.connect(test::nodeHello("node-1"));
        const auto bye = f.send(messages[index]);
        QVERIFY(bye);
        QCOMPARE(bye->code, std::string("protocol"));
        QVERIFY(f.node.pending().empty());
    }

    void bye_endsTheSessionInOurWords()
    {
        Fixture f;
        f.connect(test::nodeHello("node-1"));
        const auto bye = f.send(wire::Bye{"evil-code", "going\ndown", 1});
        QVERIFY(bye);
        QCOMPARE(bye->code, std::string("closed"));
        QVERIFY(bye->reason.find("going down") != std::string::npos);
    }

    void silence_isMeasuredSinceTheLastMessage()
    {
        Fixture f;
        f.connect(test::nodeHello("node-1"));
        f.clock.advance(20 * nsPerSecond);
        QCOMPARE(f.session->silentNs(), 20 * nsPerSecond);
        f.node.setLinkState(wire::LinkState::Silent, 1);
        f.send(wire::Heartbeat());
        QCOMPARE(f.session->silentNs(), std::int64_t(0));
        QCOMPARE(f.node.linkState(), wire::LinkState::Connected);
    }

    void streams_rememberedAreBounded()
    {
        Fixture f;
        for (std::uint64_t stream = 1; stream <= 100; ++stream) {
            f.connect(test::nodeHello("node-1", stream));
            f.send(test::eventFrame(3, 1, stream));
            f.takeAll();
        }
        QCOMPARE(f.node.state().loss.gapFrames, 200u);
        QCOMPARE(f.node.state().sessions, 100u);
    }
};

QTEST_APPLESS_MAIN(TestAgentSession)
#include "tst_agentsession.moc"
