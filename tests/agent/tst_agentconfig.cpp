// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include <fstream>

#include "agent/config/agentconfig.h"
#include "agent/config/instancelock.h"
#include "agent/config/oncecheck.h"
#include "agent/daemon/exitcode.h"

using namespace tapio;
using namespace tapio::agent;

namespace {

/// A configuration file in a folder that goes with it.
struct File {
    QTemporaryDir folder;
    std::string path = folder.filePath("agent.toml").toStdString();
    explicit File(const QByteArray &text) { std::ofstream(path) << text.toStdString(); }
};

Result<Command> parse(std::vector<const char *> arguments)
{
    arguments.insert(arguments.begin(), "tapio-agent");
    return parseCommand(int(arguments.size()), arguments.data());
}

wire::Hook hook(wire::HookState state)
{
    wire::Hook hook;
    hook.collector = "process";
    hook.name = "sched_process_exec";
    hook.state = state;
    hook.reason = "a \"reason\"";
    return hook;
}

} // namespace

class TestAgentConfig : public QObject {
    Q_OBJECT
private slots:
    void file_setsEverythingItNames()
    {
        const File file(
            "node = \"n1\"\nlog_level = \"debug\"\nruntime_folder = \"/run/x\"\n"
            "[server]\naddress = \"hub.example:7443\"\nname = \"hub\"\nca = \"/a\"\ncertificate = \"/b\"\nkey = \"/c\"\ncrl = \"/d\"\n"
            "queue_bytes = 16777216\n"
            "[spool]\nfolder = \"/s\"\nbytes = 2097152\nmax_age = 3600\nfsync = \"always\"\nreplay_rate = 131072\n"
            "[collect]\ndisabled = [\"psi\", \"tcp\"]\nenabled = [\"file\"]\nproc = \"/host/proc\"\ncgroup = \"/host/cgroup\"\npod_logs = "
            "\"/p\"\n"
            "container_logs = \"/q\"\nlogs = \"/l\"\njournal = \"/j\"\nkubelet = \"/k\"\ncertificates = false\nmax_cgroups = "
            "10\nhost_interval_ms = 2000\ncgroup_interval_ms = "
            "5000\n"
            "[kernel]\nbtf = \"/btf\"\nrun_time_statistics = false\nevent_ring_bytes = 1048576\ncritical_ring_bytes = 131072\n"
            "[file]\nprefixes = [\"/opt/\"]\nsuffixes = [\".json\"]\nfold_ms = 2000\n"
            "[pressure]\ncpu = \"\"\nmemory = \"full 1 500000\"\nio = \"some 10 1000000\"\nmax_cgroups = 3\n"
            "[observe]\naddress = \"127.0.0.1:0\"\n"
            "[correlation]\nenabled = false\nrules = \"/etc/tapio/rules\"\ndetail = \"all\"\n"
            "[budget]\ncpu_percent = 2.5\nrss_bytes = 1000\nbandwidth_bytes_per_second = 20\n"
            "[kubernetes]\nsource = \"kubelet\"\naddress = \"worker-1:10250\"\ntoken_file = \"/t\"\nca = \"/k\"\ncertificate = \"/l\"\nkey "
            "= \"/m\"\nnode = \"w\"\n"
            "[drill]\nallowed = true\n"
            "[filter]\nremote = true\nfollow_subscriptions = false\n"
            "[filter.process]\nallow = [\"namespace:shop\"]\nrate = 7\nburst = 8\n"
            "[filter.tcp]\ndeny = [\"/system.slice\", \"pod:shop/cart-*\"]\nports = [443, \"8000-8999\"]\nexclude_ports = [8443]\nfloor_ms "
            "= 20\ndetail = 9\n");
        AgentConfig config;
        const Status status = readConfig(file.path, config);
        QVERIFY2(status, status ? "" : status.error().context().c_str());
        QCOMPARE(config.node, std::string("n1"));
        QCOMPARE(config.server, std::string("hub.example:7443"));
        QCOMPARE(config.serverName, std::string("hub"));
        QCOMPARE(config.tls.certificate.native(), std::string("/b"));
        QCOMPARE(config.queueBytes, std::size_t(16777216));
        QCOMPARE(config.spool.folder.native(), std::string("/s"));
        QCOMPARE(config.spool.bytes, 2097152u);
        QCOMPARE(config.spool.maxAge, std::chrono::milliseconds(3'600'000));
        QCOMPARE(config.spool.fsync, SpoolFsync::Always);
        QCOMPARE(config.spool.replayRate, 131072u);
        QCOMPARE(config.collect.disabled.size(), std::size_t(2));
        QCOMPARE(config.collect.logs.native(), std::string("/l"));
        QCOMPARE(config.collect.journal.native(), std::string("/j"));
        QCOMPARE(config.collect.kubernetes.kubelet.native(), std::string("/k"));
        QVERIFY(!config.collect.kubernetes.certificates);
        QCOMPARE(config.enabled, (std::set<std::string>{"file"}));
        QVERIFY(config.kernel.configurationFiles == (FilePatterns{{"/opt/"}, {".json"}}));
        QCOMPARE(config.kernel.fileFold.count(), 2000);
        QCOMPARE(config.collect.pressure.cpu, std::string());
        QCOMPARE(config.collect.pressure.memory, std::string("full 1 500000"));
        QCOMPARE(config.collect.pressure.io, std::string("some 10 1000000"));
        QCOMPARE(config.collect.pressure.mostCgroups, std::size_t(3));
        QCOMPARE(config.collect.resolver.procRoot.native(), std::string("/host/proc"));
        QCOMPARE(config.collect.maxCgroups, std::size_t(10));
        QCOMPARE(config.collect.cgroupInterval.count(), 5000);
        QCOMPARE(config.kernel.btfPath, std::string("/btf"));
        QCOMPARE(config.kernel.eventRingBytes, 1048576u);
        QVERIFY(!config.kernel.runTimeStatistics);
        QCOMPARE(config.collect.budget, (BudgetLimits{2.5, 1000, 20}));
        QCOMPARE(config.observeAddress, std::string("127.0.0.1:0"));
        QVERIFY(!config.correlation.isOn);
        QVERIFY(!config.correlation.isDetailHeld && AgentConfig().correlation.isDetailHeld);
        QCOMPARE(config.correlation.rules.native(), std::string("/etc/tapio/rules"));
        QCOMPARE(config.kubernetes.source, KubeSourceKind::Kubelet);
        QCOMPARE(config.kubernetes.address, std::string("worker-1:10250"));
        QCOMPARE(config.kubernetes.tokenFile.native(), std::string("/t"));
        QCOMPARE(config.kubernetes.ca.native(), std::string("/k"));
        QCOMPARE(config.kubernetes.certificate.native(), std::string("/l"));
        QCOMPARE(config.kubernetes.key.native(), std::string("/m"));
        QCOMPARE(config.kubernetes.node, std::string("w"));
        QVERIFY(config.drillAllowed);
        const FilterRules &filter = config.collect.filter;
        QVERIFY(filter.remote && !filter.followSubscriptions);
        QCOMPARE(filter.of(Filtered::Process).allow.at(0).text(), std::string("namespace:shop"));
        QCOMPARE(filter.of(Filtered::Process).rate, 7u);
        QCOMPARE(filter.of(Filtered::Process).burst, 8u);
        QCOMPARE(filter.of(Filtered::Tcp).deny.size(), std::size_t(2));
        QCOMPARE(filter.of(Filtered::Tcp).detail, 9u);
        QCOMPARE(filter.of(Filtered::Http).detail, 100u);
        QVERIFY(filter.of(Filtered::Tcp).ports.at(1) == (PortRange{8000, 8999}));
        QVERIFY(filter.of(Filtered::Tcp).excludePorts.at(0) == (PortRange{8443, 8443}));
        QCOMPARE(filter.of(Filtered::Tcp).floor.count(), 20);
        QCOMPARE(filter.of(Filtered::Http), FilterRules().of(Filtered::Http));
        QCOMPARE(config.file.native(), file.path);
    }

    void file_thatIsWrongIsRefusedByLine_data()
    {
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<QString>("named");
        QTest::newRow("an unknown key") << QByteArray("\nnoed = \"x\"\n") << "line 2: there is no setting \"noed\"";
        QTest::newRow("an unknown key in a table")
            << QByteArray("[server]\naddres = \"x:1\"\n") << "line 2: there is no setting \"server.addres\"";
        QTest::newRow("an unknown table") << QByteArray("[sever]\n") << "line 1: there is no setting \"sever\"";
        QTest::newRow("a number for a text") << QByteArray("node = 1\n") << "line 1: \"node\" must be a text";
        QTest::newRow("a text for a number") << QByteArray("[collect]\nmax_cgroups = \"10\"\n")
                                             << "line 2: \"collect.max_cgroups\" must be a number";
        QTest::newRow("a number out of range") << QByteArray("[collect]\nmax_cgroups = 0\n") << "from 1 to 65536";
        QTest::newRow("a text for a list") << QByteArray("[collect]\ndisabled = \"psi\"\n") << "a list of texts";
        QTest::newRow("a list with a number") << QByteArray("[collect]\ndisabled = [1]\n") << "a list of texts";
        QTest::newRow("a share below nothing") << QByteArray("[budget]\ncpu_percent = -1\n")
                                               << "line 2: \"budget.cpu_percent\" must be a number from 0 to 100000";
        QTest::newRow("a share that is no number")
            << QByteArray("[budget]\ncpu_percent = nan\n") << "\"budget.cpu_percent\" must be a number";
        QTest::newRow("a share without end") << QByteArray("[budget]\ncpu_percent = inf\n") << "\"budget.cpu_percent\" must be a number";
        QTest::newRow("a share that is a text")
            << QByteArray("[budget]\ncpu_percent = \"1 %\"\n") << "\"budget.cpu_percent\" must be a number";
        QTest::newRow("a fraction of a byte") << QByteArray("[budget]\nrss_bytes = 1.5\n") << "\"budget.rss_bytes\" must be a number";
        QTest::newRow("a text for a table") << QByteArray("server = \"x\"\n") << "\"server\" must be a table";
        QTest::newRow("a ring that is no power of two")
            << QByteArray("[kernel]\nevent_ring_bytes = 1000000\n") << "line 2: the size of a ring must be a power of two";
        QTest::newRow("an unknown key of the spool") << QByteArray("[spool]\nsize = 1\n") << "line 2: there is no setting \"spool.size\"";
        QTest::newRow("an unknown word") << QByteArray("[spool]\nfsync = \"sometimes\"\n")
                                         << "line 2: \"spool.fsync\" must be one of \"always\", \"interval\", \"never\"";
        QTest::newRow("a number for a word") << QByteArray("[spool]\nfsync = 1\n") << "line 2: \"spool.fsync\" must be one of";
        QTest::newRow("a spool that holds nothing")
            << QByteArray("[spool]\nbytes = 1000\n") << "line 2: \"spool.bytes\" must be a number from 1048576";
        QTest::newRow("an age of no time") << QByteArray("[spool]\nmax_age = 0\n") << "line 2: \"spool.max_age\" must be a number from 60";
        QTest::newRow("a replay that never ends")
            << QByteArray("[spool]\nreplay_rate = 1\n") << "line 2: \"spool.replay_rate\" must be a number from 65536";
        QTest::newRow("a word for yes or no") << QByteArray("[drill]\nallowed = \"yes\"\n") << "line 2: \"drill.allowed\" must be";
        QTest::newRow("an unknown key of drills") << QByteArray("[drill]\nallow = true\n") << "line 2: there is no setting \"drill.allow\"";
        QTest::newRow("a text for a list of texts")
            << QByteArray("[file]\nprefixes = \"/etc\"\n") << "line 2: \"file.prefixes\" must be a list of texts";
        QTest::newRow("a prefix of nothing") << QByteArray("[file]\nprefixes = [\"\"]\n")
                                             << "among the prefixes of configuration files must have 1 to 32 bytes";
        QTest::newRow("a suffix too long") << QByteArray("[file]\nsuffixes = [\".configuration-file\"]\n")
                                           << "among the suffixes of configuration files must have 1 to 16 bytes";
        QTest::newRow("too many prefixes") << QByteArray("[file]\nprefixes = [\"1\",\"2\",\"3\",\"4\",\"5\",\"6\",\"7\",\"8\",\"9\"]\n")
                                           << "at most 8 prefixes";
        QTest::newRow("failures folded for no time")
            << QByteArray("[file]\nfold_ms = 0\n") << "line 2: \"file.fold_ms\" must be a number from 1000";
        QTest::newRow("an unknown key of files") << QByteArray("[file]\nprefix = 1\n") << "line 2: there is no setting \"file.prefix\"";
        QTest::newRow("a trigger without a window")
            << QByteArray("[pressure]\nio = \"some 1\"\n") << "line 2: pressure.io: \"some 1\" is no trigger of pressure";
        QTest::newRow("a window too short") << QByteArray("[pressure]\ncpu = \"some 1 1000\"\n") << "the window must be from 500000";
        QTest::newRow("an unknown key of pressure")
            << QByteArray("[pressure]\nirq = \"\"\n") << "line 2: there is no setting \"pressure.irq\"";
        QTest::newRow("an unknown key of Kubernetes")
            << QByteArray("[kubernetes]\ntoken = \"x\"\n") << "line 2: there is no setting \"kubernetes.token\"";
        QTest::newRow("an unknown source of pods")
            << QByteArray("[kubernetes]\nsource = \"etcd\"\n")
            << "line 2: \"kubernetes.source\" must be one of \"apiserver\", \"auto\", \"kubelet\", \"off\"";
        QTest::newRow("a certificate without its key")
            << QByteArray("[kubernetes]\ncertificate = \"/x\"\n") << "line 2: kubernetes.certificate and kubernetes.key go together";
        QTest::newRow("an unknown key of filters")
            << QByteArray("[filter]\nremotely = true\n") << "line 2: there is no setting \"filter.remotely\"";
        QTest::newRow("an unknown collector of filters")
            << QByteArray("[filter.oom]\nrate = 1\n") << "line 1: there is no setting \"filter.oom\"";
        QTest::newRow("an unknown key of a filter")
            << QByteArray("[filter.dns]\n\nflor_ms = 1\n") << "line 3: there is no setting \"filter.dns.flor_ms\"";
        QTest::newRow("programs have no ports")
            << QByteArray("[filter.process]\nports = [1]\n") << "there is no setting \"filter.process.ports\"";
        QTest::newRow("a port that is none") << QByteArray("[filter.tcp]\nports = [80,\n0]\n")
                                             << "line 3: \"filter.tcp.ports\" must be a list of at most 256 items, each a port";
        QTest::newRow("a port that is a fraction")
            << QByteArray("[filter.tcp]\nports = [80.5]\n") << "line 2: \"filter.tcp.ports\" must be";
        QTest::newRow("a range that ends before it begins")
            << QByteArray("[filter.http]\nexclude_ports = [\"90-80\"]\n") << "\"filter.http.exclude_ports\" must be";
        QTest::newRow("a cgroup that is none") << QByteArray("[filter.http]\nallow = [\"shop\"]\n")
                                               << "line 2: \"filter.http.allow\" must be";
        QTest::newRow("a rate below nothing") << QByteArray("[filter.http]\nrate = -1\n")
                                              << "line 2: \"filter.http.rate\" must be a number from 0";
        QTest::newRow("a burst of nothing") << QByteArray("[filter.http]\nburst = 0\n")
                                            << "line 2: \"filter.http.burst\" must be a number from 1";
        QTest::newRow("detail of what has no sums")
            << QByteArray("[filter.dns]\ndetail = 5\n") << "line 2: there is no setting \"filter.dns.detail\"";
        QTest::newRow("a floor without end") << QByteArray("[filter.http]\nfloor_ms = 9999999\n")
                                             << "line 2: \"filter.http.floor_ms\" must be a number from 0 to 3600000";
        QTest::newRow("broken TOML") << QByteArray("node = \n") << "line 1";
        QTest::newRow("a table without a name") << QByteArray("node = \"n\"\n [[[[\n") << "line 2: a table without a name";
        QTest::newRow("a table with an odd name") << QByteArray("\xef\xbb\xbf[!]\n") << "line 1: a table without a name";
        QTest::newRow("an open table") << QByteArray("[server\nx = 1\n") << "line 1";
        QTest::newRow("bytes that are no text") << QByteArray("\xff\xfe\x00\x01", 4) << "line 1";
    }
    void file_thatIsWrongIsRefusedByLine()
    {
        QFETCH(QByteArray, text);
        QFETCH(QString, named);
        const File file(text);
        AgentConfig config;
        const Status status = readConfig(file.path, config);
        QVERIFY(!status);
        QCOMPARE(status.error().code(), Errc::Malformed);
        QVERIFY2(QString::fromStdString(status.error().context()).contains(named), status.error().context().c_str());
        QCOMPARE(daemon::exitCodeFor(status.error()), 78);
    }

    void spool_isOnByDefaultAndOffWithoutAFolder()
    {
        AgentConfig config;
        QCOMPARE(config.spool.folder.native(), std::string("/var/lib/tapio/spool"));
        QCOMPARE(config.spool.bytes, std::uint64_t(256u << 20));
        QCOMPARE(config.spool.maxAge, std::chrono::milliseconds(std::chrono::hours(24)));
        QCOMPARE(config.spool.fsync, SpoolFsync::Interval);
        QCOMPARE(config.spool.replayRate, std::uint64_t(4u << 20));
        const File file("[spool]\nfolder = \"\"\n");
        QVERIFY(readConfig(file.path, config));
        QVERIFY(config.spool.folder.empty());
    }

    void file_thatIsNotThereIsNamed()
    {
        AgentConfig config;
        const Status status = readConfig("/nonexistent/agent.toml", config);
        QVERIFY(!status);
        QCOMPARE(status.error().code(), Errc::NotFound);
        QVERIFY(status.error().context().find("/nonexistent/agent.toml") != std::string::npos);
    }

    void file_thatIsTooLongIsRefused()
    {
        const File file(QByteArray(1 << 20, '#'));
        AgentConfig config;
        QVERIFY(!readConfig(file.path, config));
    }

    void commandLine_overridesTheFile()
    {
        const File file("log_level = \"debug\"\n[server]\naddress = \"a:1\"\nca = \"/ca\"\n");
        const auto command = parse({"--config", file.path.c_str(), "--server", "[::1]:2", "--node", "n2", "--cert", "/x"});
        QVERIFY(command.has_value());
        QCOMPARE(command->kind, Command::Kind::Run);
        QCOMPARE(command->config.server, std::string("[::1]:2"));
        QCOMPARE(command->config.node, std::string("n2"));
        QCOMPARE(command->config.tls.ca.native(), std::string("/ca"));
        QCOMPARE(command->config.tls.certificate.native(), std::string("/x"));
        QCOMPARE(command->config.logLevel, std::string("debug"));
    }

    void commandLine_thatIsWrongIsAUsageError_data()
    {
        QTest::addColumn<QStringList>("arguments");
        QTest::newRow("an unknown option") << QStringList{"--nonsense"};
        QTest::newRow("an option without its value") << QStringList{"--server"};
        QTest::newRow("a word too many") << QStringList{"start"};
        QTest::newRow("an unknown output") << QStringList{"--once-check", "-o", "xml"};
    }
    void commandLine_thatIsWrongIsAUsageError()
    {
        QFETCH(QStringList, arguments);
        std::vector<std::string> owned;
        for (const QString &argument : arguments)
            owned.push_back(argument.toStdString());
        std::vector<const char *> plain;
        for (const std::string &argument : owned)
            plain.push_back(argument.c_str());
        const auto command = parse(plain);
        QVERIFY(command.has_value());
        QCOMPARE(command->kind, Command::Kind::Leave);
        QCOMPARE(command->exitCode, 64);
    }

    void commandLine_helpLeavesWithSuccess()
    {
        const auto command = parse({"--help"});
        QCOMPARE(command->kind, Command::Kind::Leave);
        QCOMPARE(command->exitCode, 0);
    }

    void commandLine_checkCanSpeakJson()
    {
        const auto command = parse({"--once-check", "-o", "json"});
        QCOMPARE(command->kind, Command::Kind::OnceCheck);
        QVERIFY(command->json);
    }

    void values_thatCannotBeAreRefused()
    {
        QVERIFY(!parse({"--server", "nowhere:"}));
        const auto folder = parse({"--config", "/"});
        QVERIFY(!folder);
        QCOMPARE(daemon::exitCodeFor(folder.error()), 78);
    }

    /// What only the whole tells of a value has its place all the same.
    void values_thatDoNotFitTheProgram_areNamedWithTheirLine_data()
    {
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<QString>("line");
        QTest::addColumn<QString>("about");
        QTest::newRow("a level") << QByteArray("\nlog_level = \"LOUD\"\n") << "line 2: "
                                 << "\"LOUD\"";
        QTest::newRow("a collector off") << QByteArray("[collect]\n\ndisabled = [\"tpc\"]\n") << "line 3: "
                                         << "\"tpc\"";
        QTest::newRow("a collector on") << QByteArray("[collect]\nenabled = [\"files\"]\n") << "line 2: "
                                        << "\"files\"";
        QTest::newRow("an address") << QByteArray("[observe]\naddress = \"node-1:9117\"\n") << "line 2: "
                                    << "node-1";
    }
    void values_thatDoNotFitTheProgram_areNamedWithTheirLine()
    {
        QFETCH(QByteArray, text);
        QFETCH(QString, line);
        QFETCH(QString, about);
        const File file(text);
        const auto command = parse({"--config", file.path.c_str()});
        QVERIFY(!command);
        const QString said = QString::fromStdString(command.error().context());
        QVERIFY2(said.startsWith(QString::fromStdString(file.path) + ", " + line) && said.contains(about), qPrintable(said));
    }

    void collectors_haveOneWayToBeSwitched_data()
    {
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<QString>("refused"); ///< empty = it is taken
        QTest::addColumn<bool>("fileIsOn");
        QTest::newRow("nothing said") << QByteArray() << QString() << false;
        QTest::newRow("an expensive one on") << QByteArray("[collect]\nenabled = [\"file\"]\n") << QString() << true;
        QTest::newRow("another expensive one on") << QByteArray("[collect]\nenabled = [\"https\"]\n") << QString() << false;
        QTest::newRow("one off besides") << QByteArray("[collect]\nenabled = [\"file\"]\ndisabled = [\"psi\"]\n") << QString() << true;
        QTest::newRow("another one off") << QByteArray("[collect]\ndisabled = [\"psi\"]\n") << QString() << false;
        QTest::newRow("an expensive one off") << QByteArray("[collect]\ndisabled = [\"file\"]\n")
                                              << "\"file\" is off unless collect.enabled names it" << false;
        QTest::newRow("a usual one on") << QByteArray("[collect]\nenabled = [\"tcp\"]\n")
                                        << "\"tcp\" is on unless collect.disabled names it" << false;
        QTest::newRow("one that there is not") << QByteArray("[collect]\nenabled = [\"files\"]\n")
                                               << "there is no collector \"files\" to switch on" << false;
    }
    void collectors_haveOneWayToBeSwitched()
    {
        QFETCH(QByteArray, text);
        QFETCH(QString, refused);
        const File file(text);
        const auto command = parse({"--config", file.path.c_str()});
        QCOMPARE(command.has_value(), refused.isEmpty());
        if (!command) {
            QVERIFY2(QString::fromStdString(command.error().context()).contains(refused), command.error().context().c_str());
            return;
        }
        QTEST(!command->config.kernel.disabledCollectors.contains("file"), "fileIsOn");
        QCOMPARE(command->config.kernel.disabledCollectors.contains("psi"), text.contains("psi"));
        QCOMPARE(command->config.kernel.disabledCollectors.contains("https"), !text.contains("https"));
    }

    void address_data()
    {
        QTest::addColumn<QString>("text");
        QTest::addColumn<QString>("parts");
        QTest::newRow("a name") << "hub.example:7443"
                                << "hub.example 7443";
        QTest::newRow("IPv4") << "10.0.0.1:1"
                              << "10.0.0.1 1";
        QTest::newRow("IPv6") << "[fd00::1]:65535"
                              << "fd00::1 65535";
        QTest::newRow("IPv6 without brackets") << "fd00::1:7443" << QString();
        QTest::newRow("no port is the standard one") << "hub"
                                                     << "hub 7117";
        QTest::newRow("no host") << ":1" << QString();
        QTest::newRow("port 0") << "hub:0" << QString();
        QTest::newRow("a port too large") << "hub:65536" << QString();
        QTest::newRow("a port that is a name") << "hub:https" << QString();
        QTest::newRow("nothing") << QString() << QString();
    }
    void address()
    {
        QFETCH(QString, text);
        const auto address = parseHostPort(text.toStdString());
        QTEST(address ? QString::fromStdString(address->host) + " " + QString::number(address->port) : QString(), "parts");
    }

    void lock_isHeldOncePerNode()
    {
        QTemporaryDir folder;
        const std::string path = folder.filePath("run").toStdString();
        {
            const auto first = InstanceLock::acquire(path, "n1");
            QVERIFY(first.has_value());
            const auto second = InstanceLock::acquire(path, "n1");
            QVERIFY(!second);
            QCOMPARE(second.error().code(), Errc::AlreadyExists);
            QCOMPARE(daemon::exitCodeFor(second.error()), 69);
            const QString sentence = QString::fromStdString(second.error().context());
            QVERIFY2(sentence.contains("'n1'") && sentence.contains(QString::number(QCoreApplication::applicationPid())),
                     qPrintable(sentence));
            QVERIFY(InstanceLock::acquire(path, "n2").has_value());
        }
        QVERIFY(InstanceLock::acquire(path, "n1").has_value());
    }

    void lock_isNotTakenThroughALink()
    {
        QTemporaryDir folder;
        QVERIFY(QFile::link(folder.filePath("victim"), folder.filePath("agent-n1.lock")));
        QVERIFY(!InstanceLock::acquire(folder.path().toStdString(), "n1"));
        QVERIFY(!QFile::exists(folder.filePath("victim")));
    }

    void lock_inAFolderThatIsAFileFails()
    {
        QTemporaryDir folder;
        QFile file(folder.filePath("file"));
        QVERIFY(file.open(QIODevice::WriteOnly));
        QVERIFY(!InstanceLock::acquire((folder.path() + "/file/run").toStdString(), "n1"));
    }

    void pidFile_livesAsLongAsTheProcess()
    {
        QTemporaryDir folder;
        const QString path = folder.filePath("agent.pid");
        {
            const auto file = PidFile::write(path.toStdString());
            QVERIFY(file.has_value());
            QFile written(path);
            QVERIFY(written.open(QIODevice::ReadOnly));
            QCOMPARE(written.readAll().trimmed().toLongLong(), QCoreApplication::applicationPid());
        }
        QVERIFY(!QFile::exists(path));
        QVERIFY(!PidFile::write("/nonexistent/agent.pid"));
        QVERIFY(PidFile::write({}).has_value());
    }

    void check_isHealthyUnlessSomethingIsDeniedOrFailed_data()
    {
        QTest::addColumn<int>("state");
        QTest::addColumn<bool>("healthy");
        QTest::newRow("active") << int(wire::HookState::Active) << true;
        QTest::newRow("unsupported") << int(wire::HookState::Unsupported) << true;
        QTest::newRow("disabled") << int(wire::HookState::Disabled) << true;
        QTest::newRow("denied") << int(wire::HookState::Denied) << false;
        QTest::newRow("failed") << int(wire::HookState::Failed) << false;
    }
    void check_isHealthyUnlessSomethingIsDeniedOrFailed()
    {
        QFETCH(int, state);
        QFETCH(bool, healthy);
        CheckReport report;
        report.hooks = {hook(static_cast<wire::HookState>(state))};
        QCOMPARE(report.healthy(), healthy);
        std::ostringstream json;
        printJson(json, report);
        const QJsonObject object = QJsonDocument::fromJson(QByteArray::fromStdString(json.str())).object();
        QCOMPARE(object["healthy"].toBool(), healthy);
        QVERIFY(object["error"].isNull());
        QCOMPARE(object["hooks"].toArray().at(0).toObject()["reason"].toString(), QString("a \"reason\""));
        std::ostringstream table;
        printTable(table, report);
        QVERIFY(table.str().find("sched_process_exec") != std::string::npos);
    }

    void check_tellsWhatStoodInTheWay()
    {
        CheckReport report;
        report.error = Error(Errc::Unsupported, "no BTF");
        QVERIFY(!report.healthy());
        std::ostringstream json;
        printJson(json, report);
        QVERIFY(QJsonDocument::fromJson(QByteArray::fromStdString(json.str())).object()["error"].toString().contains("no BTF"));
    }
};

QTEST_GUILESS_MAIN(TestAgentConfig)
#include "tst_agentconfig.moc"
