// SPDX-License-Identifier: GPL-3.0-or-later
// The real program over real TLS to a real fan-in.
#include <QtTest>

#include <optional>

#include "agent/collect/kernelcollectors.h"
#include "tests/agent/agentprocess.h"
#include "tests/support/testpki.h"

using namespace tapio;
using namespace tapio::test;

namespace {

constexpr int soon = 15'000;

struct SeenExec {
    wire::Event event;
    wire::Origin origin;
    wire::ProcessExec exec;
};

std::optional<SeenExec> findExec(const DeliveryLog &log, const std::string &argument)
{
    std::optional<SeenExec> found;
    log.eachEvent([&](const wire::Event &event, const wire::Origin &origin) {
        const auto *exec = std::get_if<wire::ProcessExec>(&event.detail);
        if (exec != nullptr && std::find(exec->arguments.begin(), exec->arguments.end(), argument) != exec->arguments.end())
            found = SeenExec{event, origin, *exec};
    });
    return found;
}

bool hasSample(const DeliveryLog &log, wire::Metric metric)
{
    for (const auto &delivery : log.deliveries()) {
        const auto *batch = std::get_if<wire::SampleBatch>(&delivery->frame.body);
        if (batch != nullptr && std::any_of(batch->samples.begin(), batch->samples.end(), [&](const auto &s) { return s.metric == metric; }))
            return true;
    }
    return false;
}

/// Runs a program that ends at once and returns its pid.
qint64 runOnce(const QString &argument)
{
    QProcess process;
    process.start("/bin/true", {argument});
    if (!process.waitForStarted())
        return 0;
    const qint64 pid = process.processId();
    process.waitForFinished();
    return pid;
}

} // namespace

class TestAgent : public QObject {
    Q_OBJECT

    TestPki m_pki;
    SystemClock m_clock;

    struct Server {
        DeliveryLog log;
        std::unique_ptr<server::FanIn> fanIn;
    };
    bool startServer(Server &server, std::uint16_t port = 0)
    {
        server::FanInOptions options;
        options.endpoint.tls = m_pki.server();
        options.endpoint.port = port;
        auto started = server::FanIn::start(options, &server.log, m_clock);
        if (!started) {
            qWarning("%s", started.error().message().c_str());
            return false;
        }
        server.fanIn = std::move(*started);
        return true;
    }
    bool welcomed(AgentProcess &agent) { return agent.output().contains("welcomed"); }

private slots:
    void initTestCase()
    {
        class Nowhere final : public agent::KernelRecordSink {
            void onRecord(agent::KernelRecord &&) override {}
        } nowhere;
        const auto kernel = agent::KernelCollectors::open({}, nowhere);
        if (!kernel)
            QSKIP(kernel.error().message().c_str());
    }

    void exec_arrivesWithPidArgumentsAndOrigin()
    {
        Server server;
        QVERIFY(startServer(server));
        AgentProcess agent(m_pki.node(), server.fanIn->port());
        QVERIFY(agent.start());
        QTRY_VERIFY_WITH_TIMEOUT(welcomed(agent), soon);
        const QString argument = "tapio-" + QUuid::createUuid().toString(QUuid::WithoutBraces);
        const std::int64_t before = m_clock.utcNs();
        const qint64 pid = runOnce(argument);
        QTRY_VERIFY_WITH_TIMEOUT(findExec(server.log, argument.toStdString()), soon);
        const SeenExec seen = *findExec(server.log, argument.toStdString());
        QCOMPARE(qint64(seen.event.process.pid), pid);
        QCOMPARE(seen.event.type, wire::EventType::ProcessExec);
        QCOMPARE(seen.exec.parentPid, std::uint32_t(QCoreApplication::applicationPid()));
        QCOMPARE(seen.exec.filename, std::string("/bin/true"));
        QVERIFY(seen.event.timeNs > before - 10 * nsPerMs && seen.event.timeNs < m_clock.utcNs());
        QCOMPARE(seen.origin.attribution, wire::Attribution::Live);
        QVERIFY(!seen.origin.cgroupPath.empty());
        QTRY_VERIFY_WITH_TIMEOUT(hasSample(server.log, wire::Metric::CpuUsageNs), soon);
        QTRY_VERIFY_WITH_TIMEOUT(hasSample(server.log, wire::Metric::AgentRssBytes), soon);
        QVERIFY(agent.terminate() >= 0);
    }

    void terminate_leavesSoonWithEverythingFlushedAndBalanced()
    {
        Server server;
        QVERIFY(startServer(server));
        AgentProcess agent(m_pki.node(), server.fanIn->port());
        QVERIFY(agent.start());
        QTRY_VERIFY_WITH_TIMEOUT(welcomed(agent), soon);
        const QString argument = "tapio-" + QUuid::createUuid().toString(QUuid::WithoutBraces);
        runOnce(argument);
        const int took = agent.terminate();
        QVERIFY2(took >= 0 && took < 2000, qPrintable(QString::number(took) + " ms\n" + agent.output()));
        QCOMPARE(agent.exitCode(), 0);
        QVERIFY2(findExec(server.log, argument.toStdString()), "an event of the last moment was not flushed");
        const auto last = server.log.lastCounters();
        QVERIFY(last);
        for (const wire::SourceCounters &source : last->sources) {
            QVERIFY2(source.counters.inRing() >= 0, source.source.c_str());
            QVERIFY2(source.counters.inAgent() == 0, source.source.c_str());
            QCOMPARE(source.counters[Counter::Sent], source.counters[Counter::Acked]);
            QCOMPARE(source.counters.missing(), 0u);
        }
    }

    void kill_andRestartGivesANewStreamWithoutUnnamedLoss()
    {
        Server server;
        QVERIFY(startServer(server));
        {
            AgentProcess agent(m_pki.node(), server.fanIn->port());
            QVERIFY(agent.start());
            QTRY_VERIFY_WITH_TIMEOUT(server.log.streams().size() == 1, soon);
            agent.kill();
        }
        AgentProcess agent(m_pki.node(), server.fanIn->port());
        QVERIFY(agent.start());
        QTRY_VERIFY_WITH_TIMEOUT(server.log.streams().size() == 2, soon);
        const std::uint64_t second = server.log.streams().back();
        QVERIFY(agent.terminate() >= 0);
        std::uint64_t nextFrame = 1;
        std::uint64_t nextSeq = 1;
        for (const auto &delivery : server.log.deliveries()) {
            if (delivery->frame.streamId != second)
                continue;
            QCOMPARE(delivery->frame.frameSeq, nextFrame++);
            if (const auto *batch = std::get_if<wire::EventBatch>(&delivery->frame.body)) {
                QCOMPARE(batch->firstSeq, nextSeq);
                nextSeq += batch->events.size();
            }
        }
        QVERIFY(nextFrame > 1);
    }

    void server_goneAndBackLosesNothing()
    {
        Server first;
        QVERIFY(startServer(first));
        const std::uint16_t port = first.fanIn->port();
        AgentProcess agent(m_pki.node(), port);
        QVERIFY(agent.start());
        QTRY_VERIFY_WITH_TIMEOUT(welcomed(agent), soon);
        first.fanIn.reset();
        const QString argument = "tapio-" + QUuid::createUuid().toString(QUuid::WithoutBraces);
        runOnce(argument);
        Server second;
        QVERIFY(startServer(second, port));
        QTRY_VERIFY_WITH_TIMEOUT(findExec(second.log, argument.toStdString()), 2 * soon);
        QVERIFY(agent.terminate() >= 0);
    }
};

QTEST_GUILESS_MAIN(TestAgent)
#include "tst_agent.moc"
