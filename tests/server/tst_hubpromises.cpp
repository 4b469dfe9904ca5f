// SPDX-License-Identifier: GPL-3.0-or-later
// The hub's promises: what an acknowledgement of a server without a store means, what a stop leaves, what is said of a bad peer.
#include <QtTest>

#include "tests/server/hubfixture.h"

using namespace tapio;
using namespace tapio::server;
using test::only;
using Fixture = test::HubFixture;

class TestHubPromises : public QObject {
    Q_OBJECT
private slots:
    void ackOfAServerWithoutStore_waitsForTheConsolesThatStore()
    {
        Fixture f({}, false);
        auto &agent = f.agent(1);
        f.console(8, {}, {"store"});
        f.console(9, only("shop"), {"store"});
        f.console(10);
        f.send(1, test::eventFrame(1));
        f.send(1, test::eventFrame(2));
        QVERIFY(agent.all<wire::Ack>().empty());
        f.send(10, wire::Ack{"node-1", test::streamA, 2});
        QVERIFY(agent.all<wire::Ack>().empty());
        f.send(8, wire::Ack{"node-1", test::streamA, 1});
        QCOMPARE(agent.last<wire::Ack>().frameSeq, 1u);
        f.send(8, wire::Ack{"node-1", test::streamA, 2});
        QCOMPARE(agent.last<wire::Ack>().frameSeq, 2u);
    }

    void ackOfAServerWithoutStore_doesNotWaitForASlowConsole()
    {
        FanInOptions options;
        options.creditBytes = 4 * wire::encode(test::eventFrame(1))->size();
        Fixture f(options, false);
        auto &agent = f.agent(1);
        f.console(8, {}, {"store"});
        for (std::uint64_t seq = 1; seq <= 20; ++seq)
            f.send(1, test::eventFrame(seq));
        // Half of the credit is always free.
        QVERIFY(agent.closed.empty());
        QCOMPARE(agent.last<wire::Ack>().frameSeq, 18u);
        f.clock.advance(1900 * nsPerMs);
        f.hub.tick(true);
        QCOMPARE(agent.last<wire::Ack>().frameSeq, 18u);
        f.clock.advance(200 * nsPerMs);
        f.hub.tick(true);
        QCOMPARE(agent.last<wire::Ack>().frameSeq, 20u);
    }

    void ackOfAServerWithoutStore_isFreeWhenTheConsoleGoes()
    {
        Fixture f({}, false);
        auto &agent = f.agent(1);
        f.console(8, {}, {"store"});
        f.send(1, test::eventFrame(1));
        QVERIFY(agent.all<wire::Ack>().empty());
        f.closed(8);
        f.hub.tick(true);
        QCOMPARE(agent.last<wire::Ack>().frameSeq, 1u);
    }

    void drain_givesConsolesTheRestAndListensToNoAgent()
    {
        FanInOptions options;
        options.creditBytes = 2 * wire::encode(*test::delivery("node-1", test::eventFrame(1)))->size();
        Fixture f(options, false);
        auto &agent = f.agent(1);
        auto &console = f.console(8);
        for (std::uint64_t seq = 1; seq <= 4; ++seq)
            f.send(1, test::eventFrame(seq));
        QCOMPARE(console.all<wire::Delivery>().size(), std::size_t(2));
        QCOMPARE(agent.last<wire::Ack>().frameSeq, 4u);
        f.hub.drain();
        f.send(1, test::eventFrame(5));
        QVERIFY(!f.hub.drained());
        f.send(8, wire::Ack{"node-1", test::streamA, 2});
        f.hub.tick(true);
        QCOMPARE(console.all<wire::Delivery>().size(), std::size_t(4));
        QVERIFY(!f.hub.drained()); // the last two may be in a socket that closes with the server
        f.send(8, wire::Ack{"node-1", test::streamA, 4});
        QVERIFY(f.hub.drained());
        QCOMPARE(agent.last<wire::Ack>().frameSeq, 4u);
        f.hub.shutDown();
        QCOMPARE(console.last<wire::Bye>().reason, std::string("the server is shutting down"));
    }

    void shutDown_namesWhatAConsoleDidNotGet()
    {
        Fixture f;
        auto &console = f.console(8);
        f.agent(1);
        console.busy = true;
        f.send(1, test::eventFrame(1, 7));
        f.hub.drain();
        QVERIFY(!f.hub.drained());
        console.busy = false;
        f.hub.shutDown();
        QVERIFY(console.last<wire::Bye>().reason.find("7 events") != std::string::npos);
        QCOMPARE(f.sink.notices.back().code, std::string("undelivered"));
        QVERIFY(f.sink.notices.back().reason.find("7 events") != std::string::npos);
    }

    void malformedMessages_areSaidAtOnceAndThenFolded()
    {
        Fixture f;
        auto &console = f.console(9);
        f.agent(1);
        const auto bad = [&](int count) {
            for (int i = 0; i < count; ++i)
                f.sendBytes(1, wire::Bytes(64, std::byte{1}));
        };
        bad(3);
        QCOMPARE(f.sink.notices.size(), std::size_t(1));
        QCOMPARE(f.sink.notices[0].code, std::string("malformed"));
        QCOMPARE(f.sink.notices[0].kind, wire::LinkNoticeKind::Refused);
        QCOMPARE(f.sink.notices[0].repeated, 1u);
        QCOMPARE(f.sink.notices[0].identity, std::string("spiffe://test.tapio/tapio/node/node-1"));
        QVERIFY(f.sink.notices[0].reason.find("was left out: ") != std::string::npos);
        f.clock.advance(9 * nsPerSecond);
        f.hub.tick(true);
        QCOMPARE(f.sink.notices.size(), std::size_t(1));
        f.clock.advance(2 * nsPerSecond);
        f.hub.tick(true);
        f.hub.tick(true);
        QCOMPARE(f.sink.notices.size(), std::size_t(2));
        QCOMPARE(f.sink.notices[1].repeated, 2u);
        bad(5);
        QCOMPARE(f.sink.notices.size(), std::size_t(3));
        QCOMPARE(f.sink.notices[2].repeated, 5u);
        QCOMPARE(f.link(1).closed, std::string("malformed"));
        f.hub.tick(true);
        QCOMPARE(console.all<wire::LinkNotice>().size(), std::size_t(3));
    }

    void malformedMessages_areSaidBeforeThePeerIsForgotten()
    {
        Fixture f;
        f.agent(1);
        for (int i = 0; i < 4; ++i)
            f.sendBytes(1, wire::Bytes(64, std::byte{1}));
        const std::size_t before = f.sink.notices.size();
        f.closed(1);
        QCOMPARE(f.sink.notices.back().code, std::string("malformed"));
        QCOMPARE(f.sink.notices.back().repeated, 3u);
        QVERIFY(f.sink.notices.size() > before);
    }

    void wordsAfterBeingForgotten_areNotANewPeer()
    {
        Fixture f;
        f.agent(1);
        transport::Notice notice;
        notice.kind = transport::NoticeKind::Closed;
        notice.peer = 1;
        f.hub.onNotices({notice});
        f.identities[2] = test::identity(Role::Node, "node-1");
        f.sendBytes(2, *wire::encode(test::nodeHello("node-1")));
        f.clock.advance(2 * nsPerSecond);
        f.hub.tick(false);
        f.links.clear();
        // Its greeting would take the node from the connection that is alive, and nothing would ever end it.
        f.sendBytes(1, *wire::encode(test::nodeHello("node-1")));
        f.hub.tick(false);
        QVERIFY(f.links.empty());
        QCOMPARE(f.sink.lastState("node-1").sessions, 2u);
        QCOMPARE(f.sink.lastState("node-1").state, wire::LinkState::Connected);
    }
};

QTEST_APPLESS_MAIN(TestHubPromises)
#include "tst_hubpromises.moc"
