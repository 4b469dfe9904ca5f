// SPDX-License-Identifier: GPL-3.0-or-later
// Which nodes are Ready, as a server over real TLS tells it. What servers and networks do beyond that, tst_kubesource asks of the same code.
#include <QtTest>

#include <spdlog/sinks/ostream_sink.h>

#include <fstream>
#include <sstream>

#include "agent/kube/nodesource.h"
#include "tests/agent/fakekube.h"

using namespace tapio;
using namespace tapio::agent;
using namespace tapio::test;
using std::chrono::milliseconds;
using wire::KubernetesFact;
using wire::KubernetesFactKind;

namespace {

using Reply = FakeKube::Reply;
using Request = FakeKube::Request;

const FakeNode notReady{"node-2", "False", "KubeletNotReady", "container runtime is down"};

struct Bench {
    FakeKube server;
    QTemporaryDir folder;
    SystemClock clock;
    std::ostringstream logged;
    spdlog::logger log{"test", std::make_shared<spdlog::sinks::ostream_sink_mt>(logged)};
    KubeEndpoint endpoint;
    KubeLimits limits;
    std::unique_ptr<NodeSource> source;

    explicit Bench(const KubePki &pki) : server(pki)
    {
        endpoint.target.host = "127.0.0.1";
        endpoint.target.port = server.port();
        endpoint.target.ca = pki.certificate().toStdString();
        endpoint.tokenFile = folder.filePath("token").toStdString();
        std::ofstream(endpoint.tokenFile) << "first\n";
        server.answer = [](const Request &request) {
            return request.isWatch() ? FakeKube::open() : FakeKube::whole(nodeList({FakeNode(), notReady}, "10"));
        };
    }
    void start()
    {
        const KubePace pace{milliseconds(1), milliseconds(20), milliseconds(1), milliseconds(20)};
        source = std::make_unique<NodeSource>(KubeChoice{endpoint, wire::HookState::Unknown, {}}, clock, log, pace, limits);
    }
    /// What was told so far, as "node-1 node-ready".
    QStringList told()
    {
        for (const KubernetesFact &fact : source->take())
            m_told << QString::fromStdString(fact.node + ' ' + std::string(wire::kubernetesFactKindName(fact.kind)));
        return m_told;
    }

private:
    QStringList m_told;
};

} // namespace

class TestNodeSource : public QObject {
    Q_OBJECT

    KubePki m_pki;

private slots:
    void initTestCase()
    {
        if (!m_pki.made())
            QSKIP("the openssl program made no certificate");
    }

    void nodes_areListedInPagesAndThenWatched()
    {
        Bench bench(m_pki);
        bench.limits.pageSize = 1;
        bench.server.answer = [](const Request &request) {
            if (request.isWatch())
                return FakeKube::open();
            return request.target.contains("continue=") ? FakeKube::whole(nodeList({notReady}, "10"))
                                                        : FakeKube::whole(nodeList({FakeNode()}, "10", "more"));
        };
        bench.start();
        QTRY_COMPARE(bench.server.openWatches(), 1);
        QCOMPARE(bench.source->nodes(), std::size_t(2));
        QCOMPARE(bench.source->hook().name, std::string("nodes"));
        QCOMPARE(bench.source->hook().state, wire::HookState::Active);
        QCOMPARE(bench.source->find("node-1")->kind, KubernetesFactKind::NodeReady);
        QCOMPARE(bench.source->find("node-2")->reason, std::string("KubeletNotReady"));
        QVERIFY(!bench.source->find("node-3"));
        QCOMPARE(bench.server.requests[0].target,
                 QByteArray("/api/v1/nodes?limit=1")); // the newest: what comes of any version has no pages
        QVERIFY(bench.server.requests[2].target.startsWith("/api/v1/nodes?watch=1&allowWatchBookmarks=true"));
        QVERIFY2(bench.logged.str().find("the cluster's nodes are known") != std::string::npos, bench.logged.str().c_str());
        QCOMPARE(bench.told(), QStringList{"node-2 node-not-ready"}); // what is well at first is no news
        QVERIFY(bench.source->knownUtcNs() > 0);
    }

    void changes_areTold()
    {
        Bench bench(m_pki);
        bench.start();
        QTRY_COMPARE(bench.server.openWatches(), 1);
        bench.server.tell(nodeLine("MODIFIED", FakeNode())); // as it is every five minutes
        bench.server.tell(nodeLine("MODIFIED", FakeNode{"node-1", "Unknown", "NodeStatusUnknown"}));
        bench.server.tell(nodeLine("MODIFIED", FakeNode{"node-2"}));
        bench.server.tell(nodeLine("ADDED", FakeNode{"node-3", ""}));
        bench.server.tell(nodeLine("MODIFIED", FakeNode{"node-3", "False"}));
        bench.server.tell(nodeLine("DELETED", FakeNode{"node-1", "Unknown"}));
        const QStringList expected{"node-2 node-not-ready", "node-1 node-not-ready", "node-2 node-ready", "node-1 node-removed"};
        QTRY_COMPARE(bench.told(), expected);
        QTRY_COMPARE(bench.source->figures().events, 6u);
        QCOMPARE(bench.told(), expected); // node-3 joins
        QVERIFY(!bench.source->find("node-1"));
    }

    /// What happened while nobody watched.
    void listAgain_tellsWhatChanged()
    {
        Bench bench(m_pki);
        bench.start();
        QTRY_COMPARE(bench.server.openWatches(), 1);
        QTRY_COMPARE(bench.told(), QStringList{"node-2 node-not-ready"});
        const QByteArray list = nodeList({FakeNode{"node-1", "False"}, FakeNode{"node-3", "False"}}, "90");
        bench.server.answer = [list](const Request &request) { return request.isWatch() ? FakeKube::open() : FakeKube::whole(list); };
        bench.server.tell(R"({"type":"ERROR","object":)" + statusJson(410, "too old").trimmed() + "}\n");
        QTRY_COMPARE(bench.told(), (QStringList{"node-2 node-not-ready", "node-2 node-removed", "node-1 node-not-ready"}));
    }

    /// A connection that broke without a word must not pass for a cluster in which all is well.
    void known_isAsOfTheLastListOrBookmark()
    {
        Bench bench(m_pki);
        bench.start();
        QTRY_COMPARE(bench.server.openWatches(), 1);
        const std::int64_t listed = bench.source->knownUtcNs();
        bench.server.tell(nodeLine("MODIFIED", FakeNode()));
        QTRY_COMPARE(bench.source->figures().events, 1u);
        QCOMPARE(bench.source->knownUtcNs(), listed); // what comes of a watch may be of long ago, and more may follow
        bench.server.tell(bookmark("11"));
        QTRY_VERIFY(bench.source->knownUtcNs() > listed);
        const std::int64_t marked = bench.source->knownUtcNs();
        bench.server.answer = [](const Request &) { return FakeKube::whole(statusJson(500, "no"), 500); };
        bench.server.breakConnections();
        QTRY_VERIFY(bench.source->hook().state == wire::HookState::Failed);
        QCOMPARE(bench.source->knownUtcNs(), marked);
        QVERIFY(bench.source->find("node-1")); // as it was
    }

    void lackOfRights_isNamed()
    {
        Bench bench(m_pki);
        bench.server.answer = [](const Request &) { return FakeKube::whole(statusJson(403, "nodes is forbidden"), 403); };
        bench.start();
        QTRY_COMPARE(bench.source->hook().state, wire::HookState::Denied);
        const std::string reason = bench.source->hook().reason;
        QVERIFY2(reason.find("needs list and watch on nodes") != std::string::npos, reason.c_str());
        QCOMPARE(bench.source->knownUtcNs(), std::int64_t(0));
    }

    void withoutAnEndpoint_nobodyIsAsked()
    {
        Bench bench(m_pki);
        const NodeSource source({std::nullopt, wire::HookState::Disabled, "switched off"}, bench.clock, bench.log);
        QVERIFY(!source.isAsked());
        QCOMPARE(source.hook().reason, std::string("switched off"));
        QCOMPARE(source.knownUtcNs(), std::int64_t(0));
    }
};

QTEST_GUILESS_MAIN(TestNodeSource)
#include "tst_nodesource.moc"
