// SPDX-License-Identifier: GPL-3.0-or-later
// Trigger and assert: privilege gained, ptrace, modules, capabilities used, and programs written after a container started.
#include <QTemporaryDir>
#include <QTest>

#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/swap.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "protocol/base/clock.h"
#include "tests/bpf/kernelfixture.h"
#include "tests/bpf/memorycgroup.h"

using namespace tapio;
using namespace tapio::test;

class tst_SecurityHooks : public QObject {
    Q_OBJECT

private slots:
    void setUidProgram_data();
    void setUidProgram();
    void fileCapabilities();
    void gainWithoutASetIdProgram();
    void gainInAThread();
    void ordinaryPrograms_gainNothing();
    void ptrace_data();
    void ptrace();
    void ptrace_isToldOnce();
    void ptrace_ofForkedChildrenIsNotTold();
    void moduleLoad();
    void fileTimes();
    void capability_isToldOnceAndCounted();
    void capability_refused();
    void capability_forMemoryIsNoUse_data();
    void capability_forMemoryIsNoUse();
};

namespace {

constexpr uid_t nobody = 65534;

agent::KernelOptions only(const QString &attachKind)
{
    agent::KernelOptions options;
    options.attachKinds = {attachKind.toStdString()};
    return options;
}

/// A copy of /bin/true that everybody can reach.
class Program {
public:
    Program() : m_path(m_folder.filePath("program").toStdString())
    {
        ::chmod(m_folder.path().toLocal8Bit().constData(), 0755);
        m_ok = QFile::copy("/bin/true", QString::fromStdString(m_path)) && ::chmod(m_path.c_str(), 0755) == 0;
    }
    bool ok() const { return m_ok; }
    const std::string &path() const { return m_path; }
    bool setUid() const { return ::chown(m_path.c_str(), 0, 0) == 0 && ::chmod(m_path.c_str(), 04755) == 0; }
    /// Permitted and effective, version 2 of capabilities(7).
    bool setCapability(unsigned capability) const
    {
        const vfs_cap_data data{VFS_CAP_REVISION_2 | VFS_CAP_FLAGS_EFFECTIVE, {{1u << capability, 0}, {0, 0}}};
        return ::setxattr(m_path.c_str(), "security.capability", &data, sizeof(data), 0) == 0;
    }

private:
    QTemporaryDir m_folder;
    std::string m_path;
    bool m_ok = false;
};

int become(uid_t uid) { return ::setresgid(uid, uid, uid) == 0 ? ::setresuid(uid, uid, uid) : -1; }

int start(const char *path)
{
    char *arguments[] = {const_cast<char *>(path), nullptr};
    ::execv(path, arguments);
    return 127;
}

template <typename T> long countOf(const KernelFixture &kernel, std::uint32_t pid)
{
    return std::count_if(kernel.records().begin(), kernel.records().end(), of<T>(pid));
}

/// A child that does nothing until it is killed.
Child sleeper()
{
    return Child::run([] {
        for (;;)
            ::pause();
        return 0;
    });
}

} // namespace

void tst_SecurityHooks::setUidProgram_data()
{
    QTest::addColumn<QString>("attachKind");
    QTest::newRow("typed tracepoint") << "tp_btf";
    QTest::newRow("raw tracepoint") << "raw_tp";
}

void tst_SecurityHooks::setUidProgram()
{
    TAPIO_NEEDS_KERNEL();
    QFETCH(QString, attachKind);
    const Program program;
    QVERIFY(program.ok() && program.setUid());
    KernelFixture kernel;
    agent::KernelOptions options = only(attachKind);
    auto opened = kernel.openTolerant({"security"}, options);
    QVERIFY2(opened.isEmpty(), qPrintable(opened));

    Child child = Child::run([&] { return become(nobody) == 0 ? start(program.path().c_str()) : 1; });
    QCOMPARE(child.wait(), 0);
    const auto record = kernel.waitFor(of<wire::PrivilegeGain>(child.pid()));
    QVERIFY(record.has_value());
    QCOMPARE(record->source, "security");
    const auto &gain = std::get<wire::PrivilegeGain>(record->event.detail);
    QCOMPARE(gain.how, "exec");
    QCOMPARE(gain.filename, program.path());
    QCOMPARE(gain.oldUid, nobody);
    QCOMPARE(gain.newUid, nobody);
    QCOMPARE(gain.oldEuid, nobody);
    QCOMPARE(gain.newEuid, 0u);
    QCOMPARE(gain.oldGid, nobody);
    QCOMPARE(gain.newGid, nobody);
    QVERIFY(gain.gainedCapabilities & 1ull << CAP_SETUID);
    QCOMPARE(record->event.process.uid, nobody);
}

void tst_SecurityHooks::fileCapabilities()
{
    TAPIO_NEEDS_KERNEL();
    const Program program;
    QVERIFY(program.ok());
    if (!program.setCapability(CAP_NET_RAW))
        QSKIP("the file system of the temporary folder keeps no capabilities");
    KernelFixture kernel;
    TAPIO_OPEN(kernel, {"security"});
    Child child = Child::run([&] { return become(nobody) == 0 ? start(program.path().c_str()) : 1; });
    QCOMPARE(child.wait(), 0);
    const auto record = kernel.waitFor(of<wire::PrivilegeGain>(child.pid()));
    QVERIFY(record.has_value());
    const auto &gain = std::get<wire::PrivilegeGain>(record->event.detail);
    QCOMPARE(gain.how, "exec");
    QCOMPARE(gain.gainedCapabilities, 1ull << CAP_NET_RAW);
    QCOMPARE(gain.newEuid, nobody);
}

/// Root by setuid(2), which no program gave: what a flaw of the kernel looks like, too. It shows at the next start of a program.
void tst_SecurityHooks::gainWithoutASetIdProgram()
{
    TAPIO_NEEDS_KERNEL();
    constexpr const char *setpriv = "/usr/bin/setpriv";
    if (::access(setpriv, X_OK) != 0)
        QSKIP("setpriv of util-linux is not there");
    KernelFixture kernel;
    TAPIO_OPEN(kernel, {"security"});
    Child child =
        Child::command({setpriv, "--reuid=65534", "--inh-caps=+setuid", "--ambient-caps=+setuid", setpriv, "--reuid=0", "/bin/true"});
    QCOMPARE(child.wait(), 0);
    const auto record = kernel.waitFor(of<wire::PrivilegeGain>(child.pid()));
    QVERIFY(record.has_value());
    const auto &gain = std::get<wire::PrivilegeGain>(record->event.detail);
    QCOMPARE(gain.how, "before exec");
    QCOMPARE(gain.oldUid, nobody);
    QCOMPARE(gain.newUid, 0u);
    QCOMPARE(gain.oldEuid, nobody);
    QCOMPARE(gain.newEuid, 0u);
    QVERIFY(!(gain.gainedCapabilities & 1ull << CAP_SETUID)); // that it had
    QVERIFY(gain.gainedCapabilities & 1ull << CAP_CHOWN);
    QCOMPARE(gain.filename, "/bin/true");
}

/// The thread that starts a program takes the place of the first one.
void tst_SecurityHooks::gainInAThread()
{
    TAPIO_NEEDS_KERNEL();
    constexpr const char *setpriv = "/usr/bin/setpriv";
    constexpr const char *python = "/usr/bin/python3";
    if (::access(setpriv, X_OK) != 0 || ::access(python, X_OK) != 0)
        QSKIP("setpriv of util-linux, or python3, is not there");
    KernelFixture kernel;
    TAPIO_OPEN(kernel, {"security"});
    Child child = Child::command({setpriv, "--reuid=65534", "--inh-caps=+setuid", "--ambient-caps=+setuid", python, "-c",
                                  "import os, threading\n"
                                  "def gain():\n"
                                  "    os.setresuid(0, 0, 0)\n"
                                  "    os.execv('/bin/true', ['/bin/true'])\n"
                                  "threading.Thread(target=gain).start()\n"});
    QCOMPARE(child.wait(), 0);
    const auto record = kernel.waitFor(of<wire::PrivilegeGain>(child.pid()));
    QVERIFY(record.has_value());
    const auto &gain = std::get<wire::PrivilegeGain>(record->event.detail);
    QCOMPARE(gain.how, "before exec");
    QCOMPARE(gain.oldEuid, nobody);
    QCOMPARE(gain.newEuid, 0u);
}

void tst_SecurityHooks::ordinaryPrograms_gainNothing()
{
    TAPIO_NEEDS_KERNEL();
    KernelFixture kernel;
    TAPIO_OPEN(kernel, {"security", "process"});
    Child root = Child::command({"/bin/true"});
    QCOMPARE(root.wait(), 0);
    Child fallen = Child::run([] { return become(nobody) == 0 ? start("/bin/true") : 1; });
    QCOMPARE(fallen.wait(), 0);
    // Back to a root that it never gave up.
    Child risen = Child::run([] {
        if (::setresuid(nobody, nobody, 0) != 0 || ::setresuid(0, 0, 0) != 0)
            return 1;
        return start("/bin/true");
    });
    QCOMPARE(risen.wait(), 0);
    QVERIFY(kernel.waitFor(of<wire::ProcessExit>(risen.pid())).has_value());
    for (const std::uint32_t pid : {root.pid(), fallen.pid(), risen.pid()})
        QCOMPARE(countOf<wire::PrivilegeGain>(kernel, pid), 0);
}

void tst_SecurityHooks::ptrace_data()
{
    QTest::addColumn<QString>("attachKind");
    QTest::addColumn<bool>("seizes");
    QTest::newRow("attach, typed tracepoint") << "tp_btf" << false;
    QTest::newRow("attach, raw tracepoint") << "raw_tp" << false;
    QTest::newRow("seize, typed tracepoint") << "tp_btf" << true;
}

namespace {

/// Traces, stops and leaves. 0 when all of it worked.
int traceOnce(int pid, bool seizes)
{
    int status = 0;
    if (seizes && (::ptrace(PTRACE_SEIZE, pid, nullptr, nullptr) != 0 || ::ptrace(PTRACE_INTERRUPT, pid, nullptr, nullptr) != 0))
        return 1;
    if (!seizes && ::ptrace(PTRACE_ATTACH, pid, nullptr, nullptr) != 0)
        return 2;
    if (::waitpid(pid, &status, __WALL) != pid)
        return 3;
    return ::ptrace(PTRACE_DETACH, pid, nullptr, nullptr) == 0 ? 0 : 4;
}

} // namespace

void tst_SecurityHooks::ptrace()
{
    TAPIO_NEEDS_KERNEL();
    QFETCH(QString, attachKind);
    QFETCH(bool, seizes);
    KernelFixture kernel;
    const QString error = kernel.openTolerant({"security"}, only(attachKind));
    QVERIFY2(error.isEmpty(), qPrintable(error));
    Child target = sleeper();
    Child tracer = Child::run([&] { return traceOnce(static_cast<int>(target.pid()), seizes); });
    QCOMPARE(tracer.wait(), 0);
    const auto record = kernel.waitFor(of<wire::PtraceAttach>(tracer.pid()));
    QVERIFY(record.has_value());
    const auto &attach = std::get<wire::PtraceAttach>(record->event.detail);
    QCOMPARE(attach.targetPid, target.pid());
    QCOMPARE(attach.targetComm, "tst_securityhoo");
    QCOMPARE(attach.request, std::int64_t(seizes ? PTRACE_SEIZE : PTRACE_ATTACH));
    QCOMPARE(attach.error, 0);
}

void tst_SecurityHooks::ptrace_isToldOnce()
{
    TAPIO_NEEDS_KERNEL();
    KernelFixture kernel;
    TAPIO_OPEN(kernel, {"security", "process"});
    Child target = sleeper();
    Child tracer = Child::run([&] {
        for (int i = 0; i < 3; ++i) {
            if (const int error = traceOnce(static_cast<int>(target.pid()), i % 2 == 1); error != 0)
                return error;
        }
        return 0;
    });
    QCOMPARE(tracer.wait(), 0);
    QVERIFY(kernel.waitFor(of<wire::ProcessExit>(tracer.pid())).has_value());
    QCOMPARE(countOf<wire::PtraceAttach>(kernel, tracer.pid()), 1);
}

void tst_SecurityHooks::ptrace_ofForkedChildrenIsNotTold()
{
    TAPIO_NEEDS_KERNEL();
    KernelFixture kernel;
    TAPIO_OPEN(kernel, {"security", "process"});
    Child tracer = Child::run([] {
        int go[2];
        if (::pipe(go) != 0)
            return 1;
        const int traced = ::fork();
        if (traced == 0) {
            char one = 0;
            if (::read(go[0], &one, 1) != 1)
                ::_exit(1);
            for (int i = 0; i < 3; ++i) {
                if (::fork() == 0)
                    ::_exit(0);
            }
            ::_exit(0);
        }
        if (::ptrace(PTRACE_SEIZE, traced, nullptr, PTRACE_O_TRACEFORK) != 0 || ::write(go[1], "g", 1) != 1)
            return 2;
        int status = 0;
        for (int pid = 0; (pid = ::waitpid(-1, &status, __WALL)) > 0;) {
            if (WIFSTOPPED(status))
                ::ptrace(PTRACE_CONT, pid, nullptr, nullptr);
        }
        return 0;
    });
    QCOMPARE(tracer.wait(), 0);
    QVERIFY(kernel.waitFor(of<wire::ProcessExit>(tracer.pid())).has_value());
    QCOMPARE(countOf<wire::PtraceAttach>(kernel, tracer.pid()), 1);
}

void tst_SecurityHooks::moduleLoad()
{
    TAPIO_NEEDS_KERNEL();
    if (KernelFixture::lacks("module_load")) { // built without CONFIG_MODULES: nothing can be loaded, and that is what is said
        KernelFixture kernel;
        TAPIO_OPEN(kernel, {"security"});
        const auto hooks = kernel.collectors().hooks();
        const auto module = std::find_if(hooks.begin(), hooks.end(), [](const wire::Hook &hook) { return hook.name == "module_load"; });
        QVERIFY(module != hooks.end());
        QCOMPARE(module->state, wire::HookState::Unsupported);
        QVERIFY(module->reason.find("this kernel does not have it") != std::string::npos);
        return;
    }
    if (::access("/sys/module/dummy", F_OK) == 0 || ::access("/sbin/modprobe", X_OK) != 0)
        QSKIP("the module \"dummy\" is loaded already, or modprobe is not there");
    KernelFixture kernel;
    TAPIO_OPEN(kernel, {"security"});
    Child child = Child::command({"/sbin/modprobe", "dummy"});
    if (child.wait() != 0)
        QSKIP("the module \"dummy\" cannot be loaded here");
    const auto record = kernel.waitFor(of<wire::ModuleLoad>(child.pid()));
    Child::command({"/sbin/modprobe", "-r", "dummy"}).wait();
    QVERIFY(record.has_value());
    QCOMPARE(std::get<wire::ModuleLoad>(record->event.detail).name, "dummy");
}

/// The times of a program and of the container that starts it: what is asked of both is the pipeline's question.
void tst_SecurityHooks::fileTimes()
{
    TAPIO_NEEDS_KERNEL();
    const Program program;
    QVERIFY(program.ok());
    struct stat facts {};
    QCOMPARE(::stat(program.path().c_str(), &facts), 0);
    const std::int64_t modifiedNs = facts.st_mtim.tv_sec * nsPerSecond + facts.st_mtim.tv_nsec;
    const std::int64_t changedNs = facts.st_ctim.tv_sec * nsPerSecond + facts.st_ctim.tv_nsec;
    KernelFixture kernel;
    TAPIO_OPEN(kernel, {"process"});

    const auto onHost = static_cast<std::uint64_t>(SystemClock().bootNs());
    Child child = Child::command({program.path()});
    QCOMPARE(child.wait(), 0);
    const auto host = kernel.waitFor(of<wire::ProcessExec>(child.pid()));
    QVERIFY(host.has_value());
    QCOMPARE(std::get<wire::ProcessExec>(host->event.detail).fileModifiedNs, modifiedNs);
    QCOMPARE(host->fileChangedNs, std::max(modifiedNs, changedNs));

    // The first process of a pid namespace starts the program in a child.
    Child container = Child::run([&] {
        if (::unshare(CLONE_NEWPID) != 0)
            return 1;
        const int first = ::fork();
        if (first == 0) {
            const int second = ::fork();
            if (second == 0)
                ::_exit(start(program.path().c_str()));
            int status = 1;
            ::waitpid(second, &status, 0);
            ::_exit(status);
        }
        int status = 1;
        ::waitpid(first, &status, 0);
        return status;
    });
    QCOMPARE(container.wait(), 0);
    const auto inside = kernel.waitFor([&](const agent::KernelRecord &record) {
        const auto *exec = std::get_if<wire::ProcessExec>(&record.event.detail);
        return exec != nullptr && exec->filename == program.path() && record.bootNs > host->bootNs;
    });
    QVERIFY(inside.has_value());
    QVERIFY(inside->containerStartBootNs >= onHost && inside->containerStartBootNs <= inside->bootNs);
    QCOMPARE(std::get<wire::ProcessExec>(inside->event.detail).fileModifiedNs, modifiedNs);
    QVERIFY(host->containerStartBootNs < inside->containerStartBootNs); // 0 on a host, less where the test runs in a container
}

namespace {

std::function<bool(const agent::KernelRecord &)> usedIn(std::uint64_t cgroup, bool granted)
{
    return [=](const agent::KernelRecord &record) {
        const auto *use = std::get_if<wire::CapabilityUse>(&record.event.detail);
        return use != nullptr && use->capability == CAP_SYS_ADMIN && use->granted == granted
               && (record.cgroupId == cgroup || record.memoryCgroupId == cgroup);
    };
}

} // namespace

#define TAPIO_OPEN_CAPABILITY(kernel)                                                                                                      \
    KernelFixture kernel;                                                                                                                  \
    const QString error_ = (kernel).open({"capability", "process"});                                                                       \
    if (error_.contains("does not have it"))                                                                                               \
        QSKIP(qPrintable("cap_capable: " + error_));                                                                                       \
    QVERIFY2(error_.isEmpty(), qPrintable(error_))

void tst_SecurityHooks::capability_isToldOnceAndCounted()
{
    TAPIO_NEEDS_KERNEL();
    const MemoryCgroup cgroup("capability");
    QVERIFY2(cgroup.problem().empty(), cgroup.problem().c_str());
    TAPIO_OPEN_CAPABILITY(kernel);
    const std::uint64_t before = kernel.counters("capability")[Counter::Folded];
    Child child = Child::run([&] {
        if (!cgroup.enter())
            return 1;
        for (int i = 0; i < 5; ++i)
            ::swapoff("/nowhere");
        return 0;
    });
    QCOMPARE(child.wait(), 0);
    const auto record = kernel.waitFor(usedIn(cgroup.id(), true));
    QVERIFY(record.has_value());
    QCOMPARE(record->source, "capability");
    QVERIFY(record->containersOnly);
    QCOMPARE(record->event.process.pid, child.pid());
    QCOMPARE(std::get<wire::CapabilityUse>(record->event.detail).repeats, 1u);
    QVERIFY(kernel.waitFor(of<wire::ProcessExit>(child.pid())).has_value());
    QCOMPARE(std::count_if(kernel.records().begin(), kernel.records().end(), usedIn(cgroup.id(), true)), 1);
    QVERIFY(kernel.counters("capability")[Counter::Folded] >= before + 4);
}

void tst_SecurityHooks::capability_refused()
{
    TAPIO_NEEDS_KERNEL();
    const MemoryCgroup cgroup("refused");
    QVERIFY2(cgroup.problem().empty(), cgroup.problem().c_str());
    TAPIO_OPEN_CAPABILITY(kernel);
    Child child = Child::run([&] {
        if (!cgroup.enter() || become(nobody) != 0)
            return 1;
        return ::swapoff("/nowhere") != 0 && errno == EPERM ? 0 : 2;
    });
    QCOMPARE(child.wait(), 0);
    const auto record = kernel.waitFor(usedIn(cgroup.id(), false));
    QVERIFY(record.has_value());
    QCOMPARE(record->event.process.uid, nobody);
}

namespace {

/// Ways of asking for memory; 0 when they worked.
int useMemory(const QByteArray &way)
{
    void *memory = ::mmap(nullptr, 1u << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
        return 10;
    if (way == "mprotect")
        return ::mprotect(memory, 4096, PROT_READ | PROT_EXEC);
    if (way == "brk")
        return ::sbrk(1 << 20) == nullptr ? 11 : 0;
    if (way == "exec")
        return start("/bin/true");
    if (way == "fork") {
        const int other = ::fork();
        if (other == 0)
            ::_exit(0);
        int status = 0;
        ::waitpid(other, &status, 0);
        return status;
    }
    if (way == "shared") {
        const int file = ::memfd_create("x", 0);
        return file >= 0 && ::ftruncate(file, 1 << 20) == 0 && ::write(file, "x", 1) == 1 ? 0 : 12;
    }
    return 0;
}

} // namespace

void tst_SecurityHooks::capability_forMemoryIsNoUse_data()
{
    QTest::addColumn<QByteArray>("way");
    for (const char *way : {"mmap", "mprotect", "brk", "exec", "fork", "shared"})
        QTest::newRow(way) << QByteArray(way);
}

/// The kernel asks for CAP_SYS_ADMIN whenever memory is asked for: nobody used it.
void tst_SecurityHooks::capability_forMemoryIsNoUse()
{
    TAPIO_NEEDS_KERNEL();
    QFETCH(QByteArray, way);
    const MemoryCgroup cgroup("memory");
    QVERIFY2(cgroup.problem().empty(), cgroup.problem().c_str());
    TAPIO_OPEN_CAPABILITY(kernel);
    Child child = Child::run([&] { return cgroup.enter() && become(nobody) == 0 ? useMemory(way) : 1; });
    QCOMPARE(child.wait(), 0);
    QVERIFY(kernel.waitFor(of<wire::ProcessExit>(child.pid())).has_value());
    for (const bool granted : {false, true})
        QCOMPARE(std::count_if(kernel.records().begin(), kernel.records().end(), usedIn(cgroup.id(), granted)), 0);
}

QTEST_GUILESS_MAIN(tst_SecurityHooks)
#include "tst_securityhooks.moc"
