// SPDX-License-Identifier: GPL-3.0-or-later
// A cgroup that lives for a moment, as a container that fails at once does: made, entered, left and removed before anybody looks.
#include <QTest>

#include <unistd.h>

#include "agent/enrich/originresolver.h"
#include "tests/bpf/kernelfixture.h"
#include "tests/bpf/memorycgroup.h"

using namespace tapio;
using namespace tapio::test;

class tst_CgroupHooks : public QObject {
    Q_OBJECT

private slots:
    void initTestCase() { TAPIO_NEEDS_KERNEL(); }
    void shortLived_isStillNamed_data();
    void shortLived_isStillNamed();
    void counters_addUp();
    void switchedOff_knowsNothing();
};

void tst_CgroupHooks::shortLived_isStillNamed_data()
{
    QTest::addColumn<QString>("attachKind");
    QTest::addColumn<bool>("inVersion2");
    for (const char *kind : {"tp_btf", "raw_tp"}) {
        QTest::addRow("%s, of the memory controller", kind) << kind << false;
        QTest::addRow("%s, of version 2", kind) << kind << true;
    }
}

void tst_CgroupHooks::shortLived_isStillNamed()
{
    QFETCH(QString, attachKind);
    QFETCH(bool, inVersion2);
    KernelFixture kernel;
    agent::KernelOptions options;
    options.attachKinds = {attachKind.toStdString()};
    TAPIO_OPEN(kernel, {"process", "cgroup"}, options);
    const SystemClock clock;
    agent::CgroupInventory inventory("/sys/fs/cgroup", 1024);
    agent::OriginResolver resolver({}, inventory, clock);
    resolver.refresh();
    resolver.setBirth([&](std::uint64_t id, bool isV1) { return kernel.collectors().cgroupBirth(id, isV1); });

    std::uint64_t id = 0;
    std::uint32_t pid = 0;
    std::string name;
    bool isV1 = false;
    {
        const MemoryCgroup container = inVersion2 ? MemoryCgroup::inVersion2("short") : MemoryCgroup("short");
        if (!container.problem().empty())
            QSKIP(container.problem().c_str());
        id = container.id();
        isV1 = container.isV1();
        name = "tapio-test-short-" + std::to_string(getpid());
        Child child = Child::run([&] {
            if (!container.enter())
                return 1;
            ::execl("/bin/true", "/bin/true", nullptr);
            return 2;
        });
        pid = child.pid();
        QCOMPARE(child.wait(), 0);
    }
    QVERIFY(kernel.collectors().cgroupBirth(id, isV1).value_or("").ends_with("/" + name)); // below the root of this mount
    QVERIFY(!kernel.collectors().cgroupBirth(id, !isV1));
    const auto exec = kernel.waitFor(of<wire::ProcessExec>(pid));
    QVERIFY(exec.has_value());
    QVERIFY(exec->cgroupId == id || exec->memoryCgroupId == id);
    const agent::OriginPtr origin = resolver.resolve(id, exec->event.process.pid, exec->event.process.startTimeNs);
    QVERIFY(origin->cgroupPath.ends_with("/" + name));
    QCOMPARE(origin->attribution, wire::Attribution::Cached);
}

void tst_CgroupHooks::counters_addUp()
{
    KernelFixture kernel;
    TAPIO_OPEN(kernel, {"cgroup"});
    for (int i = 0; i < 5; ++i) {
        const MemoryCgroup one("count-" + std::to_string(i));
        if (!one.problem().empty())
            QSKIP(one.problem().c_str());
    }
    const CounterSet counters = kernel.counters("cgroup");
    QVERIFY(counters[Counter::Folded] >= 5);
    QCOMPARE(counters[Counter::Seen], counters[Counter::KFiltered] + counters[Counter::Folded] + counters[Counter::Lost]);
}

void tst_CgroupHooks::switchedOff_knowsNothing()
{
    KernelFixture kernel;
    TAPIO_OPEN(kernel, {"process"});
    const MemoryCgroup one("off");
    if (!one.problem().empty())
        QSKIP(one.problem().c_str());
    QVERIFY(!kernel.collectors().cgroupBirth(one.id(), one.isV1()));
}

QTEST_GUILESS_MAIN(tst_CgroupHooks)
#include "tst_cgrouphooks.moc"
