// SPDX-License-Identifier: GPL-3.0-or-later
// What the API server says of nodes, as values.
#include <QtTest>

#include "agent/kube/nodejson.h"
#include "tests/agent/fakekube.h"

using namespace tapio;
using namespace tapio::agent;
using namespace tapio::test;
using wire::KubernetesFact;
using wire::KubernetesFactKind;

namespace {

Result<PageOf<KubernetesFact>> page(const QByteArray &body) { return parseNodePage({body.constData(), std::size_t(body.size())}); }
Result<EventOf<KubernetesFact>> event(const QByteArray &line) { return parseNodeEvent({line.constData(), std::size_t(line.size())}); }

} // namespace

class TestNodeJson : public QObject {
    Q_OBJECT
private slots:
    void page_saysWhichNodesAreReady()
    {
        FakeNode lost{"node-2", "Unknown", "NodeStatusUnknown", "Kubelet stopped posting node status.", "2026-03-01T12:00:05Z", "7"};
        const auto read = page(nodeList({FakeNode(), lost, {"node-3", "False"}, {"node-4", ""}}, "4711", "more/of+it="));
        QVERIFY2(read, read ? "" : read.error().context().c_str());
        QCOMPARE(read->resourceVersion, std::string("4711"));
        QCOMPARE(read->continueToken, std::string("more/of+it="));
        QCOMPARE(read->unusable, 0u);
        QCOMPARE(read->objects.size(), std::size_t(4));
        QCOMPARE(read->objects[0].kind, KubernetesFactKind::NodeReady);
        KubernetesFact expected;
        expected.kind = KubernetesFactKind::NodeNotReady;
        expected.node = "node-2";
        expected.reason = "NodeStatusUnknown";
        expected.message = "Kubelet stopped posting node status.";
        expected.sinceNs = 1'772'366'405'000'000'000; // date -u -d 2026-03-01T12:00:05Z +%s
        QVERIFY(read->objects[1] == expected);
        QCOMPARE(read->objects[2].kind, KubernetesFactKind::NodeNotReady);
        QCOMPARE(read->objects[3].kind, KubernetesFactKind::Unknown); // it does not say
        QCOMPARE(read->objects[3].reason, std::string());
    }

    void event_data()
    {
        QTest::addColumn<QByteArray>("line");
        QTest::addColumn<WatchEvent::Kind>("kind");
        QTest::addColumn<QByteArray>("node");
        QTest::newRow("one more") << nodeLine("ADDED", FakeNode()) << WatchEvent::Kind::Added << QByteArray("node-1");
        QTest::newRow("one changed") << nodeLine("MODIFIED", FakeNode()) << WatchEvent::Kind::Modified << QByteArray("node-1");
        QTest::newRow("one that is gone") << nodeLine("DELETED", FakeNode()) << WatchEvent::Kind::Deleted << QByteArray("node-1");
        QTest::newRow("a bookmark") << bookmark("12") << WatchEvent::Kind::Bookmark << QByteArray();
        QTest::newRow("the end") << QByteArray(R"({"type":"ERROR","object":)" + statusJson(410, "too old") + "}") << WatchEvent::Kind::Error
                                 << QByteArray();
        QTest::newRow("one without a name") << nodeLine("MODIFIED", {""}) << WatchEvent::Kind::Modified << QByteArray();
        QTest::newRow("one with a name that is none") << nodeLine("MODIFIED", {"Node 1"}) << WatchEvent::Kind::Modified << QByteArray();
    }
    void event()
    {
        QFETCH(QByteArray, line);
        QFETCH(QByteArray, node);
        const auto read = ::event(line);
        QVERIFY2(read, read ? "" : read.error().context().c_str());
        QTEST(read->kind, "kind");
        QCOMPARE(read->object.has_value(), !node.isEmpty());
        QVERIFY(!read->object || read->object->node == node.toStdString());
        QVERIFY(read->kind != WatchEvent::Kind::Error || (read->code == 410 && read->message == "too old"));
    }

    void hostile_data()
    {
        QTest::addColumn<QByteArray>("condition");
        QTest::addColumn<KubernetesFactKind>("kind");
        const auto ready = KubernetesFactKind::NodeReady, unknown = KubernetesFactKind::Unknown;
        const auto condition = [](const QByteArray &rest) { return "{\"type\":\"Ready\"" + rest + '}'; };
        const QByteArray isTrue = ",\"status\":\"True\"";
        QTest::newRow("a status that is none") << condition(",\"status\":\"true\"") << unknown;
        QTest::newRow("no status") << condition({}) << unknown;
        QTest::newRow("a flag in its place") << condition(",\"status\":true") << unknown;
        QTest::newRow("of another type, with an object of that name within")
            << "{\"type\":\"Other\"" + isTrue + ",\"x\":" + condition({}) + '}' << unknown;
        QTest::newRow("twice: the later one") << condition(",\"status\":\"False\"") + ',' + condition(isTrue) << ready;
        QTest::newRow("long words") << condition(isTrue + ",\"reason\":\"" + QByteArray(5000, 'r') + "\",\"message\":\""
                                                 + QByteArray(5000, 'm') + '"')
                                    << ready;
        QTest::newRow("lines and controls") << condition(isTrue + ",\"message\":\"a\\nb\\u001b[31m\"") << ready;
        QTest::newRow("a time beyond what nanoseconds reach")
            << condition(isTrue + ",\"lastTransitionTime\":\"9999-12-31T23:59:59Z\"") << ready;
        QTest::newRow("a time that is none") << condition(isTrue + ",\"lastTransitionTime\":\"soon\"") << ready;
    }
    void hostile()
    {
        QFETCH(QByteArray, condition);
        const auto read =
            page(R"({"kind":"NodeList","metadata":{"resourceVersion":"1"},"items":[{"metadata":{"name":"n"},"status":{"conditions":[)"
                 + condition + "]}}]}");
        QVERIFY2(read, read ? "" : read.error().context().c_str());
        QCOMPARE(read->objects.size(), std::size_t(1));
        const KubernetesFact &fact = read->objects[0];
        QTEST(fact.kind, "kind");
        QVERIFY(fact.reason.size() <= KubernetesFact::reasonBytes && fact.message.size() <= KubernetesFact::messageBytes);
        QVERIFY(fact.message.find_first_of("\n\x1b") == std::string::npos);
        QCOMPARE(fact.sinceNs, std::int64_t(0));
    }

    void whatIsNoListOfNodes_isRefused_data()
    {
        QTest::addColumn<QByteArray>("body");
        QTest::newRow("nothing") << QByteArray();
        QTest::newRow("a list of pods") << podList({FakePod()}, "1");
        QTest::newRow("a status") << statusJson(403, "no");
        QTest::newRow("cut off") << nodeList({FakeNode()}, "1").chopped(3);
        QTest::newRow("a token of a megabyte") << nodeList({}, "1", QByteArray(1 << 20, 't'));
        QTest::newRow("too deep") << QByteArray(R"({"kind":"NodeList","items":)" + QByteArray(100, '[') + QByteArray(100, ']') + "}");
    }
    void whatIsNoListOfNodes_isRefused()
    {
        QFETCH(QByteArray, body);
        const auto read = page(body);
        QVERIFY(!read);
        QCOMPARE(read.error().code(), Errc::Malformed);
        QVERIFY2(read.error().context().find("nodes") != std::string::npos, read.error().context().c_str());
    }
};

QTEST_APPLESS_MAIN(TestNodeJson)
#include "tst_nodejson.moc"
