// SPDX-License-Identifier: GPL-3.0-or-later
// The real program over real TLS to a real fan-in.
#include <QtTest>

#include <array>
#include <csignal>
#include <linux/capability.h>
#include <optional>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "agent/collect/cgroupinventory.h"
#include "tests/agent/agentprocess.h"
#include "tests/agent/fixtures.h"
#include "tests/agent/kernelrefusal.h"
#include "tests/agent/testcgroup.h"
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
        if (batch != nullptr
            && std::any_of(batch->samples.begin(), batch->samples.end(), [&](const auto &s) { return s.metric == metric; }))
            return true;
    }
    return false;
}

/// How many of them a process has open.
int pressureFiles(qint64 pid)
{
    int open = 0;
    for (const QFileInfo &fd : QDir(QString("/proc/%1/fd").arg(pid)).entryInfoList(QDir::AllEntries | QDir::System))
        open += fd.symLinkTarget().contains("pressure") ? 1 : 0;
    return open;
}

/// Runs a program that ends at once and returns its pid. `before` runs in its process, just before it.
qint64 runOnce(const QString &argument, const std::function<void()> &before = {})
{
    QProcess process;
    process.setChildProcessModifier(before);
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

private slots:
    void initTestCase()
    {
        if (const std::string refusal = kernelRefusal(); !refusal.empty())
            QSKIP(refusal.c_str());
    }

    void exec_arrivesWithPidArgumentsAndOrigin()
    {
        LoggedServer server;
        QVERIFY(server.start(m_pki, m_clock));
        AgentProcess agent(m_pki.node(), server.fanIn->port());
        QVERIFY(agent.start());
        QTRY_VERIFY_WITH_TIMEOUT(agent.welcomed(), soon);
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

    void exec_inAContainerArrivesWithItsPodAndNames_data()
    {
        QTest::addColumn<QString>("hierarchy");
        QTest::addColumn<bool>("serviceInV2");
        QTest::newRow("in the unified hierarchy") << "unified" << false;
        QTest::newRow("in v1's memory hierarchy") << "memory" << false;
        QTest::newRow("in v1's memory hierarchy, and in its runtime's service in v2") << "memory" << true;
    }
    void exec_inAContainerArrivesWithItsPodAndNames()
    {
        QFETCH(QString, hierarchy);
        QFETCH(bool, serviceInV2);
        const agent::CgroupLayout layout = agent::CgroupLayout::detect("/sys/fs/cgroup");
        const std::filesystem::path root = hierarchy == "memory" ? layout.memory : layout.unified;
        if (root.empty())
            QSKIP("this machine has no such hierarchy");
        const std::string uid = QUuid::createUuid().toString(QUuid::WithoutBraces).toStdString();
        const std::string container = times32("c7");
        const TestPodCgroup cgroup(root, uid, container);
        QVERIFY(cgroup.made());
        std::optional<TestServiceCgroup> service;
        if (serviceInV2 && layout.unified.empty())
            QSKIP("this machine has no unified hierarchy");
        if (serviceInV2)
            service.emplace(layout.unified);

        LoggedServer server;
        QVERIFY(server.start(m_pki, m_clock));
        AgentProcess agent(m_pki.node(), server.fanIn->port());
        const QDir folder(agent.folder());
        QVERIFY(folder.mkpath("pods/shop_cart-0_" + QString::fromStdString(uid)));
        QVERIFY(folder.mkdir("containers"));
        QVERIFY(QFile::link("/nonexistent", folder.filePath("containers/cart-0_shop_app-" + QString::fromStdString(container) + ".log")));
        QFile file(folder.filePath("agent.toml"));
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write(
            ("[collect]\npod_logs = \"" + agent.folder() + "/pods\"\ncontainer_logs = \"" + agent.folder() + "/containers\"\n").toUtf8()
            + noBudget);
        file.close();
        agent.arguments += {"--config", file.fileName()};
        QVERIFY(agent.start());
        QTRY_VERIFY_WITH_TIMEOUT(agent.welcomed(), soon);

        const QString argument = "tapio-" + QUuid::createUuid().toString(QUuid::WithoutBraces);
        const qint64 pid = runOnce(argument, [&] {
            cgroup.enter();
            if (service)
                service->enter();
        });
        QTRY_VERIFY_WITH_TIMEOUT(findExec(server.log, argument.toStdString()), soon);
        const SeenExec seen = *findExec(server.log, argument.toStdString());
        QCOMPARE(qint64(seen.event.process.pid), pid);
        QCOMPARE(seen.origin.cgroupId, cgroup.id());
        QCOMPARE(seen.origin.cgroupPath, "/kubepods/pod" + uid + "/" + container);
        QCOMPARE(seen.origin.podUid, uid);
        QCOMPARE(seen.origin.podName, std::string("cart-0"));
        QCOMPARE(seen.origin.namespaceName, std::string("shop"));
        QCOMPARE(seen.origin.containerId, container);
        QCOMPARE(seen.origin.containerName, std::string("app"));
        QCOMPARE(seen.origin.attribution, wire::Attribution::Live);
        QVERIFY(agent.terminate() >= 0);
    }

    void terminate_leavesSoonWithEverythingFlushedAndBalanced()
    {
        LoggedServer server;
        QVERIFY(server.start(m_pki, m_clock));
        AgentProcess agent(m_pki.node(), server.fanIn->port());
        QVERIFY(agent.start());
        QTRY_VERIFY_WITH_TIMEOUT(agent.welcomed(), soon);
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

    void terminate_whileTheServerConfirmsNothing_spoolsForTheNextStart_data()
    {
        QTest::addColumn<int>("pods");
        QTest::newRow("as the machine is") << 0;
        QTest::newRow("with triggers on 32 pods") << 32;
    }
    void terminate_whileTheServerConfirmsNothing_spoolsForTheNextStart()
    {
        QFETCH(int, pods);
        const agent::CgroupLayout layout = agent::CgroupLayout::detect("/sys/fs/cgroup");
        if (pods > 0 && (layout.unified.empty() || !QFile::exists("/proc/pressure/cpu")))
            QSKIP("this machine has no unified hierarchy, or no pressure stall information");
        std::vector<std::unique_ptr<TestPodCgroup>> made;
        for (int i = 0; i < pods; ++i)
            made.push_back(std::make_unique<TestPodCgroup>(layout.unified, QUuid::createUuid().toString(QUuid::WithoutBraces).toStdString(),
                                                           times32("c8")));
        std::uint64_t produced = 0;
        std::uint16_t port = 0;
        LoggedServer first;
        QVERIFY(first.start(m_pki, m_clock, 0, false));
        port = first.fanIn->port();
        AgentProcess agent(m_pki.node(), port);
        QVERIFY(agent.start());
        QTRY_VERIFY_WITH_TIMEOUT(agent.welcomed(), soon);
        QTRY_VERIFY_WITH_TIMEOUT(pressureFiles(agent.pid()) >= 3 * pods, soon);
        for (int i = 0; i < 50; ++i)
            runOnce("spool");
        const int took = agent.terminate();
        QVERIFY2(took >= 0 && took < 2000, qPrintable(QString::number(took) + " ms\n" + agent.output()));
        static const QRegularExpression line("stopped: produced (\\d+), .* left behind 0, spooled (\\d+)");
        const auto match = line.match(agent.output());
        QVERIFY2(match.hasMatch(), qPrintable(agent.output()));
        produced = match.captured(1).toULongLong();
        QVERIFY(produced >= 50);
        QCOMPARE(match.captured(2).toULongLong(), produced);
        QVERIFY(!agent.output().contains("loss:"));
        first.fanIn.reset();

        LoggedServer second;
        QVERIFY(second.start(m_pki, m_clock, port));
        QVERIFY(agent.start());
        QTRY_COMPARE_WITH_TIMEOUT(second.log.streams().size(), std::size_t(2), soon);
        const std::uint64_t earlier = second.log.streams().front();
        std::uint64_t events = 0;
        for (const auto &delivery : second.log.deliveries()) {
            const auto *batch = std::get_if<wire::EventBatch>(&delivery->frame.body);
            events += batch != nullptr && delivery->frame.streamId == earlier ? batch->events.size() : 0;
        }
        QCOMPARE(events, produced);
        QTRY_VERIFY_WITH_TIMEOUT(QDir(agent.folder() + "/spool").entryList({"*.spool"}).isEmpty(), soon);
    }

    void terminate_underLoadLeavesSoonAndNamesWhatIsLost_data()
    {
        QTest::addColumn<bool>("acknowledges");
        QTest::newRow("to a server that keeps up") << true;
        QTest::newRow("to a server that confirms nothing") << false;
    }
    void terminate_underLoadLeavesSoonAndNamesWhatIsLost()
    {
        QFETCH(bool, acknowledges);
        LoggedServer server;
        QVERIFY(server.start(m_pki, m_clock, 0, acknowledges));
        AgentProcess agent(m_pki.node(), server.fanIn->port());
        agent.arguments.last() = "/dev/null/spool"; // cannot be made: there is none
        QVERIFY(agent.start());
        QTRY_VERIFY_WITH_TIMEOUT(agent.welcomed(), soon);
        std::array<QProcess, 2> load;
        for (QProcess &process : load)
            process.start("/bin/sh", {"-c", "while :; do /bin/true; done"});
        const auto eventsSeen = [&server] {
            std::uint64_t events = 0;
            server.log.eachEvent([&](const wire::Event &, const wire::Origin &) { ++events; });
            return events;
        };
        QTRY_VERIFY_WITH_TIMEOUT(eventsSeen() >= 500, soon);
        const int took = agent.terminate();
        for (QProcess &process : load) {
            process.kill();
            process.waitForFinished();
        }
        QVERIFY2(took >= 0 && took < 2000, qPrintable(QString::number(took) + " ms\n" + agent.output()));
        QCOMPARE(agent.exitCode(), 0);

        static const QRegularExpression line("stopped: produced (\\d+), sent (\\d+), acknowledged (\\d+), dropped (\\d+), "
                                             "given up (\\d+), left behind (\\d+)");
        const auto match = line.match(agent.output());
        QVERIFY2(match.hasMatch(), qPrintable(agent.output()));
        enum { Produced = 1, Sent, Acknowledged, Dropped, GivenUp, LeftBehind };
        const auto said = [&match](int what) { return match.captured(what).toULongLong(); };
        QVERIFY(said(Produced) >= 500);
        QCOMPARE(said(Produced), said(Acknowledged) + said(Dropped) + said(GivenUp) + said(LeftBehind));
        const QString loss = QString("loss: %1 events end with the agent").arg(said(LeftBehind));
        if (acknowledges) {
            QCOMPARE(said(LeftBehind), 0u);
            QVERIFY(!agent.output().contains("loss:"));
        } else {
            QCOMPARE(said(Acknowledged), 0u);
            QVERIFY(said(LeftBehind) > 0);
            QVERIFY2(agent.output().contains(loss), qPrintable(agent.output()));
        }
        const auto last = server.log.lastCounters();
        QVERIFY(last);
        std::uint64_t sent = 0;
        for (const wire::SourceCounters &source : last->sources) {
            QVERIFY2(source.counters.inRing() >= 0, source.source.c_str());
            QVERIFY2(source.counters.inAgent() >= 0, source.source.c_str());
            sent += source.source == "samples" ? 0 : source.counters[Counter::Sent];
            if (!acknowledges)
                QCOMPARE(source.counters[Counter::Acked], 0u);
        }
        QCOMPARE(sent, said(Sent)); // so it is the last one, as of the end
    }

    void kill_andRestartGivesANewStreamWithoutUnnamedLoss()
    {
        LoggedServer server;
        QVERIFY(server.start(m_pki, m_clock));
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
        LoggedServer first;
        QVERIFY(first.start(m_pki, m_clock));
        const std::uint16_t port = first.fanIn->port();
        AgentProcess agent(m_pki.node(), port);
        QVERIFY(agent.start());
        QTRY_VERIFY_WITH_TIMEOUT(agent.welcomed(), soon);
        first.fanIn.reset();
        const QString argument = "tapio-" + QUuid::createUuid().toString(QUuid::WithoutBraces);
        runOnce(argument);
        LoggedServer second;
        QVERIFY(second.start(m_pki, m_clock, port));
        QTRY_VERIFY_WITH_TIMEOUT(findExec(second.log, argument.toStdString()), 2 * soon);
        QVERIFY(agent.terminate() >= 0);
    }
    void hangup_connectsAnewAndLosesNothing()
    {
        LoggedServer server;
        QVERIFY(server.start(m_pki, m_clock));
        AgentProcess agent(m_pki.node(), server.fanIn->port());
        QVERIFY(agent.start());
        QTRY_VERIFY_WITH_TIMEOUT(agent.welcomed(), soon);
        agent.signal(SIGHUP);
        QTRY_COMPARE_WITH_TIMEOUT(agent.output().count("welcomed"), 2, soon);
        const QString argument = "tapio-" + QUuid::createUuid().toString(QUuid::WithoutBraces);
        runOnce(argument);
        QTRY_VERIFY_WITH_TIMEOUT(findExec(server.log, argument.toStdString()), soon);
        QCOMPARE(server.log.streams().size(), std::size_t(1));
        QVERIFY(agent.terminate() >= 0);
    }

    void server_absentFromTheBeginningIsWaitedFor()
    {
        AgentProcess agent(m_pki.node()); // port 1: nobody listens
        QVERIFY(agent.start());
        QTRY_VERIFY_WITH_TIMEOUT(agent.output().contains("unreachable"), soon);
        QVERIFY(agent.running());
        const int took = agent.terminate();
        QVERIFY2(took >= 0 && took < 2000, qPrintable(QString::number(took) + " ms"));
        QCOMPARE(agent.exitCode(), 0);
    }

    void secondInstance_isOneSentenceAndItsExitCode_data()
    {
        QTest::addColumn<QByteArray>("configuration");
        QTest::addColumn<QString>("certificate"); // empty: that of the first
        QTest::addColumn<int>("exitCode");
        QTest::addColumn<QString>("said"); // of the process FIRST, and of the file FILE
        QTest::newRow("as the first") << QByteArray() << QString() << 69 << "runs already (process FIRST";
        QTest::newRow("with a configuration that is wrong")
            << QByteArray("[budget]\ncpu = 1\n") << QString() << 78 << "FILE, line 2: there is no setting \"budget.cpu\"";
        QTest::newRow("with a configuration that cannot be read")
            << QByteArray("[server\n") << QString() << 78 << "FILE, line 1: Error while parsing";
        QTest::newRow("with a certificate that is not there")
            << QByteArray() << "/nonexistent/cert.pem" << 78 << "cannot open /nonexistent/cert.pem";
    }
    void secondInstance_isOneSentenceAndItsExitCode()
    {
        QFETCH(QByteArray, configuration);
        QFETCH(QString, certificate);
        QFETCH(QString, said);
        AgentProcess first(m_pki.node());
        QVERIFY(first.start());
        QTRY_VERIFY_WITH_TIMEOUT(first.output().contains("collects for"), soon);
        AgentProcess second(m_pki.node());
        second.arguments = first.arguments;
        QFile file(second.folder() + "/agent.toml");
        if (!configuration.isEmpty()) {
            QVERIFY(file.open(QIODevice::WriteOnly) && file.write(configuration) > 0);
            file.close();
            second.arguments += {"--config", file.fileName()};
        }
        if (!certificate.isEmpty())
            second.arguments[second.arguments.indexOf("--cert") + 1] = certificate;
        QTEST(second.run(), "exitCode");
        said.replace("FIRST", QString::number(first.pid())).replace("FILE", file.fileName());
        QVERIFY2(second.output().contains(said), qPrintable(second.output()));
        QCOMPARE(second.output().count('\n'), 1);
        QVERIFY(first.running());
    }

    void start_thatCannotBeIsOneSentenceAndItsExitCode_data()
    {
        QTest::addColumn<QStringList>("more");
        QTest::addColumn<QByteArray>("configuration");
        QTest::addColumn<int>("exitCode");
        QTest::addColumn<QString>("named");
        QTest::newRow("an unknown option") << QStringList{"--nonsense"} << QByteArray() << 64 << "--nonsense";
        QTest::newRow("a certificate that is not there")
            << QStringList{"--cert", "/nonexistent/cert.pem"} << QByteArray() << 78 << "/nonexistent/cert.pem";
        QTest::newRow("a key that is not there")
            << QStringList{"--key", "/nonexistent/key.pem"} << QByteArray() << 78 << "/nonexistent/key.pem";
        QTest::newRow("an authority that is not there")
            << QStringList{"--ca", "/nonexistent/ca.pem"} << QByteArray() << 78 << "/nonexistent/ca.pem";
        QTest::newRow("a certificate that is none") << QStringList{"--cert", "/proc/version"} << QByteArray() << 78 << "/proc/version";
        const QString server = QString::fromStdString(m_pki.server().certificate.native());
        QTest::newRow("a server's certificate")
            << QStringList{"--cert", server} << QByteArray() << 78
            << server + " is the certificate of a server, but an agent needs one of a node; 'tapio pki issue node NAME' makes it";
        QTest::newRow("a server's certificate for a node with a name")
            << QStringList{"--cert", server, "--node", "web-1"} << QByteArray() << 78 << "'tapio pki issue node web-1' makes it";
        const transport::TlsFiles odd = m_pki.odd({.purpose = TestPki::Odd::Purpose::ServerAuth});
        const QString certificate = QString::fromStdString(odd.certificate.native());
        QTest::newRow("a node's certificate that is made for servers")
            << QStringList{"--cert", certificate, "--key", QString::fromStdString(odd.key.native())} << QByteArray() << 78
            << certificate + " is no certificate to connect with";
        QTest::newRow("another node's certificate") << QStringList{"--node", "node-2"} << QByteArray() << 78 << "'node-2'";
        QTest::newRow("a port out of range") << QStringList{"--server", "nowhere:99999"} << QByteArray() << 78
                                             << "--server nowhere:99999: '99999' is no port (1 to 65535)";
        QTest::newRow("a port out of range in the file")
            << QStringList{"--server", {}} << QByteArray("[server]\naddress = \"nowhere:99999\"\n") << 78
            << "server.address = \"nowhere:99999\"";
        QTest::newRow("a runtime folder that nobody can make")
            << QStringList{"--runtime-folder", "/proc/tapio-x"} << QByteArray() << 73 << "cannot make the runtime folder /proc/tapio-x";
        QTest::newRow("a runtime folder below a file")
            << QStringList{"--runtime-folder", "/proc/version/x"} << QByteArray() << 73 << "/proc/version/x";
        QTest::newRow("a runtime folder that is not permitted")
            << QStringList{"--runtime-folder", "/sys/tapio-x"} << QByteArray() << 73 << "/sys/tapio-x";
        QTest::newRow("a runtime folder that is a file")
            << QStringList{"--runtime-folder", "/proc/version"} << QByteArray() << 73 << "/proc/version";
        QTest::newRow("a pid file in no folder") << QStringList{"--pid-file", "/proc/tapio-x/agent.pid"} << QByteArray() << 73
                                                 << "cannot write the pid file /proc/tapio-x/agent.pid";
        QTest::newRow("no address") << QStringList{"--server", "nowhere:0"} << QByteArray() << 78 << "the server's address";
        QTest::newRow("an unknown setting") << QStringList() << QByteArray("noed = 1\n") << 78 << "line 1: there is no setting \"noed\"";
        QTest::newRow("a kernel without BTF") << QStringList() << QByteArray("[kernel]\nbtf = \"/nonexistent/btf\"\n") << 69
                                              << "/nonexistent/btf";
    }
    void start_thatCannotBeIsOneSentenceAndItsExitCode()
    {
        QFETCH(QStringList, more);
        QFETCH(QByteArray, configuration);
        QFETCH(QString, named);
        AgentProcess agent(m_pki.node());
        if (!configuration.isEmpty()) {
            QFile file(agent.folder() + "/agent.toml");
            QVERIFY(file.open(QIODevice::WriteOnly));
            file.write(configuration);
            more += {"--config", file.fileName()};
        }
        for (int i = 0; i + 1 < more.size(); i += 2) { // given once only
            if (const auto at = agent.arguments.indexOf(more[i]); at >= 0)
                agent.arguments.remove(at, 2);
        }
        agent.arguments += more;
        QTEST(agent.run(), "exitCode");
        QVERIFY2(agent.output().contains(named), qPrintable(agent.output()));
        QVERIFY2(agent.output().count('\n') <= 2, qPrintable(agent.output()));
    }

    void capabilities_thatAreMissingAreNamed()
    {
        AgentProcess agent(m_pki.node());
        agent.beforeStart([] {
            for (const int capability : {CAP_SYS_ADMIN, CAP_BPF, CAP_PERFMON})
                prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);
        });
        QCOMPARE(agent.run(), 77);
        QVERIFY2(agent.output().contains("CAP_BPF and CAP_PERFMON"), qPrintable(agent.output()));
        QCOMPARE(agent.output().count('\n'), 1);
    }

    void capabilities_ofTheServiceAreEnough()
    {
        // Those that installers/systemd/tapio-agent.service leaves.
        AgentProcess agent(m_pki.node());
        agent.arguments = QStringList{"--once-check"};
        agent.beforeStart([] {
            for (int capability = 0; capability <= CAP_LAST_CAP; ++capability) {
                if (capability != CAP_BPF && capability != CAP_PERFMON && capability != CAP_NET_ADMIN && capability != CAP_SYS_PTRACE
                    && capability != CAP_DAC_READ_SEARCH && capability != CAP_SYSLOG)
                    prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);
            }
        });
        QVERIFY2(agent.run() == 0, qPrintable(agent.output()));
        QVERIFY(agent.output().endsWith("\nhealthy\n"));
    }

    void certificate_thatMayNotBeReadIsNamed()
    {
        AgentProcess agent(m_pki.node());
        agent.beforeStart([] {
            for (const int capability : {CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, CAP_SYS_ADMIN, CAP_BPF, CAP_PERFMON})
                prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);
        });
        QFile file(agent.folder() + "/cert.pem");
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.setPermissions({});
        const auto at = agent.arguments.indexOf("--cert");
        agent.arguments[at + 1] = file.fileName();
        QCOMPARE(agent.run(), 77);
        QVERIFY2(agent.output().contains(file.fileName()), qPrintable(agent.output()));
    }

    void folder_thatIsReadOnlyIsNamed()
    {
        AgentProcess agent(m_pki.node());
        const QByteArray folder = QFile::encodeName(agent.folder());
        agent.beforeStart([folder] { // a mount namespace of its own, gone with the process
            if (unshare(CLONE_NEWNS) != 0 || mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0
                || mount("tmpfs", folder.constData(), "tmpfs", MS_RDONLY, nullptr) != 0)
                _exit(99);
        });
        QCOMPARE(agent.run(), 73);
        QVERIFY2(agent.output().contains(agent.folder()), qPrintable(agent.output()));
    }

    void onceCheck_isHealthyHere()
    {
        AgentProcess agent(m_pki.node());
        agent.arguments = QStringList{"--once-check", "-o", "json"};
        const int exitCode = agent.run();
        const QJsonObject report = QJsonDocument::fromJson(agent.output().toUtf8()).object();
        QVERIFY2(!report["hooks"].toArray().isEmpty(), qPrintable(agent.output()));
        QCOMPARE(report["healthy"].toBool(), exitCode == 0);
        int active = 0;
        for (const QJsonValue &hook : report["hooks"].toArray())
            active += hook.toObject()["collector"].toString() == "process" && hook.toObject()["state"].toString() == "active" ? 1 : 0;
        QCOMPARE(active, 2);
    }
};

QTEST_GUILESS_MAIN(TestAgent)
#include "tst_agent.moc"
