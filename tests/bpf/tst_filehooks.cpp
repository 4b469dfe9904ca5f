// SPDX-License-Identifier: GPL-3.0-or-later
// Trigger and assert: operations on files that the kernel refused.
#include <QTemporaryDir>
#include <QTest>

#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>

#include "tests/bpf/kernelfixture.h"
#include "tests/bpf/memorycgroup.h"

using namespace tapio;
using namespace tapio::test;

class tst_FileHooks : public QObject {
    Q_OBJECT

private slots:
    void failure_isTold_data();
    void failure_isTold();
    void harmlessFailures_areNotTold();
    void configuration_isWhatTheOptionsSay();
    void cgroupOfTheFirstFailure();
    void thousandFailures_areOneEventMore();
    void processesOfOneProgram_areAlike();
    void counted_isToldWhenAsked_data();
    void counted_isToldWhenAsked();
    void ownFailures_areNotTold();
    void patternsThatDoNotFit_areRefused();
};

namespace {

constexpr uid_t nobody = 65534;
constexpr int impossible = 77;

agent::KernelOptions folding(std::chrono::milliseconds time, const char *attachKind = nullptr)
{
    agent::KernelOptions options;
    options.fileFold = time;
    if (attachKind != nullptr)
        options.attachKinds = {attachKind, "run"};
    return options;
}

std::vector<wire::FileFailure> failuresOf(const KernelFixture &kernel, std::uint32_t pid)
{
    std::vector<wire::FileFailure> all;
    for (const agent::KernelRecord &record : kernel.records()) {
        const auto *failure = std::get_if<wire::FileFailure>(&record.event.detail);
        if (failure != nullptr && record.event.process.pid == pid)
            all.push_back(*failure);
    }
    return all;
}

/// A small file system of its own at `folder`, for the calling process alone.
bool mountSmall(const char *folder, const char *options, unsigned long flags = 0)
{
    return ::unshare(CLONE_NEWNS) == 0 && ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0
           && ::mount("none", folder, "tmpfs", flags, options) == 0;
}

int become(uid_t uid) { return ::setresgid(uid, uid, uid) == 0 ? ::setresuid(uid, uid, uid) : -1; }

/// 0 when the call failed with `error`.
int failsWith(long result, int error) { return result < 0 && errno == error ? 0 : 1; }

/// Fills the file until that fails with `error`.
int fill(const char *path, int error)
{
    static const char block[16384] = {};
    const int fd = ::open(path, O_WRONLY | O_CREAT, 0644);
    if (fd < 0)
        return 2;
    for (int i = 0; i < 64; ++i) {
        if (::write(fd, block, sizeof(block)) < 0)
            return failsWith(-1, error);
    }
    return 3;
}

/// What a child does in a folder of its own, and returns 0 when it was refused as it should be.
using Trigger = int (*)(const char *folder, const char *path);

int missing(const char *, const char *) { return failsWith(::open("/etc/tapio-tst-missing", O_RDONLY | O_CLOEXEC), ENOENT); }
int missingBySuffix(const char *, const char *path) { return failsWith(::open(path, O_RDWR), ENOENT); }
int missingByOpen(const char *, const char *path)
{
#ifdef SYS_open
    return failsWith(::syscall(SYS_open, path, O_RDWR, 0), ENOENT);
#else
    return missingBySuffix(nullptr, path);
#endif
}
int denied(const char *, const char *) { return become(nobody) == 0 ? failsWith(::open("/etc/shadow", O_RDONLY), EACCES) : 9; }
int notPermitted(const char *, const char *)
{
    return become(nobody) == 0 ? failsWith(::open("/etc/passwd", O_RDONLY | O_NOATIME), EPERM) : 9;
}
int noDescriptors(const char *, const char *)
{
    const rlimit none{0, 0};
    return ::setrlimit(RLIMIT_NOFILE, &none) == 0 ? failsWith(::open("/dev/null", O_RDONLY), EMFILE) : 9;
}
int noDescriptorToDuplicate(const char *, const char *)
{
    const rlimit none{0, 0};
    return ::setrlimit(RLIMIT_NOFILE, &none) == 0 ? failsWith(::dup(0), EMFILE) : 9;
}
int noSpace(const char *folder, const char *path) { return mountSmall(folder, "size=64k") ? fill(path, ENOSPC) : 9; }
int noInodes(const char *folder, const char *path)
{
    return mountSmall(folder, "nr_inodes=1") ? failsWith(::open(path, O_WRONLY | O_CREAT | O_EXCL, 0600), ENOSPC) : 9;
}
int overQuota(const char *folder, const char *path)
{
    if (!mountSmall(folder, "usrquota,usrquota_block_hardlimit=64k")) // with CONFIG_TMPFS_QUOTA
        return impossible;
    return ::chmod(folder, 0777) == 0 && become(nobody) == 0 ? fill(path, EDQUOT) : 9;
}
int readOnly(const char *folder, const char *path)
{
    return mountSmall(folder, "size=64k", MS_RDONLY) ? failsWith(::open(path, O_WRONLY | O_CREAT, 0600), EROFS) : 9;
}
int readOnlyFolder(const char *folder, const char *path)
{
    return mountSmall(folder, "size=64k", MS_RDONLY) ? failsWith(::mkdir(path, 0700), EROFS) : 9;
}
int brokenRead(const char *, const char *)
{
    char one = 0;
    const int fd = ::open("/proc/self/mem", O_RDONLY); // a regular file, with nothing at its beginning
    return fd >= 0 ? failsWith(::pread(fd, &one, 1, 0), EIO) : 9;
}

} // namespace

Q_DECLARE_METATYPE(Trigger)

void tst_FileHooks::failure_isTold_data()
{
    QTest::addColumn<Trigger>("trigger");
    QTest::addColumn<QByteArray>("name");
    QTest::addColumn<int>("error");
    QTest::addColumn<QByteArray>("operation");
    QTest::addColumn<QByteArray>("path");
    QTest::addColumn<unsigned>("flags");
    QTest::addColumn<QByteArray>("attachKind");
    const auto add = [](const char *row, Trigger trigger, const char *name, int error, const char *operation, const char *path, int flags,
                        const char *attachKind = "tp_btf") {
        QTest::newRow(row) << trigger << QByteArray(name) << error << QByteArray(operation) << QByteArray(path) << unsigned(flags)
                           << QByteArray(attachKind);
    };
    // PATH stands for the file in the folder of the test.
    add("configuration that is missing, by its folder", missing, "x", ENOENT, "open", "/etc/tapio-tst-missing", O_RDONLY | O_CLOEXEC);
    add("the same by a raw tracepoint", missing, "x", ENOENT, "open", "/etc/tapio-tst-missing", O_RDONLY | O_CLOEXEC, "raw_tp");
    add("configuration that is missing, by its name", missingBySuffix, "app.yaml", ENOENT, "open", "PATH", O_RDWR);
    add("the same by the older call", missingByOpen, "app.conf", ENOENT, "open", "PATH", O_RDWR);
    add("access denied", denied, "x", EACCES, "open", "/etc/shadow", O_RDONLY);
    add("not permitted", notPermitted, "x", EPERM, "open", "/etc/passwd", O_RDONLY | O_NOATIME);
    add("no descriptors left", noDescriptors, "x", EMFILE, "open", "/dev/null", O_RDONLY);
    add("no descriptor to duplicate", noDescriptorToDuplicate, "x", EMFILE, "dup", "", 0);
    add("no space left", noSpace, "data.db", ENOSPC, "write", "data.db", 0);
    add("no space left, by a raw tracepoint", noSpace, "data.db", ENOSPC, "write", "data.db", 0, "raw_tp");
    add("no room for another file", noInodes, "new", ENOSPC, "open", "PATH", O_WRONLY | O_CREAT | O_EXCL);
    add("over quota", overQuota, "data.db", EDQUOT, "write", "data.db", 0);
    add("a file system that is read only", readOnly, "new", EROFS, "open", "PATH", O_WRONLY | O_CREAT);
    add("a folder in a file system that is read only", readOnlyFolder, "new", EROFS, "mkdir", "PATH", 0);
    add("a read that fails", brokenRead, "x", EIO, "read", "mem", 0);
}

void tst_FileHooks::failure_isTold()
{
    TAPIO_NEEDS_KERNEL();
    QFETCH(Trigger, trigger);
    QFETCH(QByteArray, name);
    QFETCH(int, error);
    QFETCH(QByteArray, operation);
    QFETCH(QByteArray, path);
    QFETCH(unsigned, flags);
    QFETCH(QByteArray, attachKind);
    KernelFixture kernel;
    TAPIO_OPEN(kernel, {"file", "process"}, folding(std::chrono::hours(1), attachKind.constData()));
    QTemporaryDir folder;
    const QByteArray file = folder.filePath(QString::fromLatin1(name)).toLocal8Bit();
    Child child = Child::run([&] { return trigger(folder.path().toLocal8Bit().constData(), file.constData()); });
    const int status = child.wait();
    if (status == impossible << 8) {
        qInfo("this kernel cannot make error %d: its tmpfs has no quota (CONFIG_TMPFS_QUOTA)", error);
        return;
    }
    QCOMPARE(status, 0);
    const auto record = kernel.waitFor([&](const agent::KernelRecord &one) {
        const auto *failure = std::get_if<wire::FileFailure>(&one.event.detail);
        return failure != nullptr && one.event.process.pid == child.pid() && failure->error == error;
    });
    QVERIFY(record.has_value());
    const auto &failure = std::get<wire::FileFailure>(record->event.detail);
    QCOMPARE(record->source, "file");
    QCOMPARE(record->event.type, wire::EventType::FileFailure);
    QCOMPARE(record->event.process.comm, "tst_filehooks");
    QCOMPARE(QByteArray::fromStdString(failure.operation), operation);
    QCOMPARE(QByteArray::fromStdString(failure.path), path == "PATH" ? file : path);
    QCOMPARE(failure.flags & ~unsigned(O_LARGEFILE), flags);
    QCOMPARE(failure.repeats, 1u);
}

void tst_FileHooks::harmlessFailures_areNotTold()
{
    TAPIO_NEEDS_KERNEL();
    KernelFixture kernel;
    TAPIO_OPEN(kernel, {"file"}, folding(std::chrono::hours(1)));
    Child child = Child::run([] {
        char one = 0;
        const int master = ::posix_openpt(O_RDWR | O_NOCTTY);
        if (master < 0 || ::grantpt(master) != 0 || ::unlockpt(master) != 0)
            return 1;
        const int slave = ::open(::ptsname(master), O_RDWR | O_NOCTTY);
        ::close(slave);
        // Nobody is at the other end of the terminal; a library that is not there; what may be tried again; a bad descriptor.
        const bool failed = failsWith(::read(master, &one, 1), EIO) == 0
                            && failsWith(::open("/usr/lib/libnothing.so", O_RDONLY), ENOENT) == 0
                            && failsWith(::open("/nowhere/package.json", O_RDONLY), ENOENT) == 0 && failsWith(::close(-1), EBADF) == 0
                            && failsWith(::open("/etc", O_WRONLY), EISDIR) == 0;
        // And something that is told, after all of them.
        return failed ? failsWith(::open("/etc/tapio-tst-last", O_RDONLY), ENOENT) : 2;
    });
    QCOMPARE(child.wait(), 0);
    QVERIFY(kernel.waitFor(of<wire::FileFailure>(child.pid())).has_value());
    const auto failures = failuresOf(kernel, child.pid());
    QCOMPARE(failures.size(), std::size_t(1));
    QCOMPARE(failures[0].path, "/etc/tapio-tst-last");
}

void tst_FileHooks::configuration_isWhatTheOptionsSay()
{
    TAPIO_NEEDS_KERNEL();
    KernelFixture kernel;
    agent::KernelOptions options = folding(std::chrono::hours(1));
    options.configurationFiles = {{"/a", "/opt/app/", std::string(agent::filePrefixBytes, '/')}, {".json", ".longest-there-is"}};
    options.configurationFiles.suffixes.erase(".longest-there-is");
    options.configurationFiles.suffixes.insert(".long-as-allowed");
    TAPIO_OPEN(kernel, {"file"}, options);
    const std::vector<std::pair<const char *, bool>> files{{"/etc/hosts.none", false},
                                                           {"/opt/app/none", true},
                                                           {"/opt/app", false},
                                                           {"/opt/apps", false},
                                                           {"a.json", true},
                                                           {".json", true},
                                                           {"json", false},
                                                           {"x.jsonl", false},
                                                           {"/b/a", false},
                                                           {"/a", true},
                                                           {"b/x.long-as-allowed", true},
                                                           {"b/x-long-as-allowed", false}};
    for (const auto &[path, isTold] : files) {
        Child child = Child::run(
            [path = path] { return failsWith(::open(path, O_RDONLY), ENOENT) + failsWith(::open("/a-last", O_RDONLY), ENOENT); });
        QCOMPARE(child.wait(), 0);
        kernel.collectors().tellCounted(); // alike what an earlier child did
        const auto mine = [&] { return failuresOf(kernel, child.pid()); };
        QVERIFY(kernel.pollUntil([&] { return !mine().empty(); }));
        QVERIFY2((mine().front().path == path) == isTold, path);
    }
}

void tst_FileHooks::cgroupOfTheFirstFailure()
{
    TAPIO_NEEDS_KERNEL();
    const MemoryCgroup cgroup("file");
    QVERIFY2(cgroup.problem().empty(), cgroup.problem().c_str());
    KernelFixture kernel;
    TAPIO_OPEN(kernel, {"file"}, folding(std::chrono::hours(1)));
    Child child = Child::run([&] { return cgroup.enter() ? missing(nullptr, nullptr) : 1; });
    QCOMPARE(child.wait(), 0);
    const auto record = kernel.waitFor(of<wire::FileFailure>(child.pid()));
    QVERIFY(record.has_value());
    QVERIFY(record->cgroupId == cgroup.id() || record->memoryCgroupId == cgroup.id());
}

void tst_FileHooks::thousandFailures_areOneEventMore()
{
    TAPIO_NEEDS_KERNEL();
    constexpr int thousand = 1000;
    KernelFixture kernel;
    TAPIO_OPEN(kernel, {"file"}, folding(std::chrono::milliseconds(1500)));
    const std::uint64_t folded = kernel.counters("file")[Counter::Folded];
    Child child = Child::run([] {
        for (int i = 0; i < thousand; ++i) {
            const std::string path = "/etc/tapio-tst-" + std::to_string(i);
            if (failsWith(::open(path.c_str(), O_RDONLY), ENOENT) != 0)
                return 1;
        }
        return 0;
    });
    QCOMPARE(child.wait(), 0);
    const auto repeats = [&] {
        std::uint64_t sum = 0;
        for (const wire::FileFailure &failure : failuresOf(kernel, child.pid()))
            sum += failure.repeats;
        return sum;
    };
    QVERIFY2(kernel.pollUntil([&] { return repeats() == thousand; }), qPrintable(QString::number(repeats())));
    const auto failures = failuresOf(kernel, child.pid());
    QVERIFY2(failures.size() <= 3, qPrintable(QString::number(failures.size()))); // a slow machine may need a second time
    QCOMPARE(failures[0].path, "/etc/tapio-tst-0");
    QCOMPARE(failures[0].repeats, 1u);
    QCOMPARE(failures[1].path, "/etc/tapio-tst-1"); // the first of those that it stands for
    QVERIFY(kernel.counters("file")[Counter::Folded] >= folded + thousand - 1);
    QCOMPARE(kernel.counters("file")[Counter::Lost], 0u);
    QVERIFY(kernel.pollUntil([&] {
        kernel.drainAll();
        return kernel.counters("file").inRing() == 0;
    }));
}

void tst_FileHooks::processesOfOneProgram_areAlike()
{
    TAPIO_NEEDS_KERNEL();
    KernelFixture kernel;
    TAPIO_OPEN(kernel, {"file"}, folding(std::chrono::milliseconds(1000)));
    std::vector<std::uint32_t> pids;
    for (int i = 0; i < 5; ++i) {
        Child child = Child::run([] { return missing(nullptr, nullptr); });
        QCOMPARE(child.wait(), 0);
        pids.push_back(child.pid());
    }
    QVERIFY(kernel.pollUntil([&] { return !failuresOf(kernel, pids[1]).empty(); }));
    QCOMPARE(failuresOf(kernel, pids[0]).front().repeats, 1u);
    std::uint64_t sum = 1;
    for (std::size_t i = 1; i < pids.size(); ++i) {
        for (const wire::FileFailure &failure : failuresOf(kernel, pids[i]))
            sum += failure.repeats;
    }
    QVERIFY(sum >= 2 && sum <= pids.size());
}

void tst_FileHooks::counted_isToldWhenAsked_data()
{
    QTest::addColumn<bool>("switchesOff");
    QTest::newRow("asked") << false;
    QTest::newRow("switched off") << true;
}

void tst_FileHooks::counted_isToldWhenAsked()
{
    TAPIO_NEEDS_KERNEL();
    QFETCH(bool, switchesOff);
    KernelFixture kernel;
    TAPIO_OPEN(kernel, {"file"}, folding(std::chrono::hours(1)));
    Child child = Child::run([] { return missing(nullptr, nullptr) + missing(nullptr, nullptr) + missing(nullptr, nullptr); });
    QCOMPARE(child.wait(), 0);
    if (switchesOff)
        kernel.collectors().setDisabled({"file"});
    else
        kernel.collectors().tellCounted();
    QVERIFY(kernel.pollUntil([&] { return failuresOf(kernel, child.pid()).size() == 2; }));
    QCOMPARE(failuresOf(kernel, child.pid())[1].repeats, 2u);
    // Nothing is kept: the next one is told at once, where anybody listens.
    kernel.collectors().setDisabled({});
    kernel.collectors().tellCounted();
    Child next = Child::run([] { return missing(nullptr, nullptr); });
    QCOMPARE(next.wait(), 0);
    QVERIFY(kernel.waitFor(of<wire::FileFailure>(next.pid())).has_value());
}

void tst_FileHooks::ownFailures_areNotTold()
{
    TAPIO_NEEDS_KERNEL();
    KernelFixture kernel;
    TAPIO_OPEN(kernel, {"file"}, folding(std::chrono::hours(1)));
    QCOMPARE(missing(nullptr, nullptr), 0);
    Child child = Child::run([] { return failsWith(::open("/etc/tapio-tst-child", O_RDONLY), ENOENT); });
    QCOMPARE(child.wait(), 0);
    QVERIFY(kernel.waitFor(of<wire::FileFailure>(child.pid())).has_value());
    QVERIFY(failuresOf(kernel, static_cast<std::uint32_t>(::getpid())).empty());
}

void tst_FileHooks::patternsThatDoNotFit_areRefused()
{
    TAPIO_NEEDS_KERNEL();
    KernelFixture kernel;
    agent::KernelOptions options;
    options.configurationFiles.suffixes = {std::string(agent::fileSuffixBytes + 1, 'x')};
    const QString error = kernel.open({"file"}, options);
    QVERIFY2(error.contains("1 to 16 bytes"), qPrintable(error));
}

QTEST_GUILESS_MAIN(tst_FileHooks)
#include "tst_filehooks.moc"
