// SPDX-License-Identifier: GPL-3.0-or-later
// The session protocol's agent side: greeting, frames, credit and counters.
#include <QtTest>

#include "tests/agent/publishbench.h"

using namespace tapio;
using namespace tapio::agent;
using namespace tapio::test;
using namespace std::chrono_literals;

namespace {

using Bench = PublishBench;
using Numbers = std::vector<std::uint64_t>;

} // namespace

class TestPublisher : public QObject {
    Q_OBJECT
private slots:
    void hello_saysWhoAndWhereTheStreamStands()
    {
        Bench bench;
        bench.session.take(bench.batch(3));
        bench.link.up();
        bench.session.step(0ms);
        const auto hellos = bench.heard<wire::Hello>();
        QCOMPARE(hellos.size(), std::size_t(1));
        QCOMPARE(hellos[0].role, Role::Node);
        QCOMPARE(hellos[0].name, std::string("node-1"));
        QCOMPARE(hellos[0].streamId, stream);
        QCOMPARE(hellos[0].nextFrameSeq, 1u);
        QCOMPARE(hellos[0].producedEvents, 3u);
        QCOMPARE(bench.session.status().phase, SessionPhase::Greeting);
        QCOMPARE(bench.link.confirmed, 0);
    }

    void hello_isTriedAgainWhenTheLinkIsBusy()
    {
        Bench bench;
        bench.link.room = 0;
        bench.link.up();
        bench.session.step(0ms);
        QCOMPARE(bench.session.status().phase, SessionPhase::Offline);
        bench.link.room = SIZE_MAX;
        bench.session.step(0ms);
        QCOMPARE(bench.heard<wire::Hello>().size(), std::size_t(1));
    }

    void welcome_confirmsTheLinkAndSendsInOrder()
    {
        Bench bench;
        bench.session.take(bench.batch(1));
        bench.session.take(bench.batch(1));
        bench.connect();
        QCOMPARE(bench.link.confirmed, 1);
        QCOMPARE(bench.framesHeard(), (Numbers{1, 2}));
        QCOMPARE(bench.session.status().inFlightEvents, 2u);
        bench.ack(2);
        QVERIFY(bench.session.settled());
        QCOMPARE(bench.session.status().ackedEvents, 2u);
    }

    void nothing_isSentBeforeTheWelcome()
    {
        Bench bench;
        bench.session.take(bench.batch(1));
        bench.link.up();
        bench.session.step(0ms);
        bench.link.say(wire::Ack{{}, stream, 1});
        bench.session.step(0ms);
        QVERIFY(bench.framesHeard().empty());
        QVERIFY(!bench.session.settled());
    }

    void welcome_thatNeverComesEndsTheConnection()
    {
        Bench bench;
        bench.link.up();
        bench.session.step(0ms);
        bench.clock.advance(9s);
        bench.session.step(0ms);
        QVERIFY(bench.link.reconnects.empty());
        bench.clock.advance(2s);
        bench.session.step(0ms);
        QCOMPARE(bench.link.reconnects.size(), std::size_t(1));
    }

    void welcome_ofAnotherVersionEndsTheConnectionForAWhile()
    {
        Bench bench;
        bench.link.up();
        bench.session.step(0ms);
        wire::Welcome welcome = Bench::welcome(1u << 20, 0);
        welcome.version = 99;
        bench.link.say(welcome);
        bench.session.step(0ms);
        QCOMPARE(bench.link.reconnects, std::vector<std::chrono::milliseconds>{30s});
        QCOMPARE(bench.link.confirmed, 0);
    }

    void reconnect_sendsAgainWhatWasNotAcknowledged()
    {
        Bench bench;
        for (int i = 0; i < 4; ++i)
            bench.session.take(bench.batch(1));
        bench.connect();
        QCOMPARE(bench.framesHeard(), (Numbers{1, 2, 3, 4}));
        bench.ack(1);
        bench.link.down();
        bench.session.step(0ms);
        bench.session.take(bench.batch(1));
        bench.link.up();
        bench.session.step(0ms);
        QCOMPARE(bench.heard<wire::Hello>().at(0).nextFrameSeq, 2u);
        bench.link.say(Bench::welcome(1u << 20, 2)); // frame 2 had arrived, but its acknowledgement was lost
        bench.session.step(0ms);
        QCOMPARE(bench.framesHeard(), (Numbers{3, 4, 5}));
        bench.ack(5);
        QVERIFY(bench.session.settled());
        const SessionStatus status = bench.session.status();
        QCOMPARE(status.ackedEvents, 5u);
        QCOMPARE(status.sentEvents, 5u); // resent frames are not counted twice
        QCOMPARE(status.droppedEvents, 0u);
    }

    void server_goneForHalfAMinuteLosesNothingAcknowledged()
    {
        Bench bench;
        bench.connect();
        for (int i = 0; i < 3; ++i)
            bench.session.take(bench.batch(10));
        bench.session.step(0ms);
        bench.framesHeard();
        bench.ack(2);
        bench.link.down();
        for (int second = 0; second < 30; ++second) {
            bench.clock.advance(1s);
            bench.session.take(bench.batch(10));
            bench.session.step(0ms);
        }
        QCOMPARE(bench.session.status().queuedEvents, 310u);
        bench.connect(1u << 20, 2);
        const Numbers numbers = bench.framesHeard();
        QCOMPARE(numbers.size(), std::size_t(31));
        QCOMPARE(numbers.front(), 3u);
        QCOMPARE(numbers.back(), 33u);
        QCOMPARE(bench.session.status().droppedEvents, 0u);
    }

    void ring_dropsTheOldestAndCountsEachEvent()
    {
        Bench bench(64u << 10);
        for (int i = 0; i < 40; ++i)
            bench.session.take(bench.batch(10, i % 2 == 0 ? "process" : "tcp", 300));
        const SessionStatus status = bench.session.status();
        QVERIFY(status.droppedEvents > 0);
        QVERIFY(status.ringBytes <= 64u << 10);
        QCOMPARE(status.producedEvents, 400u);
        QCOMPARE(status.queuedEvents + status.droppedEvents, 400u);
        bench.link.up();
        bench.session.step(0ms);
        const auto hello = bench.heard<wire::Hello>().at(0);
        QCOMPARE(hello.droppedEvents, status.droppedEvents);
        QCOMPARE(hello.nextFrameSeq, status.droppedEvents / 10 + 1);
        bench.link.say(Bench::welcome(1u << 20, 0));
        bench.session.step(0ms);
        for (Numbers numbers = bench.framesHeard(); !numbers.empty(); numbers = bench.framesHeard())
            bench.ack(numbers.back());
        const std::uint64_t qdrop = bench.counters("process")[Counter::QDrop] + bench.counters("tcp")[Counter::QDrop];
        QCOMPARE(qdrop, bench.session.status().droppedEvents);
    }

    void ring_keepsWhatIsUnderWayAndDropsWhatWaits()
    {
        Bench bench(64u << 10);
        bench.connect();
        bench.session.take(bench.batch(1, "process", 300));
        bench.session.step(0ms);
        bench.framesHeard();
        bench.link.room = 0;
        for (int i = 0; i < 40; ++i)
            bench.session.take(bench.batch(10, "process", 300));
        QCOMPARE(bench.session.status().inFlightEvents, 1u);
        QVERIFY(bench.session.status().droppedEvents > 0);
        QCOMPARE(bench.session.status().abandonedEvents, 0u);
    }

    void sentButNeverConfirmed_isGivenUpAndNotCountedTwice()
    {
        Bench bench(64u << 10);
        bench.connect();
        bench.session.take(bench.batch(5));
        bench.session.step(0ms);
        bench.link.down();
        bench.session.step(0ms);
        for (int i = 0; i < 40; ++i)
            bench.session.take(bench.batch(10, "process", 300));
        const SessionStatus status = bench.session.status();
        QCOMPARE(status.abandonedEvents, 5u);
        QCOMPARE(status.sentEvents, 5u);
        QCOMPARE(status.producedEvents, status.abandonedEvents + status.droppedEvents + status.queuedEvents);
    }

    void credit_isNeverOverdrawn()
    {
        Bench bench;
        for (int i = 0; i < 10; ++i)
            bench.session.take(bench.batch(10, "process", 100));
        bench.connect(8192);
        std::size_t bytes = 0;
        std::uint64_t last = 0;
        for (const wire::Frame &frame : bench.heard<wire::Frame>()) {
            bytes += wire::encode(frame).value().size();
            last = frame.frameSeq;
        }
        QVERIFY(last >= 1 && last < 10);
        QVERIFY(bytes <= 8192);
        bench.session.step(0ms);
        QVERIFY(bench.framesHeard().empty());
        bench.ack(last);
        QCOMPARE(bench.framesHeard().front(), last + 1);
    }

    void credit_smallerThanAFrameLetsItGoAlone()
    {
        Bench bench;
        bench.session.take(bench.batch(10, "process", 400));
        bench.session.take(bench.batch(10, "process", 400));
        bench.connect(100);
        QCOMPARE(bench.framesHeard(), (Numbers{1}));
        bench.ack(1);
        QCOMPARE(bench.framesHeard(), (Numbers{2}));
    }

    void busyLink_isTriedAgainSoon()
    {
        Bench bench;
        bench.connect();
        bench.link.heard();
        bench.link.room = 1;
        bench.session.take(bench.batch(1));
        bench.session.take(bench.batch(1));
        bench.session.step(0ms);
        QCOMPARE(bench.framesHeard(), (Numbers{1}));
        QVERIFY(bench.session.untilDue() < 10ms);
        bench.link.room = SIZE_MAX;
        bench.session.step(0ms);
        QCOMPARE(bench.framesHeard(), (Numbers{2}));
    }

    void acknowledgement_thatCannotBeIsIgnored_data()
    {
        QTest::addColumn<quint64>("streamId");
        QTest::addColumn<quint64>("frameSeq");
        QTest::newRow("of another stream") << quint64(1) << quint64(1);
        QTest::newRow("of a frame that was never made") << quint64(stream) << quint64(2);
        QTest::newRow("of the largest number") << quint64(stream) << quint64(UINT64_MAX);
    }
    void acknowledgement_thatCannotBeIsIgnored()
    {
        QFETCH(quint64, streamId);
        QFETCH(quint64, frameSeq);
        Bench bench;
        bench.session.take(bench.batch(1));
        bench.connect();
        bench.link.say(wire::Ack{{}, streamId, frameSeq});
        bench.session.step(0ms);
        QVERIFY(!bench.session.settled());
        QCOMPARE(bench.session.status().ackedEvents, 0u);
    }

    void garbage_endsTheConnection()
    {
        Bench bench;
        bench.connect();
        bench.link.sayBytes(transport::Bytes(100, std::byte{0x5a}));
        bench.session.step(0ms);
        QCOMPARE(bench.link.reconnects.size(), std::size_t(1));
    }

    void filter_isHandedOnAndForgottenWithItsServer()
    {
        Bench bench;
        bench.connect();
        QCOMPARE(bench.session.takeFilter(), std::optional(wire::Filter{}));
        wire::Filter filter{3, {wire::EventFilter{}}};
        filter.any[0].minSeverity = wire::Severity::Warning;
        bench.link.say(filter);
        bench.session.step(0ms);
        QCOMPARE(bench.session.takeFilter(), std::optional(filter));
        QCOMPARE(bench.session.takeFilter(), std::optional<wire::Filter>());
        bench.link.down();
        bench.session.step(0ms);
        bench.connect();
        QCOMPARE(bench.session.takeFilter(), std::optional(wire::Filter{}));
    }

    void filter_isForgottenWhileNobodyIsThere()
    {
        Bench bench;
        bench.connect();
        wire::Filter filter{3, {wire::EventFilter{}}};
        filter.any[0].minSeverity = wire::Severity::Warning;
        bench.link.say(filter);
        bench.session.step(0ms);
        QCOMPARE(bench.session.takeFilter(), std::optional(filter));
        bench.link.down();
        bench.session.step(0ms);
        QCOMPARE(bench.session.takeFilter(), std::optional(wire::Filter{})); // the spool is for whoever comes next
    }

    void filterRequest_isHandedOnAndAnswered()
    {
        Bench bench;
        bench.connect();
        const wire::FilterRequest request{5, "node-1", "desk", "[filter]\n"};
        bench.link.say(request);
        bench.session.step(0ms);
        const auto requests = bench.session.takeFilterRequests();
        QCOMPARE(requests.size(), std::size_t(1));
        QVERIFY(requests[0] == request);
        bench.link.heard();
        const auto replies = [&bench] {
            std::vector<wire::FilterReply> found;
            for (const wire::Message &message : bench.link.heard()) {
                if (const auto *reply = std::get_if<wire::FilterReply>(&message))
                    found.push_back(*reply);
            }
            return found;
        };
        wire::FilterReply reply;
        reply.id = 5;
        reply.code = "ok";
        bench.link.room = 0; // the link takes nothing now
        bench.session.answer(reply);
        QVERIFY(replies().empty());
        bench.link.room = SIZE_MAX;
        bench.session.step(0ms);
        QCOMPARE(replies().size(), std::size_t(1));
        bench.link.down();
        bench.session.step(0ms);
        bench.session.answer(reply); // nobody is there to hear it
        bench.connect();
        QVERIFY(replies().empty());
    }

    void filterRequests_tooManyAreRefused()
    {
        Bench bench;
        bench.connect();
        bench.link.heard();
        for (std::uint64_t id = 1; id <= 10; ++id)
            bench.link.say(wire::FilterRequest{id, "node-1", "desk", "x"});
        bench.session.step(0ms);
        QCOMPARE(bench.session.takeFilterRequests().size(), std::size_t(8));
        std::size_t busy = 0;
        for (const wire::Message &message : bench.link.heard()) {
            const auto *reply = std::get_if<wire::FilterReply>(&message);
            busy += reply != nullptr && reply->code == "busy" ? 1 : 0;
        }
        QCOMPARE(busy, std::size_t(2));
    }

    void hooks_areToldInEachSession()
    {
        Bench bench;
        wire::HookReport hooks;
        hooks.hooks.resize(1);
        hooks.hooks[0].name = "sched_process_exec";
        bench.session.take({hooks, {}});
        bench.connect();
        bench.link.heard();
        bench.ack(10);
        for (int session = 0; session < 2; ++session) {
            bench.link.down();
            bench.session.step(0ms);
            bench.connect(1u << 20, 1);
            const auto frames = bench.heard<wire::Frame>();
            QVERIFY(std::any_of(frames.begin(), frames.end(),
                                [&](const wire::Frame &frame) { return frame.body == decltype(frame.body)(hooks); }));
        }
    }

    /// Else a frame would wait for the next one.
    void frame_isSentBeforeTheWaitForWhatComes()
    {
        Bench bench;
        bench.connect();
        bench.link.heard();
        bench.session.take(bench.batch(1));
        bench.session.step(1ms);
        QCOMPARE(bench.link.sentBeforeWaiting, std::size_t(1));
        QCOMPARE(bench.framesHeard(), (Numbers{1}));
    }

    void batch_tooLargeForAFrameIsSplit()
    {
        Bench bench;
        // 2000 events with as many arguments as an event may have make 3 MB, and a frame holds 1 MiB.
        bench.session.take(bench.batch(2000, "process", 1500));
        bench.connect(16u << 20);
        std::uint64_t nextSeq = 1;
        for (const wire::Frame &frame : bench.heard<wire::Frame>()) {
            if (const auto *batch = std::get_if<wire::EventBatch>(&frame.body)) {
                QCOMPARE(batch->firstSeq, nextSeq);
                nextSeq += batch->events.size();
            }
        }
        QCOMPARE(nextSeq, 2001u);
        QCOMPARE(bench.session.status().droppedEvents, 0u);
    }

    void event_thatCannotBeEncodedIsCountedAlone()
    {
        Bench bench;
        Outgoing outgoing = bench.batch(3);
        std::get<wire::ProcessExec>(std::get<wire::EventBatch>(outgoing.body).events[1].detail).arguments = {std::string(2u << 20, 'x')};
        bench.session.take(std::move(outgoing));
        bench.connect();
        std::size_t events = 0;
        for (const wire::Frame &frame : bench.heard<wire::Frame>()) {
            if (const auto *batch = std::get_if<wire::EventBatch>(&frame.body))
                events += batch->events.size();
        }
        QCOMPARE(events, std::size_t(2));
        QCOMPARE(bench.session.status().droppedEvents, 1u);
        QCOMPARE(bench.counters("process")[Counter::Malformed], 1u);
    }

    void samples_tooLargeForAFrameAreSplit()
    {
        Bench bench;
        wire::SampleBatch samples;
        samples.timeNs = 1;
        for (int i = 0; i < 200; ++i) {
            wire::Origin origin;
            origin.cgroupPath = std::string(4000, 'p');
            samples.origins.push_back(origin);
            samples.samples.push_back({wire::Metric::CpuUsageNs, std::uint32_t(i), 0, i});
            samples.histograms.push_back({wire::HistogramKind::RunQueueLatency, std::uint32_t(i), 0, {}});
        }
        bench.session.take({samples, {}});
        bench.connect(16u << 20);
        std::size_t count = 0;
        for (const wire::Frame &frame : bench.heard<wire::Frame>()) {
            if (const auto *batch = std::get_if<wire::SampleBatch>(&frame.body))
                count += batch->samples.size() + batch->histograms.size();
        }
        QCOMPARE(count, std::size_t(400));
    }

    void samples_thatAreSplitCountAsSeveralFrames()
    {
        Bench bench;
        wire::SampleBatch samples;
        samples.origins.resize(1);
        constexpr std::size_t many = 100'000;
        samples.samples.assign(many, {wire::Metric::CpuUsageNs, 0, 0, 0x0123456789abcdef});
        bench.session.take({samples, {}});
        bench.connect(16u << 20);
        std::size_t count = 0;
        std::uint64_t frames = 0;
        for (const wire::Frame &frame : bench.heard<wire::Frame>()) {
            count += std::get<wire::SampleBatch>(frame.body).samples.size();
            frames = frame.frameSeq;
        }
        QCOMPARE(count, many);
        QVERIFY(frames > 1);
        bench.ack(frames);
        const CounterSet counters = bench.counters("samples");
        QCOMPARE(counters[Counter::Sent], frames);
        QCOMPARE(counters[Counter::Acked], frames);
        QCOMPARE(counters[Counter::Seen], frames - 1); // the pipeline counts the one that it made
        QCOMPARE(counters[Counter::Drained], frames - 1);
    }

    void samples_thatTheRingDropsAreCounted()
    {
        Bench bench(64u << 10);
        constexpr std::uint64_t frames = 40;
        for (std::uint64_t i = 0; i < frames; ++i) {
            wire::SampleBatch samples;
            samples.origins.resize(1);
            samples.samples.assign(500, {wire::Metric::CpuUsageNs, 0, 0, std::int64_t(i) << 40});
            bench.session.take({samples, {}});
        }
        QCOMPARE(bench.session.status().droppedEvents, 0u); // they are none
        bench.connect();
        for (Numbers numbers = bench.framesHeard(); !numbers.empty(); numbers = bench.framesHeard())
            bench.ack(numbers.back());
        const CounterSet counters = bench.counters("samples");
        QVERIFY(counters[Counter::QDrop] > 0);
        QCOMPARE(counters[Counter::QDrop] + counters[Counter::Sent], frames);
        QCOMPARE(counters[Counter::Acked], counters[Counter::Sent]);
    }

    void gapInNumbers_isNamedAsDropped()
    {
        Bench bench;
        bench.session.take(bench.batch(2));
        bench.nextSeq += 10; // the queue refused a batch of ten
        bench.session.take(bench.batch(2));
        QCOMPARE(bench.session.status().producedEvents, 14u);
        QCOMPARE(bench.session.status().droppedEvents, 10u);
    }

    void counters_balanceThroughSendingAndAcknowledging()
    {
        Bench bench;
        bench.connect();
        bench.session.take(bench.batch(5, "process"));
        bench.session.take(bench.batch(2, "tcp"));
        bench.session.step(0ms);
        bench.ack(2);
        const CounterSet process = bench.counters("process");
        QCOMPARE(process[Counter::Sent], 5u);
        QCOMPARE(process[Counter::Acked], 5u);
        QCOMPARE(bench.counters("tcp")[Counter::Acked], 2u);
    }
};

QTEST_APPLESS_MAIN(TestPublisher)
#include "tst_publisher.moc"
