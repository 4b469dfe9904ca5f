// SPDX-License-Identifier: GPL-3.0-or-later
// Each sampler on trees of files as v1, v2 and hybrid machines have them, and on this machine.
#include <QtTest>

#include <fstream>
#include <map>

#include "agent/collect/samplers/cgroupsampler.h"
#include "agent/collect/samplers/filesystemsampler.h"
#include "agent/collect/samplers/hostsampler.h"
#include "agent/collect/samplers/podnetworksampler.h"
#include "agent/collect/samplers/selfsampler.h"
#include "tests/agent/fakeclock.h"
#include "tests/agent/fixtures.h"

using namespace tapio;
using namespace tapio::agent;
using namespace tapio::test;
namespace fs = std::filesystem;

namespace {

/// "PATH METRIC LABEL" -> value.
using Told = std::map<std::string, std::int64_t>;

Told told(SampleWriter &writer)
{
    Told all;
    for (const wire::SampleBatch &batch : writer.take()) {
        for (const wire::Sample &sample : batch.samples) {
            const std::string key =
                batch.origins.at(sample.origin).cgroupPath + " " + wire::metricName(sample.metric) + " " + batch.labels.at(sample.label);
            if (!all.emplace(key, sample.value).second)
                qWarning("told twice: %s", key.c_str());
        }
    }
    return all;
}

struct Bench {
    FakeClock clock;
    fs::path root;
    CgroupInventory inventory;
    OriginResolver resolver;

    explicit Bench(const fs::path &folder)
        : root(folder), inventory(root / "cgroup", 100),
          resolver({root / "proc", root / "log/pods", root / "log/containers"}, inventory, clock)
    {
        resolver.refresh();
    }
    Told sample(Sampler &sampler)
    {
        SampleWriter writer(clock.utcNs());
        sampler.sample(writer);
        return told(writer);
    }
};

wire::Hook hookNamed(const Sampler &sampler, const std::string &name)
{
    for (const wire::Hook &hook : sampler.hooks()) {
        if (hook.name == name)
            return hook;
    }
    return {};
}

std::string key(const std::string &path, wire::Metric metric, const std::string &label = {})
{
    return path + " " + wire::metricName(metric) + " " + label;
}

const std::string podSlice = "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod0f8e7d6c_5b4a_4321_8765_0123456789ab.slice";

} // namespace

class TestSamplers : public QObject {
    Q_OBJECT
private slots:
    void host_readsWhatThereIs()
    {
        Bench bench(fixture("cgroup-v2"));
        HostSampler sampler(bench.root / "proc", {}, bench.resolver.host());
        const Told got = bench.sample(sampler);
        const auto at = [&](wire::Metric metric, const std::string &label = {}) { return got.at(key("/", metric, label)); };
        QCOMPARE(at(wire::Metric::CpuUsageNs), 1333 * 10'000'000ll);
        QCOMPARE(at(wire::Metric::NodeCpuCount), 2);
        QCOMPARE(at(wire::Metric::NodeMemoryTotalBytes), 16384000ll * 1024);
        QCOMPARE(at(wire::Metric::NodeMemoryAvailableBytes), 12288000ll * 1024);
        QCOMPARE(at(wire::Metric::MemoryCurrentBytes), 12288000ll * 1024);
        QCOMPARE(at(wire::Metric::MemoryWorkingSetBytes), 11264000ll * 1024);
        QCOMPARE(at(wire::Metric::MemoryOomKills), 3);
        QCOMPARE(at(wire::Metric::PsiCpuSomeUs), 111000);
        QCOMPARE(at(wire::Metric::PsiMemoryFullUs), 22000);
        QCOMPARE(at(wire::Metric::PsiIoSomeUs), 333000);
        QCOMPARE(at(wire::Metric::DiskReadBytes, "vda"), 80000 * 512);
        QCOMPARE(at(wire::Metric::DiskBusyMs, "vda"), 700);
        QCOMPARE(at(wire::Metric::DiskWriteOps, "nvme0n1"), 20);
        QVERIFY(got.count(key("/", wire::Metric::DiskReadBytes, "vda1")) == 0);
        QVERIFY(got.count(key("/", wire::Metric::DiskReadBytes, "loop0")) == 0);
        QCOMPARE(at(wire::Metric::NetRxBytes, "eth0"), 1000000);
        QCOMPARE(at(wire::Metric::NetTxDrops, "eth0"), 4);
        QVERIFY(got.count(key("/", wire::Metric::NetRxBytes, "veth12ab34cd")) == 0);
        for (const wire::Hook &hook : sampler.hooks())
            QCOMPARE(hook.state, wire::HookState::Active);
    }

    void host_tellsNothingOfWhatIsAbsent()
    {
        Bench bench(fixture("cgroup-v1")); // a kernel without PSI, and without oom_kill in vmstat
        HostSampler sampler(bench.root / "proc", {}, bench.resolver.host());
        const Told got = bench.sample(sampler);
        QVERIFY(got.count(key("/", wire::Metric::PsiCpuSomeUs)) == 0);
        QVERIFY(got.count(key("/", wire::Metric::MemoryOomKills)) == 0);
        const wire::Hook psi = hookNamed(sampler, "/proc/pressure/cpu");
        QCOMPARE(psi.state, wire::HookState::Unsupported);
        QVERIFY(!psi.reason.empty());
        QCOMPARE(psi.attachKind, std::string("file"));
        QCOMPARE(hookNamed(sampler, "/proc/vmstat").state, wire::HookState::Unsupported);
    }

    void host_doesNotReadWhatIsSwitchedOff()
    {
        Bench bench(fixture("cgroup-v2"));
        HostSampler sampler(bench.root / "proc", {"psi", "disk", "network", "memory", "cpu"}, bench.resolver.host());
        const Told got = bench.sample(sampler);
        QCOMPARE(got.size(), std::size_t(1));
        QCOMPARE(got.at(key("/", wire::Metric::NodeCpuCount)), 2);
        QVERIFY(sampler.hooks().empty());
    }

    void cgroups_data()
    {
        QTest::addColumn<QString>("tree");
        QTest::addColumn<QString>("container");
        QTest::addColumn<QString>("service");
        QTest::addColumn<bool>("pressure");
        const QString cid = QString::fromStdString(containerId);
        QTest::newRow("v1") << "cgroup-v1" << QString::fromStdString(containerPathV1) << "/system.slice/ssh.service" << false;
        QTest::newRow("v2") << "cgroup-v2" << QString::fromStdString(podSlice) + "/cri-containerd-" + cid + ".scope"
                            << "/system.slice/ssh.service" << true;
        QTest::newRow("hybrid") << "cgroup-hybrid" << QString::fromStdString(containerPathV1) << QString() << true;
    }
    void cgroups()
    {
        QFETCH(QString, tree);
        QFETCH(QString, container);
        QFETCH(QString, service);
        QFETCH(bool, pressure);
        Bench bench(fixture(tree.toStdString()));
        CgroupSampler sampler(bench.root / "proc", bench.inventory, bench.resolver, {});
        const Told got = bench.sample(sampler);
        const std::string path = container.toStdString();
        const auto at = [&](wire::Metric metric, const std::string &label = {}) { return got.at(key(path, metric, label)); };
        const int n = 3; // what the fixture's container counts in
        QCOMPARE(at(wire::Metric::CpuUsageNs), 1'000'000 * n);
        QCOMPARE(at(wire::Metric::CpuPeriods), 100 * n);
        QCOMPARE(at(wire::Metric::CpuThrottledPeriods), 10 * n);
        QCOMPARE(at(wire::Metric::CpuThrottledNs), 5000 * n);
        QCOMPARE(at(wire::Metric::CpuLimitMillicores), 500);
        QCOMPARE(at(wire::Metric::MemoryCurrentBytes), 1048576 * n);
        QCOMPARE(at(wire::Metric::MemoryInactiveFileBytes), 65536 * n);
        QCOMPARE(at(wire::Metric::MemoryWorkingSetBytes), (1048576 - 65536) * n);
        QCOMPARE(at(wire::Metric::MemoryHeldBytes), (1048576 - 65536 - 32768) * n);
        QCOMPARE(at(wire::Metric::MemoryLimitBytes), 67108864);
        QCOMPARE(at(wire::Metric::MemoryOomKills), n);
        QCOMPARE(at(wire::Metric::DiskReadBytes, "vda"), 4096 * n);
        QCOMPARE(at(wire::Metric::DiskWriteOps, "vda"), 2 * n);
        QVERIFY(got.count(key(path, wire::Metric::DiskBusyMs, "vda")) == 0);
        QCOMPARE(got.count(key(path, wire::Metric::PsiMemorySomeUs)), std::size_t(pressure ? 1 : 0));
        if (pressure) {
            QCOMPARE(at(wire::Metric::PsiCpuSomeUs), 1000 * n);
            QCOMPARE(at(wire::Metric::PsiIoFullUs), 300 * n);
        }
        if (!service.isEmpty()) {
            QCOMPARE(got.at(key(service.toStdString(), wire::Metric::CpuUsageNs)), 1'000'000);
            QVERIFY(got.count(key(service.toStdString(), wire::Metric::CpuLimitMillicores)) == 0);
            QVERIFY(got.count(key(service.toStdString(), wire::Metric::MemoryLimitBytes)) == 0);
        }
        QCOMPARE(hookNamed(sampler, "cgroup tree (" + tree.mid(7).toStdString() + ")").state, wire::HookState::Active);
    }

    void memory_withoutFiles_data()
    {
        QTest::addColumn<QByteArray>("stat");
        QTest::addColumn<qint64>("workingSet"); ///< -1: none is told
        QTest::addColumn<qint64>("held");
        QTest::newRow("as it should be") << QByteArray("inactive_file 100\nactive_file 30\n") << qint64(900) << qint64(870);
        QTest::newRow("more files than is in use") << QByteArray("inactive_file 800\nactive_file 700\n") << qint64(200) << qint64(0);
        QTest::newRow("inactive ones alone are more") << QByteArray("inactive_file 5000\nactive_file 1\n") << qint64(0) << qint64(0);
        QTest::newRow("numbers whose sum is too large")
            << QByteArray("inactive_file 18446744073709551615\nactive_file 18446744073709551615\n") << qint64(0) << qint64(0);
        QTest::newRow("active files are not told") << QByteArray("inactive_file 100\n") << qint64(900) << qint64(-1);
        QTest::newRow("inactive files are not told") << QByteArray("active_file 100\n") << qint64(-1) << qint64(-1);
        QTest::newRow("nothing is told") << QByteArray() << qint64(-1) << qint64(-1);
        QTest::newRow("no numbers") << QByteArray("inactive_file x\nactive_file y\n") << qint64(-1) << qint64(-1);
    }
    void memory_withoutFiles()
    {
        QFETCH(QByteArray, stat);
        QTemporaryDir folder;
        const fs::path root = folder.path().toStdString();
        fs::copy(fixture("cgroup-v2"), root, fs::copy_options::recursive | fs::copy_options::copy_symlinks);
        const std::string path = "/system.slice/ssh.service";
        const auto write = [&](const char *name, const QByteArray &text) {
            QFile file(QString::fromStdString(root.native() + "/cgroup" + path + '/' + name));
            QVERIFY(file.open(QIODevice::WriteOnly) && file.write(text) == text.size());
        };
        write("memory.current", "1000\n");
        write("memory.stat", stat);
        Bench bench(root);
        CgroupSampler sampler(bench.root / "proc", bench.inventory, bench.resolver, {});
        const Told got = bench.sample(sampler);
        const auto valueOf = [&](wire::Metric metric) {
            const auto found = got.find(key(path, metric));
            return found == got.end() ? qint64(-1) : qint64(found->second);
        };
        QCOMPARE(valueOf(wire::Metric::MemoryCurrentBytes), qint64(1000));
        QTEST(valueOf(wire::Metric::MemoryWorkingSetBytes), "workingSet");
        QTEST(valueOf(wire::Metric::MemoryHeldBytes), "held");
    }

    void hybridCgroups_areReadWhereTheyAre()
    {
        Bench bench(fixture("cgroup-hybrid"));
        CgroupSampler sampler(bench.root / "proc", bench.inventory, bench.resolver, {});
        const Told got = bench.sample(sampler);
        QCOMPARE(got.at(key("/only-memory", wire::Metric::MemoryCurrentBytes)), 6 * 1048576);
        QVERIFY(got.count(key("/only-memory", wire::Metric::CpuUsageNs)) == 0);
        QCOMPARE(got.at(key("/only-unified", wire::Metric::CpuUsageNs)), 7'000'000);
        QVERIFY(got.count(key("/only-unified", wire::Metric::CpuPeriods)) == 0);
        QVERIFY(got.count(key("/only-unified", wire::Metric::MemoryCurrentBytes)) == 0);
    }

    void cgroups_beyondTheBoundAreMentioned()
    {
        FakeClock clock;
        CgroupInventory inventory(fixture("cgroup-v1/cgroup"), 2);
        OriginResolver resolver({fixture("cgroup-v1/proc"), "/nonexistent", "/nonexistent"}, inventory, clock);
        resolver.refresh();
        CgroupSampler sampler(fixture("cgroup-v1/proc"), inventory, resolver, {});
        SampleWriter writer(0);
        sampler.sample(writer);
        const wire::Hook hook = hookNamed(sampler, "cgroup tree (v1)");
        QCOMPARE(hook.state, wire::HookState::Active);
        QVERIFY(hook.reason.find("more than 2") != std::string::npos);
    }

    void podNetwork_isReadInThePodsNamespaceOnly_data()
    {
        QTest::addColumn<QString>("tree");
        QTest::addColumn<QString>("pod");
        QTest::addColumn<QString>("docker");
        QTest::newRow("v1") << "cgroup-v1" << QString::fromStdString(podPathV1) << "/docker/" + QString::fromStdString(dockerId);
        QTest::newRow("v2") << "cgroup-v2" << QString::fromStdString(podSlice)
                            << "/system.slice/docker-" + QString::fromStdString(dockerId) + ".scope";
    }
    void podNetwork_isReadInThePodsNamespaceOnly()
    {
        QFETCH(QString, tree);
        QFETCH(QString, pod);
        QFETCH(QString, docker);
        Bench bench(fixture(tree.toStdString()));
        PodNetworkSampler sampler(bench.root / "proc", bench.inventory, bench.resolver);
        const Told got = bench.sample(sampler);
        QCOMPARE(got.at(key(pod.toStdString(), wire::Metric::NetRxBytes, "eth0")), 4242);
        QCOMPARE(got.at(key(pod.toStdString(), wire::Metric::NetTxDrops, "eth0")), 2);
        QCOMPARE(got.at(key(docker.toStdString(), wire::Metric::NetRxBytes, "eth0")), 5151);
        QCOMPARE(got.size(), std::size_t(12)); // not of the pod that uses the host's network, and not of "lo"
    }

    void podNetwork_withoutTheHostsNamespaceTellsNothing()
    {
        Bench bench(fixture("cgroup-v2"));
        PodNetworkSampler sampler("/nonexistent", bench.inventory, bench.resolver);
        QVERIFY(bench.sample(sampler).empty());
        QCOMPARE(sampler.hooks().at(0).state, wire::HookState::Unsupported);
    }

    void filesystems_areEachToldOnce()
    {
        QTemporaryDir folder;
        const fs::path proc = folder.path().toStdString();
        fs::create_directories(proc / "1");
        fs::copy_file(fixture("cgroup-v2/proc/1/mountinfo"), proc / "1/mountinfo");
        fs::create_directories(proc / "1/root/data disk");
        Bench bench(fixture("cgroup-v2"));
        FilesystemSampler sampler(proc, bench.resolver.host());
        const Told got = bench.sample(sampler);
        QCOMPARE(got.size(), std::size_t(4));
        QVERIFY(got.at(key("/", wire::Metric::FilesystemTotalBytes, "/")) > 0);
        QVERIFY(got.at(key("/", wire::Metric::FilesystemUsedBytes, "/data disk"))
                <= got.at(key("/", wire::Metric::FilesystemTotalBytes, "/data disk")));
    }

    /// The path leads to what lies over it: to ask would ask that one.
    void filesystems_thatAreHiddenAreNotAsked_data()
    {
        QTest::addColumn<QByteArray>("over");
        QTest::addColumn<int>("told");
        QTest::newRow("nothing") << QByteArray() << 2;
        QTest::newRow("a server at the same place") << QByteArray("40 28 0:50 / /mnt/disk rw - nfs4 host:/x rw\n") << 0;
        QTest::newRow("a server above it") << QByteArray("40 22 0:50 / /mnt rw - nfs4 host:/x rw\n") << 0;
        QTest::newRow("something below it") << QByteArray("40 28 0:50 / /mnt/disk/in rw - nfs4 host:/x rw\n") << 2;
        QTest::newRow("something beside it") << QByteArray("40 22 0:50 / /mnt/dis rw - nfs4 host:/x rw\n") << 2;
        QTest::newRow("a loop of parents") << QByteArray("22 28 0:1 / / rw - rootfs rootfs rw\n") << 2;
    }
    void filesystems_thatAreHiddenAreNotAsked()
    {
        QFETCH(QByteArray, over);
        QTemporaryDir folder;
        const fs::path proc = folder.path().toStdString();
        fs::create_directories(proc / "1/root/mnt/disk");
        std::ofstream(proc / "1/mountinfo") << "28 22 8:17 / /mnt/disk rw - ext4 /dev/sdb1 rw\n" << over.toStdString();
        Bench bench(fixture("cgroup-v2"));
        FilesystemSampler sampler(proc, bench.resolver.host());
        QTEST(int(bench.sample(sampler).size()), "told");
    }

    /// Whoever asks one of those waits for a process, for as long as it likes.
    void filesystems_inUserSpaceAreNotAsked_data()
    {
        QTest::addColumn<QByteArray>("fileSystem");
        QTest::addColumn<int>("told");
        QTest::newRow("of the kernel") << QByteArray("ntfs3") << 2;
        QTest::newRow("FUSE") << QByteArray("fuse") << 0;
        QTest::newRow("FUSE, named") << QByteArray("fuse.sshfs") << 0;
        QTest::newRow("FUSE on a block device") << QByteArray("fuseblk") << 0;
    }
    void filesystems_inUserSpaceAreNotAsked()
    {
        QFETCH(QByteArray, fileSystem);
        QTemporaryDir folder;
        const fs::path proc = folder.path().toStdString();
        fs::create_directories(proc / "1/root/mnt");
        std::ofstream(proc / "1/mountinfo") << "28 22 8:17 / /mnt rw,relatime - " << fileSystem.toStdString() << " /dev/sdb1 rw\n";
        Bench bench(fixture("cgroup-v2"));
        FilesystemSampler sampler(proc, bench.resolver.host());
        QTEST(int(bench.sample(sampler).size()), "told");
    }

    void filesystems_thatCannotBeReachedAreNamed()
    {
        Bench bench(fixture("cgroup-v2")); // has no 1/root
        FilesystemSampler sampler(bench.root / "proc", bench.resolver.host());
        QVERIFY(bench.sample(sampler).empty());
        QCOMPARE(hookNamed(sampler, "/proc/1/mountinfo").state, wire::HookState::Active);
        QVERIFY(hookNamed(sampler, "statvfs").state != wire::HookState::Active);
    }

    void self_tellsWhatTheAgentCosts()
    {
        Bench bench(fixture("cgroup-v2"));
        SelfSampler sampler(bench.resolver.host(), [] { return SelfSampler::Traffic{11, 22}; });
        const Told got = bench.sample(sampler);
        QVERIFY(got.at(key("/", wire::Metric::AgentCpuNs)) > 0);
        QVERIFY(got.at(key("/", wire::Metric::AgentRssBytes)) > 1 << 20);
        QCOMPARE(got.at(key("/", wire::Metric::AgentSentBytes)), 11);
        QCOMPARE(got.at(key("/", wire::Metric::AgentQueuedEvents)), 22);
    }

    void writer_cutsLargeBatchesAndLeavesOutWhatDoesNotFit()
    {
        SampleWriter writer(7);
        for (int i = 0; i < 600; ++i) {
            auto origin = std::make_shared<wire::Origin>();
            origin->cgroupId = std::uint64_t(i) + 2;
            writer.add(origin, wire::Metric::CpuUsageNs, i, "label " + std::to_string(i % 3));
            writer.add(origin, wire::Metric::CpuUsageNs, UINT64_MAX);
            writer.add(origin, wire::Metric::CpuUsageNs, std::nullopt);
        }
        std::size_t samples = 0;
        const auto batches = writer.take();
        QCOMPARE(batches.size(), std::size_t(3));
        for (const wire::SampleBatch &batch : batches) {
            QCOMPARE(batch.timeNs, 7);
            samples += batch.samples.size();
            for (const wire::Sample &sample : batch.samples) {
                QCOMPARE(batch.origins.at(sample.origin).cgroupId, std::uint64_t(sample.value) + 2);
                QCOMPARE(batch.labels.at(sample.label), "label " + std::to_string(sample.value % 3));
            }
        }
        QCOMPARE(samples, std::size_t(600));
        QVERIFY(writer.take().empty());
    }

    void thisMachine_hasAHostAndCgroups()
    {
        const SystemClock clock;
        CgroupInventory inventory("/sys/fs/cgroup", 1024);
        OriginResolver resolver({}, inventory, clock);
        resolver.refresh();
        SampleWriter writer(clock.utcNs());
        HostSampler host("/proc", {}, resolver.host());
        host.sample(writer);
        CgroupSampler cgroups("/proc", inventory, resolver, {});
        cgroups.sample(writer);
        const Told got = told(writer);
        QVERIFY(got.at(key("/", wire::Metric::CpuUsageNs)) > 0);
        QVERIFY(got.at(key("/", wire::Metric::NodeMemoryTotalBytes)) > got.at(key("/", wire::Metric::NodeMemoryAvailableBytes)));
        for (const wire::Hook &hook : cgroups.hooks())
            QVERIFY2(hook.state != wire::HookState::Failed, (hook.name + ": " + hook.reason).c_str());
        // This process's own memory, where the memory controller knows its cgroup.
        SmallFileReader reader;
        const ProcCgroups own = parseProcCgroup(reader.read("/proc/self/cgroup").text);
        const std::string path = own.memory.value_or(own.v2.value_or("/"));
        if (path == "/")
            QSKIP("this process is in the root cgroup");
        QVERIFY(got.at(key(path, wire::Metric::MemoryCurrentBytes)) > 0);
    }
};

QTEST_APPLESS_MAIN(TestSamplers)
#include "tst_samplers.moc"
