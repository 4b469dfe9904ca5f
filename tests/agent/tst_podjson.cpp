// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include "agent/enrich/jsonvisit.h"
#include "agent/kube/linesplitter.h"
#include "agent/kube/podjson.h"
#include "agent/kube/workload.h"
#include "protocol/wire/kubernetesfact.h"
#include "tests/agent/fakekube.h"

using namespace tapio;
using namespace tapio::agent;
using namespace tapio::test;

namespace {

Result<PageOf<PodFacts>> page(const QByteArray &body) { return parsePodPage({body.constData(), std::size_t(body.size())}); }
Result<EventOf<PodFacts>> readEvent(const QByteArray &line) { return parsePodEvent({line.constData(), std::size_t(line.size())}); }

QByteArray nested(int depth, char open, char close) { return QByteArray(depth, open) + QByteArray(depth, close); }

} // namespace

class TestPodJson : public QObject {
    Q_OBJECT
private slots:
    void page_namesPodContainersAndWorkload()
    {
        const auto read = page(podList({FakePod()}, "4711", "more/of+it="));
        QVERIFY2(read, read ? "" : read.error().context().c_str());
        QCOMPARE(read->resourceVersion, std::string("4711"));
        QCOMPARE(read->continueToken, std::string("more/of+it="));
        QCOMPARE(read->unusable, 0u);
        QCOMPARE(read->objects.size(), std::size_t(1));
        const PodFacts &pod = read->objects[0];
        QCOMPARE(pod.uid, std::string("0f8e7d6c-5b4a-4321-8765-0123456789ab"));
        QCOMPARE(pod.cgroupUid, std::string());
        QCOMPARE(pod.namespaceName, std::string("shop"));
        QCOMPARE(pod.name, std::string("web-7d9f6c5b4-x2x7q"));
        QCOMPARE(pod.nodeName, std::string("node-1"));
        QCOMPARE(pod.workloadKind, std::string("Deployment"));
        QCOMPARE(pod.workloadName, std::string("web"));
        QCOMPARE(pod.containers.size(), std::size_t(2)); // the present one and the one before it
        QCOMPARE(pod.containers[0].containerId, std::string(64, 'c'));
        QCOMPARE(pod.containers[0].name, std::string("app"));
        QCOMPARE(pod.containers[0].image, std::string("registry.example/shop/web:1.4")); // as asked for, not as resolved
        QCOMPARE(pod.containers[0].imageId, "registry.example/shop/web@sha256:" + std::string(64, '1'));
        QCOMPARE(pod.containers[1].containerId, std::string(64, 'e'));
        QCOMPARE(pod.containers[1].name, std::string("app"));
    }

    void workload_data()
    {
        QTest::addColumn<QByteArray>("owner");
        QTest::addColumn<QByteArray>("hash");
        QTest::addColumn<QByteArray>("annotations");
        QTest::addColumn<QByteArray>("podName");
        QTest::addColumn<QString>("kind");
        QTest::addColumn<QString>("name");
        const auto owner = [](const QByteArray &kind, const QByteArray &name, bool controller = true) {
            return "{\"kind\":\"" + kind + "\",\"name\":\"" + name + "\",\"controller\":" + (controller ? "true" : "false") + "}";
        };
        const QByteArray none;
        QTest::newRow("a replica set of a deployment")
            << owner("ReplicaSet", "web-7d9f") << QByteArray("7d9f") << none << QByteArray("web-7d9f-x") << "Deployment"
            << "web";
        QTest::newRow("a deployment with dashes")
            << owner("ReplicaSet", "a-b-c-7d9f") << QByteArray("7d9f") << none << QByteArray("p") << "Deployment"
            << "a-b-c";
        QTest::newRow("a replica set by itself")
            << owner("ReplicaSet", "web-7d9f") << none << none << QByteArray("web-7d9f-x") << "ReplicaSet"
            << "web-7d9f";
        QTest::newRow("a hash that is not the name's end")
            << owner("ReplicaSet", "web-abcd") << QByteArray("7d9f") << none << QByteArray("p") << "ReplicaSet"
            << "web-abcd";
        QTest::newRow("a name that is only the hash")
            << owner("ReplicaSet", "-7d9f") << QByteArray("7d9f") << none << QByteArray("p") << "ReplicaSet"
            << "-7d9f";
        QTest::newRow("a stateful set") << owner("StatefulSet", "db") << none << none << QByteArray("db-0") << "StatefulSet"
                                        << "db";
        QTest::newRow("a daemon set") << owner("DaemonSet", "proxy") << none << none << QByteArray("proxy-x") << "DaemonSet"
                                      << "proxy";
        // 2026-03-01T12:00:05Z is minute 29539440.
        QTest::newRow("a job of a cron job") << owner("Job", "backup-29539440") << none << none << QByteArray("p") << "CronJob"
                                             << "backup";
        QTest::newRow("a job of a cron job that was late")
            << owner("Job", "backup-29539000") << none << none << QByteArray("p") << "CronJob"
            << "backup";
        QTest::newRow("a job of a cron job before 1.21")
            << owner("Job", "backup-1772366400") << none << none << QByteArray("p") << "CronJob"
            << "backup";
        QTest::newRow("a job whose name ends in digits of another time")
            << owner("Job", "backup-12345678") << none << none << QByteArray("p") << "Job"
            << "backup-12345678";
        QTest::newRow("a job") << owner("Job", "migrate") << none << none << QByteArray("p") << "Job"
                               << "migrate";
        QTest::newRow("a job of digits alone") << owner("Job", "29539440") << none << none << QByteArray("p") << "Job"
                                               << "29539440";
        QTest::newRow("a controller of somebody's own") << owner("Rollout", "web") << none << none << QByteArray("p") << "Rollout"
                                                        << "web";
        QTest::newRow("an owner that does not control") << owner("Thing", "x", false) << none << none << QByteArray("p-1") << "Pod"
                                                        << "p-1";
        QTest::newRow("the second owner controls")
            << owner("Thing", "x", false) + ',' + owner("DaemonSet", "d") << none << none << QByteArray("p") << "DaemonSet"
            << "d";
        QTest::newRow("nobody") << none << none << none << QByteArray("debug") << "Pod"
                                << "debug";
        QTest::newRow("a file on the node") << owner("Node", "node-1") << none
                                            << QByteArray("\"kubernetes.io/config.mirror\":\"00112233445566778899aabbccddeeff\"")
                                            << QByteArray("kube-apiserver-node-1") << "StaticPod"
                                            << "kube-apiserver";
        QTest::newRow("a file on the node, by its owner alone")
            << owner("Node", "node-1") << none << none << QByteArray("etcd-node-1") << "StaticPod"
            << "etcd";
    }
    void workload()
    {
        QFETCH(QByteArray, owner);
        QFETCH(QByteArray, hash);
        QFETCH(QByteArray, annotations);
        QFETCH(QByteArray, podName);
        FakePod pod;
        pod.owner = owner;
        pod.hash = hash;
        pod.annotations = annotations;
        pod.name = podName;
        const auto read = page(podList({pod}, "1"));
        QVERIFY(read && read->objects.size() == 1);
        QTEST(QString::fromStdString(read->objects[0].workloadKind), "kind");
        QTEST(QString::fromStdString(read->objects[0].workloadName), "name");
    }

    void staticPod_isKnownByTheNameItsCgroupHas()
    {
        FakePod pod;
        pod.annotations = "\"kubernetes.io/config.mirror\":\"00112233445566778899aabbccddeeff\"";
        const auto read = page(podList({pod}, "1"));
        QCOMPARE(read->objects[0].cgroupUid, std::string("00112233445566778899aabbccddeeff"));
    }

    void eviction_data()
    {
        QTest::addColumn<QByteArray>("phase");
        QTest::addColumn<bool>("evicted");
        QTest::addColumn<QString>("resource");
        const auto row = [](const char *name, const QByteArray &phase, bool evicted, const char *resource = "") {
            QTest::newRow(name) << phase << evicted << QString::fromLatin1(resource);
        };
        const auto evicted = [](const QByteArray &message) {
            return "\"phase\":\"Failed\",\"reason\":\"Evicted\",\"message\":\"" + message + "\"";
        };
        row("runs", "\"phase\":\"Running\"", false);
        row("failed by itself", "\"phase\":\"Failed\",\"message\":\"The node was low on resource: memory.\"", false);
        row("is about to be", "\"phase\":\"Running\",\"reason\":\"Evicted\"", false);
        row("of memory",
            evicted("The node was low on resource: memory. Threshold quantity: 100Mi, available: 82452Ki. Container hog was using 1Gi, "
                    "request is 0, has larger consumption of memory. "),
            true, "memory");
        row("of disk", evicted("The node was low on resource: ephemeral-storage. Threshold quantity: 1Gi, available: 9Mi. "), true,
            "ephemeral-storage");
        row("of inodes", evicted("The node was low on resource: inodes. "), true, "inodes");
        row("of process ids", evicted("The node was low on resource: pids. "), true, "pids");
        row("not even started", evicted("Pod was rejected: The node had condition: [DiskPressure]. "), true, "ephemeral-storage");
        row("not started for several reasons", evicted("The node had condition: [MemoryPressure PIDPressure]. "), true, "memory");
        row("a limit of its own", evicted("Usage of EmptyDir volume \\\"cache\\\" exceeds the limit \\\"1Gi\\\". "), true);
        row("of something new", evicted("The node was low on resource: example.com/gpu. "), true);
        row("no words", "\"phase\":\"Failed\",\"reason\":\"Evicted\"", true);
    }
    void eviction()
    {
        QFETCH(QByteArray, phase);
        QFETCH(bool, evicted);
        QFETCH(QString, resource);
        FakePod pod;
        pod.phase = phase;
        const auto read = page(podList({pod}, "1"));
        QVERIFY(read && read->objects.size() == 1);
        const auto &eviction = read->objects[0].eviction;
        QCOMPARE(eviction.has_value(), evicted);
        QCOMPARE(eviction ? QString::fromStdString(eviction->resource) : QString(), resource);
        QVERIFY(!eviction || eviction->message.size() <= wire::KubernetesFact::messageBytes);
    }

    void unusablePods_areCountedAndLeftOut_data()
    {
        QTest::addColumn<QByteArray>("name");
        QTest::addColumn<QByteArray>("space");
        QTest::addColumn<QByteArray>("uid");
        const FakePod good;
        QTest::newRow("no name") << QByteArray() << good.space << good.uid;
        QTest::newRow("a name with a path") << QByteArray("../x") << good.space << good.uid;
        QTest::newRow("a name with an escape sequence") << QByteArray("a\\u001b[2J") << good.space << good.uid;
        QTest::newRow("a name that is too long") << QByteArray(254, 'a') << good.space << good.uid;
        QTest::newRow("capitals") << QByteArray("Web") << good.space << good.uid;
        QTest::newRow("no namespace") << good.name << QByteArray() << good.uid;
        QTest::newRow("no uid") << good.name << good.space << QByteArray();
        QTest::newRow("a uid that is none") << good.name << good.space << QByteArray("0f8e7d6c-5b4a-4321-8765-0123456789aX");
        QTest::newRow("a uid that is too long") << good.name << good.space << good.uid + "0";
    }
    void unusablePods_areCountedAndLeftOut()
    {
        QFETCH(QByteArray, name);
        QFETCH(QByteArray, space);
        QFETCH(QByteArray, uid);
        FakePod pod;
        pod.name = name;
        pod.space = space;
        pod.uid = uid;
        const auto read = page(podList({FakePod(), pod}, "1"));
        QVERIFY(read);
        QCOMPARE(read->objects.size(), std::size_t(1));
        QCOMPARE(read->unusable, 1u);
    }

    void texts_areCutAndCleaned()
    {
        FakePod pod;
        pod.image = QByteArray("evil\\u001b[31m\\n\\u202e") + QByteArray(5000, 'i');
        pod.imageId = "docker-pullable://x@sha256:1";
        pod.owner = "{\"kind\":\"" + QByteArray(5000, 'k') + "\",\"name\":\"" + QByteArray(5000, 'n') + "\",\"controller\":true}";
        const auto read = page(podList({pod}, "1"));
        QVERIFY(read && read->objects.size() == 1);
        const PodFacts &facts = read->objects[0];
        QVERIFY(facts.containers[0].image.size() <= 512);
        QVERIFY(facts.containers[0].image.find('\x1b') == std::string::npos && facts.containers[0].image.find('\n') == std::string::npos);
        QCOMPARE(facts.containers[0].imageId, std::string("x@sha256:1"));
        QCOMPARE(facts.workloadKind.size(), std::size_t(63));
        QCOMPARE(facts.workloadName.size(), std::size_t(253));
    }

    void containers_areBounded()
    {
        QByteArray statuses, specs;
        for (int i = 0; i < 1000; ++i) {
            const QByteArray name = "c" + QByteArray::number(i);
            statuses += (i == 0 ? "" : ",") + QByteArray("{\"name\":\"") + name + "\",\"containerID\":\"x://"
                        + QByteArray::number(i).rightJustified(64, '0') + "\"}";
            specs += (i == 0 ? "" : ",") + QByteArray("{\"name\":\"") + name + "\",\"image\":\"i\"}";
        }
        const auto read = page("{\"kind\":\"PodList\",\"items\":[{\"metadata\":{\"name\":\"a\",\"namespace\":\"b\",\"uid\":\"0f8e7d6c-5b4a-"
                               "4321-8765-0123456789ab\"},\"spec\":{\"containers\":["
                               + specs + "]},\"status\":{\"containerStatuses\":[" + statuses + "]}}]}");
        QVERIFY(read && read->objects.size() == 1);
        QCOMPARE(read->objects[0].containers.size(), mostContainers);
        QCOMPARE(read->objects[0].containers.back().name, std::string("c127"));
    }

    void keysThatLookLikePaths_pass_forNoPath()
    {
        const auto read =
            page("{\"kind\":\"PodList\",\"items\":[{\"metadata/"
                 "name\":\"spoof\",\"metadata\":{\"name\":\"real\",\"namespace\":\"n\",\"uid\":\"0f8e7d6c-5b4a-4321-8765-0123456789ab\","
                 "\"labels\":{\"a/../name\":\"x\"}},\"metadata/uid\":\"z\"}]}");
        QVERIFY(read && read->objects.size() == 1);
        QCOMPARE(read->objects[0].name, std::string("real"));
    }

    void page_thatIsNoneIsRefused_data()
    {
        QTest::addColumn<QByteArray>("body");
        QTest::addColumn<QString>("named");
        QTest::newRow("nothing") << QByteArray() << "no JSON";
        QTest::newRow("text") << QByteArray("<html>503 Service Unavailable</html>") << "no JSON";
        QTest::newRow("half of it") << podList({FakePod()}, "1").left(700) << "no JSON";
        QTest::newRow("two of them") << podList({}, "1") + podList({}, "1") << "no JSON";
        QTest::newRow("invalid UTF-8") << QByteArray("{\"kind\":\"PodList\",\"x\":\"\xff\xfe\"}") << "no JSON";
        QTest::newRow("another kind") << statusJson(200, "hello") << "kind \"Status\"";
        QTest::newRow("no kind") << QByteArray("{\"items\":[]}") << "kind \"\"";
        QTest::newRow("a list at the top") << QByteArray("[]") << "kind \"\"";
        QTest::newRow("lists nested without end") << nested(100'000, '[', ']') << "nested deeper than 64";
        QTest::newRow("objects nested without end") << QByteArray("{\"a\":").repeated(100'000) << "nested deeper than 64";
        QTest::newRow("a pod nested without end")
            << QByteArray("{\"kind\":\"PodList\",\"items\":[{\"metadata\":{\"labels\":") + QByteArray("{\"a\":").repeated(70)
            << "nested deeper than 64";
        QTest::newRow("a number beyond all") << QByteArray("{\"kind\":\"PodList\",\"x\":1e99999}") << "no JSON";
        QTest::newRow("a version without end") << podList({}, QByteArray(5000, '9')) << "too long";
        QTest::newRow("a continuation without end") << podList({}, "1", QByteArray(5000, '9')) << "too long";
    }
    void page_thatIsNoneIsRefused()
    {
        QFETCH(QByteArray, body);
        QFETCH(QString, named);
        const auto read = page(body);
        QVERIFY(!read);
        QCOMPARE(read.error().code(), Errc::Malformed);
        QVERIFY2(QString::fromStdString(read.error().context()).contains(named), read.error().context().c_str());
    }

    void watch_events()
    {
        const FakePod pod;
        for (const auto &[type, kind] : {std::pair("ADDED", WatchEvent::Kind::Added), std::pair("MODIFIED", WatchEvent::Kind::Modified),
                                         std::pair("DELETED", WatchEvent::Kind::Deleted)}) {
            const auto read = readEvent(watchLine(type, pod).trimmed());
            QVERIFY(read && read->object);
            QCOMPARE(read->kind, kind);
            QCOMPARE(read->resourceVersion, std::string("100"));
            QCOMPARE(read->object->name, pod.name.toStdString());
        }
        const auto mark = readEvent(bookmark("987").trimmed());
        QVERIFY(mark && !mark->object);
        QCOMPARE(mark->kind, WatchEvent::Kind::Bookmark);
        QCOMPARE(mark->resourceVersion, std::string("987"));
        const auto error = readEvent("{\"type\":\"ERROR\",\"object\":" + statusJson(410, "too old resource version").trimmed() + "}");
        QVERIFY(error && !error->object);
        QCOMPARE(error->kind, WatchEvent::Kind::Error);
        QCOMPARE(error->code, 410);
        QCOMPARE(error->message, std::string("too old resource version"));
    }

    void watch_linesThatAreNoneAreRefused_data()
    {
        QTest::addColumn<QByteArray>("line");
        QTest::newRow("no type") << QByteArray("{\"object\":{}}");
        QTest::newRow("an unknown type") << QByteArray("{\"type\":\"RENAMED\",\"object\":{}}");
        QTest::newRow("a number") << QByteArray("5");
        QTest::newRow("half of it") << watchLine("ADDED", {}).left(100);
        QTest::newRow("two in one line") << watchLine("ADDED", {}).trimmed() + watchLine("ADDED", {}).trimmed();
        QTest::newRow("nested without end") << QByteArray("{\"type\":\"ADDED\",\"object\":") + QByteArray("{\"a\":").repeated(100);
    }
    void watch_linesThatAreNoneAreRefused()
    {
        QFETCH(QByteArray, line);
        const auto read = readEvent(line);
        QVERIFY(!read);
        QCOMPARE(read.error().code(), Errc::Malformed);
    }

    void lines_comeTogetherWhereverTheyAreCut()
    {
        const QByteArray text = "one\n\ntwo two\nthree";
        for (int cut = 0; cut <= text.size(); ++cut) {
            LineSplitter splitter(16);
            QList<QByteArray> lines;
            const auto take = [&](std::string_view line) {
                lines << QByteArray(line.data(), int(line.size()));
                return true;
            };
            QVERIFY(splitter.feed({text.constData(), std::size_t(cut)}, take));
            QVERIFY(splitter.feed({text.constData() + cut, std::size_t(text.size() - cut)}, take));
            QCOMPARE(lines, (QList<QByteArray>{"one", "two two"}));
            QCOMPARE(splitter.begun(), std::size_t(5));
        }
        LineSplitter splitter(4);
        QVERIFY(!splitter.feed("12345", [](std::string_view) { return true; }));
        LineSplitter inPieces(4);
        QVERIFY(inPieces.feed("123", [](std::string_view) { return true; }));
        QVERIFY(!inPieces.feed("45\n", [](std::string_view) { return true; }));
        LineSplitter stops(4);
        int taken = 0;
        QVERIFY(!stops.feed("1\n2\n3\n", [&](std::string_view) { return ++taken < 2; }));
        QCOMPARE(taken, 2);
    }

    void apiTime_data()
    {
        QTest::addColumn<QString>("text");
        QTest::addColumn<qint64>("seconds");
        QTest::newRow("a time") << "2026-03-01T12:00:05Z" << qint64(1772366405);
        QTest::newRow("nothing") << "" << qint64(0);
        QTest::newRow("with a fraction") << "2026-03-01T12:00:05.1Z" << qint64(0);
        QTest::newRow("before 1970") << "1960-03-01T12:00:05Z" << qint64(0);
        QTest::newRow("letters") << "20xx-03-01T12:00:05Z" << qint64(0);
    }
    void apiTime()
    {
        QFETCH(QString, text);
        QTEST(qint64(parseApiTime(text.toStdString())), "seconds");
    }

    void statusMessage_isOneShortLine()
    {
        QCOMPARE(statusMessage(statusJson(403, "pods is forbidden: User \\\"x\\\" cannot list").toStdString()),
                 std::string("pods is forbidden: User \"x\" cannot list"));
        QCOMPARE(statusMessage("<html>"), std::string());
        QCOMPARE(statusMessage(statusJson(403, QByteArray(5000, 'm')).toStdString()).size(), std::size_t(300));
        QVERIFY(statusMessage(statusJson(403, "a\\nb").toStdString()).find('\n') == std::string::npos);
    }
};

QTEST_APPLESS_MAIN(TestPodJson)
#include "tst_podjson.moc"
