// SPDX-License-Identifier: GPL-3.0-or-later
// Mounts that come and go, of the host and of containers.
#include <QTemporaryDir>
#include <QtTest>

#include <functional>
#include <optional>
#include <utility>

#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/collect/readers/mountreader.h"
#include "tests/agent/fakeclock.h"
#include "tests/agent/recordsink.h"

using namespace tapio;
using namespace tapio::agent;
using Sink = test::RecordSink;

class tst_MountReader : public QObject {
    Q_OBJECT
private slots:
    void mountFlags_data();
    void mountFlags();
    void mounts_ofAList();
    void mounts_thatCouldNotBeReadAreReadAgain();
    void mounts_ofContainersAreKeptWithinBounds_data();
    void mounts_ofContainersAreKeptWithinBounds();
    void mounts_ofAContainer();
    void mounts_ofANamespace();
};

void tst_MountReader::mountFlags_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<quint64>("flags");
    QTest::newRow("none") << QByteArray() << quint64(0);
    QTest::newRow("usual") << QByteArray("rw,nosuid,nodev,relatime") << quint64(MS_NOSUID | MS_NODEV | MS_RELATIME);
    QTest::newRow("read only") << QByteArray("ro,noexec") << quint64(MS_RDONLY | MS_NOEXEC);
    QTest::newRow("others") << QByteArray("rows,noexecs,,idmapped") << quint64(0);
}

void tst_MountReader::mountFlags()
{
    QFETCH(QByteArray, text);
    QTEST(quint64(agent::mountFlags(text.toStdString())), "flags");
}

namespace {

void put(const QString &path, const QByteArray &text)
{
    QFile file(path);
    QVERIFY(QDir().mkpath(QFileInfo(path).path()) && file.open(QIODevice::WriteOnly));
    file.write(text);
}

void link(const QString &path, const char *target)
{
    QVERIFY(QDir().mkpath(QFileInfo(path).path()));
    QVERIFY(::symlink(target, path.toLocal8Bit().constData()) == 0);
}

const QByteArray root("1 0 254:0 / / rw,relatime - ext4 /dev/vda rw\n");
const QByteArray data("30 1 0:45 / /mnt/data rw,nosuid - tmpfs tmpfs rw\n");

/// The host's list, and no container.
struct HostBench {
    explicit HostBench(std::function<bool(int)> changed)
    {
        say(root);
        MountOptions options;
        options.procRoot = proc.path().toStdString();
        options.changed = std::move(changed);
        reader.emplace(std::move(options), none, clock);
        reader->read(sink);
    }
    void say(const QByteArray &list) { put(proc.filePath("1/mountinfo"), list); }
    void read(const QByteArray &list)
    {
        say(list);
        reader->read(sink);
    }

    QTemporaryDir proc;
    test::FakeClock clock;
    CgroupInventory none{"/nowhere", 16};
    std::optional<MountReader> reader;
    Sink sink;
};

} // namespace

void tst_MountReader::mounts_ofAList()
{
    bool changed = false;
    HostBench bench([&](int) { return changed; });
    bench.read(root + data);
    QVERIFY(bench.sink.records.empty()); // nobody said that it changed
    changed = true;
    bench.read(root + data);
    bench.read(root + QByteArray(data).replace("nosuid", "ro"));
    bench.read(root + "30 1 0:46 / /mnt/other rw - tmpfs tmpfs rw\n");
    bench.read(root);
    const auto mounts = bench.sink.details<wire::Mount>();
    QCOMPARE(mounts.size(), std::size_t(5));
    QVERIFY(mounts[0] == (wire::Mount{"tmpfs", "/mnt/data", "tmpfs", MS_NOSUID, 0, false}));
    QCOMPARE(mounts[1].flags, std::uint64_t(MS_RDONLY)); // mounted again with other flags
    QVERIFY(mounts[2] == (wire::Mount{"tmpfs", "/mnt/data", "tmpfs", 0, 0, true}));
    QCOMPARE(mounts[3].target, "/mnt/other"); // with the number of the one that went
    QVERIFY(mounts[4].unmount);
    QCOMPARE(bench.sink.records[0].cgroupId, 1u);
    QCOMPARE(bench.reader->counters().counters[Counter::Seen], 5u);
    QCOMPARE(bench.reader->hooks().front().state, wire::HookState::Active);
}

void tst_MountReader::mounts_thatCouldNotBeReadAreReadAgain()
{
    bool changed = false;
    HostBench bench([&](int) { return std::exchange(changed, false); });
    QByteArray many = root;
    for (int i = 0; i < 5000; ++i)
        many += QByteArray(data).replace("30 1", QByteArray::number(100 + i) + " 1");
    changed = true;
    for (int look = 0; look < 3; ++look) {
        bench.read(many);
        QCOMPARE(bench.reader->hooks().front().state, wire::HookState::Failed);
    }
    bench.read(root + data); // and nobody says so again
    QCOMPARE(bench.reader->hooks().front().state, wire::HookState::Active);
    QCOMPARE(bench.sink.details<wire::Mount>().size(), std::size_t(1));
}

void tst_MountReader::mounts_ofContainersAreKeptWithinBounds_data()
{
    QTest::addColumn<int>("containers");
    QTest::addColumn<int>("bytes");
    QTest::addColumn<bool>("fits");
    QTest::newRow("few and short") << 3 << 10'000 << true;
    QTest::newRow("one that is too long") << 1 << 600'000 << false;
    QTest::newRow("too much together") << 12 << 400'000 << false;
}
void tst_MountReader::mounts_ofContainersAreKeptWithinBounds()
{
    QFETCH(int, containers);
    QFETCH(int, bytes);
    QFETCH(bool, fits);
    QTemporaryDir cgroups;
    QTemporaryDir proc;
    put(cgroups.filePath("cgroup.controllers"), "memory\n");
    put(proc.filePath("1/mountinfo"), root);
    link(proc.filePath("1/ns/mnt"), "mnt:[1]");
    QByteArray list;
    for (int i = 0; list.size() < bytes; ++i)
        list += QByteArray::number(100 + i) + " 1 0:45 / /" + QByteArray(2000, 'x') + " rw - tmpfs tmpfs rw\n";
    for (int i = 0; i < containers; ++i) {
        const QString id = QString(62, 'a') + QString::number(10 + i), pid = QString::number(77 + i);
        put(cgroups.filePath("kubepods/pod12345678-1234-1234-1234-123456789abc/" + id + "/cgroup.procs"), pid.toLatin1() + '\n');
        put(proc.filePath(pid + "/mountinfo"), list);
        link(proc.filePath(pid + "/ns/mnt"), "mnt:[" + pid.toLatin1() + "]");
    }
    test::FakeClock clock;
    CgroupInventory inventory(cgroups.path().toStdString(), 64);
    inventory.refresh();
    MountOptions options;
    options.procRoot = proc.path().toStdString();
    options.changed = [](int) { return false; };
    MountReader reader(options, inventory, clock);
    Sink sink;
    reader.read(sink);
    const wire::Hook hook = reader.hooks().back();
    QCOMPARE(hook.reason.find("long") == std::string::npos, fits);
    QCOMPARE(hook.state, containers > 1 ? wire::HookState::Active : wire::HookState::Failed);
    QVERIFY(sink.records.empty());
}

void tst_MountReader::mounts_ofAContainer()
{
    const QString id(64, 'a');
    QTemporaryDir cgroups;
    QTemporaryDir proc;
    put(cgroups.filePath("cgroup.controllers"), "memory\n");
    put(cgroups.filePath("kubepods/pod12345678-1234-1234-1234-123456789abc/" + id + "/cgroup.procs"), "77\n");
    put(proc.filePath("1/mountinfo"), root);
    put(proc.filePath("77/mountinfo"), root);
    link(proc.filePath("1/ns/mnt"), "mnt:[1]");
    link(proc.filePath("77/ns/mnt"), "mnt:[77]");
    test::FakeClock clock;
    CgroupInventory inventory(cgroups.path().toStdString(), 16);
    inventory.refresh();
    MountOptions options;
    options.procRoot = proc.path().toStdString();
    options.changed = [](int) { return false; };
    MountReader reader(options, inventory, clock);
    Sink sink;
    reader.read(sink);
    put(proc.filePath("77/mountinfo"), root + data);
    clock.advance(std::chrono::seconds(10));
    reader.read(sink);
    const auto mounts = sink.details<wire::Mount>();
    QCOMPARE(mounts.size(), std::size_t(1));
    QCOMPARE(mounts[0].target, "/mnt/data");
    const auto container = std::find_if(inventory.nodes().begin(), inventory.nodes().end(),
                                        [&](const CgroupNode &node) { return node.path.ends_with(id.toStdString()); });
    QVERIFY(container != inventory.nodes().end());
    QCOMPARE(sink.records[0].cgroupId, container->v2Id);
}

/// A real namespace whose changes poll(2) tells.
void tst_MountReader::mounts_ofANamespace()
{
    int go[2], done[2];
    QVERIFY(::pipe(go) == 0 && ::pipe(done) == 0);
    QTemporaryDir folder;
    const QByteArray target = folder.path().toLocal8Bit();
    const int child = ::fork();
    if (child == 0) {
        char one = 0;
        const bool ready = ::unshare(CLONE_NEWNS) == 0 && ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0;
        if (!ready || ::write(done[1], "r", 1) != 1 || ::read(go[0], &one, 1) != 1)
            ::_exit(1);
        const bool mounted = ::mount("none", target.constData(), "tmpfs", MS_NOSUID, "size=64k") == 0;
        if (!mounted || ::write(done[1], "m", 1) != 1 || ::read(go[0], &one, 1) != 1)
            ::_exit(2);
        ::_exit(0);
    }
    ::close(done[1]);
    const auto end = qScopeGuard([&] {
        ::kill(child, SIGKILL);
        ::waitpid(child, nullptr, 0);
        ::close(go[0]);
        ::close(go[1]);
        ::close(done[0]);
    });
    char one = 0;
    if (::read(done[0], &one, 1) != 1)
        QSKIP("this user may not make a mount namespace");
    QTemporaryDir proc;
    link(proc.filePath("1"), ("/proc/" + std::to_string(child)).c_str());
    const SystemClock clock;
    CgroupInventory none("/nowhere", 16);
    MountOptions options;
    options.procRoot = proc.path().toStdString();
    MountReader reader(options, none, clock);
    Sink sink;
    reader.read(sink);
    reader.read(sink);
    QVERIFY(sink.records.empty());
    QVERIFY(::write(go[1], "g", 1) == 1 && ::read(done[0], &one, 1) == 1);
    reader.read(sink);
    const auto mounts = sink.details<wire::Mount>();
    QCOMPARE(mounts.size(), std::size_t(1));
    QCOMPARE(mounts[0].target, target.toStdString());
    QCOMPARE(mounts[0].fsType, "tmpfs");
    QVERIFY(mounts[0].flags & MS_NOSUID);
}

QTEST_GUILESS_MAIN(tst_MountReader)
#include "tst_mountreader.moc"
