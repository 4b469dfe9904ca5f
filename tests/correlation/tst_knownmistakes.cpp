// SPDX-License-Identifier: GPL-3.0-or-later
// What engines like this one got wrong elsewhere, one test each. What they are of: the shipped rules.
#include <QtTest>

#include <set>

#include "agent/replay/score.h"
#include "tests/correlation/plays.h"
#include "tests/correlation/stage.h"

using namespace tapio;
using namespace tapio::correlation;
using wire::Metric;
using wire::TcpOutcome;

namespace {

Stage ofNode() { return Stage(ofScope(shippedRules(), RuleScope::Node).rules); }

/// A container whose working set grows evenly; `limit` 0 = none is known.
void grow(Stage &stage, const wire::Origin &origin, double from, double perMinute, double limit, double everySeconds = 10,
          double minutes = 15)
{
    for (double at = 0; at <= minutes * 60; at += everySeconds) {
        Reading reading;
        reading.add(origin, Metric::MemoryWorkingSetBytes, from + perMinute * at / 60);
        if (limit > 0)
            reading.add(origin, Metric::MemoryLimitBytes, limit);
        stage.samples(at, reading.take());
    }
}

constexpr double MiB = 1 << 20;

} // namespace

class tst_KnownMistakes : public QObject {
    Q_OBJECT

private slots:
    void aPod_isNamedByItsMetadataAlone();
    void anOomKill_isOfTheVictim();
    void restarts_areAsManyAsThereWere_data();
    void restarts_areAsManyAsThereWere();
    void aSlope_isOfTimeNotOfSamples_data();
    void aSlope_isOfTimeNotOfSamples();
    void bytes_areNotComparedWithPercent_data();
    void bytes_areNotComparedWithPercent();
    void anUnknownLimit_isNotAssumed();
    void givingUp_isNoTimeout_data();
    void givingUp_isNoTimeout();
    void whatIsUsual_isNotKeptByClientPort();
    void aConditionThatHolds_isToldOnce();
    void figures_areCountedOrThereIsNone();
};

void tst_KnownMistakes::aPod_isNamedByItsMetadataAlone()
{
    Stage stage = ofNode();
    stage.process = {4711, 0, 99, "web-7d4b9-x2x1z"}; // a program that is called like a pod
    wire::Origin origin = pod("a");
    origin.podName.clear(); // nobody said it yet
    origin.namespaceName.clear();
    origin.workloadKind.clear();
    origin.workloadName.clear();
    stage.event(1, wire::OomKill(), origin);
    QCOMPARE(stage.opened("oom-kill"), std::size_t(1));
    QCOMPARE(stage.found[0].insight.root, std::string("uid-a"));
    for (const Finding &finding : stage.found) {
        for (const std::string &affected : finding.insight.affected)
            QVERIFY2(affected.find("web") == std::string::npos, affected.c_str());
        QVERIFY(finding.insight.owners.empty());
    }
}

void tst_KnownMistakes::anOomKill_isOfTheVictim()
{
    Stage stage = ofNode();
    stage.process = {1, 0, 99, "victim"};
    wire::OomKill kill;
    kill.triggerPid = 5000; // whose allocation it was that found no room: of another pod
    kill.triggerComm = "killer";
    stage.event(1, kill, pod("victim"));
    QCOMPARE(stage.opened("oom-kill"), std::size_t(1));
    const wire::Insight &insight = stage.found[0].insight;
    QCOMPARE(insight.root, std::string("shop/victim"));
    QCOMPARE(stage.found[0].origin->podUid, std::string("uid-victim"));
    for (const std::string &affected : insight.affected)
        QVERIFY2(affected.find("killer") == std::string::npos, affected.c_str());
}

void tst_KnownMistakes::restarts_areAsManyAsThereWere_data()
{
    QTest::addColumn<int>("restarts");
    for (const int restarts : {3, 4, 6})
        QTest::newRow(qPrintable(QString::number(restarts))) << restarts;
}

void tst_KnownMistakes::restarts_areAsManyAsThereWere()
{
    QFETCH(int, restarts);
    Stage stage = ofNode();
    tapio::correlation::restarts(restarts, 90)(stage);
    stage.pass(restarts * 90 + 90);
    const auto told = std::find_if(stage.found.rbegin(), stage.found.rend(),
                                   [](const Finding &finding) { return finding.insight.rule == "container-restarts"; });
    QVERIFY(told != stage.found.rend());
    const std::string wanted = "started anew " + std::to_string(restarts) + " times";
    QVERIFY2(told->insight.text.find(wanted) != std::string::npos, told->insight.text.c_str());
}

void tst_KnownMistakes::aSlope_isOfTimeNotOfSamples_data()
{
    QTest::addColumn<double>("everySeconds");
    QTest::addColumn<double>("perMinute"); // MiB
    QTest::addColumn<bool>("isLeak");
    for (const double every : {2.0, 10.0, 30.0}) {
        const QByteArray name = QByteArray::number(every);
        QTest::newRow("a leak, read each seconds: " + name) << every << 4.0 << true;
        QTest::newRow("none, read each seconds: " + name) << every << 0.02 << false; // of samples each half minute it were 0.01
    }
}

void tst_KnownMistakes::aSlope_isOfTimeNotOfSamples()
{
    QFETCH(double, everySeconds);
    QFETCH(double, perMinute);
    QFETCH(bool, isLeak);
    Stage stage = ofNode();
    grow(stage, pod("a"), 100 * MiB, perMinute * MiB, 0, everySeconds);
    QCOMPARE(stage.opened("memory-leak"), std::size_t(isLeak ? 1 : 0));
    if (!isLeak)
        return;
    const std::string text = stage.of("memory-leak", wire::InsightState::Open)[0].insight.text;
    QVERIFY2(text.find("4.0 MiB") != std::string::npos, text.c_str());
}

void tst_KnownMistakes::bytes_areNotComparedWithPercent_data()
{
    QTest::addColumn<double>("from"); // MiB, as all of it
    QTest::addColumn<double>("perMinute");
    QTest::addColumn<double>("limit");
    QTest::addColumn<bool>("isNear");
    QTest::newRow("a small limit, nearly full") << 60.0 << 1.0 << 90.0 << true;
    QTest::newRow("as many bytes of a large limit") << 60.0 << 1.0 << 9000.0 << false;
    QTest::newRow("very many bytes of a larger limit") << 60000.0 << 1.0 << 900000.0 << false;
    QTest::newRow("very many bytes, nearly all") << 60000.0 << 1000.0 << 90000.0 << true;
}

void tst_KnownMistakes::bytes_areNotComparedWithPercent()
{
    QFETCH(double, from);
    QFETCH(double, perMinute);
    QFETCH(double, limit);
    QFETCH(bool, isNear);
    Stage stage = ofNode();
    grow(stage, pod("a"), from * MiB, perMinute * MiB, limit * MiB);
    QCOMPARE(stage.opened("oom-forecast"), std::size_t(isNear ? 1 : 0));
}

void tst_KnownMistakes::anUnknownLimit_isNotAssumed()
{
    Stage stage = ofNode();
    grow(stage, pod("a"), 900 * MiB, 5 * MiB, 0); // of a gigabyte, if that were the limit
    QCOMPARE(stage.opened("oom-forecast"), std::size_t(0));
    QCOMPARE(stage.opened("memory-leak"), std::size_t(1)); // it grows all the same
}

void tst_KnownMistakes::givingUp_isNoTimeout_data()
{
    QTest::addColumn<int>("outcome");
    QTest::addColumn<bool>("isLost");
    QTest::newRow("the client gave up before there was an answer") << int(TcpOutcome::Aborted) << false;
    QTest::newRow("closed") << int(TcpOutcome::Closed) << false;
    QTest::newRow("an error of another kind") << int(TcpOutcome::OtherError) << false;
    QTest::newRow("the kernel's ETIMEDOUT") << int(TcpOutcome::TimedOut) << true;
}

void tst_KnownMistakes::givingUp_isNoTimeout()
{
    QFETCH(int, outcome);
    QFETCH(bool, isLost);
    Stage stage = ofNode();
    for (int i = 0; i < 12; ++i)
        stage.event(i, connection(static_cast<TcpOutcome>(outcome), 0, static_cast<std::uint8_t>(20 + i)));
    QCOMPARE(stage.opened("unreachable"), std::size_t(isLost ? 1 : 0));
    QVERIFY(isLost || stage.found.empty());
}

/// Each connection has another port at the client's end: kept by it, nothing would ever be usual.
void tst_KnownMistakes::whatIsUsual_isNotKeptByClientPort()
{
    Stage stage = ofNode();
    std::set<std::uint16_t> ports;
    const auto halfMinutes = [&](double from, int count, std::uint32_t retransmits) {
        for (int i = 0; i < count; ++i) {
            for (int one = 0; one < 20; ++one) {
                wire::TcpConnection tcp = connection(TcpOutcome::Closed, retransmits);
                tcp.bytesSent = 1000;
                ports.insert(tcp.local.port);
                stage.event(from + i * 30 + one, tcp);
            }
            stage.pass(from + (i + 1) * 30);
        }
    };
    stage.pass(0);
    halfMinutes(0, 20, 0);
    QCOMPARE(stage.opened("packet-loss"), std::size_t(0));
    halfMinutes(600, 3, 2); // few of each connection, and far more than that destination usually loses
    QCOMPARE(stage.opened("packet-loss"), std::size_t(1));
    QCOMPARE(ports.size(), std::size_t(23 * 20));
}

void tst_KnownMistakes::aConditionThatHolds_isToldOnce()
{
    Stage stage = ofNode();
    constexpr int seconds = 600;
    for (int i = 0; i < seconds * 10; ++i)
        stage.event(i / 10., connection(TcpOutcome::Refused));
    QCOMPARE(stage.opened("refused-burst"), std::size_t(1));
    QVERIFY2(stage.of("refused-burst", wire::InsightState::Updated).size() <= seconds / 60 + 1,
             qPrintable(QString::number(stage.found.size())));
}

void tst_KnownMistakes::figures_areCountedOrThereIsNone()
{
    using replay::accuracyOf;
    using replay::Counts;
    QVERIFY(!accuracyOf(Counts{}, replay::floorOfAll).isEnough);
    QVERIFY(!accuracyOf(Counts{10, 0, 0, 9}, replay::floorOfAll).isEnough);
    const auto good = accuracyOf(Counts{20, 0, 0, 20}, replay::floorOfAll), bad = accuracyOf(Counts{1, 19, 19, 1}, replay::floorOfAll);
    QVERIFY(good.isEnough && good.value == 1 && good.low < 1 && good.of == 40); // even then it may be wrong next time
    QVERIFY(bad.isEnough && bad.value < 0.1);
    // What a rule is thought to be worth follows from what was seen, and more that supports it makes it no less.
    Stage alone = ofNode(), supported = ofNode();
    alone.event(1, wire::OomKill());
    wire::MemoryEvents limit;
    limit.max = 3;
    supported.event(0, limit);
    supported.event(1, wire::OomKill());
    const auto scoreOf = [](const Stage &stage) { return stage.of("oom-kill", wire::InsightState::Open).at(0).insight.score; };
    QVERIFY(scoreOf(supported) > scoreOf(alone));
    QVERIFY(scoreOf(supported) < 100);
}

QTEST_GUILESS_MAIN(tst_KnownMistakes)
#include "tst_knownmistakes.moc"
