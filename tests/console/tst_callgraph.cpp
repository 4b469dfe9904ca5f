// SPDX-License-Identifier: GPL-3.0-or-later
// Who calls whom, of stored events.
#include <QtTest>

#include "console/core/metrics/callgraph.h"
#include "protocol/base/clock.h"

using namespace tapio;
using namespace tapio::console;
using wire::EntityKind;

namespace {

constexpr std::int64_t t0 = 1'764'000'000 * nsPerSecond;

wire::SocketAddress address(std::uint8_t last, std::uint16_t port)
{
    wire::SocketAddress made;
    made.bytes = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 0, 0, last};
    made.port = port;
    return made;
}

wire::Origin podOf(const std::string &workload, const std::string &pod)
{
    wire::Origin origin;
    origin.cgroupPath = "/kubepods/" + pod;
    origin.containerId = pod + "-c";
    origin.containerName = "main";
    origin.podUid = "uid-" + pod;
    origin.podName = pod;
    origin.namespaceName = "shop";
    origin.workloadKind = "Deployment";
    origin.workloadName = workload;
    return origin;
}

StoredEvent request(double seconds, const wire::Origin &origin, wire::TcpDirection direction, std::uint16_t status = 200,
                    std::uint8_t caller = 1, std::uint16_t port = 4000)
{
    StoredEvent stored;
    stored.node = "n1";
    stored.streamId = 7;
    stored.origin = origin;
    stored.event.timeNs = t0 + static_cast<std::int64_t>(seconds * 1e9);
    stored.event.type = wire::EventType::HttpRequest;
    wire::HttpRequest http;
    http.direction = direction;
    http.status = status;
    http.latencyNs = 5'000'000;
    const bool isOut = direction == wire::TcpDirection::Outbound;
    http.local = isOut ? address(caller, port) : address(9, 80);
    http.remote = isOut ? address(9, 80) : address(caller, port);
    stored.event.detail = http;
    return stored;
}

/// web calls cart, both ends told; cart is told first, so that its address is known.
std::vector<StoredEvent> shop()
{
    const wire::Origin web = podOf("web", "web-1"), cart = podOf("cart", "cart-1");
    std::vector<StoredEvent> all;
    for (int i = 0; i < 10; ++i) {
        all.push_back(request(i, cart, wire::TcpDirection::Inbound, i < 3 ? 500 : 200));
        all.push_back(request(i + 0.1, web, wire::TcpDirection::Outbound, i < 3 ? 500 : 200));
    }
    return all;
}

std::string nameOf(const CallGraph &graph, const std::vector<std::size_t> &found)
{
    return found.size() == 1 ? graph.parties[found[0]].name : std::to_string(found.size());
}

} // namespace

class TestCallGraph : public QObject {
    Q_OBJECT
private slots:
    void requests_areOneEdge()
    {
        const CallGraph graph = callGraph(shop(), t0, t0 + 60 * nsPerSecond);
        QCOMPARE(graph.parties.size(), std::size_t(2));
        QCOMPARE(graph.events, 20u);
        QCOMPARE(graph.fromNs, t0);
        QCOMPARE(graph.edges.size(), std::size_t(1));
        const CallEdge &edge = graph.edges[0];
        QCOMPARE(graph.parties[edge.caller].name, std::string("shop/web"));
        QCOMPARE(graph.parties[edge.callee].name, std::string("shop/cart"));
        QVERIFY(edge.isRequests && edge.isToldByCaller);
        QVERIFY(edge.errors == 3 && edge.calls == 10);
        QVERIFY(edge.p50Ns > 4e6 && edge.p50Ns < 7e6);
    }

    void order_doesNotMatter()
    {
        std::vector<StoredEvent> events = shop();
        const CallGraph graph = callGraph(events, t0, t0 + 1);
        std::reverse(events.begin(), events.end());
        QVERIFY(callGraph(events, t0, t0 + 1) == graph);
    }

    void members_areFound_data()
    {
        QTest::addColumn<int>("kind");
        QTest::addColumn<QString>("name");
        QTest::addColumn<QString>("party");
        QTest::newRow("itself") << int(EntityKind::Workload) << "shop/web"
                                << "shop/web";
        QTest::newRow("its pod") << int(EntityKind::Pod) << "shop/web-1"
                                 << "shop/web";
        QTest::newRow("its container") << int(EntityKind::Container) << "shop/cart-1/main"
                                       << "shop/cart";
        QTest::newRow("where it listens") << int(EntityKind::Destination) << "10.0.0.9:80"
                                          << "shop/cart";
        QTest::newRow("its node, which has both") << int(EntityKind::Node) << "n1"
                                                  << "2";
        QTest::newRow("nobody") << int(EntityKind::Pod) << "shop/none"
                                << "0";
        QTest::newRow("a pod of that name is no node") << int(EntityKind::Node) << "shop/web-1"
                                                       << "0";
    }
    void members_areFound()
    {
        QFETCH(int, kind);
        QFETCH(QString, name);
        QFETCH(QString, party);
        const CallGraph graph = callGraph(shop(), t0, t0 + 1);
        QCOMPARE(QString::fromStdString(nameOf(graph, graph.find({static_cast<EntityKind>(kind), name.toStdString()}))), party);
    }

    void others_arePassedOver()
    {
        StoredEvent exec;
        exec.event.detail = wire::ProcessExec();
        const CallGraph graph = callGraph({exec}, t0, t0 + 1);
        QCOMPARE(graph.events, 0u);
        QVERIFY(graph.parties.empty() && graph.edges.empty());
    }

    void stopped_isAsFarAsItCame()
    {
        std::stop_source stop;
        stop.request_stop();
        QVERIFY(callGraph(shop(), t0, t0 + 1, stop.get_token()).edges.empty());
    }

    void affected_isRead_data()
    {
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<int>("kind");
        QTest::addColumn<QByteArray>("name");
        QTest::newRow("pod") << QByteArray("pod shop/cart-1") << int(EntityKind::Pod) << QByteArray("shop/cart-1");
        QTest::newRow("blanks in it") << QByteArray("process sh (12)") << int(EntityKind::Process) << QByteArray("sh (12)");
        for (const char *none : {"", "pod", "pod ", "thing shop/x", " pod x"})
            QTest::newRow(qPrintable(QString("\"%1\" is none").arg(none))) << QByteArray(none) << 0 << QByteArray();
    }
    void affected_isRead()
    {
        QFETCH(QByteArray, text);
        QFETCH(int, kind);
        const auto party = partyOf(text.toStdString());
        QCOMPARE(party.has_value(), kind != 0);
        if (!party)
            return;
        QCOMPARE(int(party->kind), kind);
        QTEST(QByteArray::fromStdString(party->name), "name");
    }
};

QTEST_GUILESS_MAIN(TestCallGraph)
#include "tst_callgraph.moc"
