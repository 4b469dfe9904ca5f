// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include "agent/server/streamtracker.h"

using namespace tapio;
using namespace tapio::server;
using Arrival = StreamTracker::Arrival;

namespace {

wire::Heartbeat heartbeat(std::uint64_t produced, std::uint64_t dropped, std::uint64_t queued, std::uint64_t inFlight)
{
    wire::Heartbeat beat;
    beat.producedEvents = produced;
    beat.droppedEvents = dropped;
    beat.queuedEvents = queued;
    beat.inFlightEvents = inFlight;
    return beat;
}

} // namespace

class TestStreamTracker : public QObject {
    Q_OBJECT
private slots:
    void onFrame_inOrderIsNew()
    {
        StreamTracker tracker(0, true);
        QCOMPARE(tracker.onFrame(1, 10), Arrival::New);
        QCOMPARE(tracker.onFrame(2, 10), Arrival::New);
        QCOMPARE(tracker.receivedFrameSeq(), 2u);
        QCOMPARE(tracker.ackedFrameSeq(), 0u);
        QVERIFY(tracker.loss() == wire::StreamLoss());
    }

    void onFrame_againIsADuplicate()
    {
        StreamTracker tracker(0, true);
        tracker.onFrame(1, 10);
        tracker.onFrame(2, 10);
        QCOMPARE(tracker.onFrame(1, 10), Arrival::Duplicate);
        QCOMPARE(tracker.onFrame(2, 10), Arrival::Duplicate);
        QCOMPARE(tracker.onFrame(3, 10), Arrival::New);
        QCOMPARE(tracker.loss().duplicateFrames, 2u);
        QCOMPARE(tracker.loss().gapFrames, 0u);
    }

    void onFrame_namesTheGap()
    {
        StreamTracker tracker(0, true);
        tracker.onFrame(1, 10);
        tracker.onFrame(5, 10);
        QCOMPARE(tracker.loss().gapFrames, 3u);
        QVERIFY(tracker.acknowledge(5));
        QCOMPARE(tracker.ackedFrameSeq(), 5u);
    }

    void onFrame_atTheEndOfNumbers()
    {
        StreamTracker tracker(0, true);
        QCOMPARE(tracker.onFrame(UINT64_MAX, 1), Arrival::New);
        QCOMPARE(tracker.onFrame(UINT64_MAX, 1), Arrival::Duplicate);
        tracker.onSession(UINT64_MAX);
        QCOMPARE(tracker.receivedFrameSeq(), UINT64_MAX);
    }

    void acknowledge_neverBeyondWhatCame()
    {
        StreamTracker tracker(0, true);
        tracker.onFrame(1, 10);
        QVERIFY(tracker.acknowledge(99));
        QCOMPARE(tracker.ackedFrameSeq(), 1u);
        QVERIFY(!tracker.acknowledge(1));
        QVERIFY(!tracker.acknowledge(0));
    }

    void onSession_afterADropNamesTheGapAndMovesOn()
    {
        StreamTracker tracker(0, true);
        tracker.onFrame(1, 10);
        tracker.acknowledge(1);
        tracker.onSession(4);
        QCOMPARE(tracker.loss().gapFrames, 2u);
        QCOMPARE(tracker.ackedFrameSeq(), 3u);
        QCOMPARE(tracker.onFrame(4, 1), Arrival::New);
        QCOMPARE(tracker.loss().gapFrames, 2u);
    }

    void onSession_keepsWhatIsNotSafeYet()
    {
        StreamTracker tracker(0, true);
        tracker.onFrame(1, 10);
        tracker.onFrame(2, 10);
        tracker.onSession(1);
        QCOMPARE(tracker.ackedFrameSeq(), 0u);
        QCOMPARE(tracker.onFrame(1, 10), Arrival::Duplicate);
        QVERIFY(tracker.acknowledge(2));
    }

    void heartbeat_data()
    {
        QTest::addColumn<quint64>("produced");
        QTest::addColumn<quint64>("dropped");
        QTest::addColumn<quint64>("queued");
        QTest::addColumn<quint64>("inFlight");
        QTest::addColumn<quint64>("lost");
        QTest::newRow("all arrived") << quint64(30) << quint64(0) << quint64(0) << quint64(0) << quint64(0);
        QTest::newRow("the rest waits in the agent") << quint64(50) << quint64(0) << quint64(15) << quint64(5) << quint64(0);
        QTest::newRow("the rest was dropped by the agent") << quint64(50) << quint64(20) << quint64(0) << quint64(0) << quint64(0);
        QTest::newRow("a tail that nobody has") << quint64(50) << quint64(5) << quint64(5) << quint64(0) << quint64(10);
        QTest::newRow("arrived, but the agent does not know yet") << quint64(30) << quint64(0) << quint64(0) << quint64(30) << quint64(0);
    }
    void heartbeat()
    {
        QFETCH(quint64, produced);
        QFETCH(quint64, dropped);
        QFETCH(quint64, queued);
        QFETCH(quint64, inFlight);
        StreamTracker tracker(0, true);
        tracker.onFrame(1, 10);
        tracker.onFrame(2, 20);
        tracker.acknowledge(2);
        tracker.onHeartbeat(::heartbeat(produced, dropped, queued, inFlight));
        QTEST(quint64(tracker.loss().transitEvents), "lost");
        QCOMPARE(quint64(tracker.loss().droppedEvents), dropped);
    }

    void heartbeat_lossIsNotTakenBack()
    {
        StreamTracker tracker(0, true);
        tracker.onFrame(1, 10);
        tracker.acknowledge(1);
        tracker.onHeartbeat(::heartbeat(15, 0, 0, 0));
        QCOMPARE(tracker.loss().transitEvents, 5u);
        tracker.onFrame(2, 10);
        tracker.acknowledge(2);
        tracker.onHeartbeat(::heartbeat(25, 0, 0, 10));
        QCOMPARE(tracker.loss().transitEvents, 5u);
    }

    void heartbeat_whatAnotherServerHadIsNoLoss()
    {
        StreamTracker tracker(40, false);
        tracker.onSession(41);
        tracker.onHeartbeat(::heartbeat(5000, 100, 200, 0));
        QCOMPARE(tracker.loss().transitEvents, 0u);
        tracker.onFrame(41, 200);
        tracker.acknowledge(41);
        tracker.onHeartbeat(::heartbeat(5100, 100, 0, 0));
        QCOMPARE(tracker.loss().transitEvents, 100u);
    }

    void heartbeat_whatTheAgentGaveUpButIsHereIsNoLoss()
    {
        StreamTracker tracker(0, true);
        tracker.onFrame(1, 10);
        tracker.onFrame(2, 10); // the disk is full: neither is safe
        tracker.onSession(3);   // the link broke, and the agent's ring had no room for them
        tracker.onHeartbeat(::heartbeat(20, 0, 0, 0));
        QCOMPARE(tracker.loss().transitEvents, 0u);
        tracker.acknowledge(2);
        tracker.onHeartbeat(::heartbeat(20, 0, 0, 0));
        QCOMPARE(tracker.loss().transitEvents, 0u);
    }

    void heartbeat_whatIsHereAndWithTheAgentIsNoLossLater()
    {
        StreamTracker tracker(40, false);
        tracker.onSession(41);
        tracker.onFrame(41, 200);
        tracker.onHeartbeat(::heartbeat(5000, 100, 0, 200)); // the agent does not know yet that it came
        tracker.acknowledge(41);
        tracker.onHeartbeat(::heartbeat(5000, 100, 0, 0));
        QCOMPARE(tracker.loss().transitEvents, 0u);
    }

    void finish_namesTheTailOfAnAgentThatDied()
    {
        StreamTracker tracker(0, true);
        tracker.onFrame(1, 10);
        tracker.acknowledge(1);
        tracker.onHeartbeat(::heartbeat(60, 0, 30, 20));
        tracker.onFrame(2, 20);
        tracker.finish();
        QCOMPARE(tracker.loss().transitEvents, 30u);
    }

    void finish_namesTheTailThatDiedWithAnEarlierStart()
    {
        StreamTracker tracker(0, true);
        tracker.onFrame(1, 10);
        tracker.acknowledge(1);
        tracker.onHeartbeat(::heartbeat(100, 5, 85, 0));
        // Killed. The next start finds frame 2 on its disk, and knows neither of what was dropped nor of what came after.
        tracker.onSession(2);
        tracker.onHeartbeat(::heartbeat(10, 0, 0, 0));
        QCOMPARE(tracker.loss().transitEvents, 0u);
        tracker.onFrame(2, 40);
        tracker.acknowledge(2);
        tracker.onHeartbeat(::heartbeat(50, 0, 0, 0));
        QCOMPARE(tracker.loss().droppedEvents, 5u);
        tracker.finish();
        QCOMPARE(tracker.loss().transitEvents, 45u);
    }
};

QTEST_APPLESS_MAIN(TestStreamTracker)
#include "tst_streamtracker.moc"
