// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include "agent/enrich/cgrouppath.h"
#include "tests/agent/fixtures.h"

using namespace tapio::agent;
using namespace tapio::test;

class TestCgroupPath : public QObject {
    Q_OBJECT
private slots:
    void identity_data()
    {
        QTest::addColumn<QString>("path");
        QTest::addColumn<QString>("pod");
        QTest::addColumn<QString>("container");
        const QString uid = QString::fromStdString(podUid);
        const QString underscored = QString(uid).replace('-', '_');
        const QString cid = QString::fromStdString(containerId);
        const QString inner = QString::fromStdString(dockerId);
        const QString hash = cid.left(32);
        const QString slice = "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" + underscored + ".slice";
        const QString none;

        QTest::newRow("cgroupfs, burstable") << "/kubepods/burstable/pod" + uid + "/" + cid << uid << cid;
        QTest::newRow("cgroupfs, guaranteed") << "/kubepods/pod" + uid + "/" + cid << uid << cid;
        QTest::newRow("cgroupfs, the pod itself") << "/kubepods/besteffort/pod" + uid << uid << none;
        QTest::newRow("cgroupfs, a static pod") << "/kubepods/burstable/pod" + hash + "/" + cid << hash << cid;
        QTest::newRow("cgroupfs, CRI-O") << "/kubepods/pod" + uid + "/crio-" + cid << uid << cid;
        QTest::newRow("systemd, containerd") << slice + "/cri-containerd-" + cid + ".scope" << uid << cid;
        QTest::newRow("systemd, Docker") << slice + "/docker-" + cid + ".scope" << uid << cid;
        QTest::newRow("systemd, CRI-O") << slice + "/crio-" + cid + ".scope" << uid << cid;
        QTest::newRow("systemd, CRI-O, below its scope") << slice + "/crio-" + cid + ".scope/container" << uid << cid;
        QTest::newRow("systemd, guaranteed") << "/kubepods.slice/kubepods-pod" + underscored + ".slice/cri-containerd-" + cid + ".scope"
                                             << uid << cid;
        QTest::newRow("systemd, the pod itself") << slice << uid << none;
        QTest::newRow("systemd, the monitor is no container") << slice + "/crio-conmon-" + cid + ".scope" << uid << none;
        QTest::newRow("mixed drivers, one name")
            << "/system.slice/kubepods-burstable-pod" + underscored + ".slice:cri-containerd:" + cid << uid << cid;
        QTest::newRow("kind: a node that is a container")
            << "/docker/" + inner + "/kubelet/kubepods/burstable/pod" + uid + "/" + cid << uid << cid;
        QTest::newRow("kind, systemd") << "/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-pod" + underscored
                                              + ".slice/cri-containerd-" + cid + ".scope"
                                       << uid << cid;
        QTest::newRow("Docker in a pod: the pod's container") << "/kubepods/pod" + uid + "/" + cid + "/docker/" + inner << uid << cid;
        QTest::newRow("Docker, cgroupfs") << "/docker/" + cid << none << cid;
        QTest::newRow("Docker, systemd") << "/system.slice/docker-" + cid + ".scope" << none << cid;
        QTest::newRow("Docker in Docker: the inner one") << "/docker/" + cid + "/docker/" + inner << none << inner;
        QTest::newRow("Podman") << "/machine.slice/libpod-" + cid + ".scope" << none << cid;
        QTest::newRow("Podman, below its scope") << "/machine.slice/libpod-" + cid + ".scope/container" << none << cid;
        QTest::newRow("Podman's monitor") << "/machine.slice/libpod-conmon-" + cid + ".scope" << none << none;
        QTest::newRow("a service") << "/system.slice/ssh.service" << none << none;
        QTest::newRow("the root") << "/" << none << none;
        QTest::newRow("a pod's name outside kubepods") << "/user.slice/pod" + uid << none << none;
        QTest::newRow("an id one digit short") << "/docker/" + cid.left(63) << none << none;
        QTest::newRow("an id one digit long") << "/docker/" + cid + "0" << none << none;
        QTest::newRow("an id in capitals") << "/docker/" + cid.toUpper() << none << none;
        QTest::newRow("a uid with a wrong dash") << "/kubepods/pod" + QString(uid).replace(8, 1, "0") << none << none;
        QTest::newRow("nothing but slashes") << "////////" << none << none;
        QTest::newRow("an empty path") << none << none << none;
        QTest::newRow("outside the agent's cgroup namespace") << "/../../kubepods/pod" + uid + "/" + cid << uid << cid;
    }
    void identity()
    {
        QFETCH(QString, path);
        const CgroupIdentity identity = identityFromPath(path.toStdString());
        QTEST(QString::fromStdString(identity.podUid), "pod");
        QTEST(QString::fromStdString(identity.containerId), "container");
    }

    void identity_ofALongPathIsFound()
    {
        std::string path;
        for (int i = 0; i < 2000; ++i)
            path += "/x";
        QCOMPARE(identityFromPath(path + "/docker/" + dockerId).containerId, dockerId);
    }
};

QTEST_APPLESS_MAIN(TestCgroupPath)
#include "tst_cgrouppath.moc"
