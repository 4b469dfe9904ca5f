// SPDX-License-Identifier: GPL-3.0-or-later
// Random sequences of what can happen to an agent with a spool, from fixed seeds: whatever comes, a server gets each event once and in
// order, or somebody counted it as lost.
#include <QtTest>

#include <QRandomGenerator>

#include <set>

#include "tests/agent/spoolbench.h"

using namespace tapio;
using namespace tapio::agent;
using namespace tapio::test;
using namespace std::chrono_literals;

namespace {

using Numbers = std::set<std::uint64_t>;

/// Numbers of the events that lie in the folder, by stream, read without the spool's help.
std::map<std::uint64_t, Numbers> onDisk(const QTemporaryDir &folder)
{
    std::map<std::uint64_t, Numbers> found;
    for (const QString &name : QDir(folder.path()).entryList({"*.spool"}, QDir::Files)) {
        QFile file(folder.filePath(name));
        if (!file.open(QIODevice::ReadOnly))
            qFatal("%s", qPrintable(file.errorString()));
        const QByteArray content = file.readAll();
        const auto all = std::as_bytes(std::span(content.constData(), static_cast<std::size_t>(content.size())));
        const auto header = decodeHeader(all);
        if (!header)
            continue; // torn before its first record
        auto rest = all.subspan(header->bytes);
        for (ScanStep step = scanRecord(rest, true); step.kind == ScanStep::Kind::Record; step = scanRecord(rest, true)) {
            if (const auto record = decodeFrameRecord(step.payload)) {
                for (std::uint64_t i = 0; i < record->events; ++i)
                    found[header->header.name.streamId].insert(record->lastEvent - i);
            }
            rest = rest.subspan(step.bytes);
        }
    }
    return found;
}

struct Rates {
    int park = 0;  ///< of a hundred steps: stops in order, and starts anew
    int kill = 0;  ///< -9
    int fault = 0; ///< the disk begins to refuse, or is well again
    std::uint64_t spoolBytes = 64u << 20;
};

/// One life of a node: an agent that starts again and again, and a server that remembers.
class Life {
public:
    Life(quint32 seed, Rates rates) : m_random(seed), m_rates(rates), m_bench(m_folder.path())
    {
        m_bench.options.bytes = rates.spoolBytes;
        m_bench.options.replayRate = 16u << 20;
        m_bench.options.fsync = seed % 8 == 0 ? SpoolFsync::Interval : SpoolFsync::Never; // the time goes into waiting for it
        begin();
    }

    void step()
    {
        const int what = below(100);
        if (what < m_rates.park) {
            m_bench.session->park(1s);
            end(true);
        } else if (what < m_rates.park + m_rates.kill) {
            end(false);
        } else if (what < m_rates.park + m_rates.kill + m_rates.fault) {
            turnDisk();
        } else if (what < 60) {
            produce(1 + below(12));
        } else if (what < 85) {
            converse();
        } else if (what < 95) {
            m_bench.loseLink();
        } else {
            m_bench.clock.advance(std::chrono::seconds(below(40)));
            m_bench.step();
        }
        balance();
    }
    /// The server is well from here on, and what is held goes to it.
    void settle()
    {
        m_server.acknowledges = true;
        m_server.behind = 0;
        m_server.mostPerTurn = SIZE_MAX;
        m_bench.link->room = SIZE_MAX;
        m_bench.faults = {};
        for (int second = 0; second < 300 && !isSettled(); ++second) {
            m_bench.talk(m_server, 1s);
            // A file that a start could not read is the next one's.
            if (second == 150 && m_bench.session->settled() && m_rates.fault > 0)
                end(true);
        }
        QVERIFY(isSettled());
        noteEnd(true);
    }
    void judge()
    {
        for (const auto &[id, life] : m_lives) {
            const auto &events = m_server.streams[id].events;
            QVERIFY2(std::is_sorted(events.begin(), events.end()) && std::adjacent_find(events.begin(), events.end()) == events.end(),
                     name(id));
            const Numbers got(events.begin(), events.end());
            Numbers lost;
            for (std::uint64_t event = 1; event <= life.produced; ++event) {
                if (!got.contains(event))
                    lost.insert(event);
            }
            // What lay on the disk when a start ended is the next one's: that it counts, by cause, as the starts before counted theirs.
            std::uint64_t lostFromDisk = 0;
            for (const std::uint64_t event : lost)
                lostFromDisk += life.left.contains(event) ? 1 : 0;
            m_lostFromDisk += lostFromDisk;
            if (life.inOrder)
                QVERIFY2(lost.size() - lostFromDisk <= life.counted, name(id, lost, life.counted));
        }
        QVERIFY2(m_lostFromDisk <= m_droppedFromDisk, qPrintable(QString("%1 of %2").arg(m_lostFromDisk).arg(m_droppedFromDisk)));
        if (m_rates.kill == 0 && m_counted == 0) {
            QCOMPARE(m_server.loss().gapFrames, 0u);
            QCOMPARE(m_server.loss().droppedEvents, 0u);
            QCOMPARE(m_server.loss().transitEvents, 0u);
        }
    }
    std::uint64_t damaged() const { return m_damaged; }
    std::uint64_t counted() const { return m_counted; }
    std::uint64_t spooled() const { return m_spooled; }

private:
    struct Ended {
        std::uint64_t produced = 0;
        std::uint64_t counted = 0; ///< as lost, by the start itself
        bool inOrder = false;      ///< it was not killed: what it held in memory is in the spool
        Numbers left;              ///< on the disk when it ended
    };

    bool isSettled() const { return m_bench.session->settled() && QDir(m_folder.path()).entryList({"*.spool"}, QDir::Files).isEmpty(); }
    int below(int most) { return static_cast<int>(m_random.bounded(static_cast<quint32>(most))); }
    QByteArray name(std::uint64_t id, const Numbers &lost = {}, std::uint64_t counted = 0)
    {
        return QString("stream %1: %2 lost from %3 on, %4 counted")
            .arg(id)
            .arg(lost.size())
            .arg(lost.empty() ? 0 : *lost.begin())
            .arg(counted)
            .toUtf8();
    }
    void begin()
    {
        m_bench.start(++m_stream);
        m_server.acknowledges = true;
        m_bench.talk(m_server, 30ms);
    }
    void produce(int frames)
    {
        for (int i = 0; i < frames; ++i)
            m_bench.produce(1 + static_cast<std::size_t>(below(3)), 300 + static_cast<std::size_t>(below(1500)));
    }
    void turnDisk()
    {
        DiskFaults &faults = m_bench.faults;
        if (faults.write || faults.read) {
            faults.write.reset();
            faults.read.reset();
        } else if (below(2) == 0) {
            faults.write = Error(Errc::NoSpace, "test", ENOSPC);
            faults.tornBytes = static_cast<std::size_t>(below(3000));
        } else {
            faults.read = Error(Errc::Io, "test", EIO);
        }
    }
    void converse()
    {
        m_server.acknowledges = below(4) != 0;
        m_server.behind = below(3) == 0 ? static_cast<std::uint64_t>(below(12)) : 0;
        m_server.mostPerTurn = below(3) == 0 ? 1 + static_cast<std::size_t>(below(6)) : SIZE_MAX;
        m_bench.link->room = below(3) == 0 ? static_cast<std::size_t>(below(20)) : SIZE_MAX;
        m_server.credit = below(2) == 0 ? 1u << 20 : 6'000;
        m_bench.talk(m_server, std::chrono::milliseconds(10 * (1 + below(12))));
        m_bench.link->room = SIZE_MAX;
    }
    void balance()
    {
        const SessionStatus now = m_bench.status();
        QCOMPARE(now.droppedEvents + now.abandonedEvents + now.ackedEvents + now.queuedEvents + now.inFlightEvents, now.producedEvents);
    }
    void noteEnd(bool inOrder)
    {
        const SessionStatus last = m_bench.status();
        m_spooled += last.spool.spooled.events;
        Ended &life = m_lives[m_stream];
        life.produced = last.producedEvents;
        life.counted = last.droppedEvents + last.abandonedEvents;
        if (inOrder && m_rates.fault > 0)
            life.counted += heldAtEnd(last).lostEvents; // the disk did not take them, and the log says so
        life.inOrder = inOrder;
        m_counted += life.counted;
        m_damaged += last.spool.dropped[static_cast<std::size_t>(SpoolCause::Damaged)].frames;
        // Of this start's own and of earlier ones, in one.
        for (const SpoolAmount &amount : last.spool.dropped)
            m_droppedFromDisk += amount.events;
    }
    void end(bool inOrder)
    {
        noteEnd(inOrder);
        m_bench.stop();
        for (auto &[id, numbers] : onDisk(m_folder)) {
            if (id == m_stream)
                m_lives[id].left = std::move(numbers);
        }
        begin();
    }

    QTemporaryDir m_folder;
    QRandomGenerator m_random;
    Rates m_rates;
    SpoolBench m_bench;
    FakeServer m_server;
    std::uint64_t m_stream = 0;
    std::map<std::uint64_t, Ended> m_lives;
    std::uint64_t m_counted = 0;
    std::uint64_t m_droppedFromDisk = 0;
    std::uint64_t m_lostFromDisk = 0;
    std::uint64_t m_spooled = 0;
    std::uint64_t m_damaged = 0; ///< frames, of a disk that has no fault
};

} // namespace

class TestSpoolModel : public QObject {
    Q_OBJECT
private slots:
    void whateverHappens_nothingIsLostSilently_data()
    {
        QTest::addColumn<int>("park");
        QTest::addColumn<int>("kill");
        QTest::addColumn<int>("fault");
        QTest::addColumn<quint64>("spoolBytes");
        QTest::newRow("one start") << 0 << 0 << 0 << quint64(64u << 20);
        QTest::newRow("stopped in order now and then") << 2 << 0 << 0 << quint64(64u << 20);
        QTest::newRow("killed now and then") << 0 << 2 << 0 << quint64(64u << 20);
        QTest::newRow("both") << 2 << 2 << 0 << quint64(64u << 20);
        QTest::newRow("a spool that is often full") << 1 << 1 << 0 << quint64(512u << 10);
        QTest::newRow("a disk that fails now and then") << 0 << 0 << 3 << quint64(64u << 20);
        QTest::newRow("all of it") << 1 << 1 << 2 << quint64(512u << 10);
    }
    void whateverHappens_nothingIsLostSilently()
    {
        QFETCH(int, park);
        QFETCH(int, kill);
        QFETCH(int, fault);
        QFETCH(quint64, spoolBytes);
        // More by hand: TAPIO_SPOOL_SEEDS=FIRST-LAST.
        const QStringList range = qEnvironmentVariable("TAPIO_SPOOL_SEEDS", "1-150").split('-');
        QCOMPARE(range.size(), 2);
        constexpr int steps = 150;
        std::uint64_t spooled = 0;
        for (quint32 seed = range[0].toUInt(); seed <= range[1].toUInt(); ++seed) {
            Life life(seed, {park, kill, fault, spoolBytes});
            for (int step = 0; step < steps && !QTest::currentTestFailed(); ++step)
                life.step();
            life.settle();
            life.judge();
            if (QTest::currentTestFailed())
                QFAIL(qPrintable(QString("seed %1").arg(seed)));
            // Where nothing can be full and nobody kills, nothing may be lost at all.
            if (kill == 0 && fault == 0 && spoolBytes > (1u << 20))
                QVERIFY2(life.counted() == 0 && life.damaged() == 0,
                         qPrintable(QString("seed %1: %2 lost, %3 damaged").arg(seed).arg(life.counted()).arg(life.damaged())));
            spooled += life.spooled();
        }
        if (!qEnvironmentVariableIsSet("TAPIO_SPOOL_SEEDS"))
            QVERIFY(spooled > 1000); // it was about the spool
    }
};

QTEST_APPLESS_MAIN(TestSpoolModel)
#include "tst_spoolmodel.moc"
