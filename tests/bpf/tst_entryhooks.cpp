// SPDX-License-Identifier: GPL-3.0-or-later
// Trigger and assert: processes that are put into a container from outside, as `kubectl exec` and exec probes do it.
#include <QTest>

#include <algorithm>
#include <cstdlib>
#include <utility>

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "protocol/wire/containerexec.h"
#include "tests/bpf/memorycgroup.h"
#include "tests/bpf/tcppeer.h"

using namespace tapio;
using namespace tapio::test;

class tst_EntryHooks : public QObject {
    Q_OBJECT

private slots:
    void entry_isTold_data();
    void entry_isTold();
    void terminals_areToldEachTime();
    void probes_areFolded();
    void probes_areCounted();
    void programsOfOneEntry_areOne_data();
    void programsOfOneEntry_areOne();
    void firstProcess_isNoEntry();
    void sharedNamespace_tellsStartsFromEntries();
    void hostProcess_isNoEntry();
};

namespace {

using Arguments = std::vector<const char *>;

int start(Arguments arguments)
{
    arguments.push_back(nullptr);
    ::execv(arguments.front(), const_cast<char **>(arguments.data()));
    return 127;
}

int waitFor(pid_t pid)
{
    int status = 0;
    return ::waitpid(pid, &status, 0) == pid && WIFEXITED(status) ? WEXITSTATUS(status) : 126;
}

/// A new session whose terminal is a pseudo terminal.
bool takeTerminal()
{
    const int master = ::posix_openpt(O_RDWR | O_NOCTTY);
    const char *slave = master >= 0 && ::grantpt(master) == 0 && ::unlockpt(master) == 0 ? ::ptsname(master) : nullptr;
    return slave != nullptr && ::setsid() > 0 && ::open(slave, O_RDWR) >= 0;
}

bool join(std::uint32_t pid, const char *kind, int flag)
{
    const int fd = ::open(("/proc/" + std::to_string(pid) + "/ns/" + kind).c_str(), O_RDONLY | O_CLOEXEC);
    return fd >= 0 && ::setns(fd, flag) == 0 && ::close(fd) == 0;
}

/// A first process in a pid namespace of its own, which does nothing.
class Container {
public:
    explicit Container(const MemoryCgroup &cgroup, const Arguments &program = {})
        : m_cgroup(cgroup), m_outer(Child::run([&] { return run(program); })), m_first(m_pid.receive())
    {}
    ~Container()
    {
        if (!m_isOver)
            ::kill(static_cast<pid_t>(m_first), SIGKILL);
        waitForEnd();
    }
    Container(const Container &) = delete;
    Container &operator=(const Container &) = delete;
    std::uint32_t first() const { return m_first; }
    /// Exit code of the first process, once.
    int waitForEnd() { return std::exchange(m_isOver, true) ? -1 : WEXITSTATUS(m_outer.wait()); }
    const MemoryCgroup &cgroup() const { return m_cgroup; }

private:
    int run(const Arguments &program)
    {
        Pipe known; // nothing is started before its number is told
        if (!m_cgroup.enter() || ::unshare(CLONE_NEWPID) != 0)
            return 1;
        const pid_t inner = ::fork();
        if (inner == 0) {
            ::prctl(PR_SET_PDEATHSIG, SIGKILL);
            known.receive();
            if (!program.empty())
                ::_exit(start(program));
            for (;;)
                ::pause();
        }
        m_pid.send(static_cast<std::uint32_t>(inner));
        known.send(1);
        return waitFor(inner);
    }

    Pipe m_pid;
    const MemoryCgroup &m_cgroup;
    Child m_outer;
    std::uint32_t m_first;
    bool m_isOver = false;
};

struct Entry {
    std::uint32_t pid = 0;
    int status = -1;
};

/// What a runtime does to execute something in a container: one process joins, its child is inside.
Entry enter(const Container &container, const Arguments &program, bool terminal = false)
{
    Pipe pid;
    Child outer = Child::run([&] {
        if (!join(container.first(), "pid", CLONE_NEWPID))
            return 1;
        Pipe known;
        const pid_t inner = ::fork();
        if (inner == 0) {
            known.receive();
            const bool isReady = container.cgroup().enter() && (!terminal || takeTerminal());
            ::_exit(isReady ? start(program) : 1);
        }
        pid.send(static_cast<std::uint32_t>(inner));
        known.send(1);
        return waitFor(inner);
    });
    const std::uint32_t inner = pid.receive();
    return {inner, WEXITSTATUS(outer.wait())};
}

const wire::Login &login(const agent::KernelRecord &record) { return std::get<wire::Login>(record.event.detail); }

std::vector<agent::KernelRecord> entriesInto(KernelFixture &kernel, const MemoryCgroup &cgroup)
{
    kernel.drainAll();
    std::vector<agent::KernelRecord> found;
    std::copy_if(kernel.records().begin(), kernel.records().end(), std::back_inserter(found), [&](const agent::KernelRecord &record) {
        return std::holds_alternative<wire::Login>(record.event.detail) && record.cgroupId == cgroup.id();
    });
    return found;
}

} // namespace

#define NEEDS_CGROUP(cgroup)                                                                                                               \
    TAPIO_NEEDS_KERNEL();                                                                                                                  \
    const MemoryCgroup cgroup("entry");                                                                                                    \
    if (!(cgroup).problem().empty())                                                                                                       \
    QSKIP((cgroup).problem().c_str())

void tst_EntryHooks::entry_isTold_data()
{
    QTest::addColumn<QString>("attachKind");
    QTest::newRow("typed tracepoint") << "tp_btf";
    QTest::newRow("raw tracepoint") << "raw_tp";
    QTest::newRow("tracepoint") << "tracepoint";
}

void tst_EntryHooks::entry_isTold()
{
    NEEDS_CGROUP(cgroup);
    QFETCH(QString, attachKind);
    if (attachKind == "tracepoint" && !KernelFixture::provideTracefs())
        QSKIP("tracefs cannot be mounted here");
    KernelFixture kernel;
    agent::KernelOptions options;
    options.attachKinds = {attachKind.toStdString()};
    TAPIO_OPEN(kernel, {"entry"}, options);

    const Container container(cgroup);
    const Entry entry = enter(container, {"/bin/true"});
    QCOMPARE(entry.status, 0);
    const auto record = kernel.waitFor(of<wire::Login>(entry.pid));
    QVERIFY(record.has_value());
    QCOMPARE(record->source, "entry");
    QVERIFY(record->containersOnly);
    QCOMPARE(record->cgroupId, cgroup.id());
    QCOMPARE(record->event.process.comm, "true");
    QVERIFY(login(*record).success);
    QCOMPARE(login(*record).service, wire::containerExecService);
    QCOMPARE(login(*record).method, wire::noTerminalMethod);
    QCOMPARE(login(*record).repeats, 1u);
    QVERIFY(login(*record).user.empty()); // the node does not know who asked
    QVERIFY(login(*record).remote.empty());
}

void tst_EntryHooks::terminals_areToldEachTime()
{
    NEEDS_CGROUP(cgroup);
    KernelFixture kernel;
    TAPIO_OPEN(kernel, {"entry"});
    const Container container(cgroup);
    for (int i = 0; i < 3; ++i) {
        const Entry entry = enter(container, {"/bin/true"}, true);
        QCOMPARE(entry.status, 0);
        const auto record = kernel.waitFor(of<wire::Login>(entry.pid));
        QVERIFY(record.has_value());
        QCOMPARE(login(*record).method, wire::terminalMethod);
        QCOMPARE(login(*record).repeats, 1u);
    }
}

void tst_EntryHooks::probes_areFolded()
{
    NEEDS_CGROUP(cgroup);
    KernelFixture kernel;
    TAPIO_OPEN(kernel, {"entry"});
    const Container container(cgroup);
    for (int i = 0; i < 4; ++i)
        QCOMPARE(enter(container, {"/bin/true"}).status, 0);
    QCOMPARE(enter(container, {"/bin/cat", "/dev/null"}).status, 0); // another program is news
    const auto told = entriesInto(kernel, cgroup);
    QCOMPARE(told.size(), 2u);
    QCOMPARE(told[0].event.process.comm, "true");
    QCOMPARE(told[1].event.process.comm, "cat");
    QCOMPARE(kernel.counters("entry")[Counter::Folded], 3u);
}

void tst_EntryHooks::probes_areCounted()
{
    NEEDS_CGROUP(cgroup);
    KernelFixture kernel;
    agent::KernelOptions options;
    options.entryQuiet = std::chrono::seconds(1);
    TAPIO_OPEN(kernel, {"entry"}, options);
    const Container container(cgroup);
    unsigned entries = 0;
    const bool isToldAgain = kernel.pollUntil([&] {
        ++entries;
        return enter(container, {"/bin/true"}).status != 0 || entriesInto(kernel, cgroup).size() == 2;
    });
    QVERIFY(isToldAgain);
    const auto told = entriesInto(kernel, cgroup);
    QCOMPARE(told.size(), 2u);
    QCOMPARE(login(told[0]).repeats, 1u);
    QCOMPARE(login(told[1]).repeats, entries - 1);
}

void tst_EntryHooks::programsOfOneEntry_areOne_data()
{
    QTest::addColumn<QByteArray>("script");
    QTest::newRow("in its place") << QByteArray("exec /bin/true");
    QTest::newRow("its children") << QByteArray("/bin/true; /bin/echo > /dev/null");
    QTest::newRow("a child that outlives it") << QByteArray("(exec /bin/true) > /dev/null &");
}

void tst_EntryHooks::programsOfOneEntry_areOne()
{
    NEEDS_CGROUP(cgroup);
    QFETCH(QByteArray, script);
    KernelFixture kernel;
    TAPIO_OPEN(kernel, {"entry"});
    const Container container(cgroup);
    QCOMPARE(enter(container, {"/bin/sh", "-c", script.constData()}).status, 0);
    const auto told = entriesInto(kernel, cgroup);
    QCOMPARE(told.size(), 1u);
    QCOMPARE(told[0].event.process.comm, "sh");
}

void tst_EntryHooks::firstProcess_isNoEntry()
{
    NEEDS_CGROUP(cgroup);
    KernelFixture kernel;
    TAPIO_OPEN(kernel, {"entry"});
    Container container(cgroup, {"/bin/sh", "-c", "/bin/true"});
    QCOMPARE(container.waitForEnd(), 0);
    QVERIFY(entriesInto(kernel, cgroup).empty());
}

/// shareProcessNamespace: the pod's first process is another container's, with mounts of its own.
void tst_EntryHooks::sharedNamespace_tellsStartsFromEntries()
{
    NEEDS_CGROUP(podCgroup);
    const MemoryCgroup cgroup("entry-shared");
    QVERIFY(cgroup.problem().empty());
    KernelFixture kernel;
    TAPIO_OPEN(kernel, {"entry"});
    const Container pod(podCgroup);
    const auto inContainer = [&](const std::function<bool()> &mounts, const Arguments &program, Pipe &pid) {
        if (!join(pod.first(), "pid", CLONE_NEWPID) || !mounts())
            return 1;
        const pid_t inner = ::fork();
        if (inner == 0) {
            ::prctl(PR_SET_PDEATHSIG, SIGKILL);
            ::_exit(cgroup.enter() ? start(program) : 1);
        }
        pid.send(static_cast<std::uint32_t>(inner));
        return waitFor(inner);
    };
    Pipe startPid;
    Child first = Child::run([&] { return inContainer([] { return ::unshare(CLONE_NEWNS) == 0; }, {"/bin/sleep", "1000"}, startPid); });
    const std::uint32_t container = startPid.receive();
    QVERIFY(kernel.pollUntil([&] {
        const QByteArray name = "/proc/" + QByteArray::number(container) + "/comm";
        QFile comm(name);
        return comm.open(QFile::ReadOnly) && comm.readAll() == "sleep\n";
    }));
    Pipe entryPid;
    Child second = Child::run([&] { return inContainer([&] { return join(container, "mnt", CLONE_NEWNS); }, {"/bin/true"}, entryPid); });
    const std::uint32_t entry = entryPid.receive();
    QCOMPARE(second.wait(), 0);
    const auto told = entriesInto(kernel, cgroup);
    QCOMPARE(told.size(), 1u);
    QCOMPARE(told[0].event.process.pid, entry);
    ::kill(static_cast<pid_t>(container), SIGKILL);
    first.wait();
}

void tst_EntryHooks::hostProcess_isNoEntry()
{
    NEEDS_CGROUP(cgroup);
    KernelFixture kernel;
    TAPIO_OPEN(kernel, {"entry"});
    Child child = Child::run([&] { return cgroup.enter() ? start({"/bin/true"}) : 1; });
    QCOMPARE(child.wait(), 0);
    QVERIFY(entriesInto(kernel, cgroup).empty());
    const CounterSet counters = kernel.counters("entry");
    QVERIFY(counters[Counter::KFiltered] >= 1);
    QCOMPARE(counters[Counter::Seen],
             counters[Counter::KFiltered] + counters[Counter::Folded] + counters[Counter::Lost] + counters[Counter::Drained]);
}

QTEST_GUILESS_MAIN(tst_EntryHooks)
#include "tst_entryhooks.moc"
