// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include "console/core/session/link.h"
#include "tests/console/fakeclock.h"
#include "tests/console/fakeendpoint.h"

using namespace tapio;
using namespace tapio::console;
using namespace tapio::test;

namespace {

class Sink final : public server::FanInSink {
public:
    std::atomic<int> deliveries{0}, notices{0};
    bool onDelivery(std::shared_ptr<const wire::Delivery>) override { return ++deliveries > 0; }
    void onAgentState(const wire::AgentState &) override {}
    void onLinkNotice(const wire::LinkNotice &) override { ++notices; }
};

using Acks = std::vector<wire::Ack>;

} // namespace

class TestRemoteLink : public QObject {
    Q_OBJECT
    FakeClock m_clock;
    Sink m_sink;

    struct Bench {
        FakeServer server;
        std::atomic<std::uint64_t> dropped{0};
        std::atomic<int> reports{0};
        std::unique_ptr<Link> link;
    };

    void open(Bench &bench, std::vector<wire::ResumePoint> resume = {})
    {
        RemoteLinkHooks hooks;
        hooks.status = [](const LinkStatus &) {};
        hooks.heartbeat = [](std::int64_t, bool) {};
        hooks.queueDropped = [&bench](const std::string &server, std::uint64_t events) {
            if (server == "server:1")
                bench.dropped = events;
            ++bench.reports;
        };
        bench.link =
            makeRemoteLink(bench.server.connect(), {"server:1", "console-1"}, std::move(resume), m_sink, std::move(hooks), m_clock);
        begin(bench);
    }
    static void begin(Bench &bench)
    {
        const std::size_t before = bench.server.sent<wire::Subscribe>().size();
        bench.server.bringUp();
        bench.server.say(wire::Welcome());
        QTRY_COMPARE(bench.server.sent<wire::Subscribe>().size(), before + 1);
    }
    void answer(Bench &bench, std::uint64_t dropped)
    {
        const int before = bench.reports;
        const std::size_t beats = bench.server.sent<wire::Heartbeat>().size();
        m_clock.advance(2 * nsPerSecond);
        bench.server.setRoom(true); // wakes it
        QTRY_VERIFY(bench.server.sent<wire::Heartbeat>().size() > beats);
        wire::HeartbeatReply reply;
        reply.id = bench.server.sent<wire::Heartbeat>().back().id;
        reply.droppedEvents = dropped;
        bench.server.say(reply);
        QTRY_COMPARE(bench.reports.load(), before + 1);
    }

private slots:
    void clock_isAskedForBeforeTheFirstDelivery()
    {
        Bench bench;
        open(bench);
        // Whoever answers in order answers this before it sends what was subscribed to.
        const auto kinds = bench.server.sentKinds();
        const auto first = [&kinds](std::size_t kind) { return std::find(kinds.begin(), kinds.end(), kind); };
        QVERIFY(first(wire::Message(wire::Heartbeat()).index()) < first(wire::Message(wire::Subscribe()).index()));
    }

    void received_isWithoutWhatWasSentBeforeItBegan()
    {
        Bench bench;
        open(bench);
        wire::HeartbeatReply reply;
        reply.id = bench.server.sent<wire::Heartbeat>().back().id;
        reply.sentNs = m_clock.utcNs();
        reply.receivedNs = reply.repliedNs = m_clock.utcNs() + 7 * nsPerSecond; // the server's clock is ahead
        bench.server.say(reply);
        QTRY_COMPARE(bench.link->serverOffsetNs(), 7 * nsPerSecond);
        const std::int64_t began = m_clock.utcNs() + 7 * nsPerSecond;
        std::uint64_t frameSeq = 0;
        for (const std::int64_t sealedNs : {began - 1, began, began + 1}) {
            wire::Delivery delivery{"node-1", sealedNs, 0, 0, {}};
            delivery.frame.streamId = 1;
            delivery.frame.frameSeq = ++frameSeq;
            delivery.frame.sealedNs = sealedNs;
            wire::EventBatch batch;
            batch.origins.resize(1);
            batch.events.resize(1);
            delivery.frame.body = batch;
            bench.server.say(delivery);
        }
        QTRY_VERIFY(!bench.link->received().empty() && bench.link->received().front().received == 2);
        QTRY_COMPARE(m_sink.deliveries.load(), 3);
    }

    void resume_namesTheNewestStreamsOfEachNode()
    {
        std::vector<wire::ResumePoint> known; // the last is the newest
        for (std::uint64_t stream = 1; stream <= 20; ++stream)
            known.push_back({"crash-looping", stream, 5});
        known.push_back({"calm", 1, 9});
        Bench bench;
        open(bench, known);
        const std::vector<wire::ResumePoint> named = bench.server.sent<wire::Subscribe>().back().resume;
        QCOMPARE(
            named,
            (std::vector<wire::ResumePoint>{
                {"calm", 1, 9}, {"crash-looping", 17, 5}, {"crash-looping", 18, 5}, {"crash-looping", 19, 5}, {"crash-looping", 20, 5}}));
    }

    void resume_ofAHugeStoreFitsAMessage()
    {
        std::vector<wire::ResumePoint> known;
        for (std::uint64_t node = 0; node < 50'000; ++node)
            known.push_back({"node-" + std::to_string(node) + std::string(50, 'x'), node + 1, UINT64_MAX - node});
        Bench bench;
        open(bench, known);
        const wire::Subscribe sent = bench.server.sent<wire::Subscribe>().back();
        QVERIFY(sent.resume.size() >= 5'000);
        QVERIFY(wire::encode(sent)->size() < (1u << 20));
        QVERIFY(bench.link->status().up);
    }

    void acks_waitForRoom()
    {
        Bench bench;
        open(bench);
        QVERIFY(bench.link);
        QTRY_COMPARE(bench.server.sent<wire::Heartbeat>().size(), std::size_t(1));
        bench.server.setRoom(false);
        bench.link->acknowledge({{"a", 1, 10}, {"b", 2, 20}});
        QTRY_VERIFY(bench.server.refusals() > 0);
        bench.link->acknowledge({{"a", 1, 12}}); // newer than the one that waits
        bench.server.setRoom(true);
        QTRY_COMPARE(bench.server.sent<wire::Ack>(), (Acks{{"a", 1, 12}, {"b", 2, 20}}));
        QVERIFY(bench.link->status().up);
        QCOMPARE(bench.link->status().error, std::string()); // a full queue is no error of the link
    }

    void acks_ofTheLastFlushAreSentBeforeItEnds()
    {
        Bench bench;
        open(bench);
        bench.link->acknowledge({{"a", 1, 10}});
        bench.link.reset();
        QCOMPARE(bench.server.sent<wire::Ack>(), (Acks{{"a", 1, 10}}));
        QCOMPARE(bench.server.sent<wire::Bye>().size(), std::size_t(1));
    }

    /// A server that was started again is told of twice: that it is there, and how often it was not.
    void notices_ofBeforeDoNotEndTheSession()
    {
        Bench bench;
        open(bench);
        QTRY_VERIFY(bench.link->status().up);
        const int before = m_sink.notices;
        transport::Notice late;
        late.kind = transport::NoticeKind::Refused;
        late.code = "unreachable";
        late.reason = "The server cannot be reached";
        late.repeated = 3;
        bench.server.notice(late);
        QTRY_COMPARE(m_sink.notices.load(), before + 1);
        begin(bench); // it goes on: whatever the notice did is done
        QVERIFY(bench.link->status().up);
        QCOMPARE(bench.link->status().error, std::string());
    }

    void bye_pauseIsBounded_data()
    {
        QTest::addColumn<quint32>("asked");
        QTest::addColumn<qint64>("taken");
        QTest::newRow("none") << 0u << qint64(0);
        QTest::newRow("some") << 5'000u << qint64(5'000);
        QTest::newRow("49 days") << 0xFFFFFFFFu << qint64(30'000);
    }
    void bye_pauseIsBounded()
    {
        QFETCH(quint32, asked);
        Bench bench;
        open(bench);
        bench.server.say(wire::Bye{"shutdown", "the server stops", asked});
        QTRY_COMPARE(bench.server.pauses().size(), std::size_t(1));
        QTEST(qint64(bench.server.pauses().front().count()), "taken");
    }

    void hello_withoutRoomBeginsAnew()
    {
        Bench bench;
        open(bench);
        bench.server.setRoom(false);
        bench.server.bringUp();
        QTRY_COMPARE(bench.server.pauses().size(), std::size_t(1));
    }

    void queueDropped_isTheSumOfAllSessions()
    {
        Bench bench;
        open(bench);
        QTRY_COMPARE(bench.server.sent<wire::Heartbeat>().size(), std::size_t(1));
        answer(bench, 7);
        QCOMPARE(bench.dropped.load(), 7u);
        answer(bench, 9);
        QCOMPARE(bench.dropped.load(), 9u);
        begin(bench); // the server counts from 0 again
        answer(bench, 4);
        QCOMPARE(bench.dropped.load(), 13u);
    }
};

QTEST_GUILESS_MAIN(TestRemoteLink)
#include "tst_remotelink.moc"
