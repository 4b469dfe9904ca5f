// SPDX-License-Identifier: GPL-3.0-or-later
// Reading and tidying the maps that the programs add up in, on maps of the test's own.
#include <QTest>

#include <algorithm>

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
    void idleEntries_ofAHalfFullMapGoSoonWithTheirCgroup();
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
    explicit TestMap(std::uint32_t entries)
        : m_fd(bpf_map_create(BPF_MAP_TYPE_PERCPU_HASH, "tapio_test", sizeof(tapio_cgroups), sizeof(tapio_tcp_totals), entries, nullptr))
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
    QVERIFY(map.set(3, 1));                               // a socket that outlived its cgroup
    QCOMPARE(left(), (std::set<std::uint64_t>{2, 3, 4, 5}));
    clock.now = 10 * minutes;
    folded.forgetIdle(isOdd);
    QCOMPARE(left(), (std::set<std::uint64_t>{2, 4}));
}

void tst_FoldedMap::idleEntries_ofAHalfFullMapGoSoonWithTheirCgroup()
{
    TAPIO_NEEDS_KERNEL();
    constexpr std::uint32_t room = 100;
    ManualClock clock;
    TestMap map(room);
    agent::FoldedMap folded(map.fd(), clock);
    const auto isGone = [](std::uint64_t cgroup, std::uint64_t, agent::CgroupHierarchy) { return cgroup != 1; };
    // Ten containers come and go each second: without it the map would be full after ten.
    for (std::uint64_t second = 0; second < 60; ++second, clock.now += nsPerSecond) {
        for (std::uint64_t i = 0; i < 10; ++i)
            QVERIFY(map.set(2 + 10 * second + i, 1));
        QVERIFY(map.set(1, 1));
        QVERIFY(folded.read()->size() < room);
        folded.forgetIdle(isGone);
    }
    const auto entries = folded.read();
    QVERIFY(std::any_of(entries->begin(), entries->end(), [](const auto &one) { return agent::toTcp(one).cgroupId == 1; }));
}

void tst_FoldedMap::histogram_isOfTheKindThatItsKeySays_data()
{
    QTest::addColumn<quint32>("device");
    QTest::addColumn<int>("kind");
    QTest::addColumn<int>("op");
    QTest::addColumn<QString>("label");
    QTest::addColumn<QString>("name");
    constexpr int write = TAPIO_BLOCK_WRITE;
    QTest::newRow("run-queue latency") << 0u << int(TAPIO_RUNQUEUE_LATENCY) << 0 << ""
                                       << "runqueue.latency";
    QTest::newRow("block I/O") << (4095u << 20 | 77) << int(TAPIO_BLOCK_LATENCY) << write << "4095:77 write"
                               << "blockio.latency";
    QTest::newRow("block I/O whose disk is not known") << 0u << int(TAPIO_BLOCK_LATENCY) << write << "0:0 write"
                                                       << "blockio.latency";
    QTest::newRow("requests that a server answered")
        << 0u << int(TAPIO_HTTP_LATENCY) << int(TAPIO_HTTP_OP(TAPIO_INBOUND, 2)) << "server 2xx"
        << "http.latency";
    QTest::newRow("requests that a client was refused")
        << 0u << int(TAPIO_HTTP_LATENCY) << int(TAPIO_HTTP_OP(TAPIO_OUTBOUND, 5)) << "client 5xx"
        << "http.latency";
    QTest::newRow("requests without an answer") << 0u << int(TAPIO_HTTP_LATENCY) << int(TAPIO_HTTP_OP(TAPIO_OUTBOUND, 0)) << "client none"
                                                << "http.latency";
}

void tst_FoldedMap::histogram_isOfTheKindThatItsKeySays()
{
    QFETCH(quint32, device);
    QFETCH(int, kind);
    QFETCH(int, op);
    QFETCH(QString, label);
    QFETCH(QString, name);
    tapio_histogram_key key{};
    key.cgroups = {77, 55};
    key.device = device;
    key.op = static_cast<std::uint16_t>(op);
    key.kind = static_cast<std::uint16_t>(kind);
    agent::FoldedMap::Entry entry{std::string(sizeof(key), '\0'), std::vector<std::uint64_t>(TAPIO_HISTOGRAM_BUCKETS, 3)};
    std::memcpy(entry.key.data(), &key, sizeof(key));
    agent::BlockDeviceNames names;
    const agent::CgroupHistogram histogram = agent::toHistogram(entry, names);
    QCOMPARE(histogram.cgroupId, 77u);
    QCOMPARE(histogram.memoryCgroupId, 55u);
    const std::string_view kindName = wire::histogramKindName(histogram.kind);
    QCOMPARE(QString::fromUtf8(kindName.data(), qsizetype(kindName.size())), name);
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
