// SPDX-License-Identifier: GPL-3.0-or-later
// What the source of pods is made of, without a server: whom to ask, the token, the table.
#include <QtTest>

#include <fstream>

#include "agent/kube/kubeendpoint.h"
#include "agent/kube/nodetable.h"
#include "agent/kube/podtable.h"
#include "agent/kube/tokenfile.h"
#include "tests/agent/fakeclock.h"

using namespace tapio;
using namespace tapio::agent;
using namespace tapio::test;

class TestKubeParts : public QObject {
    Q_OBJECT
private slots:
    void choice_data()
    {
        QTest::addColumn<KubeSourceKind>("source");
        QTest::addColumn<QString>("address");
        QTest::addColumn<bool>("serviceAccount");
        QTest::addColumn<QString>("host"); // of the environment
        QTest::addColumn<wire::HookState>("state");
        QTest::addColumn<QString>("asked");
        using enum KubeSourceKind;
        const auto unknown = wire::HookState::Unknown, disabled = wire::HookState::Disabled, failed = wire::HookState::Failed;
        QTest::newRow("off, whatever there is") << Off << "h:1" << true << "10.0.0.1" << disabled << "";
        QTest::newRow("in a pod") << Auto << "" << true << "10.0.0.1" << unknown << "10.0.0.1:6443";
        QTest::newRow("in a pod of an IPv6 cluster") << Auto << "" << true << "fd00::1" << unknown << "fd00::1:6443";
        QTest::newRow("not in a pod") << Auto << "" << false << "" << disabled << "";
        QTest::newRow("a service account and no address") << Auto << "" << true << "" << disabled << "";
        QTest::newRow("an address and no credentials") << Auto << "h:1" << false << "" << failed << "";
        QTest::newRow("wanted, and no credentials") << ApiServer << "" << false << "10.0.0.1" << failed << "";
        QTest::newRow("configured") << ApiServer << "h:1" << true << "10.0.0.1" << unknown << "h:1";
        QTest::newRow("without a port") << ApiServer << "h" << true << "" << unknown << "h:443";
        QTest::newRow("the node's kubelet") << Kubelet << "" << true << "10.0.0.1" << unknown << "node-1:10250";
        QTest::newRow("no address at all") << ApiServer << "h:x" << true << "" << failed << "";
    }
    void choice()
    {
        QFETCH(KubeSourceKind, source);
        QFETCH(QString, address);
        QFETCH(bool, serviceAccount);
        QFETCH(QString, host);
        QFETCH(QString, asked);
        QTemporaryDir folder;
        if (serviceAccount) {
            std::ofstream(folder.filePath("token").toStdString()) << "t";
            std::ofstream(folder.filePath("ca.crt").toStdString()) << "c";
        }
        KubeSettings settings;
        settings.source = source;
        settings.address = address.toStdString();
        const auto environment = [&](const char *name) {
            return name == std::string_view("KUBERNETES_SERVICE_HOST")   ? host.toStdString()
                   : name == std::string_view("KUBERNETES_SERVICE_PORT") ? "6443"
                                                                         : "";
        };
        const KubeChoice chosen = chooseKube(settings, "node-1", environment, folder.path().toStdString());
        QTEST(chosen.state, "state");
        QVERIFY(!chosen.reason.empty());
        QCOMPARE(chosen.endpoint.has_value(), !asked.isEmpty());
        if (!chosen.endpoint)
            return;
        QCOMPARE(QString::fromStdString(chosen.endpoint->target.host + ':' + std::to_string(chosen.endpoint->target.port)), asked);
        QCOMPARE(chosen.endpoint->node, std::string("node-1"));
        QCOMPARE(chosen.endpoint->tokenFile.native(), folder.filePath("token").toStdString());
    }

    void choiceOfNodes_isAnApiServer()
    {
        QTemporaryDir folder;
        std::ofstream(folder.filePath("token").toStdString()) << "t";
        const auto environment = [](const char *name) { return name == std::string_view("KUBERNETES_SERVICE_HOST") ? "10.0.0.1" : ""; };
        const auto choose = [&](KubeSourceKind source) {
            KubeSettings settings;
            settings.source = source;
            return chooseKubeOfNodes(settings, environment, folder.path().toStdString());
        };
        const KubeChoice chosen = choose(KubeSourceKind::Auto);
        QVERIFY(chosen.endpoint);
        QCOMPARE(chosen.endpoint->kind, KubeSourceKind::ApiServer);
        QCOMPARE(chosen.endpoint->target.host, std::string("10.0.0.1")); // without a name of a node
        QCOMPARE(choose(KubeSourceKind::Off).state, wire::HookState::Disabled);
        QCOMPARE(choose(KubeSourceKind::Kubelet).state, wire::HookState::Failed);
        QVERIFY(!choose(KubeSourceKind::Kubelet).endpoint);
        QCOMPARE(chooseKubeOfNodes({}, environment, "/nowhere").state, wire::HookState::Disabled);
    }

    void nodeTable_isBounded()
    {
        NodeTable table({3, 2});
        const auto node = [](int i, wire::KubernetesFactKind kind = wire::KubernetesFactKind::NodeReady) {
            wire::KubernetesFact fact;
            fact.kind = kind;
            fact.node = "node-" + std::to_string(i);
            return fact;
        };
        QCOMPARE(table.replaceAll({node(0), node(1), node(2), node(3)}), 1u);
        QVERIFY(!table.put(node(4)));
        QVERIFY(!table.find("node-3"));
        for (int i = 0; i < 3; ++i)
            QVERIFY(table.put(node(i, wire::KubernetesFactKind::NodeNotReady)));
        QCOMPARE(table.untaken(), 1u);
        const auto told = table.take();
        QCOMPARE(told.size(), std::size_t(2));
        QCOMPARE(told[0].node, std::string("node-1")); // the oldest went
        QVERIFY(table.take().empty());
        QVERIFY(table.put(node(1, wire::KubernetesFactKind::Unknown))); // it says nothing of it now
        QCOMPARE(table.find("node-1")->kind, wire::KubernetesFactKind::NodeNotReady);
        QVERIFY(table.put(node(1)));
        QCOMPARE(table.take().size(), std::size_t(1));
        table.remove("node-9");
        QVERIFY(table.take().empty());
    }

    void tokenFile_isReadAgainAfterAMinuteAndHoldsNoHeaderLines()
    {
        QTemporaryDir folder;
        const std::string path = folder.filePath("token").toStdString();
        FakeClock clock;
        TokenFile token(path, clock);
        QCOMPARE(token.current().error().code(), Errc::NotFound);
        std::ofstream(path) << "abc.def-1_2~3+4/5==\n";
        QCOMPARE(token.current().value(), std::string("abc.def-1_2~3+4/5=="));
        QCOMPARE(token.current().value(), std::string("abc.def-1_2~3+4/5=="));
        QCOMPARE(token.timesRead(), 1u);
        clock.advance(std::chrono::seconds(60));
        QVERIFY(token.current());
        QCOMPARE(token.timesRead(), 2u);
        QVERIFY(!token.refused()); // it is still the same
        for (const char *bad : {"", "\n", "a b", "a\r\nX-Evil: 1", "\x01", "\xc3\xa4"}) {
            std::ofstream(path) << bad;
            clock.advance(std::chrono::seconds(61));
            QCOMPARE(token.current().error().code(), Errc::Malformed);
        }
        std::ofstream(path) << std::string(200'000, 'a');
        clock.advance(std::chrono::seconds(61));
        QVERIFY(!token.current());
        QCOMPARE(TokenFile({}, clock).current().value(), std::string());
    }

    void evictions_areThoseThatHappenedSince()
    {
        PodTableLimits limits;
        limits.evictions = 3;
        PodTable table(limits);
        const auto pod = [](int i, bool evicted) {
            PodFacts facts;
            facts.uid = "uid-" + std::to_string(i);
            if (evicted)
                facts.eviction = EvictionFacts{"memory", "words"};
            return facts;
        };
        table.replaceAll({pod(0, true), pod(1, false)}, 1); // the first was so before
        QVERIFY(table.evictionsAfter(0).empty());
        QVERIFY(table.put(pod(1, true), 7));
        QVERIFY(table.put(pod(1, true), 8));
        table.remove(pod(1, true), 9);
        auto told = table.evictionsAfter(0);
        QCOMPARE(told.size(), std::size_t(1));
        QCOMPARE(told[0].podUid, std::string("uid-1"));
        QCOMPARE(told[0].number, std::uint64_t(1));
        QCOMPARE(told[0].seenBootNs, std::int64_t(7));
        QCOMPARE(told[0].facts.resource, std::string("memory"));
        table.replaceAll({pod(0, true), pod(2, true)}, 10); // it came and was evicted while the watch was broken
        QVERIFY(table.put(pod(3, false), 11));
        table.remove(pod(3, true), 12); // the last that is heard of it
        QCOMPARE(table.evictionsAfter(1).size(), std::size_t(2));
        for (int i = 10; i < 20; ++i)
            QVERIFY(table.put(pod(i, true), 13));
        told = table.evictionsAfter(1);
        QCOMPARE(told.size(), std::size_t(3)); // the last ones
        QCOMPARE(told.back().number, std::uint64_t(13));
    }

    void deletedPods_areRememberedForAWhileAndBounded()
    {
        PodTable table({10, 3, std::chrono::seconds(60)});
        const auto pod = [](int i) {
            PodFacts facts;
            facts.uid = "uid-" + std::to_string(i);
            facts.cgroupUid = "static-" + std::to_string(i);
            facts.name = "p";
            return facts;
        };
        for (int i = 0; i < 10; ++i)
            QVERIFY(table.put(pod(i), 1));
        QVERIFY(!table.put(pod(10), 1));
        QCOMPARE(table.find("static-3")->uid, std::string("uid-3"));
        for (int i = 0; i < 5; ++i)
            table.remove(pod(i), 100 + i);
        QCOMPARE(table.pods(), std::size_t(5));
        QCOMPARE(table.gone(), std::size_t(3));
        QVERIFY(!table.find("uid-0") && !table.find("static-0") && table.find("uid-4"));
        QVERIFY(table.put(pod(20), 61 * nsPerSecond));
        QCOMPARE(table.gone(), std::size_t(0));
        QVERIFY(!table.find("uid-4"));
        for (int i = 0; i < 100'000; ++i) {
            QVERIFY(table.put(pod(1000 + i), 62 * nsPerSecond));
            table.remove(pod(1000 + i), 62 * nsPerSecond);
        }
        QCOMPARE(table.gone(), std::size_t(3));
    }
};

QTEST_APPLESS_MAIN(TestKubeParts)
#include "tst_kubeparts.moc"
