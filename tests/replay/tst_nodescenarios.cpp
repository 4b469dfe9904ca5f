// SPDX-License-Identifier: GPL-3.0-or-later
// What Kubernetes said in the recordings of nodes that are lost weighs: that they are found at all, the score of the suite says.
#include <QtTest>

#include <algorithm>

#include "agent/correlation/ruleloader.h"
#include "agent/replay/scenario.h"
#include "protocol/wire/evidence.h"

using namespace tapio;
using namespace tapio::replay;

class tst_NodeScenarios : public QObject {
    Q_OBJECT
private slots:
    void kubernetes_weighs_data()
    {
        QTest::addColumn<QString>("name");
        QTest::addColumn<wire::Severity>("severity");
        QTest::addColumn<QString>("cited"); // by a step of this name
        QTest::addColumn<bool>("speaksAgainst");
        QTest::newRow("not Ready") << "nodes-notready" << wire::Severity::Critical << "notready" << false;
        QTest::newRow("Ready") << "nodes-alive" << wire::Severity::Error << "ready" << true;
        QTest::newRow("nobody asked") << "nodes-lost" << wire::Severity::Error << "lost" << false;
    }
    void kubernetes_weighs()
    {
        QFETCH(QString, name);
        QFETCH(QString, cited);
        QFETCH(bool, speaksAgainst);
        const auto scenario = loadScenario(QString(TAPIO_SCENARIOS "/%1.tapiorec").arg(name).toStdString());
        QVERIFY2(scenario, scenario ? "" : scenario.error().message().c_str());
        std::vector<correlation::Finding> found;
        const Replayable rules = replayable(correlation::shippedRules().rules);
        Replayer replayer(
            rules.ofEvents, [&](const std::string &, correlation::Finding &&finding) { found.push_back(std::move(finding)); }, {},
            rules.withLinks);
        for (const auto &received : scenario->received)
            QVERIFY(replayer.onReceived(received));
        replayer.finish(scenario->endNs);
        QVERIFY(!found.empty());
        const wire::Insight &insight = found.back().insight;
        QCOMPARE(insight.rule, std::string("node-lost"));
        QCOMPARE(insight.root, std::string("node-c"));
        QTEST(found.back().severity, "severity");
        const auto &lines = speaksAgainst ? insight.contradicting : insight.evidence;
        const auto one = std::find_if(lines.begin(), lines.end(),
                                      [&](const std::string &line) { return wire::parseEvidence(line)->step == cited.toStdString(); });
        QVERIFY(one != lines.end());
        const auto evidence = wire::parseEvidence(*one);
        QCOMPARE(evidence->seq > 0, cited != "lost"); // which no event tells
        const auto isIt = [&](const recording::Received &received) {
            const wire::EventBatch *batch = recording::eventsOf(received);
            return batch != nullptr && std::get<wire::Delivery>(received).frame.streamId == evidence->streamId
                   && evidence->seq >= batch->firstSeq && batch->events.at(0).type == wire::EventType::KubernetesFact;
        };
        QCOMPARE(std::any_of(scenario->received.begin(), scenario->received.end(), isIt), cited != "lost"); // it can be opened
    }
};

QTEST_APPLESS_MAIN(tst_NodeScenarios)
#include "tst_nodescenarios.moc"
