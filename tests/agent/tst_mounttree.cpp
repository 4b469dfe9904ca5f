// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include <algorithm>
#include <string>

#include "agent/collect/mounttree.h"

using namespace tapio::agent;

class TestMountTree : public QObject {
    Q_OBJECT
private slots:
    void kinds_data()
    {
        QTest::addColumn<QByteArray>("row");
        QTest::addColumn<bool>("local");
        QTest::addColumn<bool>("readOnly");
        QTest::addColumn<bool>("safe");
        const auto row = [](const char *name, const char *options, const char *what, bool local, bool readOnly, bool safe) {
            QTest::newRow(name) << QByteArray("30 1 8:1 / /x ") + options + " - " + what + " rw\n" << local << readOnly << safe;
        };
        row("a disk", "rw,relatime", "ext4 /dev/sda1", true, false, true);
        row("a disk that is only read", "nosuid,ro", "xfs /dev/sda1", true, true, true);
        row("an option that begins like it", "rootcontext,errors=ro", "xfs /dev/sda1", true, false, true);
        row("an image", "ro", "squashfs /dev/loop3", false, true, true);
        row("FUSE on a device", "rw", "fuseblk /dev/sdb1", false, false, false);
        row("FUSE", "rw", "fuse.sshfs host:/x", false, false, false);
        row("a server", "rw", "nfs4 host:/x", false, false, false);
        row("a server that says it is a device", "rw", "nfs4 dev/sda1", false, false, false);
        row("automount", "rw", "autofs systemd-1", false, false, false);
        row("memory", "rw", "tmpfs tmpfs", false, false, true);
        row("a container's root", "rw", "overlay overlay", false, false, true);
    }
    void kinds()
    {
        QFETCH(QByteArray, row);
        const auto mounts = parseMountInfo(row.toStdString());
        QCOMPARE(mounts.size(), std::size_t(1));
        QTEST(isLocal(mounts[0]), "local");
        QTEST(isReadOnly(mounts[0]), "readOnly");
        QTEST(isSafeToCross(mounts[0]), "safe");
    }

    void way_data()
    {
        QTest::addColumn<QByteArray>("list");
        QTest::addColumn<QString>("way"); // to mount 9; empty = another is there
        const QByteArray root("1 0 0:1 / / rw - overlay overlay rw\n");
        const QByteArray nine("9 1 8:1 / /a/b rw - ext4 /dev/sda1 rw\n");
        QTest::newRow("in the root") << root + nine << "1 9";
        QTest::newRow("the root itself") << QByteArray("9 5 0:1 / / rw - overlay overlay rw\n") << "9";
        QTest::newRow("without a root, as after chroot") << nine << "9";
        QTest::newRow("in another one") << root + "2 1 0:2 / /a rw - tmpfs t rw\n9 2 8:1 / /a/b rw - ext4 /dev/sda1 rw\n"
                                        << "1 2 9";
        QTest::newRow("listed before its parent")
            << "9 2 8:1 / /a/b rw - ext4 /dev/sda1 rw\n2 1 0:2 / /a rw - tmpfs t rw\n" + root << "1 2 9";
        QTest::newRow("on top of another") << root + "2 1 0:2 / /a/b rw - tmpfs t rw\n9 2 8:1 / /a/b rw - ext4 /dev/sda1 rw\n"
                                           << "1 2 9";
        QTest::newRow("beneath another") << root + nine + "2 9 0:2 / /a/b rw - tmpfs t rw\n"
                                         << "";
        QTest::newRow("beneath one of a folder above") << root + nine + "2 1 0:2 / /a rw - tmpfs t rw\n"
                                                       << "";
        QTest::newRow("with one below it") << root + nine + "2 9 0:2 / /a/b/c rw - tmpfs t rw\n"
                                           << "1 9";
        QTest::newRow("beside one whose name begins so") << root + nine + "2 1 0:2 / /a/bc rw - tmpfs t rw\n"
                                                         << "1 9";
        QTest::newRow("two at one place") << root + nine + "2 1 0:2 / /a/b rw - tmpfs t rw\n"
                                          << "";
        QTest::newRow("two at one place above it") << root + nine + "2 1 0:2 / /a rw - tmpfs t rw\n3 1 0:3 / /a rw - tmpfs t rw\n"
                                                   << "";
        QTest::newRow("its own parent") << QByteArray("9 9 8:1 / /a/b rw - ext4 /dev/sda1 rw\n") << "9";
        QTest::newRow("its parent is not there, and a root is") << root + "9 5 8:1 / /a/b rw - ext4 /dev/sda1 rw\n"
                                                                << "";
        QTest::newRow("a loop of two") << QByteArray("2 9 0:2 / /a/b rw - tmpfs t rw\n9 2 8:1 / /a/b rw - ext4 /dev/sda1 rw\n") << "";
        QTest::newRow("a loop by a number that is there twice")
            << root + "2 1 0:2 / / rw - tmpfs t rw\n1 2 0:3 / / rw - tmpfs t rw\n9 1 8:1 / /a/b rw - ext4 /dev/sda1 rw\n"
            << "";
        QTest::newRow("no absolute path") << root + "9 1 8:1 / a rw - ext4 /dev/sda1 rw\n"
                                          << "";
    }
    void way()
    {
        QFETCH(QByteArray, list);
        MountTree tree(parseMountInfo(list.toStdString()));
        const auto nine = std::find_if(tree.mounts().begin(), tree.mounts().end(), [](const auto &one) { return one.id == 9; });
        QVERIFY(nine != tree.mounts().end());
        QStringList ids;
        for (const MountEntry *one : tree.wayTo(*nine))
            ids << QString::number(one->id);
        QTEST(ids.join(' '), "way");
    }

    /// Whoever may mount can make a list that takes for ever to look through.
    void steps_areBounded_data()
    {
        QTest::addColumn<QByteArray>("list");
        QByteArray stack, deep;
        for (int i = 0; i < 4000; ++i)
            stack +=
                QByteArray::number(i + 2) + ' ' + QByteArray::number(i + 1) + " 0:" + QByteArray::number(i) + " / /a rw - tmpfs t rw\n";
        for (int i = 0; i < 120; ++i)
            deep += QByteArray::number(i + 2) + " 1 0:" + QByteArray::number(i) + " / " + QByteArray("/a").repeated(2000) + '/'
                    + QByteArray::number(i) + " rw - tmpfs t rw\n";
        QTest::newRow("a stack of thousands") << stack;
        QTest::newRow("paths of thousands of folders") << deep;
    }
    void steps_areBounded()
    {
        QFETCH(QByteArray, list);
        MountTree tree(parseMountInfo(list.toStdString()));
        QVERIFY(tree.mounts().size() >= 120);
        QVERIFY(!tree.isTangled());
        for (const MountEntry &mount : tree.mounts())
            tree.wayTo(mount);
        QVERIFY(tree.isTangled());
        QVERIFY(!tree.isVisible(tree.mounts().front())); // nobody knows
    }
};

QTEST_GUILESS_MAIN(TestMountTree)
#include "tst_mounttree.moc"
