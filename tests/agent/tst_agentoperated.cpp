// SPDX-License-Identifier: GPL-3.0-or-later
// The real program as its operator meets it while it runs: metrics, health, log, SIGHUP.
#include <QtTest>

#include <cerrno>
#include <csignal>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "agent/collect/cgroupinventory.h"
#include "tests/agent/agentprocess.h"
#include "tests/agent/httpclient.h"
#include "tests/agent/kernelrefusal.h"
#include "tests/agent/testcgroup.h"
#include "tests/support/testpki.h"

using namespace tapio;
using namespace tapio::test;

namespace {

constexpr int soon = 15'000;
constexpr const char *anyPort = "[observe]\naddress = \"127.0.0.1:0\"\n";

/// "cut-off unwatched: the agent before, ...": what agents said of themselves, of the kinds that begin so.
QStringList noticesOf(const DeliveryLog &log, const QString &kinds)
{
    QStringList notices;
    log.eachEvent([&](const wire::Event &event, const wire::Origin &) {
        const auto *notice = std::get_if<wire::AgentNotice>(&event.detail);
        const QString kind = notice == nullptr ? QString() : QString::fromUtf8(wire::agentNoticeKindName(notice->kind).data());
        if (notice != nullptr && kind.startsWith(kinds))
            notices.append(kind + ' ' + QString::fromStdString(notice->what + ": " + notice->text));
    });
    return notices;
}

/// An agent, the file that configures it once a test writes one, and the server that it sends to where there is one.
struct Bench {
    LoggedServer server;
    bool isServed = true;
    /// After the server: it is told the server's port, and ends first.
    AgentProcess agent;
    /// What each configuration begins with.
    QByteArray common = QByteArray(noBudget) + anyPort;

    /// Without a server: the agent collects and holds.
    explicit Bench(TestPki &pki) : agent(pki.node()) {}
    Bench(TestPki &pki, const Clock &clock)
        : isServed(server.start(pki, clock)), agent(pki.node(), isServed ? server.fanIn->port() : std::uint16_t(0))
    {}

    /// For start(), and again for SIGHUP. False when it cannot be written.
    bool configure(const QByteArray &text)
    {
        QFile file(agent.folder() + "/agent.toml");
        if (!agent.arguments.contains("--config"))
            agent.arguments << "--config" << file.fileName();
        return file.open(QIODevice::WriteOnly) && file.write(common + text) > 0;
    }
    /// False as well when the server is not there: no test could go on.
    bool start() { return isServed && agent.start(); }
};

/// A connection to that port of this machine.
bool isRefused(std::uint16_t port)
{
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const sockaddr_in to{AF_INET, htons(port), {htonl(INADDR_LOOPBACK)}, {}};
    const bool refused = ::connect(fd, reinterpret_cast<const sockaddr *>(&to), sizeof(to)) != 0 && errno == ECONNREFUSED;
    ::close(fd);
    return refused;
}

} // namespace

class TestAgentOperated : public QObject {
    Q_OBJECT

    TestPki m_pki;
    SystemClock m_clock;

private slots:
    void initTestCase()
    {
        if (const std::string refusal = kernelRefusal(); !refusal.empty())
            QSKIP(refusal.c_str());
    }

    void observer_tellsAboutTheAgentThroughAllOfItsLife()
    {
        AgentProcess agent(m_pki.node()); // no server: it collects and holds
        QVERIFY(agent.start());
        QTRY_VERIFY_WITH_TIMEOUT(agent.observePort() != 0, soon);
        const quint16 port = agent.observePort();
        const Answer early = get(port, "/readyz"); // in time to be told that it loads, or just after
        QVERIFY(early.status == 503 || early.status == 200);
        QTRY_COMPARE_WITH_TIMEOUT(get(port, "/readyz").status, 200, soon);
        QVERIFY(get(port, "/readyz").body.contains("link: ok, offline to 127.0.0.1:1,"));
        QCOMPARE(get(port, "/healthz").status, 200);
        const auto tells = [port](const char *text) { return get(port, "/metrics").body.contains(text); };
        QTRY_VERIFY_WITH_TIMEOUT(tells("tapio_agent_hook_state{collector=\"process\",hook=\"sched_process_exec\",state=\"active\"} 1\n"),
                                 soon);
        QTRY_VERIFY_WITH_TIMEOUT(tells("tapio_agent_events_seen_total{source=\"process\"}"), soon);
        QVERIFY(tells("tapio_agent_hook_state{collector=\"observe\",hook=\"http://127.0.0.1:"));
        QVERIFY(tells("tapio_agent_link_state{state=\"offline\"} 1\n"));

        // Whatever is sent to it, the agent goes on as before.
        std::vector<std::unique_ptr<RawClient>> hostile;
        for (int i = 0; i < 300; ++i) {
            hostile.push_back(std::make_unique<RawClient>(port));
            hostile.back()->send(i % 3 == 0   ? QByteArray("GET /metr")
                                 : i % 3 == 1 ? QByteArray(20'000, 'A')
                                              : QByteArray("\x16\x03\x01\0\0\n", 6));
        }
        QCOMPARE(get(port, "/healthz").status, 200);
        const int took = agent.terminate();
        QVERIFY2(took >= 0 && took < 2000, qPrintable(QString::number(took) + " ms"));
        QCOMPARE(agent.exitCode(), 0);
    }

    void observer_withoutItsPortTheAgentRunsAndSaysSo()
    {
        AgentProcess holder(m_pki.node());
        QVERIFY(holder.start());
        QTRY_VERIFY_WITH_TIMEOUT(holder.observePort() != 0, soon);
        const QString address = "127.0.0.1:" + QString::number(holder.observePort());
        Bench bench(m_pki, m_clock);
        AgentProcess &agent = bench.agent;
        bench.common.clear();
        QVERIFY(bench.configure("[observe]\naddress = \"" + address.toUtf8() + "\"\n"));
        QVERIFY(bench.start());
        QTRY_VERIFY_WITH_TIMEOUT(agent.welcomed(), soon);
        QCOMPARE(agent.output().count(address + " is in use by another program; the agent runs without metrics and health"), 1);
        const auto told = [&] {
            for (const auto &delivery : bench.server.log.deliveries()) {
                const auto *report = std::get_if<wire::HookReport>(&delivery->frame.body);
                if (report != nullptr && std::any_of(report->hooks.begin(), report->hooks.end(), [](const wire::Hook &hook) {
                        return hook.collector == "observe" && hook.state == wire::HookState::Failed;
                    }))
                    return true;
            }
            return false;
        };
        QTRY_VERIFY_WITH_TIMEOUT(told(), soon);
        QVERIFY(agent.terminate() >= 0);
    }

    void unwatched_isToldByTheNextStart()
    {
        Bench bench(m_pki, m_clock);
        AgentProcess &agent = bench.agent;
        const DeliveryLog &log = bench.server.log;
        const auto beganAgain = [&](qsizetype times) { return agent.output().count("welcomed") == times; };
        QVERIFY(bench.start());
        QTRY_VERIFY_WITH_TIMEOUT(beganAgain(1), soon);
        QTRY_VERIFY_WITH_TIMEOUT(!noticesOf(log, "began").isEmpty(), soon);
        QVERIFY2(noticesOf(log, "began").front().startsWith("began unwatched: no agent left word here since the machine's boot at "),
                 qPrintable(noticesOf(log, "began").front()));
        const QString first = QString::number(agent.pid());
        agent.kill();
        QVERIFY(agent.start());
        QTRY_VERIFY_WITH_TIMEOUT(beganAgain(2), soon);
        QTRY_COMPARE_WITH_TIMEOUT(noticesOf(log, "cut-off").size(), 1, soon);
        QString said = noticesOf(log, "cut-off").front();
        QVERIFY2(said.startsWith("cut-off unwatched: nobody looked from "), qPrintable(said));
        QVERIFY2(said.contains(": the agent before, process " + first + ", did not end in order"), qPrintable(said));
        const QString second = QString::number(agent.pid());
        QVERIFY(agent.terminate() >= 0);
        QVERIFY(agent.start());
        QTRY_COMPARE_WITH_TIMEOUT(noticesOf(log, "began").size(), 2, soon);
        said = noticesOf(log, "began").back();
        QVERIFY2(said.contains(": the agent before, process " + second + ", was stopped"), qPrintable(said));
        QCOMPARE(noticesOf(log, "cut-off").size(), 1);
        QVERIFY(agent.terminate() >= 0);
    }

    /// As it is by itself: ordinary starts and ends are held, until the configuration says otherwise. In a cgroup of which nothing else on the
    /// machine is an insight.
    void detail_isHeldUnlessItIsAskedFor()
    {
        const agent::CgroupLayout layout = agent::CgroupLayout::detect("/sys/fs/cgroup");
        const TestServiceCgroup alone(layout.memory.empty() ? layout.unified : layout.memory);
        Bench bench(m_pki, m_clock);
        AgentProcess &agent = bench.agent;
        bench.common = QByteArray(anyPort) + "[budget]\ncpu_percent = 0\nrss_bytes = 0\n"; // noBudget asks for all detail
        QVERIFY(bench.configure(""));
        QVERIFY(bench.start());
        QTRY_VERIFY_WITH_TIMEOUT(agent.welcomed(), soon);
        const auto told = [&](wire::EventType type, qint64 pid) {
            bool isTold = false;
            bench.server.log.eachEvent([&](const wire::Event &event, const wire::Origin &) {
                isTold = isTold || (event.type == type && event.process.pid == static_cast<std::uint32_t>(pid));
            });
            return isTold;
        };
        const auto run = [&alone](const QString &program) {
            QProcess process;
            process.setChildProcessModifier([&alone] { alone.enter(); });
            process.start(program, QStringList());
            const qint64 pid = process.processId();
            process.waitForFinished();
            return pid;
        };
        const qint64 held = run("/bin/true");
        const qint64 saidNo = run("/bin/false");
        QVERIFY(isRefused(9)); // no detail, and it comes behind them out of the same ring
        QTRY_VERIFY_WITH_TIMEOUT(told(wire::EventType::TcpConnection, QCoreApplication::applicationPid()), soon);
        for (const qint64 pid : {held, saidNo})
            QVERIFY(!told(wire::EventType::ProcessExec, pid) && !told(wire::EventType::ProcessExit, pid));
        QVERIFY(bench.configure("[correlation]\ndetail = \"all\"\n"));
        agent.signal(SIGHUP);
        QTRY_VERIFY_WITH_TIMEOUT(told(wire::EventType::ProcessExec, held), soon); // it was still there
        QTRY_VERIFY_WITH_TIMEOUT(told(wire::EventType::ProcessExit, saidNo), soon);
        const qint64 next = run("/bin/true");
        QTRY_VERIFY_WITH_TIMEOUT(told(wire::EventType::ProcessExit, next), soon);
        QVERIFY(agent.terminate() >= 0);
    }

    void budget_ofNothingIsAnnouncedAndGivenBack()
    {
        Bench bench(m_pki);
        AgentProcess &agent = bench.agent;
        bench.common = QByteArray(anyPort) + "[budget]\n";
        QVERIFY(bench.configure("cpu_percent = 0\nrss_bytes = 1000000\n")); // no process has so little
        QVERIFY(bench.start());
        QTRY_VERIFY_WITH_TIMEOUT(agent.output().contains("budget: step 1 (detail) begins: "), 2 * soon);
        const quint16 port = agent.observePort();
        const auto scraped = [port](const QByteArray &text) { return get(port, "/metrics").body.contains(text); };
        QTRY_VERIFY_WITH_TIMEOUT(scraped("tapio_agent_shed_step 1\n"), soon);
        QVERIFY(bench.configure("cpu_percent = 0\nrss_bytes = 0\n"));
        agent.signal(SIGHUP);
        QTRY_VERIFY_WITH_TIMEOUT(agent.output().contains("budget: step 1 (detail) ends: "), 3 * soon);
        QTRY_VERIFY_WITH_TIMEOUT(scraped("tapio_agent_shed_step 0\n"), soon);
        QVERIFY(agent.terminate() >= 0);
    }

    void progress_isTheLineThatTheRunbookLooksFor()
    {
        AgentProcess agent(m_pki.node());
        QVERIFY(agent.start());
        static const QRegularExpression line(
            "^\\S+Z info pipeline: \\d+ events/sec, queued \\d+, in flight \\d+, lost \\d+, sent \\d+, acknowledged \\d+, link offline$",
            QRegularExpression::MultilineOption);
        QTRY_VERIFY2_WITH_TIMEOUT(line.match(agent.output()).hasMatch(), qPrintable(agent.output()), 2 * soon);
        QVERIFY(agent.terminate() >= 0);
    }

    void hangup_readsTheConfigurationAgain()
    {
        Bench bench(m_pki, m_clock);
        AgentProcess &agent = bench.agent;
        const DeliveryLog &log = bench.server.log;
        QVERIFY(bench.configure(""));
        QVERIFY(bench.start());
        QTRY_VERIFY_WITH_TIMEOUT(agent.welcomed(), soon);
        static const QRegularExpression inForce("in force is sha256 ([0-9a-f]{64})");
        const QString before = inForce.match(agent.output()).captured(1);
        const quint16 port = agent.observePort();
        const auto toldHash = [&] {
            return log.states().empty() ? QString() : QString::fromStdString(log.states().back().agent.configSha256);
        };
        const auto scraped = [port](const QByteArray &text) { return get(port, "/metrics").body.contains(text); };
        QTRY_COMPARE_WITH_TIMEOUT(toldHash(), before, soon);

        QVERIFY(bench.configure("[collect]\ndisabled = [\"tcp\", \"psi\"]\n[server]\nqueue_bytes = 2097152\n"));
        agent.signal(SIGHUP);
        QTRY_VERIFY_WITH_TIMEOUT(agent.output().contains("changed: collect.disabled; in force is sha256"), soon);
        QVERIFY(agent.output().contains("needs a restart to change: server.queue_bytes"));
        auto all = inForce.globalMatch(agent.output());
        QString after;
        while (all.hasNext())
            after = all.next().captured(1);
        QVERIFY(after != before);
        QTRY_COMPARE_WITH_TIMEOUT(toldHash(), after, soon);
        QTRY_VERIFY_WITH_TIMEOUT(scraped("config_sha256=\"" + after.toUtf8() + "\""), soon);
        QTRY_VERIFY_WITH_TIMEOUT(scraped("{collector=\"tcp\",hook=\"inet_sock_set_state\",state=\"disabled\"} 1\n"), soon);

        QTRY_COMPARE_WITH_TIMEOUT(agent.output().count("welcomed"), 2, soon);
        QVERIFY(bench.configure("\nlog_level = 7\n"));
        agent.signal(SIGHUP);
        QTRY_VERIFY_WITH_TIMEOUT(agent.output().contains("agent.toml, line 9: there is no setting \"observe.log_level\""), soon);
        QVERIFY(agent.output().contains("configuration: refused, the one before stays in force"));
        QTRY_VERIFY_WITH_TIMEOUT(scraped("tapio_agent_config_last_reload_successful 0\n"), soon);
        QVERIFY(scraped("config_sha256=\"" + after.toUtf8() + "\""));
        // The connection stays as it is: it tells of the refusal, and nothing was dialled anew.
        QTRY_COMPARE_WITH_TIMEOUT(noticesOf(log, "config-refused").size(), 1, soon);
        QCOMPARE(agent.output().count("link: connecting anew"), 1);
        QCOMPARE(agent.output().count("welcomed"), 2);

        QVERIFY(bench.configure(""));
        agent.signal(SIGHUP);
        QTRY_VERIFY_WITH_TIMEOUT(scraped("{collector=\"tcp\",hook=\"inet_sock_set_state\",state=\"active\"} 1\n"), soon);
        QTRY_COMPARE_WITH_TIMEOUT(toldHash(), before, soon);
        QVERIFY(scraped("tapio_agent_config_last_reload_successful 1\n"));
        QCOMPARE(log.streams().size(), std::size_t(1));
        const auto announced = [&] { return noticesOf(log, "config-"); };
        QTRY_COMPARE_WITH_TIMEOUT(announced().size(), 3, soon);
        QVERIFY(announced()[0].startsWith("config-applied configuration: sha256 " + after
                                          + "; changed: collect.disabled; needs a restart: server.queue_bytes"));
        QVERIFY(announced()[1].startsWith("config-refused configuration: ") && announced()[1].contains("line 9: there is no setting"));
        QVERIFY(announced()[2].startsWith("config-applied configuration: sha256 " + before));
        QVERIFY(agent.terminate() >= 0);
    }

    void hangup_changesWhatTheKernelLeavesOut()
    {
        Bench bench(m_pki, m_clock);
        AgentProcess &agent = bench.agent;
        QVERIFY(bench.configure(""));
        QVERIFY(bench.start());
        QTRY_VERIFY_WITH_TIMEOUT(agent.welcomed(), soon);
        const quint16 port = agent.observePort();
        const auto scraped = [port](const QByteArray &text) { return get(port, "/metrics").body.contains(text); };
        QTRY_VERIFY_WITH_TIMEOUT(scraped("tapio_agent_filter_generation 1\n"), soon);
        QVERIFY(bench.configure("[filter.tcp]\nports = [1]\n"));
        agent.signal(SIGHUP);
        QTRY_VERIFY_WITH_TIMEOUT(agent.output().contains("changed: filter.tcp.ports; in force is sha256"), soon);
        QTRY_VERIFY_WITH_TIMEOUT(agent.output().contains("filter: generation 2 is in force, sha256 "), soon);
        QTRY_VERIFY_WITH_TIMEOUT(scraped("tapio_agent_filter_generation 2\n"), soon);
        // Connections to ports that are not told: its own scrapes and whatever else the machine does.
        static const QRegularExpression leftOut("tapio_agent_events_left_out_total\\{source=\"tcp\",cause=\"port\"\\} [1-9]");
        QTRY_VERIFY_WITH_TIMEOUT(leftOut.match(QString::fromUtf8(get(port, "/metrics").body)).hasMatch(), soon);
        const auto generation = [&] {
            const auto report = bench.server.log.lastCounters();
            return report ? report->filterGeneration : 0;
        };
        QTRY_COMPARE_WITH_TIMEOUT(generation(), 2u, soon);
        QVERIFY(agent.terminate() >= 0);
    }

    void hangup_withACertificateThatIsBrokenKeepsTheConnection()
    {
        Bench bench(m_pki, m_clock);
        AgentProcess &agent = bench.agent;
        const QString copy = agent.folder() + "/cert.pem";
        const auto at = agent.arguments.indexOf("--cert");
        QVERIFY(QFile::copy(agent.arguments[at + 1], copy));
        agent.arguments[at + 1] = copy;
        QVERIFY(bench.start());
        QTRY_VERIFY_WITH_TIMEOUT(agent.welcomed(), soon);
        QFile file(copy);
        QVERIFY(file.open(QIODevice::WriteOnly) && file.write("broken\n") > 0);
        file.close();
        agent.signal(SIGHUP);
        QTRY_VERIFY_WITH_TIMEOUT(agent.output().contains("certificates: refused, the connection stays as it is"), soon);
        const std::size_t before = bench.server.log.deliveries().size();
        QTRY_VERIFY_WITH_TIMEOUT(bench.server.log.deliveries().size() > before + 3, soon);
        QCOMPARE(agent.output().count("welcomed"), 1);
        QVERIFY(agent.terminate() >= 0);
    }
};

QTEST_GUILESS_MAIN(TestAgentOperated)
#include "tst_agentoperated.moc"
