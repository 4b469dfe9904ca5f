// SPDX-License-Identifier: GPL-3.0-or-later
// The reader of what the memory controller did to cgroups.
#include <QTemporaryDir>
#include <QtTest>

#include <cerrno>

#include "agent/collect/readers/memoryreader.h"
#include "tests/agent/fakeclock.h"
#include "tests/agent/readersink.h"

using namespace tapio;
using namespace tapio::agent;
using namespace tapio::test;
using namespace std::chrono_literals;

namespace {

/// A tree of cgroups as version 2 or 1 has it.
struct MemoryBench {
    explicit MemoryBench(bool v1, std::size_t maxCgroups = 100, std::size_t mostUnasked = 100)
        : isV1(v1), inventory((put(folder.filePath(v1 ? "memory/tasks" : "cgroup.controllers"), "memory\n"), folder.path().toStdString()),
                              maxCgroups),
          reader({mostUnasked, 5, 20}, inventory, clock)
    {}
    QString file(const char *cgroup, const char *name) const
    {
        return folder.filePath(QString(isV1 ? "memory/%1/%2" : "%1/%2").arg(cgroup, name));
    }
    void events(const char *cgroup, int high, int max, int kills, const char *name = "memory.events.local")
    {
        put(file(cgroup, name), QByteArray("low 0\nhigh ") + QByteArray::number(high) + "\nmax " + QByteArray::number(max)
                                    + "\noom 0\noom_kill " + QByteArray::number(kills) + "\noom_group_kill 0\n");
    }
    void failures(const char *cgroup, int failed, int kills, bool underOom = false)
    {
        put(file(cgroup, "memory.failcnt"), QByteArray::number(failed) + "\n");
        put(file(cgroup, "memory.oom_control"),
            QByteArray("oom_kill_disable 0\nunder_oom ") + (underOom ? "1" : "0") + "\noom_kill " + QByteArray::number(kills) + "\n");
    }
    std::vector<wire::MemoryEvents> read()
    {
        sink.records.clear();
        reader.read(sink);
        std::vector<wire::MemoryEvents> all;
        for (const KernelRecord &record : sink.records)
            all.push_back(std::get<wire::MemoryEvents>(record.event.detail));
        return all;
    }
    wire::Hook hook(const char *name) const
    {
        for (const wire::Hook &one : reader.hooks()) {
            if (one.name == name)
                return one;
        }
        return {};
    }

    test::FakeClock clock;
    QTemporaryDir folder;
    bool isV1;
    CgroupInventory inventory;
    MemoryReader reader;
    RecordSink sink;
};

const char *const container = "docker/4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f";

} // namespace

class tst_MemoryReader : public QObject {
    Q_OBJECT

private slots:
    void changeOfAFileIsToldWithoutLooking();
    void firstLookTellsNoCounts();
    void ofANewCgroupIsToldFromItsBeginning();
    void ofACgroupThatWasCutOffIsNotNew();
    void ofAnotherCgroupOfTheSameName();
    void walkThatMissedOneTellsNothingTwice();
    void olderKernelsHaveOneFileOnly();
    void v1IsLookedAtInTurn();
    void v1StandsStill();
    void countersThatGoBackAreTakenAsTheyAre();
    void controllerThatIsSwitchedOnLater();
    void floodIsShed();
    void stateSaysWhy();
};

void tst_MemoryReader::changeOfAFileIsToldWithoutLooking()
{
    MemoryBench bench(false, 100, 0);
    bench.events(container, 1, 2, 0);
    put(bench.file(container, "memory.current"), "524288\n");
    put(bench.file(container, "memory.max"), "1048576\n");
    put(bench.file(container, "memory.stat"),
        "anon 400000\nfile 120000\nshmem 20000\ninactive_anon 0\ninactive_file 70000\nactive_file 30000\n");
    bench.inventory.refresh();
    QVERIFY(bench.read().empty());
    bench.events(container, 1, 5, 1);
    const auto told = bench.read();
    QCOMPARE(told.size(), std::size_t(1));
    QVERIFY(told[0] == (wire::MemoryEvents{0, 0, 3, 0, 1, 0, false, 524288, 1048576, 100'000}));
    const KernelRecord &record = bench.sink.records[0];
    QCOMPARE(record.source, std::string_view("memory"));
    QCOMPARE(record.event.type, wire::EventType::MemoryEvents);
    QCOMPARE(record.cgroupId, bench.inventory.look(std::string("/") + container).v2Id);
    QCOMPARE(record.bootNs, static_cast<std::uint64_t>(bench.clock.bootNs()));
    QVERIFY(bench.read().empty());
    const CounterSet counters = bench.reader.counters().counters;
    QCOMPARE(counters[Counter::Seen], 1u);
    QCOMPARE(counters.inRing(), 0);
    QCOMPARE(bench.hook("memory.events.local").state, wire::HookState::Active);
    QCOMPARE(bench.hook("memory.failcnt, memory.oom_control").state, wire::HookState::Unknown);
}

void tst_MemoryReader::firstLookTellsNoCounts()
{
    MemoryBench bench(true);
    bench.failures("a", 1000, 7);
    bench.inventory.refresh();
    QVERIFY(bench.read().empty());
    QVERIFY(bench.read().empty());
}

void tst_MemoryReader::ofANewCgroupIsToldFromItsBeginning()
{
    MemoryBench bench(false);
    bench.events("old", 1, 1, 1);
    bench.inventory.refresh();
    QVERIFY(bench.read().empty());
    bench.events("new", 0, 4, 2);
    bench.inventory.refresh();
    const auto told = bench.read();
    QCOMPARE(told.size(), std::size_t(1));
    QCOMPARE(told[0].max, 4u);
    QCOMPARE(told[0].oomKill, 2u);
}

void tst_MemoryReader::ofACgroupThatWasCutOffIsNotNew()
{
    MemoryBench bench(false, 1);
    bench.events("a", 1, 1, 1);
    bench.events("b", 9, 9, 9);
    bench.inventory.refresh();
    QVERIFY(bench.read().empty());
    bench.inventory.setMaxCgroups(10);
    bench.inventory.refresh();
    QVERIFY(bench.read().empty());
    bench.events("b", 9, 10, 9);
    QCOMPARE(bench.read().size(), std::size_t(1));
}

void tst_MemoryReader::ofAnotherCgroupOfTheSameName()
{
    MemoryBench bench(false);
    bench.events("x", 5, 5, 5);
    bench.inventory.refresh();
    QVERIFY(bench.read().empty());
    QVERIFY(QFile::rename(bench.folder.filePath("x"), bench.folder.filePath(".gone"))); // keeps its number, so that the next has another
    bench.events("x", 0, 1, 0);
    bench.inventory.refresh();
    const auto told = bench.read();
    QVERIFY(std::any_of(told.begin(), told.end(), [](const auto &one) { return one.max == 1 && one.high == 0; }));
}

void tst_MemoryReader::walkThatMissedOneTellsNothingTwice()
{
    MemoryBench bench(false);
    bench.events("group/x", 5, 5, 5);
    bench.inventory.refresh();
    QVERIFY(bench.read().empty());
    QVERIFY(QFile::rename(bench.folder.filePath("group"), bench.folder.filePath(".away")));
    bench.inventory.refresh();
    QVERIFY(bench.read().empty());
    QVERIFY(QFile::rename(bench.folder.filePath(".away"), bench.folder.filePath("group")));
    bench.inventory.refresh();
    QVERIFY(bench.read().empty());
    bench.events("group/x", 5, 6, 5);
    QCOMPARE(bench.read().size(), std::size_t(1));
}

void tst_MemoryReader::olderKernelsHaveOneFileOnly()
{
    MemoryBench bench(false, 100, 0);
    bench.events("a", 0, 0, 0, "memory.events");
    bench.inventory.refresh();
    QVERIFY(bench.read().empty());
    bench.events("a", 3, 0, 0, "memory.events");
    const auto told = bench.read();
    QCOMPARE(told.size(), std::size_t(1));
    QCOMPARE(told[0].high, 3u);
    QCOMPARE(told[0].limitBytes, 0u); // no such file: not known
}

void tst_MemoryReader::v1IsLookedAtInTurn()
{
    MemoryBench bench(true, 100, 2);
    for (const char *name : {"a", "b", "c", "d", "e"})
        bench.failures(name, 0, 0);
    put(bench.file("e", "memory.usage_in_bytes"), "100\n");
    put(bench.file("e", "memory.limit_in_bytes"), "9223372036854771712\n");
    // Of it and of what is below it, as its usage; read a moment later than that.
    put(bench.file("e", "memory.stat"), "inactive_file 1\nactive_file 2\ntotal_inactive_file 90\ntotal_active_file 20\n");
    bench.inventory.refresh();
    QVERIFY(bench.read().empty());
    for (const char *name : {"a", "b", "c", "d", "e"})
        bench.failures(name, 2, 0);
    std::size_t told = 0;
    std::size_t most = 0;
    for (int i = 0; i < 3; ++i) {
        const std::size_t now = bench.read().size();
        told += now;
        most = std::max(most, now);
    }
    QCOMPARE(told, std::size_t(5));
    QCOMPARE(most, std::size_t(2));
    bench.failures("e", 3, 1);
    std::vector<wire::MemoryEvents> last;
    for (int i = 0; i < 3 && last.empty(); ++i)
        last = bench.read();
    QCOMPARE(last.size(), std::size_t(1));
    QVERIFY(last[0] == (wire::MemoryEvents{0, 0, 1, 0, 1, 0, false, 100, 0, 100}));
    QCOMPARE(bench.sink.records[0].cgroupId, bench.inventory.look("/e").memoryId);
    QCOMPARE(bench.sink.records[0].memoryCgroupId, 0u);
    QCOMPARE(bench.hook("memory.failcnt, memory.oom_control").state, wire::HookState::Active);
}

void tst_MemoryReader::v1StandsStill()
{
    MemoryBench bench(true);
    bench.failures("a", 0, 0);
    bench.inventory.refresh();
    QVERIFY(bench.read().empty());
    bench.failures("a", 1, 0, true);
    auto told = bench.read();
    QCOMPARE(told.size(), std::size_t(1));
    QVERIFY(told[0].underOom);
    QVERIFY(bench.read().empty());
    bench.failures("a", 1, 0, false);
    told = bench.read();
    QCOMPARE(told.size(), std::size_t(1));
    QVERIFY(told[0] == wire::MemoryEvents());
}

void tst_MemoryReader::countersThatGoBackAreTakenAsTheyAre()
{
    MemoryBench bench(true);
    bench.failures("a", 10, 0);
    bench.inventory.refresh();
    bench.read();
    bench.failures("a", 0, 0); // somebody wrote 0
    QVERIFY(bench.read().empty());
    bench.failures("a", 2, 0);
    QCOMPARE(bench.read().at(0).max, 2u);
}

void tst_MemoryReader::controllerThatIsSwitchedOnLater()
{
    MemoryBench bench(false, 100, 1);
    put(bench.file("a", "cgroup.procs"), "");
    bench.inventory.refresh();
    QVERIFY(bench.read().empty());
    QCOMPARE(bench.hook("memory.events.local").state, wire::HookState::Unsupported);
    bench.events("a", 0, 0, 0);
    bench.inventory.refresh();
    QVERIFY(bench.read().empty());
    bench.events("a", 0, 1, 0);
    QCOMPARE(bench.read().size(), std::size_t(1));
}

void tst_MemoryReader::floodIsShed()
{
    MemoryBench bench(true, 2000, 2000);
    constexpr int many = 30;
    for (int i = 0; i < many; ++i)
        bench.failures(qPrintable(QString::number(i)), 0, 0);
    bench.inventory.refresh();
    QVERIFY(bench.read().empty());
    for (int i = 0; i < many; ++i)
        bench.failures(qPrintable(QString::number(i)), 1, 0);
    QCOMPARE(bench.read().size(), std::size_t(20));
    const CounterSet counters = bench.reader.counters().counters;
    QCOMPARE(counters[Counter::Seen], std::uint64_t(many));
    QCOMPARE(counters[Counter::Shed], std::uint64_t(many - 20));
}

void tst_MemoryReader::stateSaysWhy()
{
    MemoryBench bench(true);
    put(bench.file("a", "memory.failcnt"), "many\n");
    put(bench.file("a", "memory.oom_control"), "garbage\n");
    bench.inventory.refresh();
    QVERIFY(bench.read().empty());
    QCOMPARE(bench.hook("memory.failcnt, memory.oom_control").state, wire::HookState::Failed);
    QVERIFY(!bench.hook("memory.failcnt, memory.oom_control").reason.empty());
}

QTEST_GUILESS_MAIN(tst_MemoryReader)
#include "tst_memoryreader.moc"
