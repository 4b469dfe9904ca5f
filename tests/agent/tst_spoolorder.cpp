// SPDX-License-Identifier: GPL-3.0-or-later
// Frames that left from memory while older ones and newer ones are in the spool: their order, and how a spool ends.
#include <QtTest>

#include <numeric>

#include "tests/agent/spoolbench.h"

using namespace tapio;
using namespace tapio::agent;
using namespace tapio::test;
using namespace std::chrono_literals;

namespace {

using Numbers = std::vector<std::uint64_t>;

Numbers upTo(std::uint64_t last)
{
    Numbers numbers(last);
    std::iota(numbers.begin(), numbers.end(), std::uint64_t(1));
    return numbers;
}

std::size_t files(const QTemporaryDir &folder)
{
    return static_cast<std::size_t>(QDir(folder.path()).entryList({"*.spool"}, QDir::Files).size());
}

constexpr std::uint64_t first = 4711;
constexpr std::uint64_t second = 4712;
constexpr std::uint64_t third = 4713;

/// The server greets, and hears nothing more: what is sent to it is under way for ever.
void greet(SpoolBench &bench, FakeServer &server)
{
    bench.link->up();
    bench.step();
    server.answer(*bench.link);
    for (int i = 0; i < 10; ++i)
        bench.step();
}

/// Frames 1 to 11 or so are in the spool and under way, the next ones in memory and under way, and those behind them in the spool again.
/// How many there are in all, each of one event.
std::uint64_t interleave(SpoolBench &bench, FakeServer &server)
{
    const auto spooled = [&] { return bench.status().spool.spooled.events; };
    bench.start(first);
    constexpr std::size_t bytes = 1500; // the server takes half of what memory holds: all that is in the spool, and some more
    for (int i = 0; i < 45; ++i)
        bench.produce(1, bytes);
    const std::uint64_t before = spooled();
    greet(bench, server);
    if (bench.status().inFlightEvents <= before + 1)
        qFatal("memory sent nothing");
    for (std::uint64_t last = before; spooled() < before + 10 || spooled() == last;) {
        last = spooled();
        bench.produce(1, bytes);
    }
    if (bench.status().droppedEvents != 0)
        qFatal("something was dropped");
    return bench.status().producedEvents;
}

} // namespace

class TestSpoolOrder : public QObject {
    Q_OBJECT
private slots:
    void framesBetweenThoseOfTheSpool_surviveASession()
    {
        const QTemporaryDir folder;
        SpoolBench bench(folder.path());
        FakeServer server;
        const std::uint64_t produced = interleave(bench, server);
        bench.loseLink();
        bench.talk(server, 20s);
        QCOMPARE(server.streams[first].events, upTo(produced));
        QCOMPARE(server.duplicates(), 0u);
        QCOMPARE(server.loss().gapFrames + server.loss().droppedEvents + server.loss().transitEvents, 0u);
        QCOMPARE(bench.status().ackedEvents, produced);
        QVERIFY(bench.session->settled());
        QCOMPARE(files(folder), std::size_t(0));
        const CounterSet counters = bench.counters(server, "process");
        QCOMPARE(counters[Counter::Sent], produced);
        QCOMPARE(counters[Counter::Acked], produced);
    }

    void framesBetweenThoseOfTheSpool_surviveAStop()
    {
        const QTemporaryDir folder;
        SpoolBench bench(folder.path());
        FakeServer server;
        const std::uint64_t produced = interleave(bench, server);
        bench.session->park(1s);
        QCOMPARE(heldAtEnd(bench.status()).spooledEvents, produced);
        QCOMPARE(heldAtEnd(bench.status()).lostEvents, 0u);
        bench.start(second);
        bench.talk(server, 20s);
        QCOMPARE(server.streams[first].events, upTo(produced));
        QCOMPARE(server.loss().gapFrames + server.loss().droppedEvents + server.loss().transitEvents, 0u);
        QCOMPARE(bench.status().spool.dropped[static_cast<std::size_t>(SpoolCause::Damaged)].frames, 0u);
        QCOMPARE(files(folder), std::size_t(0));
    }

    void framesBetweenThoseOfTheSpool_areNamedWhenTheAgentIsKilled()
    {
        const QTemporaryDir folder;
        SpoolBench bench(folder.path());
        FakeServer server;
        const std::uint64_t produced = interleave(bench, server);
        const std::uint64_t spooled = bench.status().spool.spooled.events;
        bench.start(second);
        bench.talk(server, 20s);
        const Numbers &events = server.streams[first].events;
        QCOMPARE(events.size(), std::size_t(spooled));
        QVERIFY(std::is_sorted(events.begin(), events.end()));
        QCOMPARE(server.loss().droppedEvents + server.loss().transitEvents, produced - spooled);
        QCOMPARE(files(folder), std::size_t(0));
    }

    void amendments_comeBehindTheirEvents_data()
    {
        QTest::addColumn<bool>("restarted");
        QTest::newRow("while the agent runs") << false;
        QTest::newRow("after it was stopped and started") << true;
    }
    void amendments_comeBehindTheirEvents()
    {
        QFETCH(bool, restarted);
        const QTemporaryDir folder;
        SpoolBench bench(folder.path(), 8u << 10);
        bench.start(first);
        FakeServer server;
        constexpr std::uint64_t rounds = 20;
        for (std::uint64_t i = 0; i < rounds; ++i) {
            bench.produceFrames(2);
            bench.amend();
        }
        QVERIFY(bench.status().spool.spooled.frames > rounds);
        QCOMPARE(bench.status().droppedEvents, 0u);
        if (restarted) {
            bench.session->park(1s);
            QCOMPARE(heldAtEnd(bench.status()).lostEvents, 0u);
            bench.start(second);
        }
        bench.talk(server, 20s);
        QCOMPARE(server.streams[first].events, upTo(2 * rounds));
        const auto &amended = server.streams[first].amended;
        QCOMPARE(amended.size(), std::size_t(2 * rounds));
        for (std::size_t i = 0; i < amended.size(); ++i) {
            QCOMPARE(amended[i].first, i % 2 == 0 ? 1u : i + 1);
            QCOMPARE(amended[i].second, std::uint64_t(i / 2 * 2 + 2));
        }
        QCOMPARE(server.loss().gapFrames + server.loss().droppedEvents + server.loss().transitEvents, 0u);
        if (restarted)
            return;
        const CounterSet counters = bench.counters(server, std::string(wire::amendmentsSource));
        QCOMPARE(counters[Counter::Acked], 2 * rounds);
        QCOMPARE(counters[Counter::Spooled], counters[Counter::Unspooled]);
        QVERIFY(counters[Counter::Spooled] > 0);
        QCOMPARE(counters[Counter::QDrop], 0u);
        QCOMPARE(bench.status().ackedEvents, 2 * rounds);
    }

    void serverThatLagsALittle_doesNotGetAFileForEachFrame()
    {
        const QTemporaryDir folder;
        SpoolBench bench(folder.path());
        bench.start(first);
        FakeServer server;
        bench.produceFrames(40);
        server.behind = 9;
        constexpr int more = 600;
        for (int i = 0; i < more; ++i) {
            bench.produce();
            bench.talk(server, 10ms);
        }
        const std::uint64_t spooled = bench.status().spool.spooled.frames;
        QVERIFY2(static_cast<std::uint64_t>(bench.faults.creates) <= spooled / 5 + 2,
                 qPrintable(QString("%1 files for %2 frames").arg(bench.faults.creates).arg(spooled)));
        server.behind = 0;
        bench.talk(server, 20s);
        QCOMPARE(server.streams[first].events, upTo(40 + more));
        QCOMPARE(server.duplicates(), 0u);
    }

    void farewellOfAnEarlierStream_thatNobodyAnswersHoldsUpNothing()
    {
        const QTemporaryDir folder;
        SpoolBench bench(folder.path());
        bench.start(first);
        bench.produceFrames(100);
        bench.start(second);
        bench.produceFrames(5);
        FakeServer server;
        greet(bench, server);
        for (int i = 0; i < 100 && !server.answer(*bench.link); ++i)
            bench.step();
        QVERIFY(server.streams[first].events.size() > 50);
        for (int i = 0; i < 20; ++i) { // it said goodbye, and then the network froze
            bench.clock.advance(1s);
            bench.step();
        }
        QCOMPARE(bench.status().phase, SessionPhase::Offline);
        bench.talk(server, 10s);
        QCOMPARE(server.order, (Numbers{first, second}));
        QCOMPARE(server.streams[second].events, upTo(5));
        QVERIFY(bench.session->settled());
    }

    void diskThatIsGivenUp_makesNoLossOfAnEarlierStream_data()
    {
        QTest::addColumn<bool>("serverGoes");
        QTest::newRow("the server stays") << false;
        QTest::newRow("the server goes then, too") << true;
    }
    void diskThatIsGivenUp_makesNoLossOfAnEarlierStream()
    {
        QFETCH(bool, serverGoes);
        const QTemporaryDir folder;
        SpoolBench bench(folder.path());
        bench.start(first);
        constexpr int many = 1500;
        bench.produceFrames(many); // more than is read ahead
        const std::uint64_t spooled = bench.status().spool.spooled.events;
        bench.options.replayRate = 40'000;
        bench.start(second);
        bench.produceFrames(5);
        FakeServer server;
        bench.talk(server, 200ms);
        bench.disk->held = true;
        bench.talk(server, 40s);
        QCOMPARE(bench.status().spool.state, SpoolState::Off);
        QVERIFY(server.streams[first].events.size() < spooled);
        if (serverGoes)
            bench.loseLink();
        bench.talk(server, 60s);
        QCOMPARE(server.order, (Numbers{first, second}));
        QCOMPARE(server.streams[second].events, upTo(5));
        if (!serverGoes) // else what was read and not sent is owed until the next start
            QCOMPARE(server.loss().transitEvents, 0u);
        QCOMPARE(server.loss().droppedEvents + server.loss().gapFrames, 0u);
        QVERIFY(bench.session->settled());
        QVERIFY(files(folder) > 0);

        bench.options.replayRate = 4u << 20;
        bench.start(third); // the disk is back
        bench.talk(server, 60s);
        QCOMPARE(server.streams[first].events, upTo(spooled));
        QCOMPARE(server.loss().droppedEvents, many - spooled);
        QCOMPARE(files(folder), std::size_t(0));
    }

    void framesOfAnEarlierStart_thatAreReadAgainAfterTheyWereConfirmed_countOnce_data()
    {
        QTest::addColumn<bool>("another");
        QTest::newRow("sent by this start") << false;
        QTest::newRow("sent by the start before") << true;
    }
    void framesOfAnEarlierStart_thatAreReadAgainAfterTheyWereConfirmed_countOnce()
    {
        QFETCH(bool, another);
        const QTemporaryDir folder;
        SpoolBench bench(folder.path());
        bench.options.bytes = 512u << 10; // 26 frames in a segment
        bench.start(first);
        constexpr std::uint64_t many = 100;
        bench.produceFrames(many);
        bench.session->park(1s);
        QVERIFY(files(folder) > 2);
        bench.options.replayRate = 100'000;
        bench.start(second);
        FakeServer server;
        server.behind = 12;
        for (int i = 0; i < 1000 && server.streams[first].tracker.receivedFrameSeq() < 32; ++i)
            bench.talk(server, 10ms);
        if (another) {
            bench.start(third);
            bench.link->up();
            bench.step();
            bench.link->room = 0; // read, and not sent
            server.answer(*bench.link);
            bench.step();
            QCOMPARE(bench.status().phase, SessionPhase::Up);
        }
        bench.loseLink(); // the reading begins anew, in the first segment
        bench.link->room = SIZE_MAX;
        bench.step();
        bench.disk->held = true;
        server::StreamTracker &tracker = server.streams[first].tracker;
        const std::uint64_t confirmed = tracker.receivedFrameSeq() - 1;
        tracker.acknowledge(confirmed); // and the agent hears of it before the disk comes to the second
        greet(bench, server);
        bench.disk->held = false;
        for (int i = 0; i < 5; ++i)
            bench.step();
        QCOMPARE(bench.status().spool.earlier.frames, many - confirmed);
        QCOMPARE(bench.status().spool.earlier.events, many - confirmed);
        bench.link->say(wire::Bye{"malformed", "test", 0}); // the stream goes, and each frame of it that nobody has is counted
        bench.step();
        QCOMPARE(bench.status().spool.dropped[static_cast<std::size_t>(SpoolCause::Damaged)].events, many - confirmed);
    }

    void framesThatComeToTheSpoolAfterHigherOnesWereLost_areSent()
    {
        const QTemporaryDir folder;
        SpoolBench bench(folder.path());
        bench.start(first);
        FakeServer server;
        server.acknowledges = false;
        bench.produceFrames(16);
        bench.talk(server, 100ms); // these are under way, and stay in memory
        bench.produceFrames(40);
        bench.talk(server, 20ms);
        QVERIFY(bench.status().spool.held.frames > 5);
        bench.faults.read = Error(Errc::Io, "test", EIO);
        bench.loseLink(); // what was read is to be read again
        greet(bench, server);
        QCOMPARE(bench.status().spool.held.frames, 0u);
        bench.loseLink();
        const std::uint64_t lost = bench.status().droppedEvents + bench.status().abandonedEvents;
        bench.faults.read.reset();
        bench.produceFrames(40); // and the first of all go to the spool
        bench.talk(server, 1s);  // they are read before they are confirmed
        server.acknowledges = true;
        bench.talk(server, 60s);
        const SessionStatus status = bench.status();
        QVERIFY(bench.session->settled());
        QCOMPARE(status.droppedEvents + status.abandonedEvents, lost);
        QCOMPARE(status.ackedEvents, status.producedEvents - lost);
        QCOMPARE(server.streams[first].events.size(), std::size_t(status.ackedEvents));
    }

    void stop_withADiskThatHangs_saysWhatIsNotOnIt()
    {
        const QTemporaryDir folder;
        SpoolBench bench(folder.path());
        bench.start(first);
        bench.produceFrames(100);
        const std::uint64_t spooled = bench.status().spool.spooled.events;
        QVERIFY(spooled > 0);
        bench.disk->held = true;
        bench.produceFrames(20);
        bench.session->park(100ms);
        const SessionStatus last = bench.status();
        QCOMPARE(last.spool.held.events, 120u);
        QCOMPARE(last.spool.unwritten.events, 120 - spooled);
        QCOMPARE(heldAtEnd(last).spooledEvents, spooled);
        QCOMPARE(heldAtEnd(last).lostEvents, 120 - spooled);
        QVERIFY(bench.lines().find(std::to_string(120 - spooled) + " events in ") != std::string::npos);
        bench.start(second); // as -9: the disk never did what it was asked
        FakeServer server;
        bench.talk(server, 20s);
        QCOMPARE(server.streams[first].events, upTo(spooled));
    }
};

QTEST_APPLESS_MAIN(TestSpoolOrder)
#include "tst_spoolorder.moc"
