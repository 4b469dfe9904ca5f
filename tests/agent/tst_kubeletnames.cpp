// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include "agent/enrich/kubeletnames.h"
#include "tests/agent/fakeclock.h"
#include "tests/agent/fixtures.h"

using namespace tapio;
using namespace tapio::agent;
using namespace tapio::test;

class TestKubeletNames : public QObject {
    Q_OBJECT
private slots:
    void podFolder_data()
    {
        QTest::addColumn<QString>("name");
        QTest::addColumn<QString>("parsed");
        const QString uid = QString::fromStdString(podUid);
        QTest::newRow("a pod") << "shop_cart-7d9f_" + uid << "shop/cart-7d9f " + uid;
        QTest::newRow("a static pod") << "kube-system_etcd-node.example_" + QString(32, 'a')
                                      << "kube-system/etcd-node.example " + QString(32, 'a');
        QTest::newRow("no uid") << "shop_cart_" << QString();
        QTest::newRow("too few parts") << "shop_" + uid << QString();
        QTest::newRow("no namespace") << "_cart_" + uid << QString();
        QTest::newRow("a name that none can have") << "shop_ca/rt_" + uid << QString();
        QTest::newRow("control characters") << "shop_ca\nrt_" + uid << QString();
        QTest::newRow("a name too long") << "shop_" + QString(300, 'a') + "_" + uid << QString();
    }
    void podFolder()
    {
        QFETCH(QString, name);
        const auto pod = parsePodFolder(name.toStdString());
        const QString shown =
            pod ? QString::fromStdString(pod->second.namespaceName + "/" + pod->second.podName + " " + pod->first) : QString();
        QTEST(shown, "parsed");
    }

    void containerLog_data()
    {
        QTest::addColumn<QString>("name");
        QTest::addColumn<QString>("parsed");
        const QString cid = QString::fromStdString(containerId);
        QTest::newRow("a container") << "cart-7d9f_shop_app-" + cid + ".log"
                                     << "shop/cart-7d9f/app";
        QTest::newRow("a container with dashes") << "cart-7d9f_shop_side-car-2-" + cid + ".log"
                                                 << "shop/cart-7d9f/side-car-2";
        QTest::newRow("not a log") << "cart_shop_app-" + cid << QString();
        QTest::newRow("a short id") << "cart_shop_app-" + cid.left(12) + ".log" << QString();
        QTest::newRow("no container") << "cart_shop_-" + cid + ".log" << QString();
        QTest::newRow("no namespace") << "cart_app-" + cid + ".log" << QString();
        QTest::newRow("only a suffix") << ".log" << QString();
    }
    void containerLog()
    {
        QFETCH(QString, name);
        const auto container = parseContainerLog(name.toStdString());
        const QString shown =
            container ? QString::fromStdString(container->pod.namespaceName + "/" + container->pod.podName + "/" + container->containerName)
                      : QString();
        QTEST(shown, "parsed");
    }

    void refresh_readsTheKubeletsFolders()
    {
        FakeClock clock;
        KubeletNames names(fixture("cgroup-v2/log/pods"), fixture("cgroup-v2/log/containers"));
        QVERIFY(names.pod(podUid) == nullptr);
        QVERIFY(names.refresh(clock.utcNs()));
        QVERIFY(names.pod(podUid) != nullptr);
        QCOMPARE(names.pod(podUid)->podName, std::string("cart-7d9f"));
        QVERIFY(names.container(containerId) != nullptr);
        QCOMPARE(names.container(containerId)->containerName, std::string("app"));
        QVERIFY(names.container("") == nullptr);
    }

    void refresh_seesAPodThatCameAndWent()
    {
        QTemporaryDir folder;
        const std::string path = folder.path().toStdString();
        const SystemClock clock;
        KubeletNames names(path, path + "/absent");
        names.refresh(clock.utcNs());
        QVERIFY(names.pod(podUid) == nullptr);
        const QString pod = QString::fromStdString("shop_cart_" + podUid);
        QVERIFY(QDir(folder.path()).mkdir(pod));
        QVERIFY(names.refresh(clock.utcNs()));
        QVERIFY(names.pod(podUid) != nullptr);
        QVERIFY(QDir(folder.path()).rmdir(pod));
        QVERIFY(names.refresh(clock.utcNs()));
        QVERIFY(names.pod(podUid) == nullptr);
    }

    void refresh_ofSettledFoldersReadsNothing()
    {
        const SystemClock clock;
        KubeletNames names(fixture("cgroup-v1/log/pods"), fixture("cgroup-v1/log/containers"));
        const std::int64_t later = clock.utcNs() + 10 * nsPerSecond;
        QVERIFY(names.refresh(later));
        QVERIFY(!names.refresh(later));
    }

    void refresh_withoutAKubeletFindsNothing()
    {
        KubeletNames names("/nonexistent/pods", "/nonexistent/containers");
        QVERIFY(!names.refresh(0));
    }
};

QTEST_APPLESS_MAIN(TestKubeletNames)
#include "tst_kubeletnames.moc"
