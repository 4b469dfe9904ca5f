// SPDX-License-Identifier: GPL-3.0-or-later
// Trigger and assert: what is folded in the kernel: sched_switch, block_rq_insert, _issue, _merge and _complete.
#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QScopeGuard>
#include <QTemporaryDir>
#include <QTest>

#include <fcntl.h>
#include <sched.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <map>
#include <numeric>
#include <vector>

#include <bpf/bpf.h>

#include "tests/bpf/loopdisk.h"
#include "tests/bpf/memorycgroup.h"
#include "tests/bpf/tcppeer.h"

using namespace tapio;
using namespace tapio::test;

class tst_LatencyHooks : public QObject {
    Q_OBJECT

private slots:
    void contention_isSeenInItsCgroup();
    void everyWait_isCounted();
    void waits_areAsLongAsTheSchedulerSays();
    void olderTasks_areKnown();
    void nothingIsMadeInTheScheduler();
    void runqueue_addsUp();
    void blockIo_isSeenInItsCgroup_data();
    void blockIo_isSeenInItsCgroup();
    void blockIo_ofTheAgentIsFiltered();
    void requests_areForgottenWhenTheyAreDone();
    void merge_endsOneOfTwoRequests_data();
    void merge_endsOneOfTwoRequests();
};

namespace {

constexpr std::size_t oneMs = 10; ///< bucket [512, 1024) us, and all above

std::optional<agent::CgroupHistogram> histogramOf(KernelFixture &kernel, std::uint64_t cgroup, const std::string &label)
{
    const auto all = kernel.collectors().histograms();
    if (!all)
        return std::nullopt;
    for (const agent::CgroupHistogram &one : *all) {
        if (one.cgroupId == cgroup && one.label == label)
            return one;
    }
    return std::nullopt;
}

std::uint64_t countFrom(const std::optional<agent::CgroupHistogram> &histogram, std::size_t bucket)
{
    return histogram
               ? std::accumulate(histogram->counts.begin() + static_cast<std::ptrdiff_t>(bucket), histogram->counts.end(), std::uint64_t(0))
               : 0;
}

bool pinToFirstCpu()
{
    cpu_set_t allowed;
    if (::sched_getaffinity(0, sizeof(allowed), &allowed) != 0)
        return false;
    for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
        if (CPU_ISSET(cpu, &allowed)) {
            cpu_set_t one;
            CPU_ZERO(&one);
            CPU_SET(cpu, &one);
            return ::sched_setaffinity(0, sizeof(one), &one) == 0;
        }
    }
    return false;
}

Child spinIn(const MemoryCgroup &cgroup)
{
    return Child::run([&] {
        if (!cgroup.enter() || !pinToFirstCpu())
            return 1;
        for (;;)
            ::getppid();
    });
}

struct SchedStat {
    std::uint64_t delayNs = 0; ///< runnable, without a CPU
    std::uint64_t runs = 0;
};

/// Of the calling process; uses system calls only. All 0 where it cannot be read.
SchedStat schedStatOfSelf()
{
    char text[128] = {};
    const int fd = ::open("/proc/self/schedstat", O_RDONLY | O_CLOEXEC);
    SchedStat stat;
    if (fd >= 0 && ::read(fd, text, sizeof(text) - 1) > 0) {
        char *rest = text;
        std::strtoull(rest, &rest, 10); // on a CPU
        stat.delayNs = std::strtoull(rest, &rest, 10);
        stat.runs = std::strtoull(rest, &rest, 10);
    }
    ::close(fd);
    return stat;
}

/// Of another process; 0 where it cannot be read.
std::uint64_t delayOf(const Child &child)
{
    std::uint64_t onCpu = 0, delay = 0;
    std::ifstream("/proc/" + std::to_string(child.pid()) + "/schedstat") >> onCpu >> delay;
    return delay;
}

/// Name of the disk that holds `path`, "" when that is no disk.
std::string diskOf(const QString &path)
{
    struct stat status {};
    if (::stat(qPrintable(path), &status) != 0)
        return {};
    const QFileInfo device(QString("/sys/dev/block/%1:%2").arg(major(status.st_dev)).arg(minor(status.st_dev)));
    if (!device.exists())
        return {};
    QDir folder(device.canonicalFilePath());
    if (folder.exists("partition"))
        folder.cdUp();
    return folder.dirName().toStdString();
}

constexpr std::size_t blockBytes = 4096;

/// `times` single blocks past the page cache; false when the file system cannot.
bool direct(const QString &path, bool reading, int times)
{
    const int fd = ::open(qPrintable(path), (reading ? O_RDONLY : O_WRONLY | O_CREAT) | O_DIRECT, 0600);
    void *block = std::aligned_alloc(blockBytes, blockBytes);
    bool fine = fd >= 0 && block;
    if (fine)
        std::fill_n(static_cast<char *>(block), blockBytes, 'x');
    for (int i = 0; fine && i < times; ++i) {
        const off_t offset = static_cast<off_t>(i) * static_cast<off_t>(blockBytes);
        fine = (reading ? ::pread(fd, block, blockBytes, offset) : ::pwrite(fd, block, blockBytes, offset))
               == static_cast<ssize_t>(blockBytes);
    }
    if (fine && !reading)
        fine = ::fsync(fd) == 0;
    std::free(block);
    ::close(fd);
    return fine;
}

/// Each `stride`th block from the `first` on, so that the blocks of all writers are neighbours.
bool strided(const QString &path, int first, int stride, int times)
{
    const int fd = ::open(qPrintable(path), O_WRONLY | O_DIRECT);
    void *block = std::aligned_alloc(blockBytes, blockBytes);
    bool fine = fd >= 0 && block;
    if (fine)
        std::fill_n(static_cast<char *>(block), blockBytes, 'x');
    for (int i = 0; fine && i < times; ++i) {
        const off_t offset = static_cast<off_t>(i * stride + first) * static_cast<off_t>(blockBytes);
        fine = ::pwrite(fd, block, blockBytes, offset) == static_cast<ssize_t>(blockBytes);
    }
    std::free(block);
    ::close(fd);
    return fine;
}

/// How many entries the map of this name has, among those that this process holds; -1 when there is none. Those only whose
/// value names this cgroup, when one is given.
int entriesOf(const std::string &name, std::uint64_t cgroup = 0)
{
    for (int fd = 3; fd < 1024; ++fd) {
        bpf_map_info info{};
        std::uint32_t size = sizeof(info);
        if (bpf_obj_get_info_by_fd(fd, &info, &size) != 0 || name != info.name || info.key_size != sizeof(std::uint64_t))
            continue;
        int entries = 0;
        std::uint64_t key = 0, next = 0;
        std::vector<std::uint64_t> value((info.value_size + sizeof(key) - 1) / sizeof(key));
        for (void *after = nullptr; bpf_map_get_next_key(fd, after, &next) == 0; after = &key) {
            key = next;
            const bool isThere = cgroup == 0 || bpf_map_lookup_elem(fd, &key, value.data()) == 0;
            entries += isThere && (cgroup == 0 || std::find(value.begin(), value.end(), cgroup) != value.end()) ? 1 : 0;
        }
        return entries;
    }
    return -1;
}

/// Runs that the kernel left out, of all programs that this process holds: it does not run a program on a CPU where another task
/// was interrupted within the same one.
std::uint64_t runsLeftOut()
{
    std::uint64_t sum = 0;
    for (int fd = 3; fd < 1024; ++fd) {
        const QFileInfo link(QString("/proc/self/fd/%1").arg(fd));
        bpf_prog_info info{};
        std::uint32_t size = sizeof(info);
        if (link.symLinkTarget().endsWith("bpf-prog") && bpf_obj_get_info_by_fd(fd, &info, &size) == 0)
            sum += info.recursion_misses;
    }
    return sum;
}

/// In the histograms of this label, whosever they are.
std::uint64_t countOfAll(KernelFixture &kernel, const std::string &label)
{
    std::uint64_t sum = 0;
    for (const agent::CgroupHistogram &one : kernel.collectors().histograms().value_or(std::vector<agent::CgroupHistogram>()))
        sum += one.label == label ? countFrom(one, 0) : 0;
    return sum;
}

} // namespace

void tst_LatencyHooks::contention_isSeenInItsCgroup()
{
    TAPIO_NEEDS_KERNEL();
    MemoryCgroup busy("busy");
    MemoryCgroup quiet("quiet");
    if (!busy.problem().empty() || !quiet.problem().empty())
        QSKIP((busy.problem() + quiet.problem()).c_str());
    KernelFixture kernel;
    TAPIO_OPEN(kernel, {"runqueue"});

    const std::uint64_t id = busy.id();
    std::vector<Child> children;
    for (int i = 0; i < 3; ++i)
        children.push_back(spinIn(busy)); // each waits while the others have the CPU
    QVERIFY(kernel.pollUntil([&] { return countFrom(histogramOf(kernel, id, ""), oneMs) >= 20; }));
    const auto histogram = histogramOf(kernel, id, "");
    QCOMPARE(histogram->kind, wire::HistogramKind::RunQueueLatency);
    QVERIFY(!histogramOf(kernel, quiet.id(), "").has_value());
    children.clear();
}

void tst_LatencyHooks::everyWait_isCounted()
{
    TAPIO_NEEDS_KERNEL();
    MemoryCgroup cgroup("pingpong");
    if (!cgroup.problem().empty())
        QSKIP(cgroup.problem().c_str());
    KernelFixture kernel;
    TAPIO_OPEN(kernel, {"runqueue"});

    constexpr std::uint32_t turns = 500;
    Pipe there, back;
    Child echo = Child::run([&] {
        if (!cgroup.enter())
            return 1;
        for (std::uint32_t i = 0; i < turns; ++i)
            back.send(there.receive());
        return 0;
    });
    Child caller = Child::run([&] {
        for (std::uint32_t i = 1; i <= turns; ++i) {
            if (!there.send(i) || back.receive() != i)
                return 1;
        }
        return 0;
    });
    QCOMPARE(caller.wait(), 0);
    QCOMPARE(echo.wait(), 0);
    // A reader that finds the answer already there does not go to sleep, so not every turn has a wait.
    QVERIFY(countFrom(histogramOf(kernel, cgroup.id(), ""), 0) >= turns / 2);
}

/// Against /proc/PID/schedstat. A bucket says a wait within a factor of two, and so all of them say their sum.
void tst_LatencyHooks::waits_areAsLongAsTheSchedulerSays()
{
    TAPIO_NEEDS_KERNEL();
    MemoryCgroup observed("observed"), others("others");
    if (!observed.problem().empty() || !others.problem().empty())
        QSKIP((observed.problem() + others.problem()).c_str());
    KernelFixture kernel;
    TAPIO_OPEN(kernel, {"runqueue"});

    const Child first = spinIn(others), second = spinIn(others);
    int results[2];
    QCOMPARE(::pipe(results), 0);
    Child child = Child::run([&] {
        if (!observed.enter() || !pinToFirstCpu())
            return 1;
        const SchedStat before = schedStatOfSelf();
        if (before.runs == 0)
            return 3;
        while (schedStatOfSelf().delayNs - before.delayNs < 500'000'000)
            ::getppid();
        const SchedStat after = schedStatOfSelf();
        const SchedStat waited{after.delayNs - before.delayNs, after.runs - before.runs};
        return ::write(results[1], &waited, sizeof(waited)) == sizeof(waited) ? 0 : 2;
    });
    const int status = child.wait();
    if (WEXITSTATUS(status) == 3)
        QSKIP("this kernel keeps no /proc/PID/schedstat");
    QCOMPARE(status, 0);
    SchedStat said;
    QCOMPARE(::read(results[0], &said, sizeof(said)), ssize_t(sizeof(said)));
    ::close(results[0]);
    ::close(results[1]);

    const auto histogram = histogramOf(kernel, observed.id(), "");
    QVERIFY(histogram.has_value());
    std::uint64_t least = 0, most = 0;
    for (std::size_t bucket = 0; bucket < histogram->counts.size(); ++bucket) {
        least += histogram->counts[bucket] * (bucket == 0 ? 0 : 1000ull << (bucket - 1));
        most += histogram->counts[bucket] * (1000ull << bucket);
    }
    // The runs at both ends lie in one of the two accounts only: a few, of some milliseconds each.
    constexpr std::uint64_t ends = 100'000'000;
    const QString figures = QString("%1 ns in %2 runs; here %3 to %4 ns in %5")
                                .arg(said.delayNs)
                                .arg(said.runs)
                                .arg(least)
                                .arg(most)
                                .arg(countFrom(histogram, 0));
    QVERIFY2(said.delayNs + ends >= least && said.delayNs <= most + ends, qPrintable(figures));
    QVERIFY2(countFrom(histogram, 0) + 3 >= said.runs && countFrom(histogram, 0) <= said.runs + 6, qPrintable(figures));
}

/// They were there before the collector, or before it was switched on again.
void tst_LatencyHooks::olderTasks_areKnown()
{
    TAPIO_NEEDS_KERNEL();
    MemoryCgroup cgroup("older");
    if (!cgroup.problem().empty())
        QSKIP(cgroup.problem().c_str());
    std::vector<Child> children;
    for (int i = 0; i < 3; ++i)
        children.push_back(spinIn(cgroup));
    KernelFixture kernel;
    TAPIO_OPEN(kernel, {"runqueue"});
    QVERIFY(kernel.pollUntil([&] { return countFrom(histogramOf(kernel, cgroup.id(), ""), oneMs) >= 20; }));
    QCOMPARE(kernel.counters("runqueue")[Counter::Lost], 0u);

    // What they waited while nobody looked is no single wait of theirs.
    kernel.collectors().setDisabled({"runqueue"});
    const std::uint64_t whileOff = countFrom(histogramOf(kernel, cgroup.id(), ""), 0);
    const std::uint64_t waited = delayOf(children.front());
    QTRY_VERIFY_WITH_TIMEOUT(delayOf(children.front()) >= waited + 1'000'000'000, 20'000);
    QCOMPARE(countFrom(histogramOf(kernel, cgroup.id(), ""), 0), whileOff);
    const std::uint64_t seconds = countFrom(histogramOf(kernel, cgroup.id(), ""), oneMs + 10);
    kernel.collectors().setDisabled({});
    QVERIFY(kernel.pollUntil([&] { return countFrom(histogramOf(kernel, cgroup.id(), ""), oneMs) >= whileOff + 20; }));
    QCOMPARE(countFrom(histogramOf(kernel, cgroup.id(), ""), oneMs + 10), seconds);
}

/// With the run queue locked nothing may be allocated: what is kept with a task comes from elsewhere, or the run is lost.
void tst_LatencyHooks::nothingIsMadeInTheScheduler()
{
    TAPIO_NEEDS_KERNEL();
    MemoryCgroup cgroup("unknown");
    if (!cgroup.problem().empty())
        QSKIP(cgroup.problem().c_str());
    std::vector<Child> children;
    for (int i = 0; i < 3; ++i)
        children.push_back(spinIn(cgroup));
    KernelFixture kernel;
    agent::KernelOptions options;
    options.attachKinds = {"tp_btf"}; // without the walk over the tasks that are there
    TAPIO_OPEN(kernel, {"runqueue"}, options);
    QVERIFY(kernel.pollUntil([&] { return kernel.counters("runqueue")[Counter::Lost] >= 20; }));
    QVERIFY(!histogramOf(kernel, cgroup.id(), "").has_value());
}

void tst_LatencyHooks::runqueue_addsUp()
{
    TAPIO_NEEDS_KERNEL();
    KernelFixture kernel;
    TAPIO_OPEN(kernel, {"runqueue"});
    Child::run([] { return 0; }).wait();
    // Another CPU may be inside a hook while the counters are read; at rest between two, nothing is missing.
    QVERIFY(kernel.pollUntil([&] { return kernel.counters("runqueue").inRing() == 0; }));
    QVERIFY(kernel.counters("runqueue")[Counter::Folded] > 0);
    QCOMPARE(kernel.counters("runqueue")[Counter::Lost], 0u);
}

void tst_LatencyHooks::blockIo_isSeenInItsCgroup_data()
{
    QTest::addColumn<QString>("attachKind");
    QTest::newRow("typed tracepoint") << "tp_btf";
    QTest::newRow("raw tracepoint") << "raw_tp";
}

void tst_LatencyHooks::blockIo_isSeenInItsCgroup()
{
    TAPIO_NEEDS_KERNEL();
    QFETCH(QString, attachKind);
    QTemporaryDir folder("/var/tmp/tapio-blockio-XXXXXX");
    QVERIFY(folder.isValid());
    const std::string disk = diskOf(folder.path());
    if (disk.empty())
        QSKIP("/var/tmp is not on a disk");
    const QString path = folder.filePath("file");
    if (!direct(path, false, 1))
        QSKIP("the file system of /var/tmp does not write past the page cache");
    MemoryCgroup cgroup("blockio");
    if (!cgroup.problem().empty())
        QSKIP(cgroup.problem().c_str());
    KernelFixture kernel;
    agent::KernelOptions options;
    options.attachKinds = {attachKind.toStdString()};
    TAPIO_OPEN(kernel, {"blockio"}, options);

    constexpr int blocks = 50;
    // Requests are counted: a block next to another process's may have been merged into that one's. Where the disk is busy with much that
    // others wrote before, that may be most of them: once more then.
    ::sync();
    std::map<std::string, std::uint64_t> all, most;
    for (int times = 0; times < 10 && (most["write"] < blocks / 2 || most["read"] < blocks / 2); ++times) {
        Child child = Child::run([&] { return cgroup.enter() && direct(path, false, blocks) && direct(path, true, blocks) ? 0 : 1; });
        QCOMPARE(child.wait(), 0);
        for (const std::string what : {"write", "read"}) {
            const std::uint64_t now = countFrom(histogramOf(kernel, cgroup.id(), disk + ' ' + what), 0);
            most[what] = std::max(most[what], now - all[what]);
            all[what] = now;
        }
    }
    for (const std::string what : {"write", "read"}) {
        const std::string label = disk + ' ' + what;
        const auto histogram = histogramOf(kernel, cgroup.id(), label);
        QVERIFY2(histogram.has_value(), label.c_str());
        QCOMPARE(histogram->kind, wire::HistogramKind::BlockIoLatency);
        QVERIFY2(most[what] >= blocks / 2, label.c_str());
        QVERIFY(countFrom(histogram, 1) > 0); // no disk answers within a microsecond
    }
    QVERIFY(kernel.pollUntil([&] { return kernel.counters("blockio").inRing() == 0; }));
    QCOMPARE(kernel.counters("blockio")[Counter::Lost], 0u);
}

/// As an agent writes its log: nothing of it may come back as a figure.
void tst_LatencyHooks::blockIo_ofTheAgentIsFiltered()
{
    TAPIO_NEEDS_KERNEL();
    QTemporaryDir folder("/var/tmp/tapio-blockio-XXXXXX");
    QVERIFY(folder.isValid());
    const std::string disk = diskOf(folder.path());
    if (disk.empty() || !direct(folder.filePath("file"), false, 1))
        QSKIP("/var/tmp is not on a disk, or does not write past the page cache");
    MemoryCgroup cgroup("ownio");
    if (!cgroup.problem().empty())
        QSKIP(cgroup.problem().c_str());
    const std::string label = disk + " read";
    // The collectors know the process that opened them: one of its own, in a cgroup of its own.
    Child agent = Child::run([&] {
        KernelFixture kernel;
        if (!cgroup.enter() || !kernel.open({"blockio"}).isEmpty())
            return 1;
        if (!direct(folder.filePath("file"), true, 1) || kernel.counters("blockio")[Counter::KFiltered] < 2)
            return 2;
        return histogramOf(kernel, cgroup.id(), label) ? 3 : 0;
    });
    QCOMPARE(WEXITSTATUS(agent.wait()), 0);
}

/// Neighbouring blocks of several writers, so that the scheduler merges some of the requests that wait.
void tst_LatencyHooks::requests_areForgottenWhenTheyAreDone()
{
    TAPIO_NEEDS_KERNEL();
    QTemporaryDir folder("/var/tmp/tapio-blockio-XXXXXX");
    QVERIFY(folder.isValid());
    const QString path = folder.filePath("file");
    if (diskOf(folder.path()).empty() || !direct(path, false, 1))
        QSKIP("/var/tmp is not on a disk, or does not write past the page cache");
    MemoryCgroup cgroup("writers");
    if (!cgroup.problem().empty())
        QSKIP(cgroup.problem().c_str());
    KernelFixture kernel;
    TAPIO_OPEN(kernel, {"blockio"});
    constexpr int writers = 16;
    std::vector<Child> children;
    for (int i = 0; i < writers; ++i)
        children.push_back(Child::run([&] { return cgroup.enter() && strided(path, i, writers, 64) ? 0 : 1; }));
    for (Child &child : children)
        QCOMPARE(child.wait(), 0);
    QVERIFY(entriesOf("requests") >= 0);
    // Of these writers alone: what others have on the disk may never pause. A completion that interrupts another one is a run that the
    // kernel leaves out, and nothing else may leave an entry behind.
    const auto kept = [&cgroup] { return entriesOf("requests", cgroup.id()); };
    const bool forgotten = kernel.pollUntil([&] { return kept() <= static_cast<int>(runsLeftOut()); });
    QVERIFY2(forgotten,
             qPrintable(QString("%1 kept, %2 of all, %3 runs left out").arg(kept()).arg(entriesOf("requests")).arg(runsLeftOut())));
}

void tst_LatencyHooks::merge_endsOneOfTwoRequests_data()
{
    QTest::addColumn<QString>("attachKind");
    QTest::newRow("typed tracepoint") << "tp_btf";
    QTest::newRow("raw tracepoint") << "raw_tp";
}

/// Requests that were merged into others are in the histogram once, with those: as many as the disk itself says it completed.
void tst_LatencyHooks::merge_endsOneOfTwoRequests()
{
    TAPIO_NEEDS_KERNEL();
    QFETCH(QString, attachKind);
    const QTemporaryDir folder;
    const LoopDisk disk(folder.filePath("disk").toStdString());
    if (!disk.problem().empty())
        QSKIP(disk.problem().c_str());
    MemoryCgroup cgroup("merge");
    if (!cgroup.problem().empty())
        QSKIP(cgroup.problem().c_str());
    KernelFixture kernel;
    agent::KernelOptions options;
    options.measureAllRuns = true; // what says that the hook ran
    options.attachKinds = {attachKind.toStdString()};
    TAPIO_OPEN(kernel, {"blockio"}, options);
    const auto mergesSeen = [&kernel] {
        const auto hooks = kernel.collectors().hooks();
        const auto hook = std::find_if(hooks.begin(), hooks.end(), [](const wire::Hook &one) { return one.name == "block_rq_merge"; });
        return hook == hooks.end() ? 0 : hook->runCount;
    };
    const LoopDisk::Writes before = disk.writes();
    const auto since = [&] { return LoopDisk::Writes{disk.writes().completed - before.completed, disk.writes().merged - before.merged}; };
    std::uint64_t times = 0, mergedRequests = 0;
    // Where the disk is faster than we hand in, nothing waits and nothing merges: once more then.
    for (; times < 200 && mergedRequests == 0; ++times) {
        const std::uint64_t merged = since().merged;
        QCOMPARE(Child::run([&] { return cgroup.enter() && disk.writeWhatMerges() ? 0 : 1; }).wait(), 0);
        // The disk's figure has the merged bios, too; what is beyond these were requests of their own.
        const std::uint64_t now = since().merged - merged;
        mergedRequests += now - std::min(now, LoopDisk::gaps);
    }
    QVERIFY2(mergedRequests > 0, "no request was ever merged into another one");
    const std::uint64_t written = times * LoopDisk::writesAtOnce;

    const std::string label = disk.name() + " write";
    // A write is done for its program a moment before the disk's own books are.
    const bool settled = kernel.pollUntil(
        [&] { return since().completed + since().merged == written && countOfAll(kernel, label) + runsLeftOut() >= since().completed; });
    const std::uint64_t counted = countOfAll(kernel, label), leftOut = runsLeftOut();
    const QString figures = QString("%1 writes, %2 completed, %3 merged, %4 counted, %5 runs left out, %6 merges seen")
                                .arg(written)
                                .arg(since().completed)
                                .arg(since().merged)
                                .arg(counted)
                                .arg(leftOut)
                                .arg(mergesSeen());
    QVERIFY2(settled, qPrintable(figures));
    QVERIFY2(leftOut == 0 ? counted == since().completed : counted <= since().completed, qPrintable(figures));
    QVERIFY2(mergesSeen() + leftOut >= mergedRequests, qPrintable(figures)); // other disks merge as well
    QVERIFY(entriesOf("requests") >= 0);
    QVERIFY2(entriesOf("requests", cgroup.id()) <= static_cast<int>(leftOut), qPrintable(figures));
    QVERIFY(kernel.pollUntil([&] { return kernel.counters("blockio").inRing() == 0; }));
    QCOMPARE(kernel.counters("blockio")[Counter::Lost], 0u);
}

QTEST_GUILESS_MAIN(tst_LatencyHooks)
#include "tst_latencyhooks.moc"
