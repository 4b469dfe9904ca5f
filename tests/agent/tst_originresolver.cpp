// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include <filesystem>
#include <fstream>
#include <malloc.h>
#include <map>
#include <sys/stat.h>

#include "agent/enrich/originresolver.h"
#include "tests/agent/fakeclock.h"
#include "tests/agent/fixtures.h"

using namespace tapio;
using namespace tapio::agent;
using namespace tapio::test;
namespace fs = std::filesystem;

namespace {

std::uint64_t inode(const fs::path &path)
{
    struct stat status {};
    return stat(path.c_str(), &status) == 0 ? status.st_ino : 0;
}

/// A machine in a temporary folder whose cgroups and processes the test makes and removes.
struct Machine {
    QTemporaryDir folder;
    fs::path root{folder.path().toStdString()};
    FakeClock clock;
    CgroupInventory inventory;
    OriginResolver resolver;

    std::int64_t walkNs = 0; ///< what each walk is said to take
    std::int64_t cpuNs = 0;

    explicit Machine(bool hybrid = false, std::size_t maxCgroups = 100)
        : inventory(prepared(root, hybrid), maxCgroups), resolver(options(), inventory, clock)
    {}
    static fs::path prepared(const fs::path &root, bool hybrid)
    {
        const fs::path unified = hybrid ? root / "cgroup/unified" : root / "cgroup";
        fs::create_directories(unified);
        std::ofstream(unified / "cgroup.controllers") << "cpu\n";
        if (hybrid)
            fs::create_directories(root / "cgroup/memory");
        return root / "cgroup";
    }
    ResolverOptions options()
    {
        ResolverOptions options;
        options.cpuNs = [this] { return std::exchange(cpuNs, cpuNs + walkNs); };
        options.procRoot = root / "proc";
        options.podLogs = root / "pods";
        options.containerLogs = root / "containers";
        options.maxGone = 3;
        return options;
    }
    std::uint64_t makeCgroup(const std::string &path, const std::string &hierarchy = "")
    {
        const fs::path full = (root / "cgroup" / hierarchy).native() + path;
        fs::create_directories(full);
        return inode(full);
    }
    void removeCgroup(const std::string &path, const std::string &hierarchy = "")
    {
        fs::remove_all((root / "cgroup" / hierarchy).native() + path);
    }
    void makeProcess(std::uint32_t pid, const std::string &cgroups, std::uint64_t startTicks)
    {
        const fs::path proc = root / "proc" / std::to_string(pid);
        fs::create_directories(proc);
        std::ofstream(proc / "cgroup") << cgroups;
        std::ofstream(proc / "stat") << pid << " (x) S 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 " << startTicks << " 0 0\n";
    }
    void wait() { clock.advance(std::chrono::seconds(10)); }
};

} // namespace

class TestOriginResolver : public QObject {
    Q_OBJECT
private slots:
    void layout_data()
    {
        QTest::addColumn<QString>("name");
        QTest::addColumn<QString>("kind");
        QTest::newRow("v1") << "cgroup-v1"
                            << "v1";
        QTest::newRow("v2") << "cgroup-v2"
                            << "v2";
        QTest::newRow("hybrid") << "cgroup-hybrid"
                                << "hybrid";
        QTest::newRow("no cgroups at all") << "nonexistent"
                                           << "none";
    }
    void layout()
    {
        QFETCH(QString, name);
        QTEST(QString(CgroupLayout::detect(fixture(name.toStdString()) / "cgroup").kind()), "kind");
    }

    void walk_joinsHierarchiesByPath()
    {
        CgroupInventory inventory(fixture("cgroup-hybrid/cgroup"), 100);
        inventory.refresh();
        const auto find = [&](const std::string &path) {
            const auto &nodes = inventory.nodes();
            const auto found = std::find_if(nodes.begin(), nodes.end(), [&](const auto &node) { return node.path == path; });
            return found == nodes.end() ? CgroupNode{} : *found;
        };
        const CgroupNode container = find(containerPathV1);
        QCOMPARE(container.v2Id, inode(fixture("cgroup-hybrid/cgroup/unified") += containerPathV1));
        QCOMPARE(container.memoryId, inode(fixture("cgroup-hybrid/cgroup/memory") += containerPathV1));
        QVERIFY(container.inCpu && container.inCpuacct && container.inBlkio);
        QCOMPARE(find("/only-memory").v2Id, 0u);
        QVERIFY(find("/only-memory").memoryId != 0);
        QVERIFY(find("/only-unified").v2Id != 0);
        QVERIFY(!find("/only-unified").inCpu);
        QCOMPARE(inventory.look(containerPathV1), container);
        QCOMPARE(inventory.look("/absent").v2Id, 0u);
    }

    void walk_keepsContainersFirstWhenThereAreTooMany()
    {
        Machine machine(false, 3);
        for (int i = 0; i < 10; ++i)
            machine.makeCgroup("/aaa-service-" + std::to_string(i));
        machine.makeCgroup("/kubepods/pod" + podUid + "/" + containerId);
        machine.inventory.refresh();
        QCOMPARE(machine.inventory.nodes().size(), std::size_t(3));
        QCOMPARE(machine.inventory.cutOff(), std::size_t(10));
        const auto &nodes = machine.inventory.nodes();
        QVERIFY(std::any_of(nodes.begin(), nodes.end(), [](const auto &node) { return node.path.ends_with(containerId); }));
    }

    void walk_endsSomewhere()
    {
        Machine machine(false, 2);
        for (int i = 0; i < 40; ++i)
            machine.makeCgroup("/s" + std::to_string(i));
        machine.inventory.refresh();
        QCOMPARE(machine.inventory.nodes().size(), std::size_t(2));
        QCOMPARE(machine.inventory.cutOff(), std::size_t(38));
    }

    void resolve_namesPodAndContainer_data()
    {
        QTest::addColumn<QString>("name");
        QTest::addColumn<QString>("path");
        const QString uid = QString::fromStdString(podUid);
        const QString cid = QString::fromStdString(containerId);
        QTest::newRow("v2, systemd") << "cgroup-v2"
                                     << "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" + QString(uid).replace('-', '_')
                                            + ".slice/cri-containerd-" + cid + ".scope";
        QTest::newRow("v1, cgroupfs") << "cgroup-v1"
                                      << "/kubepods/burstable/pod" + uid + "/" + cid;
        QTest::newRow("hybrid, cgroupfs") << "cgroup-hybrid"
                                          << "/kubepods/burstable/pod" + uid + "/" + cid;
    }
    void resolve_namesPodAndContainer()
    {
        QFETCH(QString, name);
        QFETCH(QString, path);
        FakeClock clock;
        const fs::path root = fixture(name.toStdString());
        CgroupInventory inventory(root / "cgroup", 100);
        OriginResolver resolver({root / "proc", root / "log/pods", root / "log/containers"}, inventory, clock);
        resolver.refresh();
        const CgroupNode node = inventory.look(path.toStdString());
        for (const std::uint64_t id : {node.v2Id, node.memoryId}) {
            if (id == 0)
                continue;
            const OriginPtr origin = resolver.resolve(id);
            QCOMPARE(origin->cgroupPath, path.toStdString());
            QCOMPARE(origin->containerId, containerId);
            QCOMPARE(origin->containerName, std::string("app"));
            QCOMPARE(origin->podUid, podUid);
            QCOMPARE(origin->podName, std::string("cart-7d9f"));
            QCOMPARE(origin->namespaceName, std::string("shop"));
            QCOMPARE(origin->attribution, wire::Attribution::Live);
            QCOMPARE(origin->cgroupId, node.v2Id != 0 ? node.v2Id : node.memoryId);
        }
    }

    void resolve_ofTheRootIsTheHost()
    {
        Machine machine;
        QCOMPARE(machine.resolver.resolve(1)->cgroupPath, std::string("/"));
        QCOMPARE(machine.resolver.resolve(1)->attribution, wire::Attribution::Live);
    }

    void resolve_findsANewCgroupThroughItsProcessWithoutAWalk()
    {
        Machine machine;
        machine.resolver.refresh();
        const std::uint64_t id = machine.makeCgroup("/docker/" + dockerId);
        machine.makeProcess(42, "0::/docker/" + dockerId + "\n", 12345);
        const OriginPtr origin = machine.resolver.resolve(id, 42, 12345 * 10'000'000ull + 5);
        QCOMPARE(origin->containerId, dockerId);
        QCOMPARE(origin->attribution, wire::Attribution::Live);
        QCOMPARE(machine.inventory.nodes().size(), std::size_t(0));
    }

    void resolve_doesNotAskAProcessThatTookOverThePid()
    {
        Machine machine;
        machine.resolver.refresh();
        machine.makeProcess(42, "0::/docker/" + dockerId + "\n", 99999);
        const OriginPtr origin = machine.resolver.resolve(777777777, 42, 12345 * 10'000'000ull);
        QCOMPARE(origin->attribution, wire::Attribution::Unknown);
        QVERIFY(origin->containerId.empty());
    }

    void resolve_findsANewCgroupByAWalk()
    {
        Machine machine;
        machine.resolver.refresh();
        const std::uint64_t id = machine.makeCgroup("/system.slice/new.service");
        machine.wait();
        QCOMPARE(machine.resolver.resolve(id)->cgroupPath, std::string("/system.slice/new.service"));
    }

    void resolve_walksNoMoreOftenThanAllowed()
    {
        Machine machine;
        machine.resolver.refresh();
        const std::uint64_t id = machine.makeCgroup("/new");
        QCOMPARE(machine.resolver.resolve(id)->attribution, wire::Attribution::Unknown);
        machine.wait();
        QCOMPARE(machine.resolver.resolve(id)->attribution, wire::Attribution::Live);
    }

    void resolve_ofWhatNothingConfirmsIsInferred()
    {
        Machine machine;
        machine.wait();
        machine.makeProcess(42, "0::/docker/" + dockerId + "\n", 5); // its folder is gone already
        const OriginPtr origin = machine.resolver.resolve(424242, 42, 0);
        QCOMPARE(origin->attribution, wire::Attribution::Inferred);
        QCOMPARE(origin->containerId, dockerId);
        QCOMPARE(origin->cgroupId, 424242u);
    }

    void resolve_ofNothingIsUnknown()
    {
        Machine machine;
        machine.wait();
        const OriginPtr origin = machine.resolver.resolve(424242);
        QCOMPARE(origin->attribution, wire::Attribution::Unknown);
        QVERIFY(origin->cgroupPath.empty());
        QCOMPARE(machine.resolver.resolve(0)->attribution, wire::Attribution::Unknown);
    }

    void known_walksForNothing()
    {
        Machine machine(true);
        machine.resolver.refresh();
        const auto v2 = machine.makeCgroup("/made", "unified");
        const auto memory = machine.makeCgroup("/kubepods/pod0a1b2c3d-0000-4000-8000-000000000001", "memory");
        machine.walkNs = 1000;
        machine.resolver.takeWalkNs();
        for (int i = 0; i < 3; ++i) {
            machine.wait();
            QCOMPARE(machine.resolver.known(v2)->attribution, wire::Attribution::Unknown);
            QCOMPARE(machine.resolver.known(v2)->cgroupId, v2);
        }
        QCOMPARE(machine.resolver.takeWalkNs(), 0);
        machine.resolver.refresh();
        QCOMPARE(machine.resolver.known(v2)->cgroupPath, "/made");
        QCOMPARE(machine.resolver.known(1, memory)->podUid, "0a1b2c3d-0000-4000-8000-000000000001");
        QCOMPARE(machine.resolver.known(1), machine.resolver.host());
        machine.removeCgroup("/made", "unified");
        machine.resolver.refresh();
        QCOMPARE(machine.resolver.known(v2)->attribution, wire::Attribution::Cached);
    }

    void pod_isFoundByItsUid_orOnlyNamed()
    {
        Machine machine(true);
        const std::string path = "/kubepods/pod" + podUid;
        const std::uint64_t id = machine.makeCgroup(path, "unified"), memory = machine.makeCgroup(path, "memory");
        machine.makeCgroup(path + "/" + containerId, "unified");
        fs::create_directories(machine.root / "pods" / ("shop_cart_" + podUid));
        machine.resolver.refresh();
        CgroupRef cgroup;
        OriginPtr origin = machine.resolver.ofPod(podUid, cgroup);
        QCOMPARE(origin->cgroupPath, path); // the pod's own, and not that of its container
        QCOMPARE(origin->podName, std::string("cart"));
        QVERIFY(cgroup == (CgroupRef{id, memory, CgroupHierarchy::V2}));
        QCOMPARE(machine.resolver.found(cgroup), origin);
        for (const char *hierarchy : {"unified", "memory"})
            machine.removeCgroup(path, hierarchy);
        machine.resolver.refresh();
        origin = machine.resolver.ofPod(podUid, cgroup);
        QCOMPARE(origin->podUid, podUid);
        QCOMPARE(origin->podName, std::string("cart"));
        QCOMPARE(origin->cgroupPath, std::string());
        QCOMPARE(origin->attribution, wire::Attribution::Cached);
        QVERIFY(cgroup == CgroupRef());
    }

    void removedCgroup_staysKnownAsCachedForAWhile()
    {
        Machine machine;
        const std::uint64_t id = machine.makeCgroup("/docker/" + dockerId);
        machine.resolver.refresh();
        QCOMPARE(machine.resolver.resolve(id)->attribution, wire::Attribution::Live);
        machine.removeCgroup("/docker/" + dockerId);
        machine.resolver.refresh();
        QCOMPARE(machine.resolver.resolve(id)->attribution, wire::Attribution::Cached);
        QCOMPARE(machine.resolver.resolve(id)->containerId, dockerId);
        machine.clock.advance(std::chrono::minutes(16));
        machine.resolver.refresh();
        QCOMPARE(machine.resolver.resolve(id)->attribution, wire::Attribution::Unknown);
    }

    void removedCgroups_areBounded()
    {
        Machine machine;
        for (int i = 0; i < 10; ++i)
            machine.makeCgroup("/s" + std::to_string(i));
        machine.resolver.refresh();
        for (int i = 0; i < 10; ++i)
            machine.removeCgroup("/s" + std::to_string(i));
        machine.resolver.refresh();
        QCOMPARE(machine.resolver.gone(), std::size_t(3));
        QCOMPARE(machine.resolver.known(), std::size_t(0));
    }

    void names_thatComeLaterAreTaken()
    {
        Machine machine;
        const std::uint64_t id = machine.makeCgroup("/kubepods/pod" + podUid + "/" + containerId);
        machine.resolver.refresh();
        QCOMPARE(machine.resolver.resolve(id)->podName, std::string());
        fs::create_directories(machine.root / "pods" / ("shop_cart_" + podUid));
        machine.resolver.refresh();
        QCOMPARE(machine.resolver.resolve(id)->podName, std::string("cart"));
        fs::remove_all(machine.root / "pods");
        machine.resolver.refresh();
        QCOMPARE(machine.resolver.resolve(id)->podName, std::string("cart")); // the kubelet cleans up before the cgroup ends
    }

    void bothHierarchies_areLookedInForAnId()
    {
        Machine machine(true);
        const std::uint64_t unified = machine.makeCgroup("/a", "unified");
        const std::uint64_t memory = machine.makeCgroup("/b", "memory");
        machine.resolver.refresh();
        QCOMPARE(machine.resolver.resolve(unified)->cgroupPath, std::string("/a"));
        QCOMPARE(machine.resolver.resolve(memory)->cgroupPath, std::string("/b"));
        QCOMPARE(machine.resolver.resolve(memory)->cgroupId, memory);
    }

    void hybrid_whatNamesMoreIsTaken_data()
    {
        QTest::addColumn<QString>("v2");
        QTest::addColumn<QString>("memory");
        QTest::addColumn<QString>("taken");
        const QString service = "/system.slice/containerd.service";
        const QString pod = "/kubepods/pod" + QString::fromStdString(podUid);
        const QString container = pod + '/' + QString::fromStdString(containerId);
        QTest::newRow("the runtime's service, and the container") << service << container << container;
        QTest::newRow("the container, and the runtime's service") << container << service << container;
        QTest::newRow("the runtime's service, and the pod") << service << pod << pod;
        QTest::newRow("the pod, and the container") << pod << container << container;
        QTest::newRow("two that name no workload") << "/user.slice/user-0.slice/session-1.scope"
                                                   << "/user.slice"
                                                   << "/user.slice/user-0.slice/session-1.scope";
    }
    void hybrid_whatNamesMoreIsTaken()
    {
        QFETCH(QString, v2);
        QFETCH(QString, memory);
        QFETCH(QString, taken);
        Machine machine(true);
        const std::uint64_t v2Id = machine.makeCgroup(v2.toStdString(), "unified");
        const std::uint64_t memoryId = machine.makeCgroup(memory.toStdString(), "memory");
        machine.resolver.refresh();
        QCOMPARE(QString::fromStdString(machine.resolver.resolve(v2Id, 0, 0, memoryId)->cgroupPath), taken);
        QCOMPARE(QString::fromStdString(machine.resolver.resolve(v2Id)->cgroupPath), v2);
    }
    void hybrid_anIdThatIsNotKnownGivesWayToOneThatIs()
    {
        Machine machine(true);
        const std::uint64_t memoryId = machine.makeCgroup("/b", "memory");
        machine.resolver.refresh();
        QCOMPARE(machine.resolver.resolve(987654321, 0, 0, memoryId)->cgroupPath, std::string("/b"));
    }

    void walks_thatTakeLongComeLessOftenAndAreCharged()
    {
        Machine machine;
        machine.walkNs = 20 * nsPerMs; // fifty times that is a second
        machine.resolver.refresh();
        QCOMPARE(machine.resolver.takeWalkNs(), machine.walkNs);
        machine.clock.advance(std::chrono::milliseconds(900));
        const std::uint64_t id = machine.makeCgroup("/new");
        QCOMPARE(machine.resolver.resolve(id)->attribution, wire::Attribution::Unknown);
        QCOMPARE(machine.resolver.takeWalkNs(), 0);
        machine.clock.advance(std::chrono::milliseconds(100));
        QCOMPARE(machine.resolver.resolve(id)->attribution, wire::Attribution::Live);
        QCOMPARE(machine.resolver.takeWalkNs(), machine.walkNs);
    }

    void sameIdInTwoHierarchies_isDecidedByTheProcess()
    {
        // The kernel numbers each hierarchy by itself. Here one folder is "/sub/x" of v2 and "/x" of v1's memory.
        Machine machine(true);
        const std::uint64_t id = machine.makeCgroup("/sub/x", "unified");
        fs::remove(machine.root / "cgroup/memory");
        fs::create_directory_symlink(machine.root / "cgroup/unified/sub", machine.root / "cgroup/memory");
        machine.makeProcess(42, "4:memory:/x\n0::/\n", 5);
        machine.makeProcess(43, "4:memory:/\n0::/sub/x\n", 5);
        machine.resolver.refresh();
        QCOMPARE(machine.resolver.resolve(id, 42)->cgroupPath, std::string("/x"));
        QCOMPARE(machine.resolver.resolve(id, 43)->cgroupPath, std::string("/sub/x"));
        QCOMPARE(machine.resolver.resolve(id, 42)->attribution, wire::Attribution::Live);
        QCOMPARE(machine.resolver.resolve(id)->attribution, wire::Attribution::Inferred);
        // Whoever says which hierarchy it is needs no process, also when the cgroups are gone.
        const auto pathIn = [&](CgroupHierarchy hierarchy) { return machine.resolver.resolve(id, 0, 0, 0, hierarchy)->cgroupPath; };
        QCOMPARE(pathIn(CgroupHierarchy::V2), "/sub/x");
        QCOMPARE(pathIn(CgroupHierarchy::Memory), "/x");
        QCOMPARE(machine.resolver.known(1, id)->cgroupPath, machine.resolver.host()->cgroupPath); // neither names a workload
        QCOMPARE(machine.resolver.resolve(id, 0, 0, 0, CgroupHierarchy::Memory)->attribution, wire::Attribution::Live);
        machine.removeCgroup("/sub/x", "unified");
        machine.resolver.refresh();
        QCOMPARE(pathIn(CgroupHierarchy::V2), "/sub/x");
        QCOMPARE(pathIn(CgroupHierarchy::Memory), "/x");
        QCOMPARE(machine.resolver.resolve(id, 0, 0, 0, CgroupHierarchy::Memory)->attribution, wire::Attribution::Cached);
    }

    void beyondTheBound_whatAProcessToldIsKeptWhileItLives()
    {
        Machine machine(false, 1);
        machine.makeCgroup("/kubepods/pod" + podUid);
        const std::uint64_t id = machine.makeCgroup("/deep/service");
        machine.makeProcess(42, "0::/deep/service\n", 5);
        machine.resolver.refresh();
        QCOMPARE(machine.resolver.resolve(id, 42, 0)->attribution, wire::Attribution::Live);
        machine.resolver.refresh();
        QCOMPARE(machine.resolver.resolve(id)->attribution, wire::Attribution::Live);
        machine.removeCgroup("/deep/service");
        machine.resolver.refresh();
        QCOMPARE(machine.resolver.resolve(id)->attribution, wire::Attribution::Cached);
    }

    void cgroupThatIsGoneBeforeAnybodyLooked_isNamedByTheKernel_data()
    {
        QTest::addColumn<bool>("isV1");
        QTest::addColumn<bool>("stillThere");
        QTest::addColumn<wire::Attribution>("attribution");
        QTest::newRow("gone, of v2") << false << false << wire::Attribution::Cached;
        QTest::newRow("gone, of v1") << true << false << wire::Attribution::Cached;
        QTest::newRow("still there") << false << true << wire::Attribution::Live;
    }
    void cgroupThatIsGoneBeforeAnybodyLooked_isNamedByTheKernel()
    {
        QFETCH(bool, isV1);
        QFETCH(bool, stillThere);
        Machine machine(true);
        machine.resolver.refresh();
        fs::create_directories(machine.root / "pods" / ("shop_cart_" + podUid));
        machine.resolver.refreshNames();
        const std::string path = "/kubepods/pod" + podUid + "/" + containerId;
        const std::uint64_t id = stillThere ? machine.makeCgroup(path, "unified") : 987'654;
        machine.resolver.setBirth(
            [&](std::uint64_t asked, bool v1) { return asked == id && v1 == isV1 ? std::optional(path) : std::nullopt; });
        const OriginPtr origin = machine.resolver.resolve(id);
        QTEST(origin->attribution, "attribution");
        QCOMPARE(origin->cgroupId, id);
        QCOMPARE(origin->podName, std::string("cart"));
        QCOMPARE(origin->containerId, containerId);
        machine.resolver.setBirth({}); // asked once
        QCOMPARE(machine.resolver.resolve(id)->containerId, containerId);
    }
    void cgroupThatWasMadeInBothHierarchies_isNotGuessed()
    {
        Machine machine(true);
        machine.resolver.refresh();
        machine.resolver.setBirth([](std::uint64_t, bool isV1) { return std::optional<std::string>(isV1 ? "/a" : "/b"); });
        QCOMPARE(machine.resolver.resolve(987'654)->attribution, wire::Attribution::Unknown);
    }

    void churn_isBounded()
    {
        Machine machine;
        machine.resolver.refresh();
        const auto idOf = [](std::uint64_t i) { return QByteArray::number(qulonglong(i), 16).rightJustified(64, '0').toStdString(); };
        machine.resolver.setBirth(
            [&](std::uint64_t id, bool isV1) { return isV1 ? std::nullopt : std::optional("/kubepods/pod" + podUid + "/" + idOf(id)); });
        // What is allocated and not what is resident: sanitizers keep freed memory for a while.
        const auto allocatedBytes = [] {
            const struct mallinfo2 heap = ::mallinfo2();
            return heap.uordblks + heap.hblkhd;
        };
        for (std::uint64_t id = 1000; id < 11'000; ++id)
            QCOMPARE(machine.resolver.resolve(id)->attribution, wire::Attribution::Cached);
        const std::size_t before = allocatedBytes();
        for (std::uint64_t id = 11'000; id < 111'000; ++id)
            QCOMPARE(machine.resolver.resolve(id)->containerId, idOf(id));
        QVERIFY2(allocatedBytes() < before + (4u << 20), qPrintable(QString::number(allocatedBytes() - before)));
        QVERIFY(machine.resolver.gone() <= 6);
        QVERIFY(machine.resolver.known() <= 100);
    }
    void churnOfWhatLives_isBoundedBetweenWalks()
    {
        Machine machine(false, 10);
        machine.resolver.refresh();
        std::map<std::uint64_t, std::string> born;
        for (int i = 0; i < 200; ++i) {
            const std::string path = "/s" + std::to_string(i);
            born[machine.makeCgroup(path)] = path;
        }
        machine.resolver.setBirth([&](std::uint64_t id, bool isV1) { return isV1 ? std::nullopt : std::optional(born[id]); });
        for (const auto &[id, path] : born)
            QCOMPARE(machine.resolver.resolve(id)->cgroupPath, path);
        QVERIFY(machine.resolver.known() <= 40);
    }

    void thisMachine_resolvesItsOwnProcess()
    {
        const SystemClock clock;
        CgroupInventory inventory("/sys/fs/cgroup", 1024);
        OriginResolver resolver({}, inventory, clock);
        resolver.refresh();
        QVERIFY(inventory.layout().kind() != std::string("none"));
        QVERIFY(resolver.known() > 0 || inventory.nodes().empty());
        for (const CgroupNode &node : inventory.nodes()) {
            if (node.v2Id != 0)
                QCOMPARE(resolver.resolve(node.v2Id)->cgroupPath, node.path);
        }
    }
};

QTEST_APPLESS_MAIN(TestOriginResolver)
#include "tst_originresolver.moc"
