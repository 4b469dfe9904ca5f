// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include "agent/server/readiness.h"

using namespace tapio;
using namespace tapio::server;
using correlation::LostNode;
using wire::KubernetesFact;
using wire::KubernetesFactKind;

namespace {

constexpr std::int64_t second = 1'000'000'000;

KubernetesFact fact(const std::string &node, KubernetesFactKind kind)
{
    KubernetesFact one;
    one.node = node;
    one.kind = kind;
    return one;
}

class FakeNodes final : public correlation::ClusterNodes {
public:
    std::vector<KubernetesFact> take() override { return std::exchange(changes, {}); }
    std::optional<KubernetesFact> find(const std::string &node) const override
    {
        const auto known = now.find(node);
        return known == now.end() ? std::nullopt : std::optional(fact(node, known->second));
    }
    std::int64_t knownUtcNs() const override { return knownNs; }
    wire::Hook hook() const override { return {}; }

    std::vector<KubernetesFact> changes;
    std::map<std::string, KubernetesFactKind> now{{"a", KubernetesFactKind::NodeReady}, {"b", KubernetesFactKind::NodeNotReady}};
    std::int64_t knownNs = 0;
};

QStringList words(const std::vector<KubernetesFact> &facts)
{
    QStringList all;
    for (const KubernetesFact &one : facts)
        all << QString::fromStdString(one.node + ' ' + std::string(wire::kubernetesFactKindName(one.kind)));
    return all;
}

} // namespace

class TestReadiness : public QObject {
    Q_OBJECT
private slots:
    void changes_areHandedOn()
    {
        const auto nodes = std::make_shared<FakeNodes>();
        Readiness readiness(nodes);
        nodes->changes = {fact("a", KubernetesFactKind::NodeNotReady), fact("z", KubernetesFactKind::NodeRemoved)};
        QCOMPARE(words(readiness.look({})), (QStringList{"a node-not-ready", "z node-removed"}));
        QVERIFY(readiness.look({}).empty());
    }

    void lostNode_isTellingOnceKubernetesMustHaveNoticed_data()
    {
        QTest::addColumn<int>("known"); // seconds after the loss was told
        QTest::addColumn<QStringList>("told");
        const QStringList both{"a node-ready", "b node-not-ready"};
        QTest::newRow("known of before") << -5 << QStringList();
        QTest::newRow("too early") << 59 << QStringList();
        QTest::newRow("by then") << 60 << both;
        QTest::newRow("long after") << 3600 << both;
    }
    void lostNode_isTellingOnceKubernetesMustHaveNoticed()
    {
        QFETCH(int, known);
        const auto nodes = std::make_shared<FakeNodes>();
        Readiness readiness(nodes);
        nodes->knownNs = (1000 + known) * second;
        const std::vector<LostNode> lost{{"a", 1000 * second}, {"b", 1000 * second}, {"stranger", 1000 * second}};
        QTEST(words(readiness.look(lost)), "told");
        QVERIFY(readiness.look(lost).empty()); // once
    }

    void lostNode_ofWhichSomethingWasSaidSince_needsNoMore()
    {
        const auto nodes = std::make_shared<FakeNodes>();
        Readiness readiness(nodes);
        const std::vector<LostNode> lost{{"b", 1000 * second}};
        QVERIFY(readiness.look(lost).empty());
        nodes->changes = {fact("b", KubernetesFactKind::NodeNotReady)};
        QCOMPARE(words(readiness.look(lost)), QStringList{"b node-not-ready"});
        nodes->knownNs = 1100 * second;
        QVERIFY(readiness.look(lost).empty());
    }

    /// It came between the two questions.
    void changeThatWasAlreadyFound_isToldOnce()
    {
        const auto nodes = std::make_shared<FakeNodes>();
        Readiness readiness(nodes);
        nodes->knownNs = 1100 * second;
        const std::vector<LostNode> lost{{"b", 1000 * second}};
        QCOMPARE(words(readiness.look(lost)), QStringList{"b node-not-ready"});
        nodes->changes = {fact("b", KubernetesFactKind::NodeNotReady)};
        QVERIFY(readiness.look(lost).empty());
        nodes->changes = {fact("b", KubernetesFactKind::NodeReady), fact("b", KubernetesFactKind::NodeNotReady)};
        QCOMPARE(words(readiness.look(lost)), (QStringList{"b node-ready", "b node-not-ready"}));
    }

    void nodeThatIsLostAgain_isToldOfAgain()
    {
        const auto nodes = std::make_shared<FakeNodes>();
        Readiness readiness(nodes);
        nodes->knownNs = 1100 * second;
        QCOMPARE(readiness.look({{"a", 1000 * second}}).size(), std::size_t(1));
        QVERIFY(readiness.look({}).empty());
        QVERIFY(readiness.look({{"a", 1090 * second}}).empty());
        nodes->knownNs = 1150 * second;
        QCOMPARE(words(readiness.look({{"a", 1090 * second}})), QStringList{"a node-ready"});
    }
};

QTEST_APPLESS_MAIN(TestReadiness)
#include "tst_readiness.moc"
