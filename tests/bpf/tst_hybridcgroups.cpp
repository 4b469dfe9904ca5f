// SPDX-License-Identifier: GPL-3.0-or-later
// A task that is in a cgroup of v2 and in another one of v1's memory controller, as a container on a hybrid node whose runtime
// is a service: records and folded figures must name both.
#include <QTest>

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>

#include "tests/bpf/memorycgroup.h"
#include "tests/bpf/tcppeer.h"

using namespace tapio;
using namespace tapio::test;

class tst_HybridCgroups : public QObject {
    Q_OBJECT

private slots:
    void initTestCase();
    void records_nameBoth_data();
    void records_nameBoth();
    void foldedFigures_areKeptByBoth();
};

namespace {

bool isIn(const MemoryCgroup &service, const MemoryCgroup &container, std::uint64_t cgroupId, std::uint64_t memoryCgroupId)
{
    return cgroupId == service.id() && memoryCgroupId == container.id();
}

} // namespace

void tst_HybridCgroups::initTestCase()
{
    TAPIO_NEEDS_KERNEL();
    const MemoryCgroup memory("kind");
    const MemoryCgroup v2 = MemoryCgroup::inVersion2("kind2");
    if (!memory.problem().empty() || !v2.problem().empty() || !memory.isV1())
        QSKIP("this machine is not hybrid, or its cgroups cannot be changed");
    QVERIFY(KernelFixture::provideTracefs());
}

void tst_HybridCgroups::records_nameBoth_data()
{
    QTest::addColumn<QString>("attachKind");
    QTest::newRow("typed tracepoint") << "tp_btf";
    QTest::newRow("raw tracepoint") << "raw_tp";
    QTest::newRow("plain tracepoint") << "tracepoint";
}

void tst_HybridCgroups::records_nameBoth()
{
    QFETCH(QString, attachKind);
    const MemoryCgroup container("container");
    const MemoryCgroup service = MemoryCgroup::inVersion2("service");
    KernelFixture kernel;
    agent::KernelOptions options;
    options.attachKinds = {attachKind.toStdString()};
    TAPIO_OPEN(kernel, {"process"}, options);
    Child inBoth = Child::run([&] { return container.enter() && service.enter() ? 0 : 1; });
    Child inService = Child::run([&] { return service.enter() ? 0 : 1; });
    QCOMPARE(inBoth.wait(), 0);
    QCOMPARE(inService.wait(), 0);

    const auto both = kernel.waitFor(of<wire::ProcessExit>(inBoth.pid()));
    QVERIFY(both.has_value());
    QCOMPARE(both->cgroupId, service.id());
    QCOMPARE(both->memoryCgroupId, container.id());
    const auto one = kernel.waitFor(of<wire::ProcessExit>(inService.pid()));
    QVERIFY(one.has_value());
    QCOMPARE(one->cgroupId, service.id());
    QVERIFY(one->memoryCgroupId != container.id()); // this test's own, or 0 where that is the root
}

void tst_HybridCgroups::foldedFigures_areKeptByBoth()
{
    const MemoryCgroup container("container");
    const MemoryCgroup service = MemoryCgroup::inVersion2("service");
    KernelFixture kernel;
    TAPIO_OPEN(kernel, {"tcp", "runqueue"});
    std::uint16_t port = 0;
    const int listener = listenOn(Family::V4, 8, port);
    constexpr quint64 connections = 3;
    Pipe there, back;
    Child client = Child::run([&] {
        if (!container.enter() || !service.enter())
            return 1;
        for (quint64 i = 0; i < connections; ++i)
            ::close(connectTo(Family::V4, port));
        return there.send(1) && back.receive() == 1 ? 0 : 2; // a run that ends, and a wait for a CPU afterwards
    });
    QCOMPARE(there.receive(), 1u);
    QVERIFY(back.send(1));
    QCOMPARE(client.wait(), 0);
    ::close(listener);

    const auto totals = kernel.collectors().tcpCounters();
    QVERIFY(totals.has_value());
    const auto tcp = std::find_if(totals->begin(), totals->end(),
                                  [&](const agent::CgroupTcp &one) { return isIn(service, container, one.cgroupId, one.memoryCgroupId); });
    QVERIFY(tcp != totals->end());
    QCOMPARE(tcp->connects, connections);
    const auto histograms = kernel.collectors().histograms();
    QVERIFY(histograms.has_value());
    QVERIFY(std::any_of(histograms->begin(), histograms->end(), [&](const agent::CgroupHistogram &one) {
        return isIn(service, container, one.cgroupId, one.memoryCgroupId) && one.kind == wire::HistogramKind::RunQueueLatency;
    }));
}

QTEST_GUILESS_MAIN(tst_HybridCgroups)
#include "tst_hybridcgroups.moc"
