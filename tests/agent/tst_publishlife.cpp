// SPDX-License-Identifier: GPL-3.0-or-later
// The session protocol's agent side: heartbeats, what counts as life, and how a session ends.
#include <QtTest>

#include "tests/agent/publishbench.h"

using namespace tapio;
using namespace tapio::agent;
using namespace tapio::test;
using namespace std::chrono_literals;

using Bench = PublishBench;

class TestPublishLife : public QObject {
    Q_OBJECT
private slots:
    void heartbeat_measuresTheClock()
    {
        Bench bench;
        bench.connect();
        const auto beats = bench.heard<wire::Heartbeat>();
        QCOMPARE(beats.size(), std::size_t(1));
        QCOMPARE(beats[0].uncertaintyNs, -1);
        bench.clock.advance(10ms);
        // The server is 5 s ahead, took 2 ms, and each way took 4 ms.
        const std::int64_t ahead = 5 * nsPerSecond;
        bench.link.say(wire::HeartbeatReply{beats[0].id, beats[0].sentNs, beats[0].sentNs + ahead + 4 * nsPerMs,
                                            beats[0].sentNs + ahead + 6 * nsPerMs, 0});
        bench.session.step(0ms);
        QCOMPARE(bench.session.status().offsetNs, ahead);
        QCOMPARE(bench.session.status().uncertaintyNs, 4 * nsPerMs);
        bench.clock.advance(2s);
        bench.session.step(0ms);
        QCOMPARE(bench.heard<wire::Heartbeat>().at(0).offsetNs, ahead);
    }

    void heartbeat_thatCannotBeTrustedMeasuresNothing_data()
    {
        QTest::addColumn<qint64>("received");
        QTest::addColumn<qint64>("replied");
        QTest::addColumn<bool>("clockSet");
        QTest::newRow("answered before it was received") << qint64(2000) << qint64(1000) << false;
        QTest::newRow("longer on the server than in all") << qint64(0) << qint64(60 * nsPerSecond) << false;
        QTest::newRow("times that overflow") << qint64(INT64_MIN) << qint64(INT64_MAX) << false;
        QTest::newRow("our clock was set meanwhile") << qint64(1000) << qint64(2000) << true;
    }
    void heartbeat_thatCannotBeTrustedMeasuresNothing()
    {
        QFETCH(qint64, received);
        QFETCH(qint64, replied);
        QFETCH(bool, clockSet);
        Bench bench;
        bench.connect();
        const auto beat = bench.heard<wire::Heartbeat>().at(0);
        bench.clock.advance(10ms);
        if (clockSet)
            bench.clock.setUtc(1h);
        bench.link.say(wire::HeartbeatReply{beat.id, beat.sentNs, received, replied, 0});
        bench.session.step(0ms);
        QCOMPARE(bench.session.status().uncertaintyNs, -1);
    }

    void heartbeat_tellsWhatWaits()
    {
        Bench bench;
        bench.connect(1);
        bench.session.take(bench.batch(5));
        bench.session.take(bench.batch(7));
        bench.session.step(0ms);
        bench.link.heard();
        bench.clock.advance(2s);
        bench.session.step(0ms);
        const auto beat = bench.heard<wire::Heartbeat>().at(0);
        QCOMPARE(beat.producedEvents, 12u);
        QCOMPARE(beat.inFlightEvents, 5u);
        QCOMPARE(beat.queuedEvents, 7u);
        QCOMPARE(beat.oldestNs, bench.clock.utcNs() - 2 * nsPerSecond);
    }

    void heartbeat_answeredLateKeepsTheSessionAndMeasuresTheClock()
    {
        Bench bench;
        bench.connect();
        std::deque<wire::Heartbeat> underWay;
        const std::int64_t ahead = 5 * nsPerSecond;
        for (int second = 0; second < 60; ++second) {
            for (const wire::Heartbeat &beat : bench.heard<wire::Heartbeat>())
                underWay.push_back(beat);
            // Each is answered 7 s after it was sent, when three more are under way.
            while (!underWay.empty() && bench.clock.utcNs() - underWay.front().sentNs >= 7 * nsPerSecond) {
                const std::int64_t there = underWay.front().sentNs + ahead + 3500 * nsPerMs;
                bench.link.say(wire::HeartbeatReply{underWay.front().id, underWay.front().sentNs, there, there, 0});
                underWay.pop_front();
            }
            bench.clock.advance(1s);
            bench.session.step(0ms);
        }
        QVERIFY(bench.link.reconnects.empty());
        QCOMPARE(bench.session.status().sessions, 1u);
        QVERIFY(std::abs(bench.session.status().offsetNs - ahead) <= bench.session.status().uncertaintyNs);
        QVERIFY(bench.session.status().uncertaintyNs >= 3 * nsPerSecond);
    }

    void heartbeat_thatIsNeverAnsweredIsForgottenInTheEnd()
    {
        Bench bench;
        bench.connect();
        const auto first = bench.heard<wire::Heartbeat>().at(0);
        for (int beat = 0; beat < 40; ++beat) {
            bench.clock.advance(2s);
            bench.ack(0); // the server lives
        }
        bench.link.say(wire::HeartbeatReply{first.id, first.sentNs, first.sentNs, first.sentNs, 0});
        bench.session.step(0ms);
        QCOMPARE(bench.session.status().uncertaintyNs, -1);
        QVERIFY(bench.link.reconnects.empty());
    }

    void acknowledgements_aloneKeepTheSession()
    {
        Bench bench;
        bench.connect();
        for (std::uint64_t frame = 1; frame <= 60; ++frame) {
            bench.session.take(bench.batch(1));
            bench.clock.advance(1s);
            bench.session.step(0ms);
            bench.ack(frame);
        }
        QVERIFY(bench.link.reconnects.empty());
        QCOMPARE(bench.session.status().ackedEvents, 60u);
    }

    void silence_endsTheConnection()
    {
        Bench bench;
        bench.connect();
        for (int second = 0; second < 16; ++second) {
            bench.clock.advance(1s);
            bench.session.step(0ms);
        }
        QCOMPARE(bench.link.reconnects.size(), std::size_t(1));
        QCOMPARE(bench.session.status().phase, SessionPhase::Offline);
    }

    void bye_isObeyed()
    {
        Bench bench;
        bench.connect();
        bench.link.say(wire::Bye{"restart", "back soon", 7000});
        bench.session.step(0ms);
        QCOMPARE(bench.link.reconnects, std::vector<std::chrono::milliseconds>{7s});
    }

    void bye_cannotSendTheAgentAwayForLong()
    {
        Bench bench;
        bench.connect();
        bench.link.say(wire::Bye{"restart", "back in seven weeks", UINT32_MAX});
        bench.session.step(0ms);
        QCOMPARE(bench.link.reconnects, std::vector<std::chrono::milliseconds>{60s});
    }

    void farewell_isTheLastWord()
    {
        Bench bench;
        bench.connect();
        bench.link.heard();
        bench.session.sayBye("closed", "stopped");
        QCOMPARE(bench.heard<wire::Bye>().size(), std::size_t(1));
        bench.link.say(wire::Bye{"closed", "you left", 0});
        bench.link.down();
        bench.session.step(0ms);
        QVERIFY(bench.link.reconnects.empty());
    }
};

QTEST_APPLESS_MAIN(TestPublishLife)
#include "tst_publishlife.moc"
