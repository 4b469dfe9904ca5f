// SPDX-License-Identifier: GPL-3.0-or-later
// The session protocol's agent side with a disk spool: away, back, restarted, full, old, failing.
#include <QtTest>

#include <numeric>

#include "tests/agent/spoolbench.h"

using namespace tapio;
using namespace tapio::agent;
using namespace tapio::test;
using namespace std::chrono_literals;

namespace {

using Numbers = std::vector<std::uint64_t>;

Numbers upTo(std::uint64_t last, std::uint64_t first = 1)
{
    Numbers numbers(last - first + 1);
    std::iota(numbers.begin(), numbers.end(), first);
    return numbers;
}

std::size_t files(const QTemporaryDir &folder)
{
    return static_cast<std::size_t>(QDir(folder.path()).entryList({"*.spool"}, QDir::Files).size());
}

constexpr std::uint64_t first = 4711;
constexpr std::uint64_t second = 4712;

} // namespace

class TestSpool : public QObject {
    Q_OBJECT
private slots:
    void serverThatKeepsUp_costsNoDisk()
    {
        const QTemporaryDir folder;
        SpoolBench bench(folder.path());
        bench.start(first);
        FakeServer server;
        for (int i = 0; i < 500; ++i) {
            bench.produce();
            bench.talk(server, 20ms);
        }
        bench.talk(server, 1s);
        QCOMPARE(server.streams[first].events, upTo(500));
        QCOMPARE(bench.faults.creates, 0);
        QCOMPARE(bench.faults.writes, 0);
    }

    void serverAway_beyondTheRing_losesNothing_data()
    {
        QTest::addColumn<int>("frames");
        QTest::addColumn<quint64>("credit");
        QTest::newRow("just beyond") << 40 << quint64(1u << 20);
        QTest::newRow("ten rings") << 400 << quint64(1u << 20);
        QTest::newRow("several segments") << 3000 << quint64(1u << 20);
        QTest::newRow("credit of one frame") << 400 << quint64(1);
    }
    void serverAway_beyondTheRing_losesNothing()
    {
        QFETCH(int, frames);
        QFETCH(quint64, credit);
        const QTemporaryDir folder;
        SpoolBench bench(folder.path());
        bench.start(first);
        FakeServer server;
        server.credit = credit;
        const std::int64_t oldestNs = bench.clock.utcNs();
        bench.produce();
        bench.step();
        bench.clock.advance(1s);
        bench.produceFrames(frames - 1);
        QVERIFY(bench.status().spool.held.frames > 0);
        QCOMPARE(bench.status().queuedEvents, std::uint64_t(frames));
        QCOMPARE(bench.status().oldestEventNs, oldestNs);
        QCOMPARE(bench.status().droppedEvents, 0u);
        bench.talk(server, 90s);
        QCOMPARE(bench.status().oldestEventNs, std::int64_t(0));
        QCOMPARE(server.streams[first].events, upTo(static_cast<std::uint64_t>(frames)));
        QCOMPARE(server.duplicates(), 0u);
        QCOMPARE(server.loss().gapFrames + server.loss().transitEvents + server.loss().droppedEvents, 0u);
        QVERIFY(bench.session->settled());
        QCOMPARE(files(folder), std::size_t(0));
        const CounterSet counters = bench.counters(server, "process");
        QCOMPARE(counters[Counter::Sent], std::uint64_t(frames));
        QCOMPARE(counters[Counter::Acked], std::uint64_t(frames));
        QCOMPARE(counters[Counter::QDrop], 0u);
        QVERIFY(counters[Counter::Spooled] > 0);
        QCOMPARE(counters[Counter::Unspooled], counters[Counter::Spooled]);
        QCOMPARE(bench.status().spool.held.frames, 0u);
        QCOMPARE(bench.status().spool.spooled.events, counters[Counter::Spooled]);
    }

    void invariant_holdsAtEachMoment()
    {
        const QTemporaryDir folder;
        SpoolBench bench(folder.path());
        bench.options.bytes = 1u << 20;
        bench.start(first);
        FakeServer server;
        const auto balanced = [&] {
            const SessionStatus now = bench.status();
            // Each event is in one place; one that was sent and waits to be sent again is counted as sent already.
            return now.producedEvents == now.droppedEvents + now.abandonedEvents + now.ackedEvents + now.queuedEvents + now.inFlightEvents;
        };
        for (int round = 0; round < 30; ++round) {
            for (int i = 0; i < 40 + 13 * round % 50; ++i) {
                bench.produce(1 + static_cast<std::size_t>(i % 3), 2000, i % 2 == 0 ? "process" : "tcp");
                QVERIFY2(balanced(), qPrintable(QString::number(round)));
            }
            server.acknowledges = round % 3 != 0;
            bench.talk(server, std::chrono::milliseconds(10 + 70 * (round % 5)));
            QVERIFY2(balanced(), qPrintable(QString::number(round)));
            bench.loseLink();
            QVERIFY2(balanced(), qPrintable(QString::number(round)));
        }
        server.acknowledges = true;
        bench.talk(server, 60s);
        const SessionStatus end = bench.status();
        QCOMPARE(end.queuedEvents + end.inFlightEvents, 0u);
        QCOMPARE(end.producedEvents, end.ackedEvents + end.droppedEvents + end.abandonedEvents);
        CounterSet all = bench.counters(server, "process");
        all += bench.counters(server, "tcp");
        // What the pipeline would have counted as drained.
        QCOMPARE(all[Counter::QDrop] + all[Counter::Sent] + all[Counter::Malformed], end.producedEvents);
        QCOMPARE(server.streams[first].events.size(), end.ackedEvents);
        QVERIFY(std::is_sorted(server.streams[first].events.begin(), server.streams[first].events.end()));
    }

    void serverThatLags_spoolsWhatItsAcknowledgementsHoldUp()
    {
        const QTemporaryDir folder;
        SpoolBench bench(folder.path());
        bench.start(first);
        FakeServer server;
        server.acknowledges = false;
        for (int i = 0; i < 300; ++i) {
            bench.produce();
            bench.talk(server, 10ms);
        }
        QVERIFY(bench.status().spool.held.frames > 200);
        QVERIFY(bench.status().inFlightEvents > 0);
        server.acknowledges = true;
        bench.talk(server, 20s);
        QCOMPARE(server.streams[first].events, upTo(300));
        QCOMPARE(server.duplicates(), 0u);
        QCOMPARE(server.order.size(), std::size_t(1));
    }

    void linkLostInMidReplay_sendsAgainOnceAndInOrder()
    {
        const QTemporaryDir folder;
        SpoolBench bench(folder.path());
        bench.start(first);
        FakeServer server;
        server.credit = 20'000;
        bench.produceFrames(600);
        for (int round = 0; round < 40; ++round) {
            server.acknowledges = round % 4 > 1; // else what is sent again was not known to be there
            bench.talk(server, 40ms);
            bench.loseLink();
            bench.produceFrames(3);
        }
        server.acknowledges = true;
        bench.talk(server, 60s);
        QCOMPARE(server.streams[first].events, upTo(720));
        QVERIFY(server.duplicates() > 0);
        const CounterSet counters = bench.counters(server, "process");
        QCOMPARE(counters[Counter::Sent], 720u); // each once, however often it was on the way
        QCOMPARE(counters[Counter::Acked], 720u);
        QCOMPARE(counters[Counter::Unspooled], counters[Counter::Spooled]);
    }

    void replay_isBoundedByRateAndShrinksWhateverIsMade()
    {
        const QTemporaryDir folder;
        SpoolBench bench(folder.path());
        bench.options.replayRate = 100'000;
        bench.start(first);
        FakeServer server;
        bench.produceFrames(500); // about a megabyte
        bench.talk(server, 50ms);
        const std::size_t before = server.bytes;
        bench.talk(server, 4s);
        const double rate = static_cast<double>(server.bytes - before) / 4;
        QVERIFY2(rate < 110'000 && rate > 80'000, qPrintable(QString::number(rate)));
        // As much again is made each second as is replayed.
        const std::uint64_t held = bench.status().spool.held.frames;
        for (int i = 0; i < 200; ++i) {
            bench.produce();
            bench.talk(server, 20ms);
        }
        QVERIFY(bench.status().spool.held.frames + 150 < held);
    }

    void heartbeats_goOnWhileTheDiskHangs()
    {
        const QTemporaryDir folder;
        SpoolBench bench(folder.path());
        bench.start(first);
        FakeServer server;
        bench.produceFrames(200);
        bench.disk->held = true;
        bench.talk(server, 20s);
        QVERIFY(server.beats.size() >= 9);
        QCOMPARE(server.order.size(), std::size_t(1));
        bench.disk->held = false;
        bench.talk(server, 20s);
        QCOMPARE(server.streams[first].events, upTo(200));
    }

    void diskThatNeverAnswers_isGivenUpAndCounted()
    {
        const QTemporaryDir folder;
        SpoolBench bench(folder.path());
        bench.start(first);
        FakeServer server;
        bench.produceFrames(200);
        bench.disk->held = true;
        bench.talk(server, 60s);
        QCOMPARE(bench.status().spool.state, SpoolState::Off);
        const SessionStatus status = bench.status();
        QCOMPARE(status.droppedEvents + status.ackedEvents, 200u);
        QCOMPARE(server.streams[first].events.size(), status.ackedEvents);
        QVERIFY(bench.session->settled());
    }

    void restart_sendsWhatTheEarlierStartLeftFirst()
    {
        const QTemporaryDir folder;
        SpoolBench bench(folder.path());
        bench.start(first);
        bench.produceFrames(300);
        const std::uint64_t spooled = bench.status().spool.spooled.frames;
        bench.start(second);
        bench.produceFrames(100);
        QCOMPARE(bench.status().spool.earlier.frames, spooled);
        FakeServer server;
        bench.talk(server, 60s);
        QCOMPARE(server.order, (Numbers{first, second}));
        QCOMPARE(server.streams[first].frames, upTo(spooled));
        QCOMPARE(server.streams[second].events, upTo(100));
        QCOMPARE(server.duplicates(), 0u);
        // What died in memory is named, to the event.
        QCOMPARE(server.loss().droppedEvents, 300 - spooled);
        QCOMPARE(server.loss().transitEvents + server.loss().gapFrames, 0u);
        QCOMPARE(bench.status().spool.earlierReplayed.events, spooled);
        QCOMPARE(files(folder), std::size_t(0));
        QCOMPARE(bench.counters(server, "process")[Counter::Sent], 100u); // of this start alone
    }

    void restart_inMidReplay_deliversOnce()
    {
        const QTemporaryDir folder;
        SpoolBench bench(folder.path());
        FakeServer server;
        bench.options.replayRate = 200'000;
        std::map<std::uint64_t, std::uint64_t> spooled;
        for (std::uint64_t stream = 1; stream <= 6; ++stream) {
            bench.start(stream);
            bench.produceFrames(150);
            spooled[stream] = bench.status().spool.spooled.frames;
            server.acknowledges = stream % 2 == 0;
            bench.talk(server, 700ms);
        }
        server.acknowledges = true;
        bench.start(7);
        bench.talk(server, 60s);
        for (const auto &[stream, last] : spooled) {
            const Numbers &frames = server.streams[stream].frames;
            QVERIFY(std::is_sorted(frames.begin(), frames.end()));
            QVERIFY(std::adjacent_find(frames.begin(), frames.end()) == frames.end());
            QVERIFY(frames.size() >= last);
            QCOMPARE(Numbers(frames.begin(), frames.begin() + static_cast<std::ptrdiff_t>(last)), upTo(last));
        }
        QCOMPARE(files(folder), std::size_t(0));
    }

    void stop_putsMemoryIntoTheSpool_data()
    {
        QTest::addColumn<bool>("lagging");
        QTest::newRow("server away") << false;
        QTest::newRow("older frames under way, newer ones spooled") << true;
    }
    void stop_putsMemoryIntoTheSpool()
    {
        QFETCH(bool, lagging);
        const QTemporaryDir folder;
        SpoolBench bench(folder.path());
        bench.start(first);
        FakeServer server;
        if (lagging) {
            server.acknowledges = false;
            bench.talk(server, 50ms);
        }
        for (int i = 0; i < 100; ++i) {
            bench.produce();
            if (lagging)
                bench.talk(server, 10ms);
        }
        bench.session->park(1s);
        QCOMPARE(bench.status().spool.held.events, 100u);
        QCOMPARE(bench.status().queuedEvents, 100u);
        bench.start(second);
        server.acknowledges = true;
        bench.talk(server, 30s);
        QCOMPARE(server.streams[first].events, upTo(100));
        QCOMPARE(server.loss().droppedEvents + server.loss().transitEvents, 0u);
    }

    void fullSpool_dropsTheOldestAndTellsTheServer()
    {
        const QTemporaryDir folder;
        SpoolBench bench(folder.path());
        bench.options.bytes = 1u << 20;
        bench.start(first);
        for (int i = 0; i < 1000; ++i) {
            bench.produce();
            bench.clock.advance(1s);
            QVERIFY(bench.status().spool.held.bytes <= (1u << 20));
        }
        const SessionStatus status = bench.status();
        const SpoolAmount full = status.spool.dropped[static_cast<std::size_t>(SpoolCause::Full)];
        QVERIFY(full.events > 300);
        QCOMPARE(status.droppedEvents, full.events);
        QVERIFY(bench.lines().find("given up (full)") != std::string::npos);
        const std::vector<SpoolLoss> losses = bench.session->takeSpoolLosses();
        QCOMPARE(losses.size(), 1u);
        QCOMPARE(losses.front().events, full.events);
        QVERIFY(losses.front().fromNs < losses.front().toNs);
        QVERIFY(bench.session->takeSpoolLosses().empty());
        FakeServer server;
        bench.talk(server, 30s);
        QCOMPARE(server.streams[first].events, upTo(1000, full.events + 1));
        QCOMPARE(server.loss().droppedEvents, full.events);
        QCOMPARE(server.loss().transitEvents, 0u);
        QCOMPARE(bench.counters(server, "process")[Counter::QDrop], full.events);
    }

    void oldSpool_isDroppedByAClockThatNobodySets()
    {
        const QTemporaryDir folder;
        SpoolBench bench(folder.path());
        bench.options.maxAge = 1h;
        bench.start(first);
        bench.produceFrames(200);
        bench.clock.setUtc(240h);
        bench.clock.advance(20s);
        bench.step();
        QCOMPARE(bench.status().droppedEvents, 0u); // the clock was set: nothing became older
        bench.clock.setUtc(-480h);
        bench.clock.advance(20s);
        bench.step();
        QCOMPARE(bench.status().droppedEvents, 0u);
        const std::uint64_t held = bench.status().spool.held.events;
        for (int i = 0; i < 12; ++i) {
            bench.clock.advance(10min); // also asleep
            bench.step();
        }
        QCOMPARE(bench.status().droppedEvents, held);
        QCOMPARE(bench.status().spool.dropped[static_cast<std::size_t>(SpoolCause::Age)].events, held);
        QCOMPARE(bench.status().spool.held.frames, 0u);
    }

    void oldSpoolOfAnEarlierStart_isDroppedOnceTheDateIsTrusted()
    {
        const QTemporaryDir folder;
        SpoolBench bench(folder.path());
        bench.options.maxAge = 24h;
        bench.start(first);
        bench.produceFrames(200);
        const std::uint64_t held = bench.status().spool.held.events;
        bench.clock.setUtc(48h);
        bench.start(second);
        bench.clock.advance(5min);
        bench.step();
        QCOMPARE(bench.status().spool.earlier.events, held);
        bench.clock.setUtc(-47h); // the date of the boot was wrong
        bench.clock.advance(20min);
        bench.step();
        bench.clock.advance(20min);
        bench.step();
        QCOMPARE(bench.status().spool.earlier.events, held);
        bench.clock.advance(26h);
        bench.step();
        bench.step();
        QCOMPARE(bench.status().spool.earlier.events, 0u);
        QCOMPARE(bench.status().spool.dropped[static_cast<std::size_t>(SpoolCause::Age)].events, held);
        QCOMPARE(bench.status().droppedEvents, 0u); // of this start's stream: none
    }

    void failingDisk_fallsBackAndIsTriedAgain_data()
    {
        QTest::addColumn<int>("errnum");
        QTest::addColumn<int>("torn");
        QTest::newRow("full") << ENOSPC << 0;
        QTest::newRow("full in mid-record") << ENOSPC << 700;
        QTest::newRow("quota") << EDQUOT << 1;
        QTest::newRow("read-only") << EROFS << 0;
        QTest::newRow("input/output") << EIO << 1999;
    }
    void failingDisk_fallsBackAndIsTriedAgain()
    {
        QFETCH(int, errnum);
        QFETCH(int, torn);
        const QTemporaryDir folder;
        SpoolBench bench(folder.path());
        bench.start(first);
        bench.produceFrames(100);
        bench.faults.write = Error(errcFromErrno(errnum), "writing", errnum);
        bench.faults.tornBytes = static_cast<std::size_t>(torn);
        bench.produceFrames(50);
        QCOMPARE(bench.status().spool.state, SpoolState::Unwell);
        QCOMPARE(bench.status().droppedEvents, 50u);
        const int tries = bench.faults.writes + bench.faults.creates;
        bench.clock.advance(30s);
        bench.produceFrames(50);
        QCOMPARE(bench.faults.writes + bench.faults.creates, tries); // not yet again
        bench.clock.advance(31s);
        bench.produceFrames(10);
        QVERIFY(bench.faults.writes + bench.faults.creates > tries);
        bench.faults.write.reset();
        bench.clock.advance(61s);
        bench.produceFrames(50);
        QCOMPARE(bench.status().spool.state, SpoolState::Well);
        const std::uint64_t dropped = bench.status().droppedEvents;
        QCOMPARE(dropped, 110u);
        QCOMPARE(bench.status().spool.dropped[static_cast<std::size_t>(SpoolCause::Disk)].events, dropped);
        const QString lines = QString::fromStdString(bench.lines());
        QCOMPARE(lines.count("tried again once a minute"), 1);
        QCOMPARE(lines.count("takes frames again"), 1);
        FakeServer server;
        bench.talk(server, 30s);
        QCOMPARE(server.streams[first].events.size(), std::size_t(260 - dropped));
        QCOMPARE(server.loss().droppedEvents, dropped);
        QCOMPARE(server.loss().transitEvents, 0u);
        QCOMPARE(server.duplicates(), 0u);
    }

    void folderThatCannotBeMade_isSaidOnceAndNothingElse()
    {
        const QTemporaryDir folder;
        SpoolBench bench(folder.path());
        bench.faults.open = Error(Errc::ReadOnly, "making the folder /x", EROFS);
        bench.start(first);
        bench.session->take({wire::HookReport{1, {}}, {}});
        bench.produceFrames(100);
        QVERIFY(bench.status().droppedEvents > 0);
        FakeServer server;
        bench.talk(server, 5s);
        QCOMPARE(QString::fromStdString(bench.lines()).count("making the folder /x"), 1);
        QCOMPARE(server.hooks.size(), std::size_t(1));
        QCOMPARE(server.hooks[0].collector, std::string("spool"));
        QCOMPARE(server.hooks[0].state, wire::HookState::Failed);
        QVERIFY(server.hooks[0].reason.find("/x") != std::string::npos);
    }

    void folderThatHangs_holdsUpTheAgentForTenSecondsAtMost()
    {
        const QTemporaryDir folder;
        SpoolBench other(folder.path());
        other.diskHeld = true;
        other.start(first);
        FakeServer server;
        other.talk(server, 9s);
        QVERIFY(server.order.empty());
        other.talk(server, 3s);
        QCOMPARE(server.order, Numbers{first});
        QCOMPARE(other.status().spool.state, SpoolState::Off);
    }

    void framesThatComeBeforeTheFolderIsOpen_waitForIt()
    {
        const QTemporaryDir folder;
        SpoolBench bench(folder.path());
        bench.diskHeld = true;
        bench.start(first);
        bench.produceFrames(300);
        QCOMPARE(bench.status().queuedEvents, 300u);
        bench.disk->held = false;
        bench.step();
        bench.produceFrames(10);
        QCOMPARE(bench.status().droppedEvents, 0u);
        QVERIFY(bench.status().ringBytes <= (64u << 10));
        FakeServer server;
        bench.talk(server, 20s);
        QCOMPARE(server.streams[first].events, upTo(310));
    }

    void streamThatTheServerRefuses_doesNotHoldUpWhatIsNew()
    {
        const QTemporaryDir folder;
        SpoolBench bench(folder.path());
        bench.start(first);
        bench.produceFrames(100);
        bench.start(second);
        bench.produceFrames(5);
        bench.link->up();
        bench.step();
        bench.step();
        bench.link->say(wire::Welcome{wire::protocolVersionMax, 1, 1u << 20, 0, {}});
        bench.step();
        bench.link->say(wire::Bye{"malformed", "cannot be read", 0});
        bench.step();
        FakeServer server;
        bench.talk(server, 10s);
        QCOMPARE(server.order, Numbers{second});
        QCOMPARE(server.streams[second].events, upTo(5));
        QVERIFY(bench.status().spool.dropped[static_cast<std::size_t>(SpoolCause::Damaged)].events > 0);
    }

    void syncPolicy_isObeyed_data()
    {
        QTest::addColumn<int>("policy");
        QTest::addColumn<int>("least");
        QTest::addColumn<int>("most");
        QTest::newRow("never") << static_cast<int>(SpoolFsync::Never) << 0 << 0;
        QTest::newRow("interval") << static_cast<int>(SpoolFsync::Interval) << 9 << 11;
        QTest::newRow("always") << static_cast<int>(SpoolFsync::Always) << 100 << 110;
    }
    void syncPolicy_isObeyed()
    {
        QFETCH(int, policy);
        QFETCH(int, least);
        QFETCH(int, most);
        const QTemporaryDir folder;
        SpoolBench bench(folder.path(), 4000);
        bench.options.fsync = static_cast<SpoolFsync>(policy);
        bench.start(first);
        for (int i = 0; i < 101; ++i) {
            bench.produce();
            bench.clock.advance(100ms);
        }
        QVERIFY2(bench.faults.syncs >= least && bench.faults.syncs <= most, qPrintable(QString::number(bench.faults.syncs)));
    }
};

QTEST_APPLESS_MAIN(TestSpool)
#include "tst_spool.moc"
