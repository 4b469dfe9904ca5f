// SPDX-License-Identifier: GPL-3.0-or-later
// The whole chain with nothing faked: kernel, the agent's own process, mutual TLS, fan-in, store, and the console's core.
#include <QtTest>

#include <csignal>
#include <map>

#include "console/core/session/session.h"
#include "tests/agent/agentprocess.h"
#include "tests/agent/kernelrefusal.h"
#include "tests/integration/podcgroup.h"
#include "tests/support/testpki.h"

using namespace tapio;
using namespace tapio::console;
using namespace tapio::test;

namespace {

constexpr int soon = 20'000;
const QString podUid = "6f1c2a34-9b7d-4e21-8c55-0123456789ab";
const QString containerId = QString("c0ffee").repeated(10) + "0123";

QString uniqueArgument() { return "tapio-" + QUuid::createUuid().toString(QUuid::WithoutBraces); }

/// Runs /bin/true, or what is given, with `argument` at the end, inside `pod` when there is one. The pid that it had, 0 when it could not.
qint64 runOnce(const QString &argument, const PodCgroup *pod = nullptr, QStringList program = {"/bin/true"})
{
    QProcess process;
    process.setChildProcessModifier([pod] {
        if (pod != nullptr)
            pod->add(0);
    });
    const QString file = program.takeFirst();
    process.start(file, program << argument);
    if (!process.waitForStarted())
        return 0;
    const qint64 pid = process.processId();
    process.waitForFinished();
    return pid;
}

} // namespace

class TestEndToEnd : public QObject {
    Q_OBJECT

    TestPki m_pki;
    SystemClock m_clock;

    std::unique_ptr<Session> open(const QString &folder, std::uint16_t port = 0)
    {
        SessionOptions options;
        options.embedded.emplace();
        options.embedded->endpoint.tls = m_pki.server();
        options.embedded->endpoint.port = port;
        options.embedded->acknowledgeBySink = true;
        options.store.file = (folder + "/store.tapio").toStdString();
        auto session = Session::open(options, m_clock);
        if (!session) {
            qWarning("%s", session.error().message().c_str());
            return nullptr;
        }
        return std::move(*session);
    }

    static std::uint16_t portOf(const Session &session) { return session.link().endpoint.section(':', -1).toUShort(); }

    /// Stored events of processes started with exactly this argument, from the file itself.
    static std::vector<StoredEvent> stored(const QString &folder, const QString &argument)
    {
        std::vector<StoredEvent> found;
        const auto reader = StoreReader::open((folder + "/store.tapio").toStdString());
        if (!reader)
            return found;
        EventQuery query;
        query.filter.types = {wire::EventType::ProcessExec};
        query.text = argument.toStdString();
        query.limit = 100'000;
        const auto page = (*reader)->events(query, std::nullopt, {});
        if (page)
            found = page->events;
        return found;
    }

    static bool connected(const Session &session)
    {
        const auto agents = session.agents();
        return std::any_of(agents.begin(), agents.end(), [](const auto &a) { return a.state == wire::LinkState::Connected; });
    }

private slots:
    void initTestCase()
    {
        if (const std::string refusal = kernelRefusal(); !refusal.empty())
            QSKIP(refusal.c_str());
    }

    void execInAPod_isStoredWithPidArgumentsAndContainer()
    {
        QTemporaryDir folder;
        const PodCgroup pod(podUid, containerId);
        QVERIFY2(pod.error().isEmpty(), qPrintable(pod.error()));
        QVERIFY(QDir().mkpath(folder.filePath("pods/payments_checkout-7d9f_" + podUid + "/api")));
        QFile config(folder.filePath("agent.toml"));
        QVERIFY(config.open(QIODevice::WriteOnly));
        config.write("[collect]\npod_logs = \"" + folder.filePath("pods").toUtf8() + "\"\n" + noBudget);
        config.close();

        const auto session = open(folder.path());
        QVERIFY(session);
        AgentProcess agent(m_pki.node(), portOf(*session));
        agent.arguments << "--config" << config.fileName();
        QVERIFY(agent.start());
        QTRY_VERIFY2_WITH_TIMEOUT(connected(*session), qPrintable(agent.output()), soon);

        const QString argument = uniqueArgument();
        const qint64 pid = runOnce(argument, &pod);
        QVERIFY(pid > 0);
        QTRY_COMPARE_WITH_TIMEOUT(stored(folder.path(), argument).size(), std::size_t(1), soon);
        const StoredEvent event = stored(folder.path(), argument).front();
        const auto *exec = std::get_if<wire::ProcessExec>(&event.event.detail);
        QVERIFY(exec != nullptr);
        QCOMPARE(qint64(event.event.process.pid), pid);
        QCOMPARE(exec->arguments, (std::vector<std::string>{"/bin/true", argument.toStdString()}));
        QCOMPARE(exec->parentPid, std::uint32_t(QCoreApplication::applicationPid()));
        QCOMPARE(event.node, std::string("node-1"));
        QCOMPARE(event.origin.containerId, containerId.toStdString());
        QCOMPARE(event.origin.podUid, podUid.toStdString());
        QCOMPARE(event.origin.podName, std::string("checkout-7d9f"));
        QCOMPARE(event.origin.namespaceName, std::string("payments"));
    }

    /// Nobody can name it while it is there: what names it is written once it is gone and its events are stored.
    void containerGoneBeforeItIsNamed_isAmended()
    {
        QTemporaryDir folder;
        QVERIFY(QDir().mkpath(folder.filePath("pods")));
        QFile config(folder.filePath("agent.toml"));
        QVERIFY(config.open(QIODevice::WriteOnly));
        config.write("[collect]\npod_logs = \"" + folder.filePath("pods").toUtf8() + "\"\n" + noBudget);
        config.close();
        const auto session = open(folder.path());
        QVERIFY(session);
        AgentProcess agent(m_pki.node(), portOf(*session));
        agent.arguments << "--config" << config.fileName();
        QVERIFY(agent.start());
        QTRY_VERIFY2_WITH_TIMEOUT(connected(*session), qPrintable(agent.output()), soon);

        const QString argument = uniqueArgument();
        {
            const PodCgroup pod(podUid, containerId);
            QVERIFY2(pod.error().isEmpty(), qPrintable(pod.error()));
            QVERIFY(runOnce(argument, &pod, {"/bin/sh", "-c", "sleep 0.3"}) > 0);
        }
        QTRY_COMPARE_WITH_TIMEOUT(stored(folder.path(), argument).size(), std::size_t(1), soon);
        const StoredEvent before = stored(folder.path(), argument).front();
        QCOMPARE(before.origin.podName, std::string());
        QVERIFY(!before.isAmended);

        QVERIFY(QDir().mkpath(folder.filePath("pods/payments_checkout-7d9f_" + podUid + "/api")));
        QTRY_VERIFY2_WITH_TIMEOUT(stored(folder.path(), argument).front().isAmended, qPrintable(agent.output()), soon);
        const StoredEvent after = stored(folder.path(), argument).front();
        QVERIFY(after.id == before.id);
        QCOMPARE(after.seq, before.seq);
        QCOMPARE(after.origin.podName, std::string("checkout-7d9f"));
        QCOMPARE(after.origin.namespaceName, std::string("payments"));
        QCOMPARE(after.origin.podUid, podUid.toStdString());
        QCOMPARE(after.origin.containerId, containerId.toStdString());
        // Whether a walk has missed it by then or not, it is no guess.
        QVERIFY(after.origin.attribution == wire::Attribution::Cached || after.origin.attribution == wire::Attribution::Live);
        const auto reader = StoreReader::open((folder.path() + "/store.tapio").toStdString());
        QVERIFY(reader);
        EventQuery query;
        query.filter.namespaces = {"payments"};
        query.filter.types = {wire::EventType::ProcessExec};
        const auto page = (*reader)->events(query, std::nullopt, {});
        QVERIFY(page);
        QVERIFY(std::any_of(page->events.begin(), page->events.end(), [&](const StoredEvent &e) { return e.id == before.id; }));
        QTRY_VERIFY_WITH_TIMEOUT(session->storeStats() && session->storeStats()->amendments > 0, soon);
        QCOMPARE(session->storeStats()->amendmentsWithoutEvents, 0u);
    }

    void overview_showsWhatWasMeasured()
    {
        QTemporaryDir folder;
        const auto session = open(folder.path());
        QVERIFY(session);
        AgentProcess agent(m_pki.node(), portOf(*session));
        QVERIFY(agent.start());
        const auto ready = [&](PanelId id) {
            runOnce("x");
            return session->overview().panels[static_cast<std::size_t>(id)].state == PanelState::Ready;
        };
        for (const PanelId id : {PanelId::EventsProcessed, PanelId::ProcessingLatency, PanelId::QueueDepth, PanelId::FilterEfficiency,
                                 PanelId::Coverage, PanelId::CpuUsage, PanelId::MemoryUsage, PanelId::NetworkIo, PanelId::ApiResponseTimes,
                                 PanelId::ActiveCorrelations, PanelId::InsightsGenerated}) // of which none is a measured 0
            QTRY_VERIFY2_WITH_TIMEOUT(ready(id), panelKey(id).data(), soon);
        for (const PanelId id : {PanelId::CorrelationAccuracy, PanelId::FalsePositiveRate}) {
            const PanelSnapshot &panel = session->overview().panels[static_cast<std::size_t>(id)];
            QCOMPARE(panel.state, PanelState::NoData);
            QVERIFY(panel.reason != NoDataReason::None);
            QVERIFY(!panel.value.has_value());
        }
    }

    void agentKilled_startsANewStreamAndNamesNoFalseLoss()
    {
        QTemporaryDir folder;
        const auto session = open(folder.path());
        QVERIFY(session);
        const QString argument = uniqueArgument();
        std::uint64_t firstStream = 0;
        {
            AgentProcess agent(m_pki.node(), portOf(*session));
            QVERIFY(agent.start());
            QTRY_VERIFY_WITH_TIMEOUT(connected(*session), soon);
            firstStream = session->agents().front().streamId;
            runOnce(argument + "-a");
            QTRY_COMPARE_WITH_TIMEOUT(stored(folder.path(), argument + "-a").size(), std::size_t(1), soon);
            agent.kill();
        }
        AgentProcess again(m_pki.node(), portOf(*session));
        QVERIFY(again.start());
        QTRY_VERIFY_WITH_TIMEOUT(connected(*session) && session->agents().front().streamId != firstStream, soon);
        runOnce(argument + "-b");
        QTRY_COMPARE_WITH_TIMEOUT(stored(folder.path(), argument + "-b").size(), std::size_t(1), soon);
        QCOMPARE(stored(folder.path(), argument + "-a").size(), std::size_t(1));
        QCOMPARE(session->agents().front().loss.gapFrames, 0u);
    }

    void serverGoneAndBack_losesNothing()
    {
        QTemporaryDir folder;
        auto session = open(folder.path());
        QVERIFY(session);
        const std::uint16_t port = portOf(*session);
        AgentProcess agent(m_pki.node(), port);
        QVERIFY(agent.start());
        QTRY_VERIFY_WITH_TIMEOUT(connected(*session), soon);
        const QString argument = uniqueArgument();
        constexpr std::size_t each = 50;
        const auto burst = [&](char part) {
            for (std::size_t i = 0; i < each; ++i)
                runOnce(QString("%1-%2-%3").arg(argument).arg(part).arg(i));
        };
        burst('a');
        session.reset(); // in the middle of ingest, by intent not waiting for anything
        burst('b');
        session = open(folder.path(), port);
        QVERIFY(session);
        burst('c');
        QTRY_COMPARE_WITH_TIMEOUT(stored(folder.path(), argument).size(), 3 * each, 45'000);
        std::map<std::string, int> seen;
        for (const StoredEvent &event : stored(folder.path(), argument))
            ++seen[std::get<wire::ProcessExec>(event.event.detail).arguments.at(1)];
        QCOMPARE(seen.size(), 3 * each); // each once: nothing twice
    }
};

QTEST_GUILESS_MAIN(TestEndToEnd)
#include "tst_endtoend.moc"
