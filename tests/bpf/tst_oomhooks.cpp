// SPDX-License-Identifier: GPL-3.0-or-later
// Trigger and assert: mark_victim, by a real shortage in a scratch cgroup.
#include <QRegularExpression>
#include <QTest>

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <optional>

#include "tests/bpf/kernelfixture.h"
#include "tests/bpf/memorycgroup.h"

using namespace tapio;
using namespace tapio::test;

class tst_OomHooks : public QObject {
    Q_OBJECT

private slots:
    void initTestCase();
    void victim_data();
    void victim();
    void victimIsNotTheTrigger();
    void victim_isToldWhenSignalsFloodTheRing();
};

namespace {

constexpr std::uint64_t limitBytes = 32u << 20;

/// The kernel's log from now on.
class KernelLog {
public:
    KernelLog() : m_fd(::open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC)) { ::lseek(m_fd, 0, SEEK_END); }
    ~KernelLog() { ::close(m_fd); }
    KernelLog(const KernelLog &) = delete;
    KernelLog &operator=(const KernelLog &) = delete;

    /// "FIELD:NUMBERkB" of its line about the kill of `pid`, in bytes.
    std::optional<std::uint64_t> killedBytes(std::uint32_t pid, const QString &field)
    {
        char line[8192];
        for (ssize_t size = 0; (size = ::read(m_fd, line, sizeof(line))) > 0;)
            m_lines += QString::fromUtf8(line, size);
        const QRegularExpression wanted(QString("Killed process %1 .*%2:(\\d+)kB").arg(pid).arg(field));
        const auto match = wanted.match(m_lines);
        return match.hasMatch() ? std::optional(match.captured(1).toULongLong() << 10) : std::nullopt;
    }

private:
    int m_fd;
    QString m_lines;
};

/// Takes `bytes` of memory and keeps them.
void take(std::uint64_t bytes)
{
    auto *memory = static_cast<volatile char *>(::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    for (std::uint64_t offset = 0; offset < bytes; offset += 4096)
        memory[offset] = 1;
}

bool setOwnOomScore(int score)
{
    std::ofstream file("/proc/self/oom_score_adj");
    file << score << std::flush;
    return file.good();
}

} // namespace

void tst_OomHooks::initTestCase()
{
    TAPIO_NEEDS_KERNEL();
    QVERIFY(KernelFixture::provideTracefs());
}

void tst_OomHooks::victim_data()
{
    QTest::addColumn<QString>("attachKind");
    QTest::newRow("typed tracepoint") << "tp_btf";
    QTest::newRow("raw tracepoint") << "raw_tp";
    QTest::newRow("plain tracepoint, which names the victim by number only") << "tracepoint";
}

void tst_OomHooks::victim()
{
    TAPIO_NEEDS_KERNEL();
    QFETCH(QString, attachKind);
    MemoryCgroup cgroup("oom");
    if (!cgroup.problem().empty())
        QSKIP(cgroup.problem().c_str());
    QVERIFY(cgroup.limitBytes(limitBytes));
    const std::uint64_t cgroupId = cgroup.id();
    KernelFixture kernel;
    agent::KernelOptions options;
    // The collector of signals knows no plain tracepoint and takes the second.
    options.attachKinds = {attachKind.toStdString(), "raw_tp"};
    TAPIO_OPEN(kernel, {"oom", "signal", "process"}, options);

    KernelLog log;
    Child child = Child::run([&] {
        if (!setOwnOomScore(500) || !cgroup.enter())
            return 1;
        take(4 * limitBytes);
        return 0;
    });
    QCOMPARE(WTERMSIG(child.wait()), SIGKILL);

    const auto record = kernel.waitFor(of<wire::OomKill>(child.pid()));
    QVERIFY(record.has_value());
    QCOMPARE(record->source, "oom");
    QCOMPARE(record->cgroupId, cgroupId);
    QCOMPARE(record->event.process.comm, "tst_oomhooks");
    const auto &detail = std::get<wire::OomKill>(record->event.detail);
    QCOMPARE(detail.triggerPid, child.pid());
    QCOMPARE(detail.triggerComm, "tst_oomhooks");
    QCOMPARE(detail.oomScoreAdj, 500);
    QCOMPARE(std::optional(detail.totalVmBytes), log.killedBytes(child.pid(), "total-vm"));
    QCOMPARE(std::optional(detail.anonRssBytes), log.killedBytes(child.pid(), "anon-rss"));
    QCOMPARE(std::optional(detail.fileRssBytes), log.killedBytes(child.pid(), "file-rss"));
    QCOMPARE(std::optional(detail.shmemRssBytes), log.killedBytes(child.pid(), "shmem-rss"));
    QCOMPARE(std::optional(detail.pageTableBytes), log.killedBytes(child.pid(), "pgtables"));

    const auto signal = kernel.waitFor(of<wire::FatalSignal>(child.pid()));
    QVERIFY(signal.has_value());
    QCOMPARE(std::get<wire::FatalSignal>(signal->event.detail).code, SI_KERNEL);
    const auto end = kernel.waitFor(of<wire::ProcessExit>(child.pid()));
    QVERIFY(end.has_value());
    QCOMPARE(end->cgroupId, cgroupId);
    QCOMPARE(std::get<wire::ProcessExit>(end->event.detail).signal, SIGKILL);
}

/// The one that asked for a page is small and may live; the big one, in the same cgroup, is killed for it.
void tst_OomHooks::victimIsNotTheTrigger()
{
    TAPIO_NEEDS_KERNEL();
    MemoryCgroup cgroup("oom2");
    if (!cgroup.problem().empty())
        QSKIP(cgroup.problem().c_str());
    QVERIFY(cgroup.limitBytes(limitBytes));
    KernelFixture kernel;
    TAPIO_OPEN(kernel, {"oom"});

    int ready[2];
    QCOMPARE(::pipe(ready), 0);
    Child big = Child::run([&] {
        const char one = 1;
        if (!setOwnOomScore(1000) || !cgroup.enter())
            return 1;
        take(limitBytes * 3 / 4);
        if (::write(ready[1], &one, 1) != 1)
            return 1;
        for (;;)
            ::pause();
    });
    char one = 0;
    QCOMPARE(::read(ready[0], &one, 1), ssize_t(1));
    ::close(ready[0]);
    ::close(ready[1]);
    Child trigger = Child::run([&] {
        if (!cgroup.enter())
            return 1;
        take(limitBytes / 2);
        return 0;
    });
    QCOMPARE(WTERMSIG(big.wait()), SIGKILL);
    QCOMPARE(trigger.wait(), 0);

    const auto record = kernel.waitFor(of<wire::OomKill>(big.pid()));
    QVERIFY(record.has_value());
    QCOMPARE(std::get<wire::OomKill>(record->event.detail).triggerPid, trigger.pid());
}

/// Signals may have the ring that both share but for a last part.
void tst_OomHooks::victim_isToldWhenSignalsFloodTheRing()
{
    TAPIO_NEEDS_KERNEL();
    MemoryCgroup cgroup("oom3");
    if (!cgroup.problem().empty())
        QSKIP(cgroup.problem().c_str());
    QVERIFY(cgroup.limitBytes(limitBytes));
    KernelFixture kernel;
    agent::KernelOptions options;
    options.criticalRingBytes = 4096;
    TAPIO_OPEN(kernel, {"oom", "signal"}, options);

    for (int i = 0; i < 100; ++i)
        Child::run([] { return ::kill(::getpid(), SIGKILL); }).wait();
    Child child = Child::run([&] {
        if (!setOwnOomScore(500) || !cgroup.enter())
            return 1;
        take(4 * limitBytes);
        return 0;
    });
    QCOMPARE(WTERMSIG(child.wait()), SIGKILL);
    QVERIFY(kernel.waitFor(of<wire::OomKill>(child.pid())).has_value());
    QVERIFY(kernel.counters("signal")[Counter::Lost] > 0);
    QCOMPARE(kernel.counters("oom")[Counter::Lost], 0u);
}

QTEST_GUILESS_MAIN(tst_OomHooks)
#include "tst_oomhooks.moc"
