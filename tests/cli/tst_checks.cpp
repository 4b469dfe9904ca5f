// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include <unistd.h>

#include "console/cli/checks.h"
#include "console/cli/drillagent.h"
#include "console/cli/localagent.h"
#include "tests/console/fakeclock.h"
#include "tests/support/testpki.h"

using namespace tapio;
using namespace tapio::console;

Q_DECLARE_METATYPE(tapio::console::CheckState)

namespace {

const HostPort standardServer{"127.0.0.1", standardPort};

void write(const QString &path, const QByteArray &content)
{
    QVERIFY(QDir().mkpath(QFileInfo(path).path()));
    QFile file(path);
    QVERIFY(file.open(QIODevice::WriteOnly));
    QCOMPARE(file.write(content), content.size());
}

/// A process as /proc shows it.
void writeProcess(const QTemporaryDir &machine, const QString &pid, const QByteArray &name, const QByteArray &commandLine,
                  const QByteArray &users = {})
{
    const QByteArray one = QByteArray::number(::geteuid());
    const QByteArray all = users.isNull() ? one + '\t' + one + '\t' + one + '\t' + one : users;
    write(machine.filePath("proc/" + pid + "/comm"), name + '\n');
    write(machine.filePath("proc/" + pid + "/cmdline"), commandLine);
    write(machine.filePath("proc/" + pid + "/status"), "Name:\t" + name + "\nUid:\t" + all + "\nGid:\t0\t0\t0\t0\n");
}

wire::AgentState agent(const std::string &node, wire::LinkState state)
{
    wire::AgentState agent;
    agent.node = node;
    agent.state = state;
    return agent;
}

wire::Hook hook(wire::HookState state)
{
    wire::Hook hook;
    hook.collector = "tcp";
    hook.name = "inet_sock_set_state";
    hook.state = state;
    hook.reason = state == wire::HookState::Active ? "" : "this kernel lacks it";
    return hook;
}

} // namespace

class TestChecks : public QObject {
    Q_OBJECT
    QTemporaryDir m_dir;

    CheckRoots roots() const
    {
        return {std::filesystem::path(m_dir.filePath("proc").toStdString()), std::filesystem::path(m_dir.filePath("sys").toStdString()),
                "/etc"};
    }

private slots:
    void kernel_data()
    {
        QTest::addColumn<QByteArray>("release");
        QTest::addColumn<QByteArray>("lockdown");
        QTest::addColumn<CheckState>("state");
        QTest::newRow("Debian 12's") << QByteArray("6.1.0-18-amd64\n") << QByteArray("[none] integrity confidentiality") << CheckState::Ok;
        QTest::newRow("the first with ring buffers") << QByteArray("5.8.0\n") << QByteArray() << CheckState::Ok;
        QTest::newRow("too old") << QByteArray("5.4.0-100-generic\n") << QByteArray() << CheckState::Failed;
        QTest::newRow("locked down") << QByteArray("6.1.0\n") << QByteArray("none integrity [confidentiality]") << CheckState::Failed;
        QTest::newRow("unreadable") << QByteArray("what\n") << QByteArray() << CheckState::Failed;
    }
    void kernel()
    {
        QFETCH(QByteArray, release);
        QFETCH(QByteArray, lockdown);
        write(m_dir.filePath("proc/sys/kernel/osrelease"), release);
        write(m_dir.filePath("sys/kernel/security/lockdown"), lockdown);
        const Check check = checkKernel(roots());
        QTEST(check.state, "state");
        QVERIFY(!check.message.empty());
    }

    void btf_isMissedByName()
    {
        const Check missing = checkBtf(roots());
        QCOMPARE(missing.state, CheckState::Failed);
        QVERIFY(missing.message.find("kernel/btf/vmlinux") != std::string::npos);
        QVERIFY(!missing.hint.empty());
        write(m_dir.filePath("sys/kernel/btf/vmlinux"), "x");
        QCOMPARE(checkBtf(roots()).state, CheckState::Ok);
    }

    void capabilities_data()
    {
        QTest::addColumn<QByteArray>("effective");
        QTest::addColumn<bool>("isAgent");
        QTest::addColumn<CheckState>("state");
        QTest::addColumn<QString>("names");
        QTest::newRow("root has all") << QByteArray("000001ffffffffff") << true << CheckState::Ok << "";
        QTest::newRow("CAP_SYS_ADMIN stands for the newer ones") << QByteArray("0000000000281004") << true << CheckState::Ok << "";
        QTest::newRow("what the systemd unit gives") << QByteArray("000000c400081004") << true << CheckState::Ok << "";
        QTest::newRow("without what packets need, DNS and HTTP are named")
            << QByteArray("000000c400080004") << true << CheckState::Warning << "CAP_NET_ADMIN (neither DNS nor HTTP)";
        QTest::newRow("without what the kernel's log needs")
            << QByteArray("000000c000081004") << true << CheckState::Warning << "lacks CAP_SYSLOG (no kernel log)";
        QTest::newRow("one that loads programs and no more") << QByteArray("000000c000000004") << true << CheckState::Warning
                                                             << "CAP_NET_ADMIN (neither DNS nor HTTP), CAP_SYSLOG (no kernel log), "
                                                                "CAP_SYS_PTRACE (no network figures and ports of containers)";
        QTest::newRow("an agent without any cannot work")
            << QByteArray("0000000000000000") << true << CheckState::Failed << "CAP_BPF, CAP_PERFMON, CAP_DAC_READ_SEARCH";
        QTest::newRow("an ordinary user is no fault") << QByteArray("0000000000000000") << false << CheckState::Warning << "CAP_BPF";
    }
    void capabilities()
    {
        QFETCH(QByteArray, effective);
        QFETCH(bool, isAgent);
        QFETCH(QString, names);
        write(m_dir.filePath(isAgent ? "proc/77/status" : "proc/self/status"), "Name:\tx\nCapEff:\t" + effective + "\n");
        const Check check = checkCapabilities(roots(), isAgent ? std::optional<std::uint32_t>(77) : std::nullopt);
        QTEST(check.state, "state");
        QVERIFY2(QString::fromStdString(check.message).contains(names), check.message.c_str());
    }

    void cgroups_data()
    {
        QTest::addColumn<QByteArray>("mounts");
        QTest::addColumn<QString>("text");
        QTest::newRow("version 2") << QByteArray("cgroup2 /sys/fs/cgroup cgroup2 rw 0 0\n") << "version 2";
        QTest::newRow("version 1") << QByteArray("cgroup /sys/fs/cgroup/cpu cgroup rw,cpu 0 0\n") << "version 1";
        QTest::newRow("both") << QByteArray("cgroup /a cgroup rw 0 0\ncgroup2 /b cgroup2 rw 0 0\n") << "hybrid: version 1 and 2";
    }
    void cgroups()
    {
        QFETCH(QByteArray, mounts);
        write(m_dir.filePath("proc/self/mounts"), mounts);
        const Check check = checkCgroups(roots());
        QCOMPARE(check.state, CheckState::Ok);
        QTEST(QString::fromStdString(check.message), "text");
    }

    void disk_readOnlyFolderIsNamed()
    {
        const Check check = checkDisk("/proc/tapio");
        QCOMPARE(check.state, CheckState::Failed);
        QVERIFY(check.message.find("/proc") != std::string::npos);
    }

    void certificates_withoutAuthorityIsSkippedWithTheCommand()
    {
        const SystemClock clock;
        const Check check = checkCertificates(m_dir.filePath("nothing").toStdString(), clock);
        QCOMPARE(check.state, CheckState::Skipped);
        QVERIFY(check.hint.find("tapio pki init") != std::string::npos);
    }

    void certificates_theNewestOfANameCounts()
    {
        test::TestPki pki;
        const SystemClock now;
        static_cast<void>(pki.node("web-1")); // a day
        const test::FakeClock later(now.utcNs() + 48 * 3600 * nsPerSecond);
        QCOMPARE(checkCertificates(pki.authority().folder(), later).state, CheckState::Failed);
        QVERIFY(pki.authority().renew(Role::Node, "web-1", std::chrono::hours(24 * 90), true, later));
        const Check renewed = checkCertificates(pki.authority().folder(), later);
        QVERIFY2(renewed.state == CheckState::Ok, renewed.message.c_str());
        QVERIFY2(renewed.message.starts_with("1 valid"), renewed.message.c_str());
    }

    void nodeCertificate_data()
    {
        QTest::addColumn<QByteArray>("command"); // of the running agent; NUL between words
        QTest::addColumn<QByteArray>("config");  // /etc/tapio/agent.toml
        QTest::addColumn<int>("daysFromNow");
        QTest::addColumn<CheckState>("state");
        const QByteArray agent("tapio-agent", 12); // with its NUL
        QTest::newRow("named on the command line") << agent + QByteArray("--cert\0FILE\0", 12) << QByteArray() << 0 << CheckState::Ok;
        QTest::newRow("in one word") << agent + QByteArray("--cert=FILE\0", 12) << QByteArray() << 0 << CheckState::Ok;
        QTest::newRow("of the configuration") << agent << QByteArray("[server]\ncertificate = \"FILE\"\n") << 0 << CheckState::Ok;
        QTest::newRow("agent not running") << QByteArray() << QByteArray("[server]\ncertificate = \"FILE\"\n") << 0 << CheckState::Ok;
        QTest::newRow("ends soon") << agent + QByteArray("--cert\0FILE\0", 12) << QByteArray() << 8 << CheckState::Warning;
        QTest::newRow("expired") << agent + QByteArray("--cert\0FILE\0", 12) << QByteArray() << 11 << CheckState::Failed;
        QTest::newRow("not there") << agent + QByteArray("--cert\0/nonexistent\0", 20) << QByteArray() << 0 << CheckState::Failed;
    }
    void nodeCertificate()
    {
        QFETCH(QByteArray, command);
        QFETCH(QByteArray, config);
        QFETCH(int, daysFromNow);
        test::TestPki pki;
        const SystemClock now;
        const auto issued = pki.authority().issue({Role::Node, "web-1", std::chrono::hours(24 * 10), 0}, now);
        QVERIFY(issued);
        const QTemporaryDir machine;
        const QByteArray file = QByteArray::fromStdString(issued->files.certificate.native());
        CheckRoots roots{machine.filePath("proc").toStdString(), machine.filePath("sys").toStdString(),
                         machine.filePath("etc").toStdString()};
        writeProcess(machine, "12", "bash", "bash");
        if (!command.isEmpty())
            writeProcess(machine, "77", "tapio-agent", command.replace("FILE", file));
        if (!config.isEmpty())
            write(machine.filePath("etc/tapio/agent.toml"), config.replace("FILE", file));
        const test::FakeClock clock(now.utcNs() + daysFromNow * 24 * 3600 * nsPerSecond);
        const auto agent = findLocalAgent(roots, standardServer);
        QVERIFY(agent);
        const Check check = checkNodeCertificate(*agent, clock);
        QFETCH(CheckState, state);
        QVERIFY2(check.state == state, check.message.c_str());
        QCOMPARE(check.hint.empty(), check.state == CheckState::Ok);
        QCOMPARE(nodeNameOf(*agent, clock), std::string(agent->certificate.native() == "/nonexistent" ? "" : "web-1"));
    }

    void localAgent_withoutAnAgentThereIsNone()
    {
        const QTemporaryDir machine;
        QVERIFY(!findLocalAgent({machine.filePath("proc").toStdString(), {}, machine.filePath("etc").toStdString()}, std::nullopt));
    }

    void localAgent_isTheOneOfTheServer_data()
    {
        QTest::addColumn<QString>("server");
        QTest::addColumn<QString>("node"); // of the agent found; empty: none
        QTest::newRow("by its command line") << "127.0.0.1:7200"
                                             << "second";
        QTest::newRow("by another name of this machine") << "localhost:7200"
                                                         << "second";
        QTest::newRow("by its configuration, with a name of its own") << "collector.example:7117"
                                                                      << "third";
        QTest::newRow("another port") << "127.0.0.1:7300"
                                      << "";
        QTest::newRow("another machine") << "10.0.0.1:7200"
                                         << "";
        QTest::newRow("that of the standard place") << "127.0.0.1:7117"
                                                    << "first";
        QTest::newRow("any") << ""
                             << "first";
    }
    void localAgent_isTheOneOfTheServer()
    {
        QFETCH(QString, server);
        QFETCH(QString, node);
        const QTemporaryDir machine;
        const CheckRoots roots{machine.filePath("proc").toStdString(), machine.filePath("sys").toStdString(),
                               machine.filePath("etc").toStdString()};
        const QString config = machine.filePath("other.toml");
        write(config, "node = \"unused\"\n[server]\naddress = \"collector.example\"\ncertificate = \"c.crt\"\n");
        const QList<QPair<QString, QStringList>> agents{
            {"9", {"tapio-agent", "--node", "first"}},
            {"77", {"tapio-agent", "--node=second", "--server=127.0.0.1:7200", "--cert", "b.crt"}},
            {"123", {"tapio-agent", "--config", config, "--node", "third"}}};
        for (const auto &[pid, words] : agents)
            writeProcess(machine, pid, "tapio-agent", words.join(QChar(0)).toUtf8() + '\0');
        const auto address = server.isEmpty() ? std::nullopt : std::optional(*parseHostPort(server.toStdString()));
        const auto found = findLocalAgent(roots, address);
        QCOMPARE(found ? QString::fromStdString(found->node) : QString(), node);
    }

    void localAgent_isNobodyElses_data()
    {
        QTest::addColumn<QByteArray>("users"); // OTHER, OWN
        QTest::addColumn<QString>("node");
        QTest::newRow("root's") << QByteArray("0\t0\t0\t0") << "named";
        QTest::newRow("one's own") << QByteArray("OWN\tOWN\tOWN\tOWN") << "named";
        QTest::newRow("another user's") << QByteArray("OTHER\tOTHER\tOTHER\tOTHER") << "";
        QTest::newRow("a setuid program that another user started under this name") << QByteArray("OTHER\t0\t0\t0") << "";
        QTest::newRow("one that gave up root") << QByteArray("0\tOTHER\t0\tOTHER") << "";
        QTest::newRow("numbers that are none") << QByteArray("x\ty") << "";
        QTest::newRow("one number") << QByteArray("0") << "";
        QTest::newRow("nothing") << QByteArray("") << "";
    }
    void localAgent_isNobodyElses()
    {
        QFETCH(QByteArray, users);
        QFETCH(QString, node);
        const QTemporaryDir machine;
        const CheckRoots roots{machine.filePath("proc").toStdString(), machine.filePath("sys").toStdString(),
                               machine.filePath("etc").toStdString()};
        users.replace("OTHER", QByteArray::number(::geteuid() + 1)).replace("OWN", QByteArray::number(::geteuid()));
        writeProcess(machine, "77", "tapio-agent", QByteArray("tapio-agent\0--node\0named\0", 25), users);
        const auto found = findLocalAgent(roots, std::nullopt);
        QCOMPARE(found ? QString::fromStdString(found->node) : QString(), node);
    }

    void drills_areLabelledWhereItIsMeant_data()
    {
        QTest::addColumn<QStringList>("agents"); // node=configuration, node@other= with that of the other
        QTest::addColumn<QString>("named");      // --node
        QTest::addColumn<QString>("config");     // --agent-config
        QTest::addColumn<QString>("node");       // that is chosen; else
        QTest::addColumn<QString>("error");
        const QString allows = "[drill]\nallowed = true\n";
        const QString other = "node = \"c\"\n";
        QTest::newRow("the only one") << QStringList{"a=" + allows} << ""
                                      << ""
                                      << "a"
                                      << "";
        QTest::newRow("none") << QStringList{} << ""
                              << ""
                              << ""
                              << "no agent runs on this machine";
        QTest::newRow("one that allows none") << QStringList{"a="} << ""
                                              << ""
                                              << ""
                                              << "drill.allowed is false in ";
        QTest::newRow("the only one that allows drills") << QStringList{"a=", "b=" + allows} << ""
                                                         << ""
                                                         << "b"
                                                         << "";
        QTest::newRow("several, and none is said")
            << QStringList{"a=" + allows, "b=" + allows} << ""
            << ""
            << ""
            << "several agents run on this machine, and only one can tell of a drill: node a, process 10, ";
        QTest::newRow("several that allow none") << QStringList{"a=", "b="} << ""
                                                 << ""
                                                 << ""
                                                 << "several agents run on this machine";
        QTest::newRow("several, by the node") << QStringList{"a=" + allows, "b=" + allows} << "b"
                                              << ""
                                              << "b"
                                              << "";
        QTest::newRow("by the node, which allows none") << QStringList{"a=" + allows, "b="} << "b"
                                                        << ""
                                                        << ""
                                                        << "drill.allowed is false in ";
        QTest::newRow("by a node that is none") << QStringList{"a=" + allows} << "z"
                                                << ""
                                                << ""
                                                << "no agent of node 'z' runs on this machine: node a, process 10";
        QTest::newRow("by the configuration") << QStringList{"a=" + allows} << "" << other + allows << "c"
                                              << "";
        QTest::newRow("by the configuration of one that runs, and was told its node when it was started")
            << QStringList{"a=" + allows, "b=" + allows} << ""
            << "b.toml"
            << "b"
            << "";
        QTest::newRow("by the configuration of two that run") << QStringList{"a=" + allows, "b@a="} << ""
                                                              << "a.toml"
                                                              << ""
                                                              << "several agents run on this machine";
        QTest::newRow("by the configuration of two that run, and the node") << QStringList{"a=" + allows, "b@a="} << "b"
                                                                            << "a.toml"
                                                                            << "b"
                                                                            << "";
        QTest::newRow("by the configuration of another node") << QStringList{} << "a" << other + allows << ""
                                                              << "is not of node 'a'";
        QTest::newRow("a key that is none") << QStringList{"a=[drill]\nallow = true\n"} << ""
                                            << ""
                                            << ""
                                            << "line 2: unknown key 'drill.allow'; there is drill.allowed";
        QTest::newRow("the same, by the configuration") << QStringList{} << ""
                                                        << "[drill]\nallowd = true\n"
                                                        << ""
                                                        << "line 2: unknown key 'drill.allowd'; there is drill.allowed";
        QTest::newRow("a value that is none") << QStringList{} << ""
                                              << "[drill]\nallowed = \"yes\"\n"
                                              << ""
                                              << "line 2: drill.allowed is true or false";
        QTest::newRow("no TOML") << QStringList{} << ""
                                 << "[drill\n"
                                 << ""
                                 << "line ";
    }
    void drills_areLabelledWhereItIsMeant()
    {
        QFETCH(QStringList, agents);
        QFETCH(QString, named);
        QFETCH(QString, config);
        const QTemporaryDir machine;
        const CheckRoots roots{machine.filePath("proc").toStdString(), machine.filePath("sys").toStdString(),
                               machine.filePath("etc").toStdString()};
        for (int i = 0; i < agents.size(); ++i) {
            const QString who = agents[i].section('=', 0, 0);
            const QString node = who.section('@', 0, 0);
            const QString file = machine.filePath(who.section('@', -1) + ".toml");
            if (!who.contains('@'))
                write(file, agents[i].section('=', 1).toUtf8());
            writeProcess(machine, QString::number(10 + i), "tapio-agent",
                         QStringList{"tapio-agent", "--config", file, "--node", node}.join(QChar(0)).toUtf8() + '\0');
        }
        DrillTarget target{{}, named.toStdString()};
        const QString file = config.endsWith(".toml") ? config : config.isEmpty() ? QString() : "named.toml";
        if (!file.isEmpty())
            target.config = machine.filePath(file).toStdString();
        if (file == "named.toml")
            write(machine.filePath(file), config.toUtf8());
        const SystemClock clock;
        const Status readable = checkConfig(target);
        const auto agent = readable ? agentForDrills(roots, target, clock) : Result<LocalAgent>(fail(readable.error()));
        QTEST(agent ? QString::fromStdString(agent->node) : QString(), "node");
        QFETCH(QString, error);
        const QString said = agent ? QString() : QString::fromStdString(agent.error().message());
        QVERIFY2(error.isEmpty() ? said.isEmpty() : said.contains(error), qPrintable(said));
    }

    void agents_areCounted()
    {
        using wire::LinkState;
        QCOMPARE(checkAgents({agent("a", LinkState::Connected)}, "a").state, CheckState::Ok);
        QCOMPARE(checkAgents({agent("a", LinkState::Connected), agent("b", LinkState::Silent)}, "a").state, CheckState::Warning);
        QCOMPARE(checkAgents({agent("a", LinkState::Gone)}, "a").state, CheckState::Failed);
        QCOMPARE(checkAgents({agent("b", LinkState::Connected)}, "a").state, CheckState::Failed);
    }

    void hooks_nameWhatIsMissing()
    {
        using wire::HookState;
        QCOMPARE(checkHooks({}, "a").state, CheckState::Skipped);
        QCOMPARE(checkHooks({{0, {hook(HookState::Active)}}}, "a").state, CheckState::Ok);
        QCOMPARE(checkHooks({{0, {hook(HookState::Active), hook(HookState::Disabled)}}}, "a").state, CheckState::Ok);
        QCOMPARE(checkHooks({{0, {hook(HookState::Active), hook(HookState::Unknown)}}}, "a").state, CheckState::Ok);
        const Check partial = checkHooks({{0, {hook(HookState::Active), hook(HookState::Unsupported)}}}, "a");
        QCOMPARE(partial.state, CheckState::Warning);
        QVERIFY(partial.message.find("tcp/inet_sock_set_state unsupported: this kernel lacks it") != std::string::npos);
        QCOMPARE(checkHooks({{0, {hook(HookState::Failed)}}}, "a").state, CheckState::Failed);
    }
};

QTEST_APPLESS_MAIN(TestChecks)
#include "tst_checks.moc"
