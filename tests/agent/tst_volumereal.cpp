// SPDX-License-Identifier: GPL-3.0-or-later
// File systems that are really full, in mount namespaces of processes in cgroups of this machine.
#include <QtTest>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <memory>
#include <vector>

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/collect/readers/volumereader.h"
#include "agent/drill/disk.h"
#include "tests/agent/recordsink.h"
#include "tests/agent/testcgroup.h"

using namespace tapio;
using namespace tapio::agent;
using namespace tapio::test;

namespace {

constexpr std::uint64_t mib = 1u << 20;

CgroupLayout layoutHere() { return CgroupLayout::detect("/sys/fs/cgroup"); }

std::filesystem::path rootHere()
{
    const CgroupLayout layout = layoutHere();
    return layout.memory.empty() ? layout.unified : layout.memory;
}

/// In the child: a file system of its own at `folder`/disk, or several in memory. Nothing of it is left when the process has ended.
bool mountOwn(const std::string &kind, const std::string &folder)
{
    if (::unshare(CLONE_NEWNS) != 0 || ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0)
        return false;
    if (kind == "ext4") // its image, too, is to be gone
        return ::mount("none", folder.c_str(), "tmpfs", 0, "size=32m") == 0 && drill::mountScratchDisk(folder, 16 * mib).has_value();
    if (kind != "many")
        return ::mkdir((folder + "/disk").c_str(), 0700) == 0
               && ::mount("none", (folder + "/disk").c_str(), "tmpfs", 0, kind == "inodes" ? "size=1m,nr_inodes=20" : "size=1m") == 0;
    constexpr int mounts = 30; // about what a container has
    bool all = ::mount("none", folder.c_str(), "tmpfs", 0, "size=1m") == 0;
    for (int i = 1; i < mounts && all; ++i) {
        const std::string point = folder + '/' + std::to_string(i);
        // A few are its own, the rest shows files of the host.
        all = ::mkdir(point.c_str(), 0700) == 0
              && (i < 4 ? ::mount("none", point.c_str(), "tmpfs", 0, "size=1m") : ::mount("/etc", point.c_str(), nullptr, MS_BIND, nullptr))
                     == 0;
    }
    return all;
}

bool fill(const std::string &kind, const std::string &disk)
{
    if (kind == "inodes") {
        for (int i = 0; i < 100; ++i) {
            const int fd = ::open((disk + "/file" + std::to_string(i)).c_str(), O_WRONLY | O_CREAT, 0600);
            if (fd < 0)
                return errno == ENOSPC;
            ::close(fd);
        }
        return false;
    }
    const int fd = ::open((disk + "/fill").c_str(), O_WRONLY | O_CREAT, 0600);
    const std::string block(64u << 10, 'x');
    while (::write(fd, block.data(), block.size()) > 0) {}
    const bool isFull = errno == ENOSPC;
    ::close(fd);
    return isFull;
}

bool empty(const std::string &kind, const std::string &disk)
{
    if (kind != "inodes")
        return ::unlink((disk + "/fill").c_str()) == 0;
    for (int i = 0; i < 10; ++i)
        ::unlink((disk + "/file" + std::to_string(i)).c_str());
    return true;
}

/// A process in a cgroup and with file systems of its own, that does what it is told.
class Container {
public:
    Container(const TestPodCgroup &cgroup, const std::string &kind, const std::string &folder)
    {
        if (::pipe(m_ask.data()) != 0 || ::pipe(m_answer.data()) != 0)
            return;
        m_pid = ::fork();
        if (m_pid == 0) {
            ::close(m_ask[1]);
            cgroup.enter();
            live(kind, folder);
            ::_exit(0);
        }
        ::close(m_ask[0]);
        ::close(m_answer[1]);
        m_isReady = answers();
    }
    ~Container()
    {
        if (m_pid > 0) {
            ::kill(m_pid, SIGKILL);
            ::waitpid(m_pid, nullptr, 0);
        }
        ::close(m_ask[1]);
        ::close(m_answer[0]);
    }
    Container(const Container &) = delete;
    Container &operator=(const Container &) = delete;
    bool isReady() const { return m_isReady; }
    bool does(char what) { return ::write(m_ask[1], &what, 1) == 1 && answers(); }

private:
    bool answers()
    {
        char byte = 0;
        return ::read(m_answer[0], &byte, 1) == 1 && byte == 'y';
    }
    void live(const std::string &kind, const std::string &folder)
    {
        char what = 0;
        bool done = mountOwn(kind, folder);
        while (::write(m_answer[1], done ? "y" : "n", 1) == 1 && ::read(m_ask[0], &what, 1) == 1)
            done = what == 'f' ? fill(kind, folder + "/disk") : empty(kind, folder + "/disk");
    }

    std::array<int, 2> m_ask{-1, -1}, m_answer{-1, -1};
    pid_t m_pid = -1;
    bool m_isReady = false;
};

} // namespace

class TestVolumeReal : public QObject {
    Q_OBJECT
private slots:
    void init()
    {
        if (::geteuid() != 0 || rootHere().empty())
            QSKIP("cgroups and mount namespaces need root, and cgroups");
    }

    void aFullOne_isTold_data()
    {
        QTest::addColumn<QString>("kind");
        QTest::newRow("a disk") << "ext4";
        QTest::newRow("memory") << "tmpfs";
        QTest::newRow("inodes") << "inodes";
    }
    void aFullOne_isTold()
    {
        QFETCH(QString, kind);
        if (const Status there = drill::probeScratchDisk({}); kind == "ext4" && !there)
            QSKIP(there.error().message().c_str());
        const QTemporaryDir folder;
        const std::string disk = folder.path().toStdString() + "/disk";
        const TestPodCgroup cgroup(rootHere(), "0f8e7d6c-5b4a-4321-8765-0123456789ab", std::string(64, 'b'));
        if (!cgroup.made())
            QSKIP("no cgroup can be made here");
        Container container(cgroup, kind.toStdString(), folder.path().toStdString());
        QVERIFY2(container.isReady(), "the file system could not be mounted");
        CgroupInventory inventory("/sys/fs/cgroup", 4096);
        inventory.refresh();
        VolumeLooks looks({}, [](const std::function<void()> &look) {
            look();
            return true;
        });
        const SystemClock clock;
        VolumeReader reader({.everyNs = 0, .cpuShare = 0}, looks, inventory, clock);
        RecordSink sink;
        reader.read(sink);
        const auto volumes = looks.latest()->volumes;
        const auto seen = std::find_if(volumes.begin(), volumes.end(), [&](const Volume &one) { return one.mountPoint == disk; });
        QVERIFY(seen != volumes.end());
        const auto told = [&] {
            std::vector<KernelRecord> mine;
            for (const KernelRecord &record : sink.records) {
                if (std::get<wire::FileFailure>(record.event.detail).path == disk)
                    mine.push_back(record);
            }
            return mine;
        };
        QVERIFY(told().empty());
        QVERIFY(container.does('f'));
        for (int i = 0; i < 3; ++i)
            reader.read(sink);
        QCOMPARE(told().size(), std::size_t(1));
        const KernelRecord record = told()[0];
        QCOMPARE(std::max(record.cgroupId, record.memoryCgroupId), cgroup.id());
        const auto &failure = std::get<wire::FileFailure>(record.event.detail);
        QCOMPARE(failure.error, ENOSPC);
        QCOMPARE(failure.limitIsInodes, kind == "inodes");
        QCOMPARE(failure.limit, kind == "inodes" ? 20 : seen->size.totalBytes);
        QVERIFY(failure.left <= failure.limit / 32);
        QVERIFY(seen->size.totalBytes >= mib && seen->size.totalBytes <= 16 * mib);
        QVERIFY(container.does('e'));
        reader.read(sink);
        QVERIFY(container.does('f'));
        reader.read(sink);
        QCOMPARE(told().size(), std::size_t(2));
        QCOMPARE(reader.hooks().at(0).state, wire::HookState::Active);
    }

    /// What a look costs where there are many containers: kept far below what would be felt.
    void aHundredContainers_costLittle()
    {
        constexpr int containers = 100;
        constexpr std::int64_t mostNs = 100 * nsPerMs; // without optimisation, and on a machine that others use
        const QTemporaryDir folder;
        std::vector<std::unique_ptr<TestPodCgroup>> cgroups;
        std::vector<std::unique_ptr<Container>> all;
        for (int i = 0; i < containers; ++i) {
            const std::string id = std::to_string(1000 + i) + std::string(60, 'c');
            cgroups.push_back(std::make_unique<TestPodCgroup>(rootHere(), "0f8e7d6c-5b4a-4321-8765-0123456789ac", id));
            if (!cgroups.back()->made())
                QSKIP("no cgroup can be made here");
            all.push_back(std::make_unique<Container>(*cgroups.back(), "many", folder.path().toStdString()));
            QVERIFY(all.back()->isReady());
        }
        CgroupInventory inventory("/sys/fs/cgroup", 4096);
        inventory.refresh();
        VolumeScanner scanner({});
        std::int64_t least = INT64_MAX, sum = 0;
        VolumeScan scan;
        for (std::uint64_t i = 0; i < 2 * VolumeScanner::looksPerRead; ++i) {
            scan = scanner.scan(inventory.layout(), inventory.nodes(), [](const std::string &) {});
            least = std::min(least, scan.cpuNs);
            sum += i < VolumeScanner::looksPerRead ? 0 : scan.cpuNs; // once they are known
        }
        QVERIFY(scan.volumes.size() >= 4 * containers);
        const std::int64_t mean = sum / static_cast<std::int64_t>(VolumeScanner::looksPerRead);
        qInfo("%zu file systems in %zu cgroups: %.2f ms of CPU a look, at least %.2f", scan.volumes.size(), inventory.nodes().size(),
              static_cast<double>(mean) / nsPerMs, static_cast<double>(least) / nsPerMs);
        QVERIFY(mean < mostNs);
        all.clear(); // before their cgroups
    }
};

QTEST_GUILESS_MAIN(TestVolumeReal)
#include "tst_volumereal.moc"
