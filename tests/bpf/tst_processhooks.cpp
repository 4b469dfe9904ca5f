// SPDX-License-Identifier: GPL-3.0-or-later
// Trigger and assert: sched_process_exec and sched_process_exit.
#include <QDir>
#include <QTemporaryDir>
#include <QTest>

#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <fstream>
#include <map>
#include <set>
#include <thread>

#include "agent/drill/disk.h"
#include "protocol/base/clock.h"
#include "tests/bpf/kernelfixture.h"

using namespace tapio;
using namespace tapio::test;

class tst_ProcessHooks : public QObject {
    Q_OBJECT

private slots:
    void initTestCase();
    void exec_data();
    void exec();
    void arguments_beyondTheLimit();
    void exit_data();
    void exit();
    void exit_withACore();
    void exit_ofManyThreads();
    void exit_ofThreadsThatEndTogether();
    void ownProcess_isFiltered();
    void kernelThread_endsUntold_data();
    void kernelThread_endsUntold();

private:
    static void addAttachKinds();
};

static agent::KernelOptions only(const QString &attachKind)
{
    agent::KernelOptions options;
    options.attachKinds = {attachKind.toStdString()};
    return options;
}

void tst_ProcessHooks::initTestCase()
{
    TAPIO_NEEDS_KERNEL();
    QVERIFY(KernelFixture::provideTracefs());
}

void tst_ProcessHooks::addAttachKinds()
{
    QTest::addColumn<QString>("attachKind");
    QTest::newRow("typed tracepoint") << "tp_btf";
    QTest::newRow("raw tracepoint") << "raw_tp";
    QTest::newRow("plain tracepoint") << "tracepoint";
}

void tst_ProcessHooks::exec_data() { addAttachKinds(); }

void tst_ProcessHooks::exec()
{
    TAPIO_NEEDS_KERNEL();
    QFETCH(QString, attachKind);
    KernelFixture kernel;
    TAPIO_OPEN(kernel, {"process"}, only(attachKind));

    const auto before = static_cast<std::uint64_t>(SystemClock().bootNs());
    Child child = Child::command({"/bin/true", "", "two words", "caf\xc3\xa9", "bad\xff"});
    QCOMPARE(child.wait(), 0);
    const auto record = kernel.waitFor(of<wire::ProcessExec>(child.pid()));
    QVERIFY(record.has_value());

    QCOMPARE(record->source, "process");
    QVERIFY(record->cgroupId != 0);
    QVERIFY(record->bootNs >= before);
    QVERIFY(record->drainedBootNs >= record->bootNs);
    QVERIFY(record->event.process.startTimeNs >= before && record->event.process.startTimeNs <= record->bootNs);
    QCOMPARE(record->event.process.comm, "true");
    QCOMPARE(record->event.process.uid, ::getuid());
    const auto &detail = std::get<wire::ProcessExec>(record->event.detail);
    QCOMPARE(detail.parentPid, static_cast<std::uint32_t>(::getpid()));
    QCOMPARE(detail.parentComm, "tst_processhook");
    QCOMPARE(detail.filename, "/bin/true");
    const std::vector<std::string> arguments{"/bin/true", "", "two words", "caf\xc3\xa9", "bad\xef\xbf\xbd"};
    QCOMPARE(detail.arguments, arguments);
    QVERIFY(!detail.argumentsTruncated);
    QCOMPARE(kernel.collectors().hooks().front().attachKind, attachKind.toStdString());
}

void tst_ProcessHooks::arguments_beyondTheLimit()
{
    TAPIO_NEEDS_KERNEL();
    KernelFixture kernel;
    TAPIO_OPEN(kernel, {"process"});

    Child child = Child::command({"/bin/true", std::string(100, 'a'), std::string(1000, 'b'), "never seen"});
    QCOMPARE(child.wait(), 0);
    const auto record = kernel.waitFor(of<wire::ProcessExec>(child.pid()));
    QVERIFY(record.has_value());
    const auto &detail = std::get<wire::ProcessExec>(record->event.detail);
    QVERIFY(detail.argumentsTruncated);
    QCOMPARE(detail.arguments.size(), std::size_t(3));
    QCOMPARE(detail.arguments[1], std::string(100, 'a'));
    QCOMPARE(detail.arguments[2], std::string(512 - 10 - 101, 'b'));
}

void tst_ProcessHooks::exit_data()
{
    QTest::addColumn<QString>("attachKind");
    QTest::addColumn<int>("code");
    QTest::addColumn<int>("signal");
    const auto add = [](const char *name, int code, int signal) {
        for (const char *kind : {"tp_btf", "raw_tp", "tracepoint"})
            QTest::newRow(qPrintable(QString("%1, %2").arg(name, kind))) << kind << code << signal;
    };
    add("exits with 0", 0, 0);
    add("exits with 3", 3, 0);
    add("exits with 255", 255, 0);
    add("is killed", 0, SIGKILL);
    add("is terminated", 0, SIGTERM);
    add("aborts", 0, SIGABRT);
}

void tst_ProcessHooks::exit()
{
    TAPIO_NEEDS_KERNEL();
    QFETCH(QString, attachKind);
    QFETCH(int, code);
    QFETCH(int, signal);
    KernelFixture kernel;
    TAPIO_OPEN(kernel, {"process"}, only(attachKind));

    Child child = Child::run([&] {
        const rlimit noCore{0, 0};
        ::setrlimit(RLIMIT_CORE, &noCore);
        if (signal != 0)
            ::raise(signal);
        return code;
    });
    const int status = child.wait();
    const auto record = kernel.waitFor(of<wire::ProcessExit>(child.pid()));
    QVERIFY(record.has_value());
    const auto &detail = std::get<wire::ProcessExit>(record->event.detail);
    QCOMPARE(detail.exitCode, code);
    QCOMPARE(detail.signal, signal);
    QCOMPARE(detail.signal, WIFSIGNALED(status) ? WTERMSIG(status) : 0);
    QVERIFY(!detail.coreDumped);
    QCOMPARE(detail.durationNs, record->bootNs - record->event.process.startTimeNs);
    QVERIFY(detail.durationNs > 0);
    QCOMPARE(detail.killerPid, 0u); // that is the collector "signal"
}

void tst_ProcessHooks::exit_withACore()
{
    TAPIO_NEEDS_KERNEL();
    QTemporaryDir folder;
    KernelFixture kernel;
    TAPIO_OPEN(kernel, {"process"});

    Child child = Child::run([&] {
        const rlimit allowed{RLIM_INFINITY, RLIM_INFINITY};
        if (::setrlimit(RLIMIT_CORE, &allowed) != 0 || ::chdir(qPrintable(folder.path())) != 0)
            return 1;
        ::raise(SIGSEGV);
        return 1;
    });
    const int status = child.wait();
    if (!WIFSIGNALED(status) || !WCOREDUMP(status))
        QSKIP("this machine writes no core files");
    const auto record = kernel.waitFor(of<wire::ProcessExit>(child.pid()));
    QVERIFY(record.has_value());
    const auto &detail = std::get<wire::ProcessExit>(record->event.detail);
    QVERIFY(detail.coreDumped);
    QCOMPARE(detail.signal, SIGSEGV);
}

void tst_ProcessHooks::exit_ofManyThreads()
{
    TAPIO_NEEDS_KERNEL();
    KernelFixture kernel;
    TAPIO_OPEN(kernel, {"process"});

    Child child = Child::run([] {
        std::vector<std::thread> threads;
        for (int i = 0; i < 8; ++i)
            threads.emplace_back([] {});
        for (std::thread &thread : threads)
            thread.join();
        return 7;
    });
    child.wait();
    QVERIFY(kernel.waitFor(of<wire::ProcessExit>(child.pid())).has_value());
    kernel.drainAll();
    QCOMPARE(std::count_if(kernel.records().begin(), kernel.records().end(), of<wire::ProcessExit>(child.pid())), 1);
}

/// As before 6.16, where the hook does not say which thread is the last: the plain tracepoint never does.
void tst_ProcessHooks::exit_ofThreadsThatEndTogether()
{
    TAPIO_NEEDS_KERNEL();
    KernelFixture kernel;
    TAPIO_OPEN(kernel, {"process"}, only("tracepoint"));

    constexpr int processes = 300, threads = 16;
    std::set<std::uint32_t> pids;
    for (int i = 0; i < processes; ++i) {
        Child child = Child::run([] {
            std::atomic<int> waiting{0};
            for (int j = 0; j < threads; ++j) {
                std::thread([&waiting] {
                    ++waiting;
                    ::pause();
                }).detach();
            }
            while (waiting < threads)
                std::this_thread::yield();
            return 0; // and all of them end
        });
        child.wait();
        pids.insert(child.pid());
        kernel.drainAll();
    }
    kernel.pollUntil([&] {
        kernel.drainAll();
        return kernel.counters("process").inRing() == 0;
    });
    std::map<std::uint32_t, int> told;
    for (const agent::KernelRecord &record : kernel.records()) {
        if (std::holds_alternative<wire::ProcessExit>(record.event.detail) && pids.contains(record.event.process.pid))
            ++told[record.event.process.pid];
    }
    QCOMPARE(told.size(), pids.size());
    QVERIFY(std::all_of(told.begin(), told.end(), [](const auto &one) { return one.second == 1; }));
}

void tst_ProcessHooks::ownProcess_isFiltered()
{
    TAPIO_NEEDS_KERNEL();
    KernelFixture kernel;
    TAPIO_OPEN(kernel, {"process"});

    const auto before = kernel.counters("process");
    std::thread([] {}).join(); // its end is an exit of our own process
    QVERIFY(kernel.counters("process")[Counter::KFiltered] > before[Counter::KFiltered]);
    kernel.drainAll();
    for (const agent::KernelRecord &record : kernel.records())
        QVERIFY(record.event.process.pid != static_cast<std::uint32_t>(::getpid()));
}

/// Of the thread that keeps the journal of an ext4 file system on a loop device; 0 = there is none.
static int journalThread()
{
    for (const QString &name : QDir("/proc").entryList(QDir::Dirs)) {
        std::ifstream file("/proc/" + name.toStdString() + "/comm");
        std::string comm;
        if (name.toInt() > 0 && std::getline(file, comm) && comm.starts_with("jbd2/loop"))
            return name.toInt();
    }
    return 0;
}

void tst_ProcessHooks::kernelThread_endsUntold_data() { addAttachKinds(); }

void tst_ProcessHooks::kernelThread_endsUntold()
{
    TAPIO_NEEDS_KERNEL();
    if (const Status possible = drill::probeScratchDisk({}); !possible)
        QSKIP(possible.error().message().c_str());
    QFETCH(QString, attachKind);
    KernelFixture kernel;
    TAPIO_OPEN(kernel, {"process"}, only(attachKind));
    const QTemporaryDir folder;
    const pid_t child = ::fork();
    if (child == 0) {
        const bool isApart = ::unshare(CLONE_NEWNS) == 0 && ::mount("", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0;
        const auto disk = isApart ? drill::mountScratchDisk(folder.path().toStdString(), 16u << 20)
                                  : Result<drill::ScratchDisk>(fail(Errc::Unsupported, ""));
        std::ofstream(folder.filePath("thread").toStdString()) << (disk ? journalThread() : 0) << std::endl;
        ::_exit(disk && ::umount2(disk->folder.c_str(), 0) == 0 ? 0 : 1);
    }
    int status = -1;
    QCOMPARE(::waitpid(child, &status, 0), child);
    QCOMPARE(status, 0);
    int thread = 0;
    std::ifstream(folder.filePath("thread").toStdString()) >> thread;
    QVERIFY(thread > 0);
    QTRY_VERIFY(!QFile::exists("/proc/" + QString::number(thread)));
    kernel.drainAll();
    bool isMakerTold = false;
    for (const agent::KernelRecord &record : kernel.records()) {
        QVERIFY2(record.event.process.pid != static_cast<std::uint32_t>(thread), record.event.process.comm.c_str());
        isMakerTold = isMakerTold || (record.event.type == wire::EventType::ProcessExit && record.event.process.comm == "mkfs.ext4");
    }
    QVERIFY(isMakerTold);
}

QTEST_GUILESS_MAIN(tst_ProcessHooks)
#include "tst_processhooks.moc"
