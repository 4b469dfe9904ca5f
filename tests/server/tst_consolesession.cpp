// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include <malloc.h>

#include "agent/server/consolesession.h"
#include "protocol/wire/codec.h"
#include "tests/server/servertest.h"
#include "tests/support/fakeclock.h"

using namespace tapio;
using namespace tapio::server;

namespace {

constexpr std::uint64_t plenty = 1u << 20;

std::uint64_t frameFootprint() { return footprint(*test::delivery("node-1", test::eventFrame(1))); }
std::size_t frameBytes() { return wire::encode(*test::delivery("node-1", test::eventFrame(1)))->size(); }

wire::AgentState stateOf(const std::string &node)
{
    wire::AgentState state;
    state.node = node;
    return state;
}

struct Fixture {
    explicit Fixture(ConsoleLimits consoleLimits = {plenty, plenty}) : limits(consoleLimits)
    {
        static_cast<void>(session.begin(Greeted{1, {}}, 5));
    }

    test::FakeClock clock;
    test::RecordingLink link;
    ReplayRing ring{plenty};
    ConsoleLimits limits;
    ConsoleSession session{ring, link, clock, limits};

    void append(wire::Frame frame, const std::string &node = "node-1")
    {
        auto delivery = test::delivery(node, std::move(frame));
        session.makeRoom(footprint(*delivery));
        ring.append(std::move(delivery), 0);
    }
    void append(std::uint64_t from, std::uint64_t to)
    {
        for (; from <= to; ++from)
            append(test::eventFrame(from));
    }
    void subscribe(wire::Subscribe subscribe = {}) { QVERIFY(!session.onMessage(subscribe, 0)); }
    void acknowledge(std::uint64_t frameSeq, const std::string &node = "node-1")
    {
        QVERIFY(!session.onMessage(wire::Ack{node, test::streamA, frameSeq}, 0));
    }
    QList<quint64> received() const
    {
        QList<quint64> seqs;
        for (const auto &delivery : link.all<wire::Delivery>())
            seqs << delivery.frame.frameSeq;
        return seqs;
    }
};

} // namespace

class TestConsoleSession : public QObject {
    Q_OBJECT
private slots:
    void nothing_beforeASubscription()
    {
        Fixture f;
        f.append(1, 3);
        f.session.pump();
        QVERIFY(f.link.all<wire::Delivery>().empty());
        QCOMPARE(f.link.last<wire::Welcome>().creditBytes, plenty);
        QVERIFY(!f.session.subscribed());
    }

    void subscribe_replaysAndGoesOn()
    {
        Fixture f;
        f.append(1, 2);
        f.subscribe();
        QVERIFY(f.session.takeSubscriptionChange());
        QVERIFY(!f.session.takeSubscriptionChange());
        f.session.pump();
        f.append(3, 3);
        f.session.pump();
        QCOMPARE(f.received(), (QList<quint64>{1, 2, 3}));
        QCOMPARE(f.session.droppedEvents(), 0u);
    }

    void subscribe_resumesAfterWhatTheConsoleHas()
    {
        Fixture f;
        f.append(1, 5);
        f.append(test::eventFrame(2), "node-2");
        f.subscribe({1, {}, true, true, {{"node-1", test::streamA, 3}, {"node-3", test::streamA, 99}}});
        f.session.pump();
        QCOMPARE(f.received(), (QList<quint64>{4, 5, 2}));
    }

    void subscribe_anotherFilterTakesEffect()
    {
        Fixture f;
        f.subscribe({1, {{}, wire::Severity::Critical, {}, {}, {}}, true, true, {}});
        f.append(1, 2);
        f.session.pump();
        QVERIFY(f.received().isEmpty());
        f.subscribe({2, {}, true, true, {{"node-1", test::streamA, 2}}});
        f.append(3, 3);
        f.session.pump();
        QCOMPARE(f.received(), (QList<quint64>{3}));
    }

    void credit_holdsBackUntilAcknowledged()
    {
        Fixture f({2 * frameBytes(), plenty});
        f.subscribe();
        f.append(1, 5);
        f.session.pump();
        QCOMPARE(f.received(), (QList<quint64>{1, 2}));
        f.acknowledge(1);
        f.session.pump();
        QCOMPARE(f.received(), (QList<quint64>{1, 2, 3}));
        f.acknowledge(3);
        f.session.pump();
        QCOMPARE(f.received(), (QList<quint64>{1, 2, 3, 4, 5}));
        QCOMPARE(f.session.droppedEvents(), 0u);
    }

    void ack_ofAnotherStreamGivesNoCredit()
    {
        Fixture f({frameBytes(), plenty});
        f.subscribe();
        f.append(1, 2);
        f.session.pump();
        f.acknowledge(9, "node-2");
        f.session.pump();
        QCOMPARE(f.received(), (QList<quint64>{1}));
    }

    void busyLink_losesNothing()
    {
        Fixture f;
        f.subscribe();
        f.link.busy = true;
        f.append(1, 3);
        f.session.pump();
        f.session.pump();
        f.link.busy = false;
        f.session.pump();
        QCOMPARE(f.received(), (QList<quint64>{1, 2, 3}));
    }

    void slowConsole_losesItsOldestAndIsTold()
    {
        Fixture f({frameBytes(), 3 * frameFootprint()});
        f.subscribe();
        f.append(1, 1);
        f.session.pump();
        f.append(2, 10);
        f.session.pump();
        // 1 was sent, 2 waits prepared for credit, 8 to 10 are what it may lag behind.
        QCOMPARE(f.session.droppedEvents(), 6u);
        for (std::uint64_t seq = 1; seq <= 10; ++seq) {
            f.acknowledge(seq);
            f.session.pump();
        }
        QCOMPARE(quint64(f.received().size()) + f.session.droppedEvents(), 10u);
        QCOMPARE(f.received().last(), 10u);
        wire::Heartbeat beat;
        beat.id = 4;
        QVERIFY(!f.session.onMessage(beat, 99));
        QVERIFY(f.link.last<wire::HeartbeatReply>() == (wire::HeartbeatReply{4, 0, 99, f.clock.utcNs(), f.session.droppedEvents()}));
    }

    void slowConsole_findsItsLossInTheStateOfTheNode()
    {
        Fixture f({frameBytes(), 3 * frameFootprint()});
        f.subscribe();
        f.append(1, 10);
        wire::AgentState state = stateOf("node-1");
        state.loss.transitEvents = 100;
        f.session.show(state);
        state.node = "node-2";
        f.session.show(state);
        f.session.pump();
        const auto states = f.link.all<wire::AgentState>();
        QCOMPARE(states.size(), std::size_t(2));
        QVERIFY(f.session.droppedEvents() > 0);
        QCOMPARE(states[0].loss.consoleEvents, f.session.droppedEvents());
        QCOMPARE(states[0].loss.transitEvents, 100 + f.session.droppedEvents());
        QCOMPARE(states[1].loss.consoleEvents, 0u);
        QCOMPARE(states[1].loss.transitEvents, 100u);
    }

    void resumePoints_ofStreamsThatNobodyKnowsAreNotKept()
    {
        Fixture f;
        const auto subscribeTo = [&](std::uint64_t firstStream) {
            wire::Subscribe subscribe;
            for (std::uint64_t i = 0; i < 1000; ++i)
                subscribe.resume.push_back({"node-" + std::to_string(firstStream + i) + std::string(60, 'x'), firstStream + i, 1});
            f.subscribe(subscribe);
        };
        subscribeTo(1);
        const std::size_t before = ::mallinfo2().uordblks;
        for (std::uint64_t round = 1; round < 100; ++round)
            subscribeTo(1 + 1000 * round);
        const std::size_t after = ::mallinfo2().uordblks;
        QVERIFY2(after < before + (1u << 20), qPrintable(QString::number(after - before))); // 99,000 of them would be 20 MB
    }

    void away_whatTheRingLetGoIsNamed()
    {
        Fixture f;
        f.append(1, 10);
        f.ring.setLimits(3 * frameFootprint(), 0);
        f.subscribe({1, {}, true, true, {{"node-1", test::streamA, 4}, {"node-2", test::streamA, 4}}});
        f.session.show(stateOf("node-1"));
        f.session.show(stateOf("node-2"));
        f.session.pump();
        QCOMPARE(f.received(), (QList<quint64>{8, 9, 10}));
        QCOMPARE(f.link.all<wire::AgentState>()[0].loss.gapFrames, 3u);
        QCOMPARE(f.link.all<wire::AgentState>()[1].loss.gapFrames, 0u);
        // Said once, however often it changes its filter.
        f.subscribe({2, {}, true, true, {{"node-1", test::streamA, 4}}});
        f.session.show(stateOf("node-1"));
        f.session.pump();
        QCOMPARE(f.link.last<wire::AgentState>().loss.gapFrames, 3u);
    }

    void away_whatIsBeyondItsQueueIsNamed()
    {
        Fixture f({plenty, 3 * frameFootprint()});
        for (std::uint64_t seq = 1; seq <= 10; ++seq)
            f.ring.append(test::delivery("node-1", test::eventFrame(seq)), 0);
        f.subscribe({1, {}, true, true, {{"node-1", test::streamA, 2}}});
        f.session.pump();
        QCOMPARE(f.received(), (QList<quint64>{8, 9, 10}));
        QCOMPARE(f.session.droppedEvents(), 5u);
    }

    void beyondItsQueueBeforeItCame_isNoLossOfANewConsole()
    {
        Fixture f({plenty, 3 * frameFootprint()});
        for (std::uint64_t seq = 1; seq <= 10; ++seq)
            f.ring.append(test::delivery("node-1", test::eventFrame(seq)), 0);
        f.subscribe();
        f.session.pump();
        QCOMPARE(f.received(), (QList<quint64>{8, 9, 10}));
        QCOMPARE(f.session.droppedEvents(), 0u);
    }

    void settled_onceNothingWaitsForIt()
    {
        Fixture f({2 * frameBytes(), plenty});
        f.subscribe();
        f.append(1, 4);
        const auto settled = [&](std::uint64_t seq) { return f.session.settled("node-1", test::streamA, seq, seq - 1); };
        QVERIFY(!settled(1));
        f.session.pump();
        QCOMPARE(f.received(), (QList<quint64>{1, 2}));
        QVERIFY(!settled(1));
        QCOMPARE(f.session.unsent().events, 2u);
        f.acknowledge(1);
        QVERIFY(settled(1) && !settled(2));
        f.acknowledge(2);
        QVERIFY(settled(2) && !settled(3) && !settled(4));
        QVERIFY(!f.session.drained());
        f.session.pump();
        QVERIFY(!settled(4) && !f.session.drained());
        QCOMPARE(f.session.unsent().events, 0u);
        f.acknowledge(4);
        QVERIFY(f.session.drained());
    }

    void slowConsole_countsOnlyWhatItWanted()
    {
        Fixture f({1, 2 * frameFootprint()});
        f.subscribe({1, {{}, wire::Severity::Error, {}, {}, {}}, true, true, {}});
        f.link.busy = true;
        for (std::uint64_t seq = 1; seq <= 6; ++seq) {
            f.append({test::streamA, seq, 0,
                      test::batch(seq * 10, {test::event(), test::event(wire::EventType::OomKill, wire::Severity::Error)})});
        }
        // Two of six fit its queue; of each dropped pair of events it had asked for one.
        QVERIFY(f.session.droppedEvents() >= 4u && f.session.droppedEvents() <= 5u);
    }

    void slowConsole_isToldOfAmendmentsThatItLost()
    {
        Fixture f({plenty, 2 * frameFootprint()});
        f.subscribe();
        f.link.busy = true;
        for (std::uint64_t seq = 1; seq <= 9; ++seq) {
            wire::EventBatch alone = test::batch(1, {});
            alone.amendments = {{0, 0, 1, 1, 1, 1}, {1, 1, 0, 1, 1, 1}};
            f.append({test::streamA, seq, 0, alone});
        }
        f.append(10, 30);
        const std::uint64_t lost = f.session.droppedAmendments();
        QCOMPARE(lost, 18u);
        f.link.busy = false;
        f.session.show(stateOf("node-2"));
        f.session.pump();
        QVERIFY(f.link.all<wire::LinkNotice>().empty()); // with the state of their node
        f.session.show(stateOf("node-1"));
        f.session.pump();
        auto notices = f.link.all<wire::LinkNotice>();
        QCOMPARE(notices.size(), std::size_t(1));
        QCOMPARE(notices[0].code, std::string("amendments-dropped"));
        QCOMPARE(std::uint64_t(notices[0].repeated), lost);
        QVERIFY(notices[0].reason.starts_with("node node-1: "));
        QCOMPARE(f.link.last<wire::AgentState>().loss.consoleEvents, f.session.droppedEvents());
        f.session.show(stateOf("node-1"));
        f.session.pump();
        QCOMPARE(f.link.all<wire::LinkNotice>().size(), std::size_t(1)); // said once
    }

    void hooks_surviveBeingDropped()
    {
        Fixture f({plenty, 2 * frameFootprint()});
        f.subscribe();
        f.link.busy = true;
        f.append(test::hookFrame(1));
        f.append(2, 12);
        f.link.busy = false;
        f.session.pump();
        QCOMPARE(f.received(), (QList<quint64>{1, 11, 12}));
    }

    void hooks_fromBeforeTheRingAreShownOnce()
    {
        Fixture f;
        const auto hooks = test::delivery("node-1", test::hookFrame(1));
        f.ring.append(hooks, 0);
        for (std::uint64_t seq = 2; seq <= 4; ++seq)
            f.ring.append(test::delivery("node-1", test::eventFrame(seq)), 0);
        f.subscribe();
        f.session.showHooks(hooks, 0); // still in the ring: it comes from there
        f.session.pump();
        QCOMPARE(f.received(), (QList<quint64>{1, 2, 3, 4}));
        f.ring.setLimits(1, 0);
        f.subscribe();
        f.session.showHooks(hooks, 0);
        f.session.pump();
        QCOMPARE(f.received().mid(4), (QList<quint64>{1, 4}));
    }

    void hooks_thatTheConsoleHasAreNotShown()
    {
        Fixture f;
        f.ring.append(test::delivery("node-1", test::hookFrame(1)), 0);
        f.ring.append(test::delivery("node-1", test::eventFrame(2)), 0);
        f.ring.setLimits(1, 0);
        f.subscribe({1, {}, true, true, {{"node-1", test::streamA, 1}}});
        f.session.showHooks(test::delivery("node-1", test::hookFrame(1)), 0);
        f.session.pump();
        QCOMPARE(f.received(), (QList<quint64>{2}));
    }

    void states_areCoalescedPerNode()
    {
        Fixture f;
        f.link.busy = true;
        for (std::uint32_t sessions = 1; sessions <= 50; ++sessions) {
            wire::AgentState state;
            state.node = sessions % 2 == 0 ? "node-1" : "node-2";
            state.sessions = sessions;
            f.session.show(state);
        }
        f.session.pump();
        f.link.busy = false;
        f.session.pump();
        const auto states = f.link.all<wire::AgentState>();
        QCOMPARE(states.size(), std::size_t(2));
        QCOMPARE(states[0].sessions, 50u);
        QCOMPARE(states[1].sessions, 49u);
    }

    void notices_areBoundedAndTheRestIsCounted()
    {
        Fixture f;
        f.link.busy = true;
        for (int i = 0; i < 300; ++i)
            f.session.show(wire::LinkNotice{i, wire::LinkNoticeKind::Refused, "10.0.0.1:1", "", "expired", "expired", 1});
        f.link.busy = false;
        f.session.pump();
        const auto notices = f.link.all<wire::LinkNotice>();
        QCOMPARE(notices.size(), std::size_t(257));
        QCOMPARE(notices.front().code, std::string("notices-dropped"));
        QCOMPARE(notices.front().repeated, 44u);
        QCOMPARE(notices.back().timeNs, std::int64_t(299));
    }

    void notForAConsole_data()
    {
        QTest::addColumn<int>("index");
        QTest::newRow("Frame") << 0;
        QTest::newRow("Delivery") << 1;
        QTest::newRow("AgentState") << 2;
        QTest::newRow("LinkNotice") << 3;
        QTest::newRow("Hello again") << 4;
        QTest::newRow("Filter") << 5;
    }
    void notForAConsole()
    {
        QFETCH(int, index);
        const wire::Message messages[] = {test::eventFrame(1), wire::Delivery(),        wire::AgentState(),
                                          wire::LinkNotice(),  test::consoleHello("c"), wire::Filter()};
        Fixture f;
        f.subscribe();
        const auto bye = f.session.onMessage(messages[index], 0);
        QVERIFY(bye);
        QCOMPARE(bye->code, std::string("protocol"));
        QCOMPARE(f.ring.end(), 0u);
    }
};

QTEST_APPLESS_MAIN(TestConsoleSession)
#include "tst_consolesession.moc"
