// SPDX-License-Identifier: GPL-3.0-or-later
// Faults that are made for real, and what the agent's rules find of them.
#include <QtTest>

#include <algorithm>
#include <optional>

#include "protocol/wire/evidence.h"
#include "tests/integration/drillstage.h"

using namespace tapio;
using namespace tapio::test;

namespace {

/// What a rule found of drills. What is about a destination may be of others on this machine, whose tests refuse and reset connections too.
std::vector<wire::Insight> insightsOf(const DeliveryLog &log, const std::string &rule)
{
    std::vector<wire::Insight> found;
    log.eachEvent([&](const wire::Event &event, const wire::Origin &) {
        const wire::Insight *insight = wire::insightOf(event.detail);
        if (insight == nullptr || insight->rule != rule)
            return;
        if (insight->rootKind == wire::EntityKind::Destination || insight->root.starts_with("/tapio-drill-"))
            found.push_back(*insight);
    });
    return found;
}

/// The event that a reference names, as the server got it.
std::optional<wire::Event> eventOf(const DeliveryLog &log, const wire::EvidenceRef &ref)
{
    for (const auto &delivery : log.deliveries()) {
        const auto *batch = std::get_if<wire::EventBatch>(&delivery->frame.body);
        if (batch == nullptr || delivery->frame.streamId != ref.streamId || delivery->node != ref.node)
            continue;
        for (std::size_t i = 0; i < batch->events.size(); ++i) {
            if (batch->seqOf(i) == ref.seq)
                return batch->events[i];
        }
    }
    return std::nullopt;
}

using Types = std::vector<wire::EventType>;

} // namespace

Q_DECLARE_METATYPE(Types)

class tst_DrillsFound : public QObject {
    Q_OBJECT

private slots:
    void init();
    void cleanup() { m_stage.end(); }
    void drills_data();
    void drills();

private:
    DrillStage m_stage;
};

void tst_DrillsFound::init()
{
    if (const QString problem = m_stage.start(); !problem.isEmpty())
        QSKIP(qPrintable(problem));
}

void tst_DrillsFound::drills_data()
{
    using enum wire::EventType;
    QTest::addColumn<QString>("seconds");
    QTest::addColumn<std::string>("rule");
    QTest::addColumn<Types>("evidence"); // what it may be made of
    QTest::newRow("oom-kill") << "2" << std::string("oom-kill") << Types{OomKill, MemoryEvents};
    QTest::newRow("crash-loop") << "3" << std::string("crash-loop") << Types{ProcessExit, FatalSignal};
    QTest::newRow("refused-burst") << "2" << std::string("refused-burst") << Types{TcpConnection};
    QTest::newRow("reset-burst") << "3" << std::string("reset-burst") << Types{TcpConnection};
    QTest::newRow("dns-failure") << "3" << std::string("dns-failures") << Types{DnsQuery};
    QTest::newRow("privilege-escalation") << "2" << std::string("privilege-gain") << Types{PrivilegeGain, ProcessExec}; // of a written file
    QTest::newRow("fd-exhaustion") << "8" << std::string("descriptors") << Types{FileFailure};
    QTest::newRow("disk-full") << "14" << std::string("disk-full") << Types{FileFailure, ProcessExit};
}

/// With the configuration that an agent has by itself. Each is found once, of whom it was made, and its evidence can be opened.
void tst_DrillsFound::drills()
{
    QFETCH(QString, seconds);
    QFETCH(std::string, rule);
    QFETCH(Types, evidence);
    m_stage.startAgent(true);
    const std::size_t before = insightsOf(m_stage.log, rule).size();
    QProcess tapio;
    tapio.start(TAPIO_PROGRAM, m_stage.drill({"run", QTest::currentDataTag(), "--seconds", seconds}));
    QVERIFY(tapio.waitForFinished(60'000));
    const QByteArray error = tapio.readAllStandardError();
    if (tapio.exitCode() == 69 || tapio.exitCode() == 77)
        QSKIP(error.constData());
    QVERIFY2(tapio.exitCode() == 0, error.constData());
    QTRY_VERIFY_WITH_TIMEOUT(insightsOf(m_stage.log, rule).size() > before, DrillStage::soon);
    const auto found = insightsOf(m_stage.log, rule);
    const wire::Insight &insight = found.at(before);
    QCOMPARE(insight.state, wire::InsightState::Open);
    QCOMPARE(std::count_if(found.begin() + static_cast<std::ptrdiff_t>(before), found.end(),
                           [&](const wire::Insight &one) { return one.state == wire::InsightState::Open && one.root == insight.root; }),
             1);
    QVERIFY(!insight.evidence.empty());
    for (const std::string &line : insight.evidence) {
        const auto ref = wire::parseEvidence(line);
        QVERIFY2(ref, line.c_str());
        const auto event = eventOf(m_stage.log, *ref);
        QVERIFY2(event && event->timeNs == ref->timeNs, line.c_str());
        QVERIFY2(std::ranges::find(evidence, event->type) != evidence.end(), line.c_str());
    }
}

QTEST_GUILESS_MAIN(tst_DrillsFound)
#include "tst_drillsfound.moc"
