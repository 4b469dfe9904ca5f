// SPDX-License-Identifier: GPL-3.0-or-later
// Nodes that are lost: by their links, and by what Kubernetes says of them.
#include <QtTest>

#include <algorithm>

#include "protocol/wire/evidence.h"
#include "tests/correlation/clusterstage.h"

using namespace tapio;
using namespace tapio::correlation;
using wire::LinkState;

class tst_LostNodes : public QObject {
    Q_OBJECT
private slots:
    void lostNode_isWeighedByWhatKubernetesSays_data();
    void lostNode_isWeighedByWhatKubernetesSays();
    void lostNode_thatIsRemoved_isOver();
    void removedNode_thatIsHeard_isWatchedOn();
    void lostNode_isResolvedWhenItIsBack();
    void silence_isOnlyWhatWasListenedTo_data();
    void silence_isOnlyWhatWasListenedTo();
    void lostNode_whoseSignWaited_isBack();
};

void tst_LostNodes::lostNode_isWeighedByWhatKubernetesSays_data()
{
    using enum wire::KubernetesFactKind;
    QTest::addColumn<wire::KubernetesFactKind>("kind");
    QTest::addColumn<double>("at"); // it is lost at 50
    QTest::addColumn<QString>("node");
    QTest::addColumn<QString>("by");
    QTest::addColumn<int>("change"); // of the score
    QTest::addColumn<wire::Severity>("severity");
    const auto error = wire::Severity::Error, critical = wire::Severity::Critical;
    QTest::newRow("not Ready") << NodeNotReady << 60.0 << "n3"
                               << "server:hq" << 15 << critical;
    QTest::newRow("in the second in which it was lost") << NodeNotReady << 50.0 << "n3"
                                                        << "server:hq" << 15 << critical;
    QTest::newRow("not Ready before, and who knows what now") << NodeNotReady << 20.0 << "n3"
                                                              << "server:hq" << 0 << error;
    QTest::newRow("still Ready") << NodeReady << 110.0 << "n3"
                                 << "server:hq" << -40 << error;
    QTest::newRow("Ready again before it was lost") << NodeReady << 20.0 << "n3"
                                                    << "server:hq" << 0 << error;
    QTest::newRow("removed before") << NodeRemoved << 20.0 << "n3"
                                    << "server:hq" << -50 << error;
    QTest::newRow("another node") << NodeNotReady << 60.0 << "n2"
                                  << "server:hq" << 0 << error;
    QTest::newRow("an agent says so") << NodeNotReady << 60.0 << "n3"
                                      << "n2" << 0 << error;
    QTest::newRow("an agent says so of itself") << NodeReady << 80.0 << "n3"
                                                << "n3" << 0 << error;
    QTest::newRow("a fact of another kind") << PodEvicted << 60.0 << "n3"
                                            << "server:hq" << 0 << error;
}

void tst_LostNodes::lostNode_isWeighedByWhatKubernetesSays()
{
    QFETCH(wire::KubernetesFactKind, kind);
    QFETCH(double, at);
    QFETCH(QString, node);
    QFETCH(QString, by);
    QFETCH(int, change);
    const auto play = [&](ClusterStage &stage, bool isTold) {
        stage.link(0, "n3", LinkState::Connected);
        stage.link(10, "n3", LinkState::Gone);
        for (const double until : {at, 130.}) {
            stage.pass(until);
            if (isTold && until == at)
                stage.kubernetes(at, kind, node.toStdString(), by.toStdString());
        }
    };
    ClusterStage plain, told;
    play(plain, false);
    play(told, true);
    const auto before = plain.last("node-lost"), now = told.last("node-lost");
    QCOMPARE(told.opened("node-lost"), std::size_t(1));
    QCOMPARE(now.insight.root, std::string("n3"));
    QCOMPARE(static_cast<int>(now.insight.score) - static_cast<int>(before.insight.score), change);
    QTEST(now.severity, "severity");
    const auto &cited = change < 0 ? now.insight.contradicting : now.insight.evidence;
    const auto isOfServer = [](const std::string &line) { return wire::parseEvidence(line)->seq > 0; };
    QCOMPARE(std::any_of(cited.begin(), cited.end(), isOfServer), change != 0); // it can be opened
}

void tst_LostNodes::lostNode_thatIsRemoved_isOver()
{
    ClusterStage stage;
    stage.link(0, "n3", LinkState::Connected);
    stage.link(10, "n3", LinkState::Gone);
    stage.pass(60);
    QCOMPARE(stage.scope().lost().size(), std::size_t(1));
    stage.kubernetes(61, wire::KubernetesFactKind::NodeRemoved, "n3", "n1"); // an agent's word
    QCOMPARE(stage.of("node-lost", wire::InsightState::Resolved).size(), std::size_t(0));
    stage.kubernetes(62, wire::KubernetesFactKind::NodeRemoved, "n3");
    QCOMPARE(stage.of("node-lost", wire::InsightState::Resolved).size(), std::size_t(1));
    QVERIFY(stage.scope().lost().empty());
    stage.link(70, "n3", LinkState::Connected); // another of that name
    stage.link(80, "n3", LinkState::Gone);
    stage.pass(130);
    QCOMPARE(stage.scope().lost().size(), std::size_t(1));
    QVERIFY(stage.last("node-lost").insight.state != wire::InsightState::Resolved); // the same again, within its cooldown
}

/// It is heard: that it is removed is the word of one against its own.
void tst_LostNodes::removedNode_thatIsHeard_isWatchedOn()
{
    ClusterStage stage;
    stage.link(0, "n3", LinkState::Connected);
    stage.pass(10);
    stage.kubernetes(10, wire::KubernetesFactKind::NodeRemoved, "n3");
    stage.link(1000, "n3", LinkState::Gone);
    stage.pass(1100);
    QCOMPARE(stage.opened("node-lost"), std::size_t(1));
}

void tst_LostNodes::lostNode_isResolvedWhenItIsBack()
{
    ClusterStage stage;
    stage.link(0, "n3", LinkState::Connected);
    stage.link(10, "n3", LinkState::Gone);
    stage.pass(50);
    stage.link(500, "n3", LinkState::Connected);
    QCOMPARE(stage.last("node-lost").insight.state, wire::InsightState::Resolved);
}

void tst_LostNodes::silence_isOnlyWhatWasListenedTo_data()
{
    QTest::addColumn<double>("jump");
    QTest::addColumn<double>("lostAt"); // seconds after it
    QTest::newRow("the server slept for an hour") << 3600. << 30.;
    QTest::newRow("its clock was set back by an hour") << -3600. << 45.;
}

void tst_LostNodes::silence_isOnlyWhatWasListenedTo()
{
    QFETCH(double, jump);
    QFETCH(double, lostAt);
    ClusterStage stage;
    stage.pass(5000);
    stage.link(5000, "n2", wire::LinkState::Connected);
    stage.pass(5010);
    stage.link(5010, "n2", wire::LinkState::Gone); // since 5000 nothing was heard
    stage.jump(5010 + jump);
    stage.pass(5010 + jump + 20);
    QCOMPARE(stage.opened("node-lost"), std::size_t(0));
    stage.pass(5010 + jump + lostAt);
    QCOMPARE(stage.opened("node-lost"), std::size_t(1));
}

/// The server was busy when it came: it is handed on after the loss was told.
void tst_LostNodes::lostNode_whoseSignWaited_isBack()
{
    ClusterStage stage;
    stage.link(0, "n2", wire::LinkState::Connected);
    stage.link(1, "n2", wire::LinkState::Gone);
    stage.pass(41);
    QCOMPARE(stage.opened("node-lost"), std::size_t(1));
    stage.link(39, "n2", wire::LinkState::Connected);
    QCOMPARE(stage.of("node-lost", wire::InsightState::Resolved).size(), std::size_t(1));
}

QTEST_APPLESS_MAIN(tst_LostNodes)
#include "tst_lostnodes.moc"
