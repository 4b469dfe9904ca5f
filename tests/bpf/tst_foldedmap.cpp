// SPDX-License-Identifier: GPL-3.0-or-later
// Reading and tidying the maps that the programs add up in, on maps of the test's own.
#include <QTest>

#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include <cstring>
#include <set>

#include "agent/collect/kernel/foldedmaps.h"
#include "tests/bpf/kernelfixture.h"

using namespace tapio;
using namespace tapio::test;

class tst_FoldedMap : public QObject {
    Q_OBJECT

private slots:
    void absentMap_isEmpty();
    void counts_areSummedOverTheCpus();
    void idleEntries_goWhenTheMapFills();
    void idleEntries_goWithTheirCgroup();
    void histogram_isOfTheKindThatItsKeySays_data();
    void histogram_isOfTheKindThatItsKeySays();
    void deviceWithoutAName_isItsNumber();
    void size_fitsTheMachine_data();
    void size_fitsTheMachine();
};

namespace {

struct ManualClock final : Clock {
    std::int64_t now = 0;
    std::int64_t utcNs() const noexcept override { return now; }
    std::int64_t bootNs() const noexcept override { return now; }
};

class TestMap {
public:
    explicit TestMap(std::uint32_t entries) :
        m_fd(bpf_map_create(BPF_MAP_TYPE_PERCPU_HASH, "tapio_test", sizeof(tapio_cgroups), sizeof(tapio_tcp_totals),
                            entries, nullptr))
    {}
    ~TestMap() { ::close(m_fd); }
    TestMap(const TestMap &) = delete;
    TestMap &operator=(const TestMap &) = delete;

    int fd() const { return m_fd; }
    bool set(std::uint64_t cgroup, std::uint64_t connectsPerCpu)
    {
        const tapio_cgroups key{cgroup, 0};
        std::vector<tapio_tcp_totals> values(static_cast<std::size_t>(libbpf_num_possible_cpus()));
        for (tapio_tcp_totals &one : values)
            one.connects = connectsPerCpu;
        return bpf_map_update_elem(m_fd, &key, values.data(), BPF_ANY) == 0;
    }

private:
    int m_fd;
};

constexpr std::int64_t minutes = 60 * nsPerSecond;

} // namespace

void tst_FoldedMap::absentMap_isEmpty()
{
    ManualClock clock;
    const auto entries = agent::FoldedMap(-1, clock).read();
    QVERIFY(entries.has_value());
    QVERIFY(entries->empty());
}

void tst_FoldedMap::counts_areSummedOverTheCpus()
{
    TAPIO_NEEDS_KERNEL();
    ManualClock clock;
    TestMap map(8);
    QVERIFY(map.set(77, 3));
    const auto entries = agent::FoldedMap(map.fd(), clock).read();
    QVERIFY(entries.has_value());
    QCOMPARE(entries->size(), std::size_t(1));
    const agent::CgroupTcp tcp = agent::toTcp(entries->front());
    QCOMPARE(tcp.cgroupId, 77u);
    QCOMPARE(tcp.connects, quint64(3 * libbpf_num_possible_cpus()));
    QCOMPARE(tcp.accepts, 0u);
}

void tst_FoldedMap::idleEntries_goWhenTheMapFills()
{
    TAPIO_NEEDS_KERNEL();
    ManualClock clock;
    TestMap map(8);
    agent::FoldedMap folded(map.fd(), clock);
    for (std::uint64_t cgroup = 1; cgroup <= 6; ++cgroup)
        QVERIFY(map.set(cgroup, 1));
    QCOMPARE(folded.read()->size(), std::size_t(6));
    clock.now = 20 * minutes;
    QCOMPARE(folded.read()->size(), std::size_t(6)); // idle, but there is room
    QVERIFY(map.set(1, 2));
    QVERIFY(map.set(7, 1));
    QCOMPARE(folded.read()->size(), std::size_t(7)); // more than three quarters: the idle ones go after this reading
    const auto entries = folded.read();
    QCOMPARE(entries->size(), std::size_t(2));
    for (const auto &entry : *entries) {
        const auto cgroup = agent::toTcp(entry).cgroupId;
        QVERIFY(cgroup == 1 || cgroup == 7);
    }
}

void tst_FoldedMap::idleEntries_goWithTheirCgroup()
{
    TAPIO_NEEDS_KERNEL();
    ManualClock clock;
    TestMap map(100);
    agent::FoldedMap folded(map.fd(), clock);
    const auto left = [&] {
        std::set<std::uint64_t> cgroups;
        const auto entries = folded.read();
        for (const auto &entry : *entries)
            cgroups.insert(agent::toTcp(entry).cgroupId);
        return cgroups;
    };
    const auto isOdd = [](std::uint64_t cgroup, std::uint64_t, agent::CgroupHierarchy) { return cgroup % 2 == 1; };
    for (std::uint64_t cgroup = 2; cgroup <= 5; ++cgroup)
        QVERIFY(map.set(cgroup, 1));
    QCOMPARE(left().size(), std::size_t(4));
    clock.now = 2 * minutes;
    folded.forgetIdle(isOdd);
    QVERIFY(map.set(5, 2));
    QCOMPARE(left().size(), std::size_t(4)); // not yet
    clock.now = 4 * minutes;
    folded.forgetIdle(isOdd);
    QCOMPARE(left(), (std::set<std::uint64_t>{2, 4, 5})); // the fifth moved two minutes ago
    QVERIFY(map.set(3, 1)); // a socket that outlived its cgroup
    QCOMPARE(left(), (std::set<std::uint64_t>{2, 3, 4, 5}));
    clock.now = 10 * minutes;
    folded.forgetIdle(isOdd);
    QCOMPARE(left(), (std::set<std::uint64_t>{2, 4}));
}

void tst_FoldedMap::histogram_isOfTheKindThatItsKeySays_data()
{
    QTest::addColumn<quint32>("device");
    QTest::addColumn<int>("kind");
    QTest::addColumn<QString>("label");
    QTest::newRow("run-queue latency") << 0u << int(TAPIO_RUNQUEUE_LATENCY) << "";
    QTest::newRow("block I/O") << (4095u << 20 | 77) << int(TAPIO_BLOCK_LATENCY) << "4095:77 write";
    QTest::newRow("block I/O whose disk is not known") << 0u << int(TAPIO_BLOCK_LATENCY) << "0:0 write";
}

void tst_FoldedMap::histogram_isOfTheKindThatItsKeySays()
{
    QFETCH(quint32, device);
    QFETCH(int, kind);
    QFETCH(QString, label);
    tapio_histogram_key key{};
    key.cgroups = {77, 55};
    key.device = device;
    key.op = TAPIO_BLOCK_WRITE;
    key.kind = static_cast<std::uint16_t>(kind);
    agent::FoldedMap::Entry entry{std::string(sizeof(key), '\0'), std::vector<std::uint64_t>(TAPIO_HISTOGRAM_BUCKETS, 3)};
    std::memcpy(entry.key.data(), &key, sizeof(key));
    agent::BlockDeviceNames names;
    const agent::CgroupHistogram histogram = agent::toHistogram(entry, names);
    QCOMPARE(histogram.cgroupId, 77u);
    QCOMPARE(histogram.memoryCgroupId, 55u);
    QCOMPARE(histogram.kind, kind == TAPIO_BLOCK_LATENCY ? wire::HistogramKind::BlockIoLatency : wire::HistogramKind::RunQueueLatency);
    QCOMPARE(QString::fromStdString(histogram.label), label);
    QCOMPARE(histogram.counts[5], 3u);
}

void tst_FoldedMap::deviceWithoutAName_isItsNumber()
{
    agent::BlockDeviceNames names;
    QCOMPARE(names.name(4095u << 20 | 77), "4095:77");
}

void tst_FoldedMap::size_fitsTheMachine_data()
{
    QTest::addColumn<uint>("cpus");
    QTest::addColumn<quint32>("entries");
    QTest::newRow("2 CPUs") << 2u << 4096u;
    QTest::newRow("32 CPUs") << 32u << 2520u;
    QTest::newRow("256 CPUs") << 256u << 1024u;
}

void tst_FoldedMap::size_fitsTheMachine()
{
    QFETCH(uint, cpus);
    QTEST(agent::foldedEntries(sizeof(tapio_histogram), cpus), "entries");
}

QTEST_GUILESS_MAIN(tst_FoldedMap)
#include "tst_foldedmap.moc"
