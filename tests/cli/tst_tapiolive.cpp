// SPDX-License-Identifier: GPL-3.0-or-later
// `tapio` against a server with an agent.
#include <QtTest>

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>

#include <csignal>
#include <set>

#include "agent/server/fanin.h"
#include "console/cli/output.h"
#include "tests/cli/programrun.h"
#include "tests/console/fakeagent.h"
#include "tests/support/samplehooks.h"
#include "tests/support/testpki.h"

using namespace tapio;
using namespace tapio::console;
using namespace tapio::test;

namespace {

constexpr int soon = 20'000;

wire::CounterReport counters(std::int64_t timeNs, std::uint64_t seen, std::uint64_t sent)
{
    wire::CounterReport report{timeNs, {{"process", {}}}};
    report.sources[0].counters[Counter::Seen] = report.sources[0].counters[Counter::Drained] = seen;
    report.sources[0].counters[Counter::Sent] = sent;
    return report;
}

} // namespace

class TestTapioLive : public QObject {
    Q_OBJECT
    QTemporaryDir m_home;
    TestPki m_pki;
    SystemClock m_clock;
    std::unique_ptr<server::FanIn> m_fanIn;
    std::unique_ptr<FakeAgent> m_agent;

    void prepare(QProcess &process, const QStringList &arguments) const
    {
        prepareAtHome(process, m_home.path(), TAPIO_PROGRAM, QStringList{"--pki", m_pki.path() + "/pki"} + arguments);
    }
    Outcome run(const QStringList &arguments) const
    {
        QProcess process;
        prepare(process, arguments);
        return runToEnd(process);
    }
    /// What the program has written since the last call. True, so that it can stand in a condition.
    static bool readInto(QProcess &process, QByteArray &out, QByteArray &err)
    {
        out += process.readAllStandardOutput();
        err += process.readAllStandardError();
        return true;
    }
    QString address() const { return "127.0.0.1:" + QString::number(m_fanIn->port()); }
    Outcome live(const QStringList &arguments) const { return run(arguments + QStringList{"--server", address()}); }

    bool startServer(std::uint16_t port = 0)
    {
        server::FanInOptions options;
        options.endpoint.tls = m_pki.server();
        options.endpoint.port = port;
        auto fanIn = server::FanIn::start(options, nullptr, m_clock);
        if (!fanIn)
            return false;
        m_fanIn = std::move(*fanIn);
        return true;
    }

private slots:
    void initTestCase()
    {
        static_cast<void>(m_pki.console());
        QVERIFY(startServer());
        m_agent = std::make_unique<FakeAgent>(m_fanIn->port(), "node-1", m_pki.node(), m_clock);
        m_agent->send(test::oneOfTwoHooks());
        QTRY_VERIFY_WITH_TIMEOUT(m_agent->acked() > 0, soon);
    }

    void agents_inJson()
    {
        const Outcome outcome = live({"agents", "-o", "json"});
        QVERIFY2(outcome.code == ExitOk, outcome.err.constData());
        QCOMPARE(outcome.array().size(), 1);
        const QJsonObject agent = outcome.array().first().toObject();
        QCOMPARE(agent.value("node").toString(), QString("node-1"));
        QCOMPARE(agent.value("state").toString(), QString("connected"));
        QVERIFY(agent.value("address").toString().startsWith("127.0.0.1:"));
        QVERIFY(!agent.value("certificate_serial").toString().isEmpty());
        QCOMPARE(agent.value("hooks_active").toInt(), 1);
        QCOMPARE(agent.value("hooks_wanted").toInt(), 2);
    }

    void reports_thatDidNotComeAreNoZeros()
    {
        server::FanInOptions options;
        options.endpoint.tls = m_pki.server();
        auto fanIn = server::FanIn::start(options, nullptr, m_clock);
        QVERIFY(fanIn);
        const FakeAgent silent((*fanIn)->port(), "node-1", m_pki.node(), m_clock);
        const QString server = "127.0.0.1:" + QString::number((*fanIn)->port());
        const auto agents = [&] { return run({"agents", "-o", "json", "--server", server}).array(); };
        QTRY_VERIFY_WITH_TIMEOUT(!agents().isEmpty(), soon);
        const QJsonObject agent = agents().first().toObject();
        for (const char *key : {"hooks_active", "hooks_wanted", "missing"})
            QVERIFY2(agent.contains(key) && agent.value(key).isNull(), key);
        const Outcome table = run({"status", "--server", server});
        QVERIFY2(!table.out.contains("0 of 0") && table.out.contains("no data"), table.out.constData());
    }

    void agents_inATable()
    {
        const Outcome outcome = live({"agents"});
        QVERIFY2(outcome.code == ExitOk, outcome.err.constData());
        const QList<QByteArray> lines = outcome.out.trimmed().split('\n');
        QCOMPARE(lines.size(), 2);
        QVERIFY2(lines[0].startsWith("NODE ") && lines[0].contains("CERTIFICATE ENDS"), lines[0].constData());
        QVERIFY2(lines[1].startsWith("node-1") && lines[1].contains("connected"), lines[1].constData());
    }

    void status_ratesAreOfNow()
    {
        // A minute ago nothing had been sent yet; since then 20 a second are.
        const std::int64_t now = m_clock.utcNs();
        m_agent->send(counters(now - 60 * nsPerSecond, 10, 0));
        m_agent->send(counters(now - 59 * nsPerSecond, 20, 0));
        m_agent->sendEvents(3);
        QTimer reports;
        std::uint64_t second = 0;
        connect(&reports, &QTimer::timeout, this, [&] {
            ++second;
            m_agent->send(counters(now + static_cast<std::int64_t>(second) * nsPerSecond, 100 + 30 * second, 20 * second));
        });
        reports.start(1000);
        QProcess process;
        prepare(process, {"status", "-o", "json", "--server", address()});
        process.start();
        QTRY_VERIFY_WITH_TIMEOUT(process.state() == QProcess::NotRunning && second > 0, soon);
        const Outcome outcome{process.exitCode(), process.readAllStandardOutput(), process.readAllStandardError()};
        QVERIFY2(outcome.code == ExitOk, outcome.err.constData());
        const QJsonObject agent = outcome.object().value("agents").toArray().first().toObject();
        QVERIFY2(agent.value("sent_per_second").isNull() || agent.value("sent_per_second").toDouble() == 20., outcome.out.constData());
        QVERIFY2(!agent.value("sent_per_second").isNull(), outcome.out.constData());
        QCOMPARE(agent.value("seen_per_second").toDouble(), 30.);
        QCOMPARE(agent.value("hooks_active").toInt(), 1);
        QCOMPARE(agent.value("hooks_wanted").toInt(), 2);
    }

    void status_inATable()
    {
        const Outcome outcome = live({"status"});
        QVERIFY2(outcome.code == ExitOk, outcome.err.constData());
        QVERIFY2(outcome.out.startsWith(("server " + address() + ", mutual TLS 1.3\n").toUtf8()), outcome.out.constData());
        const QList<QByteArray> lines = outcome.out.trimmed().split('\n');
        QCOMPARE(lines.size(), 3);
        QVERIFY2(lines[1].startsWith("NODE ") && lines[1].contains(" SENT "), lines[1].constData());
        QVERIFY2(lines[2].startsWith("node-1") && lines[2].contains("1 of 2"), lines[2].constData());
        // Of now, or nothing: the last reports may be seconds old by now.
        QVERIFY2(lines[2].contains(" 20.0/s ") || lines[2].contains("no data"), lines[2].constData());
    }

    void watch_printsNumbersOfTheStream()
    {
        // Only one of four passes the filter: the numbers of the others stay theirs.
        wire::EventBatch batch;
        batch.firstSeq = 1001;
        batch.origins.resize(1);
        for (std::uint32_t i = 0; i < 4; ++i) {
            wire::Event event;
            event.timeNs = m_clock.utcNs();
            event.type = wire::EventType::ProcessExec;
            event.severity = i == 2 ? wire::Severity::Error : wire::Severity::Info;
            event.process.pid = 5000 + i;
            event.process.comm = "watched";
            event.detail = wire::ProcessExec{1, "init", "/bin/true", {"true"}, false};
            batch.events.push_back(event);
        }
        m_agent->send(batch);
        const Outcome outcome = live({"watch", "-o", "json", "--seconds", "2", "--severity", "error"});
        QVERIFY2(outcome.code == ExitOk, outcome.err.constData());
        const auto lines = outcome.lines();
        QCOMPARE(lines.size(), std::size_t(1));
        QCOMPARE(lines[0].value("process").toObject().value("pid").toInt(), 5002);
        QCOMPARE(lines[0].value("seq").toInt(), 1003);
        QCOMPARE(lines[0].value("severity").toString(), QString("error"));
        QCOMPARE(lines[0].value("node").toString(), QString("node-1"));
        QCOMPARE(lines[0].value("detail").toObject().value("filename").toString(), QString("/bin/true"));
        QVERIFY(!lines[0].contains("id")); // it is in no store
    }

    void watch_filters_data()
    {
        QTest::addColumn<QStringList>("filters");
        QTest::addColumn<int>("count");
        QTest::newRow("its node") << QStringList{"--node", "node-1"} << 4;
        QTest::newRow("another node") << QStringList{"--node", "node-2"} << 0;
        QTest::newRow("a pod") << QStringList{"--pod", "checkout"} << 1;
        QTest::newRow("a namespace") << QStringList{"--namespace", "payments"} << 1;
        QTest::newRow("a process") << QStringList{"--pid", "7002"} << 1;
        QTest::newRow("a text of the command") << QStringList{"--text", "FILTERED"} << 4;
        QTest::newRow("a text of the pod") << QStringList{"--text", "check"} << 1;
        QTest::newRow("a text that is nowhere") << QStringList{"--text", "haystack"} << 0;
    }
    void watch_filters()
    {
        QFETCH(QStringList, filters);
        wire::EventBatch batch;
        batch.firstSeq = 2001;
        batch.origins.resize(2);
        batch.origins[1].cgroupPath = "/kubepods/x";
        batch.origins[1].namespaceName = "payments";
        batch.origins[1].podName = "checkout";
        for (std::uint32_t i = 0; i < 4; ++i) {
            wire::Event event;
            event.timeNs = m_clock.utcNs();
            event.type = wire::EventType::ProcessExec;
            event.severity = wire::Severity::Critical; // as no other here
            event.process.pid = 7000 + i;
            event.process.comm = "filtered";
            event.origin = i == 3 ? 1 : 0;
            event.detail = wire::ProcessExec{1, "init", "/bin/true", {"true"}, false};
            batch.events.push_back(event);
        }
        QProcess process;
        prepare(process, QStringList{"watch", "-o", "json", "--seconds", "1", "--severity", "critical", "--server", address()} + filters);
        const std::uint64_t sent = m_agent->send(batch);
        QTRY_VERIFY_WITH_TIMEOUT(m_agent->acked() >= sent, soon);
        process.start();
        QVERIFY(process.waitForFinished(soon));
        std::set<int> pids; // the server repeats what it remembers
        for (const QJsonObject &event : Outcome{0, process.readAllStandardOutput(), {}}.lines())
            pids.insert(event.value("process").toObject().value("pid").toInt());
        QTEST(int(pids.size()), "count");
    }

    void watch_saysWhatTheServerHasNoLonger()
    {
        QProcess process;
        prepare(process, {"watch", "--namespace", "books", "--server", address()});
        process.start();
        QByteArray out, err;
        const auto collect = [&] { return readInto(process, out, err); };
        wire::EventBatch batch;
        batch.firstSeq = 50'001;
        batch.origins.resize(2);
        batch.origins[0].podUid = "0e1b";
        batch.origins[1] = batch.origins[0];
        batch.origins[1].namespaceName = "books";
        wire::Event event;
        event.type = wire::EventType::ProcessExec;
        event.process.comm = "of-books";
        event.origin = 1;
        event.detail = wire::ProcessExec{1, "init", "/bin/true", {"true"}, false};
        batch.events = {event};
        const auto next = [&] {
            ++batch.firstSeq;
            batch.events[0].timeNs = m_clock.utcNs();
            m_agent->send(batch);
            return true;
        };
        QTRY_VERIFY2_WITH_TIMEOUT(next() && collect() && out.contains("of-books"), err.constData(), soon);
        // Of events that came since it is there, and that the server has not got.
        batch.firstSeq += 3;
        batch.amendments = {{0, 0, 1, 3, batch.firstSeq - 2, batch.firstSeq}};
        QVERIFY(next());
        QTRY_VERIFY2_WITH_TIMEOUT(collect() && err.contains("late-events-gone"), err.constData(), soon);
        QVERIFY2(err.startsWith("incomplete: node node-1: ") && err.contains(" (3, late-events-gone)\n"), err.constData());
        ::kill(static_cast<pid_t>(process.processId()), SIGINT);
        QVERIFY(process.waitForFinished(soon));
    }

    void insightsWatch_tellsWhatTheServerHoldsAndWhatComes_data()
    {
        QTest::addColumn<QStringList>("filters");
        QTest::addColumn<QStringList>("told"); // "id state", in any order
        QTest::addColumn<QString>("warning");
        QTest::newRow("all") << QStringList() << QStringList{"0000000000000001 open", "0000000000000002 open", "0000000000000001 resolved"}
                             << QString();
        QTest::newRow("of a node that has none")
            << QStringList{"--node", "node-2", "--seconds", "5"} << QStringList() << "warning: no node 'node-2' is known: ";
        QTest::newRow("of no rule") << QStringList{"--rule", "no", "--node", "node-1", "--seconds", "2"} << QStringList()
                                    << "warning: no rule 'no' is known: ";
    }
    void insightsWatch_tellsWhatTheServerHoldsAndWhatComes()
    {
        QFETCH(QStringList, filters);
        QFETCH(QStringList, told);
        server::FanInOptions options;
        options.endpoint.tls = m_pki.server();
        auto fanIn = server::FanIn::start(options, nullptr, m_clock);
        QVERIFY(fanIn);
        FakeAgent agent((*fanIn)->port(), "node-1", m_pki.node(), m_clock);
        const std::uint64_t held = agent.sendInsight(1, wire::InsightState::Open);
        QTRY_VERIFY_WITH_TIMEOUT(agent.acked() >= held, soon);
        QProcess process;
        prepare(process,
                QStringList{"insights", "watch", "-o", "json", "--server", "127.0.0.1:" + QString::number((*fanIn)->port())} + filters);
        process.start();
        QVERIFY(process.waitForStarted(soon));
        agent.sendEvents(10); // are no insights
        agent.sendInsight(2, wire::InsightState::Open);
        const std::uint64_t last = agent.sendInsight(1, wire::InsightState::Resolved);
        QTRY_VERIFY_WITH_TIMEOUT(agent.acked() >= last, soon);
        QByteArray out, err;
        const auto linesAre = [&](qsizetype count) { return readInto(process, out, err) && out.count('\n') >= count; };
        QTRY_VERIFY2_WITH_TIMEOUT(linesAre(told.size()), err.constData(), soon);
        if (!told.isEmpty())
            ::kill(static_cast<pid_t>(process.processId()), SIGINT);
        QVERIFY(process.waitForFinished(soon));
        QCOMPARE(process.exitCode(), int(ExitOk));
        readInto(process, out, err);
        QStringList lines;
        for (const QJsonObject &line : Outcome{0, out, {}}.lines())
            lines << line.value("id").toString() + ' ' + line.value("state").toString();
        lines.sort();
        told.sort();
        QCOMPARE(lines, told);
        QFETCH(QString, warning);
        QVERIFY2(err.count("warning: ") == (warning.isEmpty() ? 0 : 1) && err.contains(warning.toUtf8()), err.constData());
    }

    void insightsWatch_namesTheNode()
    {
        server::FanInOptions options;
        options.endpoint.tls = m_pki.server();
        auto fanIn = server::FanIn::start(options, nullptr, m_clock);
        QVERIFY(fanIn);
        FakeAgent agent((*fanIn)->port(), "node-1", m_pki.node(), m_clock);
        const std::uint64_t held = agent.sendInsight(1, wire::InsightState::Open);
        QTRY_VERIFY_WITH_TIMEOUT(agent.acked() >= held, soon);
        QProcess process;
        prepare(process, {"insights", "watch", "--server", "127.0.0.1:" + QString::number((*fanIn)->port())});
        process.start();
        QByteArray out, err;
        QTRY_VERIFY2_WITH_TIMEOUT(readInto(process, out, err) && out.count('\n') >= 2, err.constData(), soon);
        ::kill(static_cast<pid_t>(process.processId()), SIGINT);
        QVERIFY(process.waitForFinished(soon));
        const QList<QByteArray> lines = out.split('\n');
        QCOMPARE(lines[0].simplified(), QByteArray("TOLD STATE SEVERITY ID RULE NODE WHAT HAPPENED"));
        QVERIFY2(lines[1].contains("node-1") && lines[1].indexOf("node-1") == lines[0].indexOf("NODE"), out.constData());
    }

    void watch_hasAHeaderAndSaysWhenItIsDisconnected()
    {
        QProcess process;
        prepare(process, {"watch", "--server", address()});
        process.start();
        QByteArray out, err;
        const auto collect = [&] { return readInto(process, out, err); };
        m_agent->sendEvents(1);
        QTRY_VERIFY2_WITH_TIMEOUT(collect() && out.contains("exec-test"), err.constData(), soon);
        const QList<QByteArray> lines = out.split('\n');
        QVERIFY2(lines[0].startsWith("TIME ") && lines[0].endsWith("SUMMARY"), lines[0].constData());
        QCOMPARE(lines[0].indexOf("TYPE"), lines[1].indexOf("process.exec"));
        const QByteArray fromSummary = lines[1].mid(lines[0].indexOf("SUMMARY") - 1);
        QVERIFY2(fromSummary.startsWith(' ') && !fromSummary.startsWith("  "), out.constData());
        QCOMPARE(out.count("TIME "), 1);

        const std::uint16_t port = m_fanIn->port();
        m_fanIn.reset();
        QTRY_VERIFY2_WITH_TIMEOUT(collect() && err.contains("disconnected from 127.0.0.1:"), err.constData(), soon);
        QVERIFY(startServer(port));
        QTRY_VERIFY2_WITH_TIMEOUT(collect() && err.contains(" again"), err.constData(), 40'000);
        const qsizetype before = out.count("exec-test");
        QTRY_VERIFY2_WITH_TIMEOUT((m_agent->sendEvents(1), collect()) && out.count("exec-test") > before, err.constData(), 40'000);
        ::kill(static_cast<pid_t>(process.processId()), SIGINT);
        QVERIFY(process.waitForFinished(soon));
        QCOMPARE(process.exitStatus(), QProcess::NormalExit);
        QCOMPARE(process.exitCode(), int(ExitOk));
    }

    void refusal_isToldOnceWithItsRemedy()
    {
        TestPki stranger;
        const transport::TlsFiles tls = stranger.console();
        QFile config(m_home.filePath("stranger.toml"));
        QVERIFY(config.open(QFile::WriteOnly));
        config.write(
            ("[tls]\nca = \"" + tls.ca.native() + "\"\ncert = \"" + tls.certificate.native() + "\"\nkey = \"" + tls.key.native() + "\"\n")
                .c_str());
        config.close();
        const Outcome outcome = run({"status", "--server", address(), "--config", config.fileName()});
        QCOMPARE(outcome.code, int(ExitUnavailable));
        QVERIFY2(outcome.err.count("wrong-ca") == 1 && !outcome.err.contains("timed-out"), outcome.err.constData());
        QVERIFY2(outcome.err.contains("hint: both ends need certificates of one authority"), outcome.err.constData());
    }

    void error_hasAHint_data()
    {
        QTest::addColumn<QStringList>("arguments");
        QFile garbage(m_home.filePath("garbage.tapio"));
        QVERIFY(garbage.open(QFile::WriteOnly) && garbage.write("no store at all\n") > 0);
        QFile config(m_home.filePath("broken.toml"));
        QVERIFY(config.open(QFile::WriteOnly) && config.write("[serv\n") > 0);
        const QString authority = m_pki.path() + "/pki";
        QTest::newRow("no command") << QStringList{};
        QTest::newRow("an unknown command") << QStringList{"dance"};
        QTest::newRow("an unknown option") << QStringList{"status", "--loud"};
        QTest::newRow("a type that is none") << QStringList{"watch", "--type", "nope"};
        QTest::newRow("a time that is none") << QStringList{"events", "--since", "yesterday"};
        QTest::newRow("no store") << QStringList{"events"};
        QTest::newRow("a store that is none") << QStringList{"events", "--store", garbage.fileName()};
        QTest::newRow("events with a broken configuration") << QStringList{"events", "--config", config.fileName()};
        QTest::newRow("status with a broken configuration") << QStringList{"status", "--config", config.fileName()};
        QTest::newRow("a port that is none") << QStringList{"status", "--server", "a:b"};
        QTest::newRow("no server there") << QStringList{"agents", "--server", "127.0.0.1:1"};
        QTest::newRow("watch without a server") << QStringList{"watch", "--server", "127.0.0.1:1"};
        QTest::newRow("no authority") << QStringList{"--pki", m_home.filePath("nothing"), "pki", "list"};
        QTest::newRow("an authority twice") << QStringList{"pki", "init"};
        QTest::newRow("a certificate twice") << QStringList{"pki", "issue", "node", "node-1"};
        QTest::newRow("nothing to revoke") << QStringList{"pki", "revoke", "00ff00"};
        QTest::newRow("nothing to renew") << QStringList{"pki", "renew", "node", "nobody"};
    }
    void error_hasAHint()
    {
        QFETCH(QStringList, arguments);
        const Outcome outcome = run(arguments);
        QVERIFY(outcome.code > ExitUnhealthy);
        QVERIFY2(outcome.out.isEmpty(), outcome.out.constData());
        const QList<QByteArray> lines = outcome.err.trimmed().split('\n');
        QVERIFY2(lines.first().startsWith("tapio: "), outcome.err.constData());
        QVERIFY2(lines.last().startsWith("hint: "), outcome.err.constData());
    }
};

QTEST_GUILESS_MAIN(TestTapioLive)
#include "tst_tapiolive.moc"
