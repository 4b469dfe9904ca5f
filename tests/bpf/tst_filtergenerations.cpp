// SPDX-License-Identifier: GPL-3.0-or-later
// Trigger and assert: filters that change while the kernel programs run. No run of a program sees two generations.
#include <QTest>

#include <algorithm>

#include <sys/socket.h>
#include <unistd.h>

#include "protocol/base/clock.h"
#include "tests/bpf/filters.h"

using namespace tapio;
using namespace tapio::test;
using agent::Filtered;
using agent::KernelFilter;

class tst_FilterGenerations : public QObject {
    Q_OBJECT

private slots:
    void initTestCase();
    void noFilter_asksNothing();
    void counters_addUp();
    void generations_doNotMix();
    void verdicts_beyondTheRoomPass();
    void tokens_thatWereOwedToASlowerRuleAreNotOwedToTheNext();
};

namespace {

constexpr std::chrono::hours never{1};

} // namespace

void tst_FilterGenerations::initTestCase() { TAPIO_NEEDS_KERNEL(); }

void tst_FilterGenerations::noFilter_asksNothing()
{
    KernelFixture kernel;
    TAPIO_OPEN(kernel, {"process"});
    Child first = endWith(0);
    first.wait();
    const auto before = kernel.waitFor(of<wire::ProcessExit>(first.pid()));
    QVERIFY(before.has_value());
    QCOMPARE(before->filterGeneration, 0u);
    KernelFilter filter;
    filter.of(Filtered::Tcp).floor = never;
    QCOMPARE(kernel.collectors().setFilter(filter, 7, {}), Result<agent::CgroupKeys>(agent::CgroupKeys()));
    Child second = endWith(0);
    second.wait();
    const auto under = kernel.waitFor(of<wire::ProcessExit>(second.pid()));
    QVERIFY(under.has_value());
    QCOMPARE(under->filterGeneration, 7u);
    QVERIFY(kernel.collectors().setFilter({}, 8, {}));
    Child third = endWith(0);
    third.wait();
    const auto after = kernel.waitFor(of<wire::ProcessExit>(third.pid()));
    QVERIFY(after.has_value());
    QCOMPARE(after->filterGeneration, 0u);
}

void tst_FilterGenerations::counters_addUp()
{
    KernelFixture kernel;
    TAPIO_OPEN(kernel, {"process", "tcp"});
    KernelFilter filter;
    filter.of(Filtered::Tcp).floor = never;
    filter.of(Filtered::Process).rate = filter.of(Filtered::Process).burst = 3;
    QVERIFY(kernel.collectors().setFilter(filter, 1, {}));
    Server server(Family::V4, 50, [](int listener) { return serveOnce(listener, 20); });
    for (int i = 0; i < 20; ++i) {
        Child client = connectOnce(server.port());
        QCOMPARE(client.wait(), 0);
    }
    QCOMPARE(server.child().wait(), 0);
    for (const char *source : {"process", "tcp"}) {
        const bool settled = kernel.pollUntil([&] {
            kernel.drainAll();
            const CounterSet first = kernel.counters(source);
            return first == kernel.counters(source) && first.inRing() == 0;
        });
        const CounterSet counters = kernel.counters(source);
        QVERIFY2(settled, qPrintable(QString("%1 of %2").arg(counters.inRing()).arg(source)));
        QVERIFY(counters[Counter::KFiltered] >= 10);
        QCOMPARE(counters[Counter::Malformed], 0u);
    }
}

/// Connections to two ports all the time, and filters that tell of one each in turn. A run that saw the number of one filter and the ports
/// of another would tell of the wrong port.
void tst_FilterGenerations::generations_doNotMix()
{
    KernelFixture kernel;
    TAPIO_OPEN(kernel, {"tcp"});
    const auto serveAll = [](int listener) {
        for (;;) {
            const int fd = ::accept(listener, nullptr, nullptr);
            closeHard(fd);
        }
        return 0;
    };
    Server first(Family::V4, 50, serveAll), second(Family::V4, 50, serveAll);
    const std::uint16_t ports[] = {first.port(), second.port()};
    std::vector<Child> clients;
    for (int i = 0; i < 2; ++i) {
        clients.push_back(Child::run([&ports]() -> int {
            for (int turn = 0;; ++turn) {
                const int fd = connectTo(Family::V4, ports[turn % 2]);
                receiveAll(fd);
                ::close(fd);
            }
        }));
    }
    const SystemClock clock;
    constexpr std::uint64_t generations = 40;
    std::vector<std::uint64_t> inForceSince{0};
    for (std::uint64_t generation = 1; generation <= generations; ++generation) {
        const KernelFilter filter = filterWith(Filtered::Tcp, [&](auto &rule) { rule.ports = only(ports[generation % 2]); });
        QVERIFY(kernel.collectors().setFilter(filter, generation, {}));
        inForceSince.push_back(static_cast<std::uint64_t>(clock.bootNs()));
        kernel.drainAll();
    }
    clients.clear();
    kernel.drainAll();
    std::size_t told[2] = {0, 0};
    for (const agent::KernelRecord &record : kernel.records()) {
        const std::uint16_t port = listenersPort(record);
        if (record.filterGeneration == 0 || (port != ports[0] && port != ports[1]))
            continue;
        QCOMPARE(port, ports[record.filterGeneration % 2]);
        ++told[record.filterGeneration % 2];
        // Once setFilter() has returned, nobody goes by an older one.
        const auto newest = std::upper_bound(inForceSince.begin(), inForceSince.end(), record.bootNs) - inForceSince.begin() - 1;
        QVERIFY2(record.filterGeneration >= newest, qPrintable(QString("%1 after %2").arg(record.filterGeneration).arg(newest)));
    }
    QVERIFY2(told[0] > 20 && told[1] > 20, qPrintable(QString("%1 and %2").arg(told[0]).arg(told[1])));
}

void tst_FilterGenerations::verdicts_beyondTheRoomPass()
{
    KernelFixture kernel;
    agent::KernelOptions options;
    options.filterCgroups = 1; // and the host, each in two hierarchies: four verdicts of each generation
    TAPIO_OPEN(kernel, {"process"}, options);
    agent::CgroupVerdicts many;
    for (std::uint64_t id = 1'000'000; id < 1'000'100; ++id)
        many.push_back({{id, agent::CgroupHierarchy::V2}, verdict({Filtered::Process})});
    const KernelFilter filter = filterWith(Filtered::Process, [](auto &rule) { rule.byCgroup = true; });
    const auto withoutRoom = kernel.collectors().setFilter(filter, 1, many);
    QVERIFY(withoutRoom.has_value());
    QCOMPARE(withoutRoom->size(), std::size_t(96));
    QCOMPARE(withoutRoom->front(), many[4].first);
    // Those that are gone make room for others, and only for as many.
    const auto changed = kernel.collectors().changeVerdicts({many.begin() + 4, many.begin() + 7}, {many[0].first, many[1].first});
    QVERIFY(changed.has_value());
    QCOMPARE(*changed, agent::CgroupKeys{many[6].first});
    // Those of the generation before make room for the next.
    const Result<agent::CgroupKeys> none = agent::CgroupKeys();
    QCOMPARE(kernel.collectors().setFilter(filter, 2, {many.begin(), many.begin() + 1}), none);
    QCOMPARE(kernel.collectors().setFilter(filter, 3, {many.begin(), many.begin() + 4}), none);
}

void tst_FilterGenerations::tokens_thatWereOwedToASlowerRuleAreNotOwedToTheNext()
{
    const MemoryCgroup noisy("noisy");
    if (!noisy.problem().empty())
        QSKIP(noisy.problem().c_str());
    KernelFixture kernel;
    TAPIO_OPEN(kernel, {"process"});
    const auto withRate = [](std::uint32_t rate, std::uint32_t burst) {
        return filterWith(Filtered::Process, [=](auto &rule) {
            rule.rate = rate;
            rule.burst = burst;
        });
    };
    QVERIFY(kernel.collectors().setFilter(withRate(1, 1000), 1, {}));
    for (int i = 0; i < 60; ++i) // a minute's share, in advance
        endWith(0, &noisy).wait();
    QVERIFY(kernel.collectors().setFilter(withRate(1000, 10), 2, {}));
    QVERIFY(kernel.pollUntil([&] {
        Child child = endWith(0, &noisy);
        child.wait();
        return kernel.waitFor(of<wire::ProcessExit>(child.pid()), std::chrono::milliseconds(200)).has_value();
    }));
}

QTEST_GUILESS_MAIN(tst_FilterGenerations)
#include "tst_filtergenerations.moc"
