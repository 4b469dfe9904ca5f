// SPDX-License-Identifier: GPL-3.0-or-later
// The fan-in over real sockets and real mutual TLS, with peers that say what the test tells them to.
#include <QtTest>

#include <mutex>
#include <thread>

#include "agent/server/fanin.h"
#include "protocol/wire/codec.h"
#include "tests/server/servertest.h"
#include "tests/server/testpeer.h"
#include "tests/support/testpki.h"

using namespace tapio;
using namespace tapio::server;
using test::TestPeer;

namespace {

/// What a RecordingSink does, looked at from another thread.
class LockedSink final : public FanInSink {
public:
    bool onDelivery(std::shared_ptr<const wire::Delivery> delivery) override
    {
        const std::lock_guard lock(m_mutex);
        return m_inner.onDelivery(std::move(delivery));
    }
    void onAgentState(const wire::AgentState &state) override
    {
        const std::lock_guard lock(m_mutex);
        m_inner.onAgentState(state);
    }
    void onLinkNotice(const wire::LinkNotice &notice) override
    {
        const std::lock_guard lock(m_mutex);
        m_inner.onLinkNotice(notice);
    }
    test::RecordingSink look() const
    {
        const std::lock_guard lock(m_mutex);
        return m_inner;
    }
    void refuse(bool refuses)
    {
        const std::lock_guard lock(m_mutex);
        m_inner.refuses = refuses;
    }
    bool hasNotice(wire::LinkNoticeKind kind, const std::string &code) const
    {
        const std::lock_guard lock(m_mutex);
        return std::any_of(m_inner.notices.begin(), m_inner.notices.end(),
                           [&](const wire::LinkNotice &notice) { return notice.kind == kind && notice.code == code; });
    }

private:
    mutable std::mutex m_mutex;
    test::RecordingSink m_inner;
};

} // namespace

class TestFanIn : public QObject {
    Q_OBJECT
private:
    test::TestPki m_pki;
    SystemClock m_clock;

    std::unique_ptr<FanIn> start(FanInSink *sink, FanInOptions options = {})
    {
        options.endpoint.tls = m_pki.server();
        auto fanIn = FanIn::start(std::move(options), sink, m_clock);
        if (!fanIn)
            qFatal("%s", fanIn.error().message().c_str());
        return std::move(*fanIn);
    }
    TestPeer agent(const FanIn &fanIn, const std::string &name = "node-1") { return {fanIn.port(), m_pki.node(name), m_clock}; }
    TestPeer console(const FanIn &fanIn) { return {fanIn.port(), m_pki.console("desk"), m_clock}; }

private slots:
    void session_carriesFramesAcksAndHeartbeats()
    {
        LockedSink sink;
        const auto fanIn = start(&sink);
        TestPeer peer = agent(*fanIn);
        const auto welcome = peer.greet(test::nodeHello("node-1"));
        QVERIFY(welcome);
        QCOMPARE(welcome->ackedFrameSeq, 0u);
        for (std::uint64_t seq = 1; seq <= 3; ++seq)
            QVERIFY(peer.send(test::eventFrame(seq, 5)));
        std::uint64_t acked = 0;
        while (acked < 3) {
            const auto ack = peer.await<wire::Ack>();
            QVERIFY(ack && ack->streamId == test::streamA && ack->frameSeq > acked);
            acked = ack->frameSeq;
        }
        QVERIFY((sink.look().frameSeqs() == std::vector<std::uint64_t>{1, 2, 3}));
        wire::Heartbeat beat;
        beat.id = 1;
        beat.sentNs = m_clock.utcNs();
        QVERIFY(peer.send(beat));
        const auto reply = peer.await<wire::HeartbeatReply>();
        QVERIFY(reply && reply->id == 1 && reply->sentNs == beat.sentNs);
        QVERIFY(beat.sentNs <= reply->receivedNs && reply->receivedNs <= reply->repliedNs && reply->repliedNs <= m_clock.utcNs());
        QTRY_COMPARE(fanIn->counters().size(), std::size_t(1));
        QTRY_COMPARE(fanIn->counters()[0].counters[Counter::Processed], 15u);
        QVERIFY(sink.hasNotice(wire::LinkNoticeKind::Accepted, "accepted"));
    }

    void spoofedNode_isRefusedByName()
    {
        LockedSink sink;
        const auto fanIn = start(&sink);
        TestPeer honest = agent(*fanIn, "node-1");
        QVERIFY(honest.greet(test::nodeHello("node-1")));
        TestPeer spoofer = agent(*fanIn, "node-2");
        QVERIFY(spoofer.connect());
        QVERIFY(spoofer.send(test::nodeHello("node-1")));
        const auto bye = spoofer.await<wire::Bye>();
        QVERIFY(bye);
        QCOMPARE(bye->code, std::string("spoofed-node"));
        QVERIFY(spoofer.awaitEnd());
        QVERIFY(sink.hasNotice(wire::LinkNoticeKind::Refused, "spoofed-node"));
        QVERIFY(honest.send(test::eventFrame(1)));
        QVERIFY(honest.await<wire::Ack>());
        QCOMPARE(sink.look().deliveries.front()->node, std::string("node-1"));
    }

    void newerVersion_isToldWhichVersionsThereAre()
    {
        LockedSink sink;
        const auto fanIn = start(&sink);
        TestPeer peer = agent(*fanIn);
        wire::Hello hello = test::nodeHello("node-1");
        hello.versionMin = 7;
        hello.versionMax = 9;
        QVERIFY(peer.connect());
        QVERIFY(peer.send(hello));
        const auto bye = peer.await<wire::Bye>();
        QVERIFY(bye);
        QCOMPARE(bye->code, std::string("version"));
        QVERIFY(bye->reason.find("7 to 9") != std::string::npos);
        QVERIFY(sink.hasNotice(wire::LinkNoticeKind::Refused, "version"));
    }

    void garbageInsideTls_isRefusedAndTheRestGoesOn()
    {
        LockedSink sink;
        const auto fanIn = start(&sink);
        TestPeer good = agent(*fanIn, "node-1");
        QVERIFY(good.greet(test::nodeHello("node-1")));
        TestPeer bad = agent(*fanIn, "node-2");
        QVERIFY(bad.connect());
        QVERIFY(bad.endpoint().send(std::vector<std::byte>(300, std::byte{0x5A})));
        const auto bye = bad.await<wire::Bye>();
        QVERIFY(bye);
        QCOMPARE(bye->code, std::string("malformed"));
        QVERIFY(sink.hasNotice(wire::LinkNoticeKind::Refused, "malformed"));
        QVERIFY(good.send(test::eventFrame(1)));
        QVERIFY(good.await<wire::Ack>());
    }

    void agentStartedAnew_isAnotherStreamAndItsTailIsNamed()
    {
        LockedSink sink;
        const auto fanIn = start(&sink);
        {
            TestPeer first = agent(*fanIn);
            QVERIFY(first.greet(test::nodeHello("node-1", test::streamA)));
            QVERIFY(first.send(test::eventFrame(1, 10)));
            wire::Heartbeat beat;
            beat.producedEvents = 14;
            beat.queuedEvents = 4;
            QVERIFY(first.send(beat));
            QVERIFY(first.await<wire::Ack>());
            QVERIFY(first.await<wire::HeartbeatReply>());
        }
        QTRY_COMPARE(sink.look().lastState("node-1").state, wire::LinkState::Gone);
        TestPeer second = agent(*fanIn);
        const auto welcome = second.greet(test::nodeHello("node-1", test::streamB));
        QVERIFY(welcome && welcome->ackedFrameSeq == 0);
        QTRY_COMPARE(sink.look().lastState("node-1").streamId, test::streamB);
        QCOMPARE(sink.look().lastState("node-1").loss.transitEvents, 4u);
        QCOMPARE(sink.look().lastState("node-1").sessions, 2u);
    }

    void serverStoppedAndBack_losesNothingAcknowledged()
    {
        LockedSink sink;
        LockedSink later;
        FanInOptions options;
        options.acknowledgeBySink = true;
        auto fanIn = start(&sink, options);
        const std::uint16_t port = fanIn->port();
        TestPeer peer = agent(*fanIn);
        QVERIFY(peer.greet(test::nodeHello("node-1")));
        for (std::uint64_t seq = 1; seq <= 4; ++seq)
            QVERIFY(peer.send(test::eventFrame(seq)));
        QTRY_COMPARE(sink.look().deliveries.size(), std::size_t(4));
        // A store committed two of the four, then the server goes.
        fanIn->acknowledge("node-1", test::streamA, 2);
        const auto ack = peer.await<wire::Ack>();
        QVERIFY(ack && ack->frameSeq == 2);
        fanIn.reset();
        const auto bye = peer.await<wire::Bye>();
        QVERIFY(bye);
        QCOMPARE(bye->code, std::string("shutdown"));
        QVERIFY(peer.awaitEnd());

        options.endpoint.port = port;
        options.known = {{"node-1", test::streamA, 2}};
        fanIn = start(&later, options);
        const auto welcome = peer.greet(test::nodeHello("node-1", test::streamA, 3));
        QVERIFY(welcome && welcome->ackedFrameSeq == 2);
        for (std::uint64_t seq = 3; seq <= 5; ++seq)
            QVERIFY(peer.send(test::eventFrame(seq)));
        QTRY_COMPARE(later.look().deliveries.size(), std::size_t(3));
        QVERIFY((later.look().frameSeqs() == std::vector<std::uint64_t>{3, 4, 5}));
        QCOMPARE(later.look().lastState("node-1").loss.gapFrames, 0u);
    }

    void refusingSink_holdsFramesUntilItTakesThem()
    {
        LockedSink sink;
        const auto fanIn = start(&sink);
        sink.refuse(true);
        TestPeer peer = agent(*fanIn);
        QVERIFY(peer.greet(test::nodeHello("node-1")));
        for (std::uint64_t seq = 1; seq <= 3; ++seq)
            QVERIFY(peer.send(test::eventFrame(seq, 2)));
        QTRY_VERIFY(!fanIn->counters().empty() && fanIn->counters()[0].queuedEvents == 6);
        QVERIFY(sink.look().deliveries.empty());
        sink.refuse(false);
        const auto ack = peer.await<wire::Ack>();
        QVERIFY(ack && ack->frameSeq == 3);
        QVERIFY((sink.look().frameSeqs() == std::vector<std::uint64_t>{1, 2, 3}));
    }

    void consoles_getWhatTheyAskedForAndResume()
    {
        const auto fanIn = start(nullptr);
        TestPeer desk = console(*fanIn);
        QVERIFY(desk.greet(test::consoleHello("desk")));
        wire::Subscribe subscribe;
        subscribe.filter.minSeverity = wire::Severity::Error;
        QVERIFY(desk.send(subscribe));
        TestPeer peer = agent(*fanIn);
        QVERIFY(peer.greet(test::nodeHello("node-1")));
        // The union of what consoles want is pushed down to the agent.
        const auto filter = peer.await<wire::Filter>();
        QVERIFY(filter && filter->any.size() == 1 && filter->any[0].minSeverity == wire::Severity::Error);
        const auto state = desk.await<wire::AgentState>();
        QVERIFY(state && state->node == "node-1" && state->state == wire::LinkState::Connected);
        const auto severe = test::event(wire::EventType::OomKill, wire::Severity::Error);
        QVERIFY(peer.send(wire::Frame{test::streamA, 1, 0, test::batch(10, {test::event(), severe})}));
        QVERIFY(peer.send(wire::Frame{test::streamA, 2, 0, test::batch(12, {test::event()})}));
        QVERIFY(peer.send(wire::Frame{test::streamA, 3, 0, test::batch(13, {severe})}));
        for (const std::uint64_t seq : {11u, 13u}) {
            const auto delivery = desk.await<wire::Delivery>();
            QVERIFY(delivery && delivery->node == "node-1");
            const auto &batch = std::get<wire::EventBatch>(delivery->frame.body);
            QCOMPARE(batch.events.size(), std::size_t(1));
            QCOMPARE(batch.seqOf(0), seq);
        }
        TestPeer again = console(*fanIn);
        QVERIFY(again.greet(test::consoleHello("desk")));
        subscribe.filter = {};
        subscribe.resume = {{"node-1", test::streamA, 1}};
        QVERIFY(again.send(subscribe));
        const auto delivery = again.await<wire::Delivery>();
        QVERIFY(delivery && delivery->frame.frameSeq == 2);
    }

    void slowConsole_dropsOnlyItsOwn()
    {
        FanInOptions options;
        options.consoleQueueBytes = 64u << 10;
        options.creditBytes = 32u << 10;
        const auto fanIn = start(nullptr, options);
        TestPeer slow = console(*fanIn);
        TestPeer fast = console(*fanIn);
        for (TestPeer *desk : {&slow, &fast}) {
            QVERIFY(desk->greet(test::consoleHello("desk")));
            QVERIFY(desk->send(wire::Subscribe()));
            wire::Heartbeat beat;
            QVERIFY(desk->send(beat));
            QVERIFY(desk->await<wire::HeartbeatReply>());
        }
        TestPeer peer = agent(*fanIn);
        QVERIFY(peer.greet(test::nodeHello("node-1")));
        constexpr std::uint64_t frames = 40;
        for (std::uint64_t seq = 1; seq <= frames; ++seq) {
            QVERIFY(peer.send(test::eventFrame(seq, 100)));
            const auto delivery = fast.await<wire::Delivery>();
            QVERIFY(delivery && delivery->frame.frameSeq == seq);
            QVERIFY(fast.send(wire::Ack{"node-1", test::streamA, seq}));
            const auto ack = peer.await<wire::Ack>();
            QVERIFY(ack && ack->frameSeq == seq);
        }
        QVERIFY(slow.send(wire::Ack{"node-1", test::streamA, frames}));
        QVERIFY(slow.send(wire::Heartbeat()));
        QVERIFY(fast.send(wire::Heartbeat()));
        const auto slowReply = slow.await<wire::HeartbeatReply>();
        const auto fastReply = fast.await<wire::HeartbeatReply>();
        QVERIFY(slowReply && slowReply->droppedEvents > 0);
        QVERIFY(fastReply && fastReply->droppedEvents == 0);
    }

    void stop_letsAConsoleTakeTheRest()
    {
        FanInOptions options;
        options.creditBytes = 32u << 10;
        auto fanIn = start(nullptr, options);
        TestPeer desk = console(*fanIn);
        QVERIFY(desk.greet(test::consoleHello("desk")));
        QVERIFY(desk.send(wire::Subscribe()));
        QVERIFY(desk.send(wire::Heartbeat()));
        QVERIFY(desk.await<wire::HeartbeatReply>());
        TestPeer peer = agent(*fanIn);
        QVERIFY(peer.greet(test::nodeHello("node-1")));
        constexpr std::uint64_t frames = 40;
        for (std::uint64_t seq = 1; seq <= frames; ++seq) {
            QVERIFY(peer.send(test::eventFrame(seq, 100)));
            const auto ack = peer.await<wire::Ack>();
            QVERIFY(ack && ack->frameSeq == seq);
        }
        std::thread stopping([&] { fanIn->stop(); });
        std::uint64_t last = 0;
        while (last < frames) {
            const auto delivery = desk.await<wire::Delivery>();
            if (!delivery || delivery->frame.frameSeq != last + 1)
                break;
            ++last;
            static_cast<void>(desk.send(wire::Ack{"node-1", test::streamA, last})); // after the last one the server is gone
        }
        stopping.join();
        QCOMPARE(last, frames);
        const auto bye = desk.await<wire::Bye>();
        QVERIFY(bye && bye->code == "shutdown");
    }

    void serverWithoutStoreStopped_agentsKeepWhatNoConsoleStored()
    {
        auto fanIn = start(nullptr);
        TestPeer desk = console(*fanIn);
        wire::Hello hello = test::consoleHello("desk");
        hello.capabilities = {"store"};
        QVERIFY(desk.greet(hello));
        QVERIFY(desk.send(wire::Subscribe()));
        TestPeer peer = agent(*fanIn);
        QVERIFY(peer.greet(test::nodeHello("node-1")));
        QVERIFY(peer.send(test::eventFrame(1)));
        QVERIFY(peer.send(test::eventFrame(2)));
        QVERIFY(desk.await<wire::Delivery>());
        QVERIFY(desk.await<wire::Delivery>());
        QVERIFY(desk.send(wire::Ack{"node-1", test::streamA, 1}));
        const auto ack = peer.await<wire::Ack>();
        QVERIFY(ack);
        QCOMPARE(ack->frameSeq, 1u);
    }

    void start_fails_data()
    {
        QTest::addColumn<int>("row");
        QTest::addColumn<int>("code");
        QTest::newRow("a port in use") << 0 << static_cast<int>(Errc::Busy);
        QTest::newRow("no certificate file") << 1 << static_cast<int>(Errc::NotFound);
        QTest::newRow("acknowledged by a sink that is not there") << 2 << static_cast<int>(Errc::InvalidArgument);
    }
    void start_fails()
    {
        QFETCH(int, row);
        const auto running = start(nullptr);
        FanInOptions options;
        options.endpoint.tls = m_pki.server();
        if (row == 0)
            options.endpoint.port = running->port();
        else if (row == 1)
            options.endpoint.tls.certificate = "/nonexistent/cert.pem";
        else
            options.acknowledgeBySink = true;
        const auto failed = FanIn::start(options, nullptr, m_clock);
        QVERIFY(!failed);
        QTEST(static_cast<int>(failed.error().code()), "code");
    }
};

QTEST_GUILESS_MAIN(TestFanIn)
#include "tst_fanin.moc"
