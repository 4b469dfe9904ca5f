// SPDX-License-Identifier: GPL-3.0-or-later
// `tapio drill` on a node with a real agent, as far as a server hears of it.
#include <QtTest>

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>

#include <csignal>
#include <fstream>

#include "agent/drill/runlock.h"
#include "protocol/transport/signature.h"
#include "protocol/wire/drilllabel.h"
#include "tests/integration/drillstage.h"

using namespace tapio;
using namespace tapio::test;

namespace {

constexpr int soon = DrillStage::soon;

std::vector<wire::DrillLabel> labelsOf(const DeliveryLog &log)
{
    std::vector<wire::DrillLabel> labels;
    log.eachEvent([&](const wire::Event &event, const wire::Origin &) {
        if (const auto *label = std::get_if<wire::DrillLabel>(&event.detail))
            labels.push_back(*label);
    });
    return labels;
}

bool sawOomKill(const DeliveryLog &log)
{
    bool found = false;
    log.eachEvent(
        [&](const wire::Event &event, const wire::Origin &) { found = found || std::holds_alternative<wire::OomKill>(event.detail); });
    return found;
}

/// Full file systems that are told as of a drill's cgroup.
std::vector<wire::FileFailure> fullOf(const DeliveryLog &log)
{
    std::vector<wire::FileFailure> full;
    log.eachEvent([&](const wire::Event &event, const wire::Origin &origin) {
        const auto *failure = std::get_if<wire::FileFailure>(&event.detail);
        if (failure && failure->isFullFileSystem() && origin.cgroupPath.starts_with("/tapio-drill-"))
            full.push_back(*failure);
    });
    return full;
}

} // namespace

class TestDrillEnd : public QObject {
    Q_OBJECT

    DrillStage m_stage;

private slots:
    void init()
    {
        if (const QString problem = m_stage.start(); !problem.isEmpty())
            QSKIP(qPrintable(problem));
    }
    void cleanup() { m_stage.end(); }

    void aRun_isHeardOfWithItsFault()
    {
        m_stage.startAgent(true);
        QProcess tapio;
        tapio.start(TAPIO_PROGRAM, m_stage.drill({"run", "oom-kill", "--seconds", "2"}));
        QVERIFY(tapio.waitForFinished(30'000));
        const QByteArray error = tapio.readAllStandardError();
        if (tapio.exitCode() == 69 || tapio.exitCode() == 77)
            QSKIP(error.constData());
        QVERIFY2(tapio.exitCode() == 0, error.constData());
        const QJsonObject report = QJsonDocument::fromJson(tapio.readAllStandardOutput()).object();
        QVERIFY(report["happened"].toBool() && report["clean"].toBool());
        QTRY_COMPARE_WITH_TIMEOUT(labelsOf(m_stage.log).size(), std::size_t(2), soon);
        QTRY_VERIFY_WITH_TIMEOUT(sawOomKill(m_stage.log), soon);
        const auto labels = labelsOf(m_stage.log);
        QCOMPARE(labels[0].phase, std::string("begin"));
        QCOMPARE(labels[1].phase, std::string("end"));
        for (const wire::DrillLabel &label : labels) {
            QCOMPARE(label.drill, std::string("oom-kill"));
            QCOMPARE(QString::fromStdString(label.target), report["target"].toString());
            const auto who =
                transport::verifySignature(m_stage.pki.node(), wire::signedBytes(label), label.signature, m_stage.clock.utcNs());
            QVERIFY2(who, who ? "" : who.error().message().c_str());
            QCOMPARE(who->name, std::string("node-1"));
        }
        QVERIFY(drill::findLeftovers({}).empty());
    }

    /// With the configuration that an agent has by itself: what is full is in a mount namespace of its own.
    void aFullDisk_isHeardOf()
    {
        m_stage.startAgent(true);
        QProcess tapio;
        tapio.start(TAPIO_PROGRAM, m_stage.drill({"run", "disk-full", "--seconds", "14"})); // so that one of the looks is in it
        QVERIFY(tapio.waitForFinished(60'000));
        const QByteArray error = tapio.readAllStandardError();
        if (tapio.exitCode() == 69 || tapio.exitCode() == 77)
            QSKIP(error.constData());
        QVERIFY2(tapio.exitCode() == 0, error.constData());
        QTRY_COMPARE_WITH_TIMEOUT(fullOf(m_stage.log).size(), std::size_t(1), soon);
        const wire::FileFailure failure = fullOf(m_stage.log).at(0);
        QVERIFY2(failure.path.ends_with("/disk"), failure.path.c_str());
        QVERIFY(failure.limit > 8u << 20 && failure.limit <= 16u << 20);
        QVERIFY(!failure.limitIsInodes);
        QVERIFY(drill::findLeftovers({}).empty());
    }

    void aStop_endsTheRunAndItsEndIsHeardOf()
    {
        m_stage.startAgent(true);
        QProcess tapio;
        tapio.start(TAPIO_PROGRAM, m_stage.drill({"run", "crash-loop", "--seconds", "60"}));
        const std::size_t before = labelsOf(m_stage.log).size();
        QTRY_VERIFY_WITH_TIMEOUT(labelsOf(m_stage.log).size() == before + 1 || tapio.state() == QProcess::NotRunning, soon);
        if (tapio.state() == QProcess::NotRunning)
            QSKIP(tapio.readAllStandardError().constData());
        QProcess stop;
        stop.start(TAPIO_PROGRAM, m_stage.drill({"stop"}));
        QVERIFY(stop.waitForFinished(soon) && stop.exitCode() == 0);
        QVERIFY(QJsonDocument::fromJson(stop.readAllStandardOutput()).object()["stopped"].toBool());
        QVERIFY(tapio.waitForFinished(soon));
        QVERIFY(QJsonDocument::fromJson(tapio.readAllStandardOutput()).object()["stopped"].toBool());
        QTRY_COMPARE_WITH_TIMEOUT(labelsOf(m_stage.log).size(), before + 2, soon);
        QVERIFY(labelsOf(m_stage.log).back().toNs > labelsOf(m_stage.log).back().fromNs);
        QVERIFY(drill::findLeftovers({}).empty());
    }

    void aSignal_endsTheRunAndItsEndIsHeardOf_data()
    {
        QTest::addColumn<int>("number");
        QTest::newRow("kill") << SIGTERM;
        QTest::newRow("the terminal goes away") << SIGHUP;
    }
    void aSignal_endsTheRunAndItsEndIsHeardOf()
    {
        QFETCH(int, number);
        m_stage.startAgent(true);
        QProcess tapio;
        const std::size_t before = labelsOf(m_stage.log).size();
        tapio.start(TAPIO_PROGRAM, m_stage.drill({"run", "crash-loop", "--seconds", "60"}));
        QTRY_VERIFY_WITH_TIMEOUT(labelsOf(m_stage.log).size() == before + 1 || tapio.state() == QProcess::NotRunning, soon);
        if (tapio.state() == QProcess::NotRunning)
            QSKIP(tapio.readAllStandardError().constData());
        QCOMPARE(::kill(static_cast<pid_t>(tapio.processId()), number), 0);
        QVERIFY(tapio.waitForFinished(soon));
        QTRY_COMPARE_WITH_TIMEOUT(labelsOf(m_stage.log).size(), before + 2, soon);
        QVERIFY(labelsOf(m_stage.log).back().toNs > labelsOf(m_stage.log).back().fromNs);
        QVERIFY(drill::findLeftovers({}).empty());
    }

    void aKilledRun_isCleanedUpByStop()
    {
        m_stage.startAgent(true);
        QProcess tapio;
        const std::size_t before = labelsOf(m_stage.log).size();
        tapio.start(TAPIO_PROGRAM, m_stage.drill({"run", "memory-leak", "--seconds", "60"}));
        QTRY_VERIFY_WITH_TIMEOUT(labelsOf(m_stage.log).size() == before + 1 || tapio.state() == QProcess::NotRunning, soon);
        if (tapio.state() == QProcess::NotRunning)
            QSKIP(tapio.readAllStandardError().constData());
        tapio.kill();
        QVERIFY(tapio.waitForFinished(soon));
        QVERIFY(!drill::findLeftovers({}).empty());
        QProcess stop;
        stop.start(TAPIO_PROGRAM, m_stage.drill({"stop"}));
        QVERIFY(stop.waitForFinished(soon) && stop.exitCode() == 0);
        QVERIFY(!QJsonDocument::fromJson(stop.readAllStandardOutput()).object()["removed"].toArray().isEmpty());
        QVERIFY(drill::findLeftovers({}).empty());
    }

    void whereItIsNotAllowed_nothingRuns()
    {
        m_stage.startAgent(false);
        QProcess list;
        list.start(TAPIO_PROGRAM, m_stage.drill({"list"}));
        QVERIFY(list.waitForFinished(soon));
        QCOMPARE(list.exitCode(), 0);
        const QJsonArray drills = QJsonDocument::fromJson(list.readAllStandardOutput()).array();
        QCOMPARE(drills.size(), 15);
        for (const QJsonValue &one : drills) {
            QCOMPARE(one.toObject().keys(), (QStringList{"available", "name", "needs", "reason", "what"}));
            QVERIFY(!one["what"].toString().isEmpty());
            QVERIFY(!one["available"].toBool());
            QVERIFY(one["reason"].toString().contains("drill.allowed is false in " + m_stage.agent->folder() + "/agent.toml"));
        }
        // The agent says the same, should its configuration be another than what the command read.
        const std::size_t before = labelsOf(m_stage.log).size();
        std::ofstream((m_stage.agent->folder() + "/other.toml").toStdString())
            << "runtime_folder = \"" << m_stage.agent->folder().toStdString() << "\"\n[drill]\nallowed = true\n";
        QProcess run;
        run.start(TAPIO_PROGRAM, {"drill", "--agent-config", m_stage.agent->folder() + "/other.toml", "run", "oom-kill"});
        QVERIFY(run.waitForFinished(soon));
        const QByteArray error = run.readAllStandardError();
        QVERIFY2(run.exitCode() != 0 && error.contains("not run"), error.constData());
        QVERIFY2(error.contains("agent.toml is false"), error.constData());
        QCOMPARE(labelsOf(m_stage.log).size(), before);
        QVERIFY(drill::findLeftovers({}).empty());
    }
};

QTEST_GUILESS_MAIN(TestDrillEnd)
#include "tst_drillend.moc"
