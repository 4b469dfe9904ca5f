// SPDX-License-Identifier: GPL-3.0-or-later
// How the rules about Kubernetes tell what they find; what they find is in tst_rules.
#include <QtTest>

#include <algorithm>

#include "tests/correlation/kubeplays.h"

using namespace tapio;
using namespace tapio::correlation;

namespace {

Script certificateThen(double hoursLeft, int failures, double apart, std::uint8_t alert)
{
    return [=](Stage &stage) {
        stage.event(0, certificate(hoursLeft));
        for (int i = 1; i <= failures; ++i)
            stage.event(i * apart, refusedCertificate(alert));
    };
}

} // namespace

class tst_KubeRules : public QObject {
    Q_OBJECT

private slots:
    void certificate_isAnErrorOnlyWhereItEndedAndThenIsRefused_data();
    void certificate_isAnErrorOnlyWhereItEndedAndThenIsRefused();
    void othersCertificates_areNoFaultOfIt();
    void eviction_namesThePodAndThePressureBefore();
    void pressureAfterAnEviction_isNoSignOfIt();
    void rollout_isBlamedLessForWhatFailedBefore();
    void rollout_isBlamedLessForWhatRestartedBefore();
};

void tst_KubeRules::certificate_isAnErrorOnlyWhereItEndedAndThenIsRefused_data()
{
    QTest::addColumn<double>("hoursLeft");
    QTest::addColumn<int>("failures");
    QTest::addColumn<double>("apart"); // seconds
    QTest::addColumn<int>("alert");
    QTest::addColumn<wire::Severity>("severity");
    using enum wire::Severity;
    constexpr int expired = 45, encrypted = 0, tooOld = 70;
    QTest::newRow("ended, then refused") << -1.0 << 4 << 30.0 << expired << Error;
    QTest::newRow("ended, then refused in secret") << -1.0 << 4 << 30.0 << encrypted << Error;
    QTest::newRow("ended, alone") << -1.0 << 0 << 1.0 << expired << Warning;
    QTest::newRow("ended, and other handshakes fail") << -1.0 << 40 << 1.0 << tooOld << Warning;
    QTest::newRow("ended, then refused twice") << -1.0 << 2 << 1.0 << expired << Warning;
    QTest::newRow("ended, refused an hour later") << -1.0 << 3 << 3600.0 << expired << Warning;
    QTest::newRow("still valid, and refused") << 5.0 << 40 << 1.0 << expired << Warning;
}

void tst_KubeRules::certificate_isAnErrorOnlyWhereItEndedAndThenIsRefused()
{
    QFETCH(double, hoursLeft);
    QFETCH(int, failures);
    QFETCH(double, apart);
    QFETCH(int, alert);
    QFETCH(wire::Severity, severity);
    Stage stage(loadRules(TAPIO_RULES).rules);
    certificateThen(hoursLeft, failures, apart, static_cast<std::uint8_t>(alert))(stage);
    wire::Severity worst = wire::Severity::Debug;
    for (const Finding &finding : stage.found) {
        if (finding.insight.rule == "certificate-expiry")
            worst = std::max(worst, finding.severity);
    }
    QCOMPARE(worst, severity);
}

/// It refuses those of its clients, and of a server that it calls.
void tst_KubeRules::othersCertificates_areNoFaultOfIt()
{
    Stage stage(loadRules(TAPIO_RULES).rules);
    stage.event(0, certificate(-1));
    for (int i = 1; i <= 20; ++i) {
        wire::TlsFailure called = refusedByServer(48);
        called.direction = wire::TcpDirection::Outbound;
        stage.event(i, i % 2 == 0 ? called : refusedByServer(48));
    }
    QCOMPARE(stage.of("certificate-expiry", wire::InsightState::Open).at(0).severity, wire::Severity::Warning);
    QCOMPARE(stage.of("certificate-expiry", wire::InsightState::Updated).size(), std::size_t(0));
}

void tst_KubeRules::eviction_namesThePodAndThePressureBefore()
{
    Stage stage(loadRules(TAPIO_RULES).rules);
    stage.event(0, stall(wire::PressureResource::Memory, false), host());
    stage.event(1, stall(wire::PressureResource::Memory, false), pod("b")); // of a pod at its limit: nothing of the node
    stage.event(200, evicted("memory"), pod("victim"));
    const wire::Insight found = stage.of("evictions", wire::InsightState::Open).at(0).insight;
    QCOMPARE(found.root, std::string("n1"));
    QCOMPARE(found.evidence.size(), std::size_t(2));
    QCOMPARE(found.affected, std::vector<std::string>{"pod shop/victim"});
}

void tst_KubeRules::pressureAfterAnEviction_isNoSignOfIt()
{
    Stage stage(loadRules(TAPIO_RULES).rules);
    stage.event(200, evicted("memory"), pod("victim"));
    stage.event(201, stall(wire::PressureResource::Memory, false), host());
    stage.pass(300);
    for (const Finding &finding : stage.found) {
        if (finding.insight.rule == "evictions")
            QCOMPARE(finding.insight.evidence.size(), std::size_t(1));
    }
    QCOMPARE(stage.opened("evictions"), std::size_t(1));
}

void tst_KubeRules::rollout_isBlamedLessForWhatFailedBefore()
{
    Stage stage(loadRules(TAPIO_RULES).rules);
    for (int i = 0; i < 100; ++i)
        stage.event(i * 0.1, served(i % 10 == 0 ? 500 : 200), pod("old"));
    wire::Origin origin = pod("new", "c2");
    origin.image = "web:2";
    for (int i = 0; i < 100; ++i)
        stage.event(30 + i * 0.1, served(i % 10 == 0 ? 500 : 200), origin);
    QCOMPARE(int(stage.of("rollout-errors", wire::InsightState::Open).at(0).insight.score), 45);
}

void tst_KubeRules::rollout_isBlamedLessForWhatRestartedBefore()
{
    const auto scoreOf = [](bool restartedBefore) {
        Stage stage(loadRules(TAPIO_RULES).rules);
        if (restartedBefore)
            restarts(2, 1)(stage);
        rolloutThenRequests(5)(stage);
        const auto found = stage.of("rollout-errors", wire::InsightState::Open);
        return found.empty() ? -1 : static_cast<int>(found[0].insight.score);
    };
    QCOMPARE(scoreOf(false), 70);
    QCOMPARE(scoreOf(true), 45);
}

QTEST_GUILESS_MAIN(tst_KubeRules)
#include "tst_kuberules.moc"
