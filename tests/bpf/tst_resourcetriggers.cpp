// SPDX-License-Identifier: GPL-3.0-or-later
// Trigger and assert: a real cgroup at its memory limit, and real pressure, as the agent's readers tell them.
#include <QTest>

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <vector>

#include "agent/collect/readers/memoryreader.h"
#include "agent/collect/readers/pressurereader.h"
#include "protocol/base/clock.h"
#include "tests/bpf/kernelfixture.h"
#include "tests/bpf/memorycgroup.h"

using namespace tapio;
using namespace tapio::test;

class tst_ResourceTriggers : public QObject {
    Q_OBJECT

private slots:
    void memoryLimit_data();
    void memoryLimit();
    void pressure();
};

namespace {

class Sink final : public agent::KernelRecordSink {
public:
    void onRecord(agent::KernelRecord &&record) override { records.push_back(std::move(record)); }
    std::vector<agent::KernelRecord> records;
};

constexpr std::size_t limit = 16u << 20;

/// Uses more memory than its cgroup has, and is killed for it.
int useTooMuch()
{
    constexpr std::size_t much = 4 * limit;
    auto *memory = static_cast<volatile char *>(::mmap(nullptr, much, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    if (memory == MAP_FAILED)
        return 2;
    for (std::size_t at = 0; at < much; at += 4096)
        memory[at] = 1;
    return 0;
}

} // namespace

void tst_ResourceTriggers::memoryLimit_data()
{
    QTest::addColumn<bool>("isNew");
    QTest::newRow("a cgroup that was there") << false;
    QTest::newRow("a cgroup that came later") << true;
}

void tst_ResourceTriggers::memoryLimit()
{
    QFETCH(bool, isNew);
    const SystemClock clock;
    agent::CgroupInventory inventory("/sys/fs/cgroup", 65'536);
    agent::MemoryReader reader({65'536, 1000, 1000}, inventory, clock);
    Sink sink;
    if (isNew) {
        inventory.refresh();
        reader.read(sink);
    }
    const MemoryCgroup cgroup(isNew ? "later" : "there");
    if (!cgroup.problem().empty())
        QSKIP(cgroup.problem().c_str());
    QVERIFY(cgroup.limitBytes(limit));
    if (!isNew) {
        inventory.refresh();
        reader.read(sink);
    }
    Child child = Child::run([&] { return cgroup.enter() ? useTooMuch() : 1; });
    const int status = child.wait();
    QVERIFY2(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL, qPrintable(QString::number(status)));
    if (isNew)
        inventory.refresh();

    wire::MemoryEvents sum;
    const auto killed = [&] {
        sink.records.clear();
        reader.read(sink);
        for (const agent::KernelRecord &record : sink.records) {
            if (record.cgroupId != cgroup.id() && record.memoryCgroupId != cgroup.id())
                continue;
            const auto &events = std::get<wire::MemoryEvents>(record.event.detail);
            sum.max += events.max;
            sum.oomKill += events.oomKill;
            sum.limitBytes = events.limitBytes;
        }
        return sum.oomKill == 1;
    };
    QTRY_VERIFY(killed());
    QVERIFY(sum.max > 0);
    QCOMPARE(sum.limitBytes, std::uint64_t(limit));
    const auto hooks = reader.hooks();
    QVERIFY(std::any_of(hooks.begin(), hooks.end(), [](const wire::Hook &hook) { return hook.state == wire::HookState::Active; }));
    QCOMPARE(reader.counters().counters.inRing(), 0);
}

void tst_ResourceTriggers::pressure()
{
    const SystemClock clock;
    agent::CgroupInventory none("/nowhere", 1);
    agent::PressureOptions options;
    options.cpu = "some 100000 2000000";
    agent::PressureReader reader(options, none, clock);
    Sink sink;
    reader.read(sink);
    const wire::Hook hook = reader.hooks().front();
    if (hook.state == wire::HookState::Unsupported)
        QSKIP(hook.reason.c_str());
    QVERIFY2(hook.state == wire::HookState::Active, hook.reason.c_str());
    qInfo("%s is watched by: %s %s", hook.name.c_str(), hook.attachKind.c_str(), hook.reason.c_str());

    std::vector<Child> busy; // more than there are processors, for as long as it takes
    const long processors = ::sysconf(_SC_NPROCESSORS_ONLN);
    for (long i = 0; i < 2 * processors; ++i) {
        busy.push_back(Child::run([] {
            for (;;)
                ::getppid();
            return 0;
        }));
    }
    const auto begun = [&] {
        reader.read(sink);
        return std::any_of(sink.records.begin(), sink.records.end(), [](const agent::KernelRecord &record) {
            const auto &stall = std::get<wire::PressureStall>(record.event.detail);
            return stall.resource == wire::PressureResource::Cpu && !stall.ended && stall.thresholdUs == 100'000;
        });
    };
    QTRY_VERIFY_WITH_TIMEOUT(begun(), 20'000);
    QCOMPARE(sink.records.front().source, std::string_view("psi"));
}

QTEST_GUILESS_MAIN(tst_ResourceTriggers)
#include "tst_resourcetriggers.moc"
