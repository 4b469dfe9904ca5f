// SPDX-License-Identifier: GPL-3.0-or-later
// One look at the file systems that only containers see.
#include <QtTest>

#include <cerrno>

#include "tests/agent/volumebench.h"

using namespace tapio;
using namespace tapio::agent;
using namespace tapio::test;

class TestVolumeScan : public QObject {
    Q_OBJECT

    static QString toldOf(const VolumeScan &scan)
    {
        QStringList all;
        for (const Volume &volume : scan.volumes)
            all << QString::fromStdString(volume.device + ' ' + volume.mountPoint);
        return all.join(", ");
    }

private slots:
    void mounts_data()
    {
        QTest::addColumn<QByteArray>("rows");
        QTest::addColumn<QString>("told");
        const auto row = [](const char *name, const std::string &rows, const char *told) {
            QTest::newRow(name) << QByteArray::fromStdString(rows) << told;
        };
        row("a disk and memory", mountRow(60, "8:16", "/data") + mountRow(61, "0:60", "/dev/shm"), "8:16 /data, 0:60 /dev/shm");
        row("one of the host", mountRow(60, "254:0", "/etc/hosts") + mountRow(61, "0:20", "/run"), "");
        row("the same one twice", mountRow(60, "8:16", "/data/long") + mountRow(61, "8:16", "/d"), "8:16 /d");
        row("read-only at the shorter place", mountRow(60, "8:16", "/data") + "61 50 8:16 / /d ro - ext4 /dev/sdb rw\n", "8:16 /data");
        row("hidden at the shorter place",
            mountRow(60, "8:16", "/data") + mountRow(61, "8:16", "/d") + "62 61 0:70 / /d rw - nfs4 host:/x rw\n", "8:16 /data");
        row("behind a server", "60 50 0:70 / /mnt rw - nfs4 host:/x rw\n" + mountRow(61, "8:16", "/mnt/disk", 60), "");
        row("behind a process", "60 50 0:70 / /mnt rw - fuse.sshfs host:/x rw\n" + mountRow(61, "8:16", "/mnt/disk", 60), "");
        row("in a tmpfs", mountRow(60, "0:70", "/dev") + mountRow(61, "0:71", "/dev/shm", 60), "0:70 /dev, 0:71 /dev/shm");
        row("a server, FUSE, an image, and what is no disk",
            "60 50 0:70 / /a rw - nfs4 host:/x rw\n61 50 0:71 / /b rw - fuse.x x rw\n62 50 7:0 / /c rw - squashfs /dev/loop0 rw\n"
            "63 50 0:72 / /proc rw - proc proc rw\n64 50 8:32 / /d rw - fuseblk /dev/sdc rw\n",
            "");
        row("a blank in its path", "60 50 8:16 / /my\\040data rw - ext4 /dev/sdb rw\n", "8:16 /my data");
        row("rows that are none",
            "\n60\n61 50 8:16\n62 50 x:y / /x rw - ext4 /dev/sdb rw\n63 50 8:16 / /x rw ext4 /dev/sdb rw\n-1 50 8:16 / /x rw - ext4 "
            "/dev/sdb\n"
            "64 50 8:16 / rel rw - ext4 /dev/sdb rw\n"
                + mountRow(65, "8:17", "/good"),
            "8:17 /good");
        row("a folder of the host with others' volumes", mountRow(60, "8:16", "/host/var/lib/kubelet/pods/u/volumes/x/y"), "");
    }
    void mounts()
    {
        QFETCH(QByteArray, rows);
        VolumeBench bench;
        bench.add("/c", 77, rows.toStdString());
        const VolumeScan scan = bench.scan();
        QTEST(toldOf(scan), "told");
        QCOMPARE(scan.errnum, 0);
        QCOMPARE(scan.beyond + scan.unread + scan.failed, std::size_t(0));
        QCOMPARE(bench.asked.size(), scan.volumes.size());
    }

    /// The host mounts for containers what it does not use itself.
    void hostMounts_data()
    {
        QTest::addColumn<QByteArray>("row");
        QTest::addColumn<bool>("told");
        const auto row = [](const char *name, const std::string &point, bool told) {
            QTest::newRow(name) << QByteArray::fromStdString(mountRow(3, "8:16", point, 1)) << told;
        };
        row("a disk of its own", "/mnt", false);
        row("a pod's volume", "/var/lib/kubelet/pods/0f8e7d6c-5b4a-4321-8765-0123456789ab/volumes/kubernetes.io~csi/pvc/mount", true);
        row("a driver's", "/var/snap/microk8s/common/var/lib/kubelet/plugins/kubernetes.io/csi/x/globalmount", true);
        row("the kubelet's own disk", "/var/lib/kubelet", false);
        row("a container's shared memory", "/run/containerd/io.containerd.grpc.v1.cri/sandboxes/" + std::string(64, 'a') + "/shm", true);
        row("a name that is nearly an id", "/run/sandboxes/" + std::string(63, 'a') + "/shm", false);
    }
    void hostMounts()
    {
        QFETCH(QByteArray, row);
        QFETCH(bool, told);
        VolumeBench bench;
        bench.host("1 0 254:0 / / rw - ext4 /dev/vda rw\n" + row.toStdString());
        bench.add("/c", 77, mountRow(60, "8:16", "/data"));
        QCOMPARE(toldOf(bench.scan()), QString(told ? "8:16 /data" : ""));
        bench.host("1 0 254:0 / / rw - ext4 /dev/vda rw\n" + row.toStdString() + mountRow(4, "8:16", "/mnt", 1));
        QCOMPARE(toldOf(bench.scan()), QString()); // the host uses it as well
    }

    void anyCgroup_withAMountNamespaceOfItsOwnIsLookedAtOnce()
    {
        VolumeBench bench;
        bench.add("/tapio-drill-0123456789abcdef", 70, mountRow(60, "8:16", "/disk"));
        bench.add("/system.slice/a.service", 71, mountRow(60, "8:17", "/x"), "1"); // the host's namespace
        bench.add("/kubepods/c/inner", 72, mountRow(60, "8:18", "/inner"), "77");  // one container's, twice
        bench.add("/kubepods/c", 73, mountRow(60, "8:18", "/outer"), "77");
        bench.put(bench.root() / "cgroup/empty/cgroup.procs", "");
        bench.put(bench.root() / "cgroup/strange/cgroup.procs", "0\n");
        bench.put(bench.root() / "cgroup/gone/cgroup.procs", "4242\n");
        const VolumeScan scan = bench.scan();
        QCOMPARE(toldOf(scan), QString("8:18 /outer, 8:16 /disk"));
        const auto &nodes = bench.inventory.nodes();
        const auto drill = std::find_if(nodes.begin(), nodes.end(), [](const auto &node) { return node.path.starts_with("/tapio"); });
        QCOMPARE(scan.volumes[1].cgroupId, drill->v2Id);
        QCOMPARE(scan.volumes[1].memoryCgroupId, std::uint64_t(0));
    }

    void theHostsList_isNeeded()
    {
        VolumeBench bench;
        bench.add("/c", 77, mountRow(60, "8:16", "/data"));
        std::filesystem::remove(bench.proc() / "1/mountinfo");
        const VolumeScan scan = bench.scan();
        QCOMPARE(scan.errnum, ENOENT);
        QVERIFY(scan.volumes.empty() && bench.asked.empty());
    }

    void theHostsList_mayBeLong() // longer than what is parsed of others
    {
        VolumeBench bench;
        std::string list = "1 0 254:0 / / rw - ext4 /dev/vda rw\n";
        for (int i = 0; i < 5000; ++i)
            list += mountRow(100 + i, "0:" + std::to_string(1000 + i), "/x" + std::to_string(i), 1);
        bench.host(list + mountRow(9999, "8:16", "/mnt", 1));
        bench.add("/c", 77, mountRow(60, "8:16", "/data"));
        QCOMPARE(toldOf(bench.scan()), QString());
    }

    void aNamespaceThatWentMeanwhile_isNotAsked_data()
    {
        QTest::addColumn<bool>("other");
        QTest::newRow("its number is another's") << true;
        QTest::newRow("it has ended") << false;
    }
    void aNamespaceThatWentMeanwhile_isNotAsked()
    {
        QFETCH(bool, other);
        VolumeBench bench;
        bench.add("/c", 77, mountRow(60, "8:16", "/data"));
        const VolumeScan scan = bench.scan([&](const std::string &at) {
            if (at != "/c")
                return;
            if (other)
                bench.link("77", "78");
            else
                std::filesystem::remove(bench.proc() / "77/ns/mnt");
        });
        QVERIFY(scan.volumes.empty() && bench.asked.empty());
        QCOMPARE(scan.failed, std::size_t(0));
    }

    /// Reading the list is most of what a look costs.
    void lists_areReadNowAndThen_data()
    {
        QTest::addColumn<int>("looks"); // before another mount comes
        QTest::addColumn<int>("until"); // it is found, looks
        QTest::newRow("of a young namespace") << 1 << 1;
        QTest::newRow("of one that is just not young any more") << 6 << 12;
        QTest::newRow("of an old one") << 25 << 12;
    }
    void lists_areReadNowAndThen()
    {
        QFETCH(int, looks);
        QFETCH(int, until);
        VolumeBench bench;
        bench.add("/c", 77, mountRow(60, "8:16", "/data"));
        bench.inventory.refresh();
        VolumeScanner scanner(bench.options());
        const auto look = [&] { return scanner.scan(bench.inventory.layout(), bench.inventory.nodes(), [](const std::string &) {}); };
        for (int i = 0; i < looks; ++i)
            QCOMPARE(toldOf(look()), QString("8:16 /data"));
        bench.add("/c", 77, mountRow(60, "8:16", "/data") + mountRow(61, "8:17", "/more"));
        int needed = 1;
        while (toldOf(look()) != "8:16 /data, 8:17 /more" && needed < 100)
            ++needed;
        QVERIFY2(needed <= until, qPrintable(QString::number(needed)));
        bench.link("77", "another"); // and its list is not the one that is known
        bench.add("/c", 77, mountRow(60, "8:18", "/else"), "another");
        QCOMPARE(toldOf(look()), QString("8:18 /else"));
    }

    void aProcess_thatEndedIsReplacedByTheNextOfItsCgroup()
    {
        VolumeBench bench;
        bench.add("/c", 77, mountRow(60, "8:16", "/data"), "space");
        bench.inventory.refresh();
        VolumeScanner scanner(bench.options());
        const auto look = [&] { return scanner.scan(bench.inventory.layout(), bench.inventory.nodes(), [](const std::string &) {}); };
        for (int i = 0; i < 10; ++i)
            look();
        std::filesystem::remove_all(bench.proc() / "77");
        bench.add("/c", 78, mountRow(60, "8:16", "/data"), "space");
        QCOMPARE(toldOf(look()), QString("8:16 /data"));
        std::filesystem::remove_all(bench.proc() / "78"); // and nobody follows
        const VolumeScan last = look();
        QVERIFY(last.volumes.empty());
        QCOMPARE(last.failed, std::size_t(0));
    }

    void counts_ofWhatIsLeftOutStay() // a state that changes is sent
    {
        VolumeBench bench;
        std::string rows;
        for (int i = 0; i < 70; ++i)
            rows += mountRow(100 + i, "8:" + std::to_string(i), "/m" + std::to_string(i));
        bench.add("/c", 77, rows);
        bench.add("/d", 78, rows + std::string(600'000, '\n'));
        bench.inventory.refresh();
        VolumeScanner scanner(bench.options());
        for (int i = 0; i < 30; ++i) {
            const VolumeScan scan = scanner.scan(bench.inventory.layout(), bench.inventory.nodes(), [](const std::string &) {});
            QCOMPARE(scan.beyond, std::size_t(6));
            QCOMPARE(scan.unread, std::size_t(1));
            QCOMPARE(scan.volumes.size(), std::size_t(64));
        }
    }

    void answers_data()
    {
        QTest::addColumn<int>("error");
        QTest::addColumn<bool>("readOnly");
        QTest::addColumn<int>("told");
        QTest::addColumn<int>("failed");
        QTest::newRow("as it is") << 0 << false << 1 << 0;
        QTest::newRow("mounted read-only as a whole") << 0 << true << 0 << 0;
        QTest::newRow("gone") << ENOENT << false << 0 << 0;
        QTest::newRow("another one over it") << ESRCH << false << 0 << 0;
        QTest::newRow("broken") << EIO << false << 0 << 1;
    }
    void answers()
    {
        QFETCH(int, error);
        QFETCH(bool, readOnly);
        VolumeBench bench;
        bench.add("/c", 77, mountRow(60, "8:16", "/data"));
        bench.errors["8:16"] = error;
        bench.sizes["8:16"] = volumeOf(100, 0);
        bench.sizes["8:16"].isReadOnly = readOnly;
        const VolumeScan scan = bench.scan();
        QTEST(int(scan.volumes.size()), "told");
        QTEST(int(scan.failed), "failed");
        QCOMPARE(scan.failedErrnum, scan.failed ? error : 0);
    }

    void bounds_data()
    {
        QTest::addColumn<int>("containers");
        QTest::addColumn<int>("each");
        QTest::addColumn<int>("told");
        QTest::addColumn<int>("beyond");
        QTest::newRow("as many as may be of one") << 1 << 64 << 64 << 0;
        QTest::newRow("too many of one") << 2 << 70 << 128 << 12;
        QTest::newRow("as many as may be") << 16 << 64 << 1024 << 0;
        QTest::newRow("too many in all") << 20 << 60 << 1024 << 176;
    }
    void bounds()
    {
        QFETCH(int, containers);
        QFETCH(int, each);
        VolumeBench bench;
        for (int c = 0; c < containers; ++c) {
            std::string rows;
            for (int i = 0; i < each; ++i)
                rows += mountRow(100 + i, "8:" + std::to_string(c * 1000 + i), "/m" + std::to_string(i));
            bench.add("/c" + std::to_string(c), 1000 + c, rows);
        }
        const VolumeScan scan = bench.scan();
        QTEST(int(scan.volumes.size()), "told");
        QTEST(int(scan.beyond), "beyond");
        QTEST(int(bench.asked.size()), "told");
    }

    void longLists_data()
    {
        QTest::addColumn<int>("containers");
        QTest::addColumn<int>("rows");
        QTest::addColumn<int>("bytes"); // of each row's path
        QTest::addColumn<int>("unread");
        QTest::newRow("short ones") << 3 << 100 << 100 << 0;
        QTest::newRow("too many rows") << 1 << 4096 << 10 << 1;
        QTest::newRow("too many bytes") << 1 << 300 << 2000 << 1;
        QTest::newRow("too much together") << 20 << 240 << 2000 << 3; // 480 KiB each, of 8 MiB
    }
    void longLists()
    {
        QFETCH(int, containers);
        QFETCH(int, rows);
        QFETCH(int, bytes);
        VolumeBench bench;
        for (int c = 0; c < containers; ++c) {
            std::string list = mountRow(60, "8:16", "/data");
            for (int i = 1; i < rows; ++i)
                list += mountRow(100 + i, "254:0", '/' + std::string(std::size_t(bytes), 'x') + std::to_string(i));
            bench.add("/c" + std::to_string(c), 1000 + c, list);
        }
        const VolumeScan scan = bench.scan();
        QTEST(int(scan.unread), "unread");
        QCOMPARE(int(scan.volumes.size()), containers - int(scan.unread));
    }

    void where_isSaidBeforeItIsAsked()
    {
        VolumeBench bench;
        bench.add("/c", 77, mountRow(60, "8:16", "/data"));
        QStringList places;
        bench.scan([&](const std::string &at) { places << QString::fromStdString(at); });
        QCOMPARE(places, QStringList({"the host's mounts", "/c", "/c, /data"}));
    }

    void room_data()
    {
        QTest::addColumn<quint64>("total");
        QTest::addColumn<quint64>("available");
        QTest::addColumn<quint64>("inodes");
        QTest::addColumn<quint64>("left");
        QTest::addColumn<QString>("state"); // full of what, room?
        const auto row = [](const char *name, quint64 total, quint64 available, quint64 inodes, quint64 left, const char *state) {
            QTest::newRow(name) << total << available << inodes << left << state;
        };
        row("half", 100, 50, 100, 50, "room");
        row("a disk with 2 MiB left", 1000 * mib, 2 * mib, 0, 0, "space");
        row("a disk with more", 1000 * mib, 2 * mib + 1, 0, 0, "");
        row("a disk with a hundredth", 1000 * mib, 10 * mib, 0, 0, "");
        row("and these 2 MiB", 1000 * mib, 12 * mib, 0, 0, "room");
        row("a small one with a 32nd left", 3200, 100, 0, 0, "space");
        row("a small one with more", 3200, 131, 0, 0, "");
        row("and a hundredth more", 3200, 132, 0, 0, "room");
        row("no space", 1000, 0, 100, 50, "space");
        row("no inode", 1000, 500, 100, 0, "inodes");
        row("neither", 1000, 0, 100, 0, "space inodes");
        row("few inodes", 1000, 500, 1000, 9, "");
        row("without limits", 0, 0, 0, 0, "room");
        row("very large", UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX, "room");
    }
    void room()
    {
        QFETCH(quint64, total);
        QFETCH(quint64, available);
        QFETCH(quint64, inodes);
        QFETCH(quint64, left);
        const VolumeSize size = volumeOf(total, available, inodes, left);
        QStringList state;
        if (size.hasNoSpace())
            state << "space";
        if (size.hasNoInodes())
            state << "inodes";
        if (size.hasRoom())
            state << "room";
        QTEST(state.join(' '), "state");
    }
};

QTEST_GUILESS_MAIN(TestVolumeScan)
#include "tst_volumescan.moc"
