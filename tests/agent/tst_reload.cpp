// SPDX-License-Identifier: GPL-3.0-or-later
// Which configuration is in force, where it comes from, and what a change of it comes to.
#include <QtTest>

#include <fstream>
#include <sstream>

#include "agent/config/reload.h"

using namespace tapio;
using namespace tapio::agent;

namespace {

struct File {
    QTemporaryDir folder;
    std::string path = folder.filePath("agent.toml").toStdString();
    explicit File(const QByteArray &text) { write(text); }
    void write(const QByteArray &text) { std::ofstream(path) << text.toStdString(); }
};

Result<Command> parse(std::vector<const char *> arguments)
{
    arguments.insert(arguments.begin(), "tapio-agent");
    return parseCommand(int(arguments.size()), arguments.data());
}

Setting find(const Settings &settings, const std::string &name)
{
    const auto found = std::find_if(settings.begin(), settings.end(), [&](const Setting &s) { return s.name == name; });
    return found == settings.end() ? Setting() : *found;
}

ConfigInForce start(const Command &command)
{
    ConfigInForce inForce{command.config, command.settings, notLoaded(command.config)};
    inForce.config.node = "as-in-the-certificate";
    return inForce;
}

QString listed(const std::vector<std::string> &names)
{
    QStringList list;
    for (const std::string &name : names)
        list.append(QString::fromStdString(name));
    return list.join(", ");
}

std::string printed(const Settings &settings)
{
    std::ostringstream out;
    return printSettings(out, settings) ? out.str() : std::string();
}

} // namespace

class TestReload : public QObject {
    Q_OBJECT
private slots:
    void origin_data()
    {
        QTest::addColumn<QString>("setting");
        QTest::addColumn<QString>("value");
        QTest::addColumn<QString>("origin");
        QTest::newRow("a default") << "collect.max_cgroups"
                                   << "1024"
                                   << "default";
        QTest::newRow("of the file") << "log_level"
                                     << "\"debug\""
                                     << "FILE, line 2";
        QTest::newRow("of the file, in a table") << "collect.disabled"
                                                 << "[ \"psi\", \"tcp\" ]"
                                                 << "FILE, line 6";
        QTest::newRow("a value that is the default, but in the file") << "kernel.run_time_statistics"
                                                                      << "true"
                                                                      << "FILE, line 8";
        QTest::newRow("of the command line, over the file") << "server.address"
                                                            << "\"hub:1\""
                                                            << "--server";
        QTest::newRow("a default of the spool") << "spool.bytes"
                                                << "268435456"
                                                << "default";
        QTest::newRow("a word, of the file") << "spool.fsync"
                                             << "\"always\""
                                             << "FILE, line 10";
        QTest::newRow("of the spool, by the command line") << "spool.folder"
                                                           << "\"/s\""
                                                           << "--spool-folder";
        QTest::newRow("collectors that cost much") << "collect.enabled"
                                                   << "[]"
                                                   << "default";
        QTest::newRow("configuration files, of the file") << "file.prefixes"
                                                          << "[ \"/opt/\" ]"
                                                          << "FILE, line 12";
        QTest::newRow("a trigger of pressure") << "pressure.memory"
                                               << "\"some 300000 2000000\""
                                               << "default";
        QTest::newRow("a default of filters") << "filter.process.rate"
                                              << "1000"
                                              << "default";
        QTest::newRow("a list of filters, of the file") << "filter.tcp.ports"
                                                        << "[ \"443\", \"8000-8999\" ]"
                                                        << "FILE, line 14";
        QTest::newRow("how long questions wait") << "kernel.dns_wait_ms"
                                                 << "5000"
                                                 << "default";
        QTest::newRow("of the command line") << "server.ca"
                                             << "\"/ca with \\\"quotes\\\"\""
                                             << "--ca";
    }
    void origin()
    {
        QFETCH(QString, setting);
        const File file("\nlog_level = \"debug\"\n[server]\naddress = \"a:1\"\n[collect]\ndisabled = [\"tcp\", "
                        "\"psi\"]\n[kernel]\nrun_time_statistics = true\n[spool]\nfsync = \"always\"\n[file]\nprefixes = [\"/opt/\"]\n"
                        "[filter.tcp]\nports = [443, \"8000-8999\"]\n");
        const auto command = parse(
            {"--config", file.path.c_str(), "--server", "hub:1", "--ca", "/ca with \"quotes\"", "--spool-folder", "/s", "--print-config"});
        QVERIFY(command.has_value());
        QCOMPARE(command->kind, Command::Kind::PrintConfig);
        const Setting found = find(command->settings, setting.toStdString());
        QTEST(QString::fromStdString(found.value), "value");
        QTEST(QString::fromStdString(found.origin).replace(QString::fromStdString(file.path), "FILE"), "origin");
    }

    void printed_isAConfigurationOfTheSameHash()
    {
        const File file("node = \"a\\nb\\u0007c\"\n[server]\nca = \"/a'b\"\n[collect]\ndisabled = [\"psi\", \"kmsg\", "
                        "\"dns\"]\n[spool]\nmax_age = 90\nfsync = \"never\"\n[kernel]\ndns_wait_ms = 700\n[filter]\nremote = "
                        "true\n[filter.dns]\ndeny = [\"/a'b\", \"namespace:x\"]\nfloor_ms = 5\n");
        const auto command = parse({"--config", file.path.c_str(), "--log-level", "warn", "--spool-folder", "/s"});
        QVERIFY(command.has_value());
        const std::string text = printed(command->settings);
        const auto hash = hashOf(command->settings);
        QVERIFY(hash && hash->size() == 64);
        QVERIFY2(text.find("sha256 " + *hash + "\n") != std::string::npos, text.c_str());
        const File again(QByteArray::fromStdString(text));
        const auto read = parse({"--config", again.path.c_str()});
        QVERIFY2(read, read ? "" : read.error().message().c_str());
        QCOMPARE(hashOf(read->settings).value(), *hash);
        QCOMPARE(read->config.node, command->config.node);
        for (const Setting &setting : read->settings)
            QVERIFY2(setting.origin.find(", line ") != std::string::npos, setting.name.c_str());
    }

    void origin_cannotLeaveItsComment()
    {
        const std::string text = printed({{"node", "\"x\"", "evil\nlog_level = \"off\", line 1"}});
        QCOMPARE(QString::fromStdString(text).count('\n'), 2);
    }

    void hash_isOfValuesAndNotOfWhereTheyComeFrom()
    {
        const File file("log_level = \"debug\"\n");
        const auto byFile = parse({"--config", file.path.c_str()});
        const auto byOption = parse({"--log-level", "debug"});
        QCOMPARE(hashOf(byFile->settings).value(), hashOf(byOption->settings).value());
        QVERIFY(hashOf(byFile->settings).value() != hashOf(parse({})->settings).value());
        // FIPS 180-4's example: the hash is what others compute too.
        QCOMPARE(hashOf({}).value(), std::string("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"));
    }

    void takeOver_data()
    {
        QTest::addColumn<QByteArray>("before");
        QTest::addColumn<QByteArray>("after");
        QTest::addColumn<QString>("applied");
        QTest::addColumn<QString>("needRestart");
        const QByteArray none;
        QTest::newRow("nothing changed") << QByteArray("log_level = \"info\"\n") << none << ""
                                         << "";
        QTest::newRow("the log's level") << none << QByteArray("log_level = \"debug\"\n") << "log_level"
                                         << "";
        QTest::newRow("a line that went: its default") << QByteArray("log_level = \"debug\"\n") << none << "log_level"
                                                       << "";
        QTest::newRow("intervals and limits") << none
                                              << QByteArray(
                                                     "[collect]\nmax_cgroups = 5\nhost_interval_ms = 2000\ncgroup_interval_ms = 4000\n")
                                              << "collect.max_cgroups, collect.host_interval_ms, collect.cgroup_interval_ms"
                                              << "";
        QTest::newRow("where metrics are") << none << QByteArray("[observe]\naddress = \"\"\n") << "observe.address"
                                           << "";
        QTest::newRow("the budget") << none << QByteArray("[budget]\ncpu_percent = 2\nrss_bytes = 0\nbandwidth_bytes_per_second = 9\n")
                                    << "budget.cpu_percent, budget.rss_bytes, budget.bandwidth_bytes_per_second"
                                    << "";
        QTest::newRow("a collector off") << none << QByteArray("[collect]\ndisabled = [\"tcp\"]\n") << "collect.disabled"
                                         << "";
        QTest::newRow("a collector of files on") << QByteArray("[collect]\ndisabled = [\"psi\"]\n") << none << "collect.disabled"
                                                 << "";
        QTest::newRow("a reader of logs off") << none << QByteArray("[collect]\ndisabled = [\"kmsg\", \"login\", \"ports\"]\n")
                                              << "collect.disabled"
                                              << "";
        QTest::newRow("readers of logs on") << QByteArray("[collect]\ndisabled = [\"kmsg\", \"login\", \"ports\"]\n") << none
                                            << "collect.disabled"
                                            << "";
        QTest::newRow("security on that was not loaded") << QByteArray("[collect]\ndisabled = [\"security\"]\n") << none << ""
                                                         << "collect.disabled (security is not loaded)";
        QTest::newRow("a collector on that was not loaded") << QByteArray("[collect]\ndisabled = [\"tcp\"]\n") << none << ""
                                                            << "collect.disabled (tcp is not loaded)";
        QTest::newRow("one on, one not") << QByteArray("[collect]\ndisabled = [\"psi\", \"tcp\"]\n") << none << "collect.disabled"
                                         << "collect.disabled (tcp is not loaded)";
        QTest::newRow("an expensive collector on that was not loaded") << none << QByteArray("[collect]\nenabled = [\"file\"]\n") << ""
                                                                       << "collect.enabled (file is not loaded)";
        QTest::newRow("https on that was not loaded") << none << QByteArray("[collect]\nenabled = [\"https\"]\n") << ""
                                                      << "collect.enabled (https is not loaded)";
        QTest::newRow("an expensive collector off") << QByteArray("[collect]\nenabled = [\"file\"]\n") << none << "collect.enabled"
                                                    << "";
        QTest::newRow("what needs a restart, of files and pressure")
            << none
            << QByteArray("[file]\nprefixes = [\"/opt/\"]\nsuffixes = []\nfold_ms = 2000\n[pressure]\ncpu = \"\"\nmemory = \"\"\nio = "
                          "\"\"\nmax_cgroups = 0\n")
            << ""
            << "file.prefixes, file.suffixes, file.fold_ms, pressure.cpu, pressure.memory, pressure.io, pressure.max_cgroups";
        QTest::newRow("what needs a restart")
            << none
            << QByteArray("node = \"n\"\nruntime_folder = \"/r\"\npid_file = \"/p\"\n[server]\naddress = \"a:1\"\nname = \"b\"\nca = "
                          "\"/c\"\ncertificate = \"/d\"\nkey = \"/e\"\ncrl = \"/f\"\nqueue_bytes = 2097152\n")
            << ""
            << "node, runtime_folder, pid_file, server.address, server.name, server.ca, server.certificate, server.key, server.crl, "
               "server.queue_bytes";
        QTest::newRow("what needs a restart, of the kernel")
            << none
            << QByteArray("[kernel]\nbtf = \"/b\"\nrun_time_statistics = false\nevent_ring_bytes = 65536\ncritical_ring_bytes = "
                          "65536\ndns_wait_ms = 900\n")
            << ""
            << "kernel.btf, kernel.run_time_statistics, kernel.dns_wait_ms, kernel.event_ring_bytes, kernel.critical_ring_bytes";
        QTest::newRow("what needs a restart, of the spool")
            << none << QByteArray("[spool]\nfolder = \"/s\"\nbytes = 2097152\nmax_age = 100\nfsync = \"never\"\nreplay_rate = 65536\n")
            << ""
            << "spool.folder, spool.bytes, spool.max_age, spool.replay_rate, spool.fsync";
        QTest::newRow("filters")
            << none
            << QByteArray("[filter]\nremote = true\nfollow_subscriptions = false\n[filter.tcp]\nports = [80]\n[filter.http]\nrate = 0\n")
            << "filter.remote, filter.follow_subscriptions, filter.tcp.ports, filter.http.rate"
            << "";
        QTest::newRow("filters that go") << QByteArray("[filter.process]\ndeny = [\"/a\"]\n") << none << "filter.process.deny"
                                         << "";
        QTest::newRow("both kinds") << none << QByteArray("log_level = \"warn\"\n[server]\naddress = \"a:1\"\n") << "log_level"
                                    << "server.address";
    }
    void takeOver()
    {
        QFETCH(QByteArray, before);
        QFETCH(QByteArray, after);
        QFETCH(QString, needRestart);
        File file(before);
        const auto first = parse({"--config", file.path.c_str()});
        file.write(after);
        const auto second = parse({"--config", file.path.c_str()});
        QVERIFY(first && second);
        ConfigInForce inForce = start(*first);
        const std::string hashBefore = hashOf(inForce.settings).value();
        const Reload reload = agent::takeOver(inForce, *second);
        QTEST(listed(reload.applied), "applied");
        QCOMPARE(listed(reload.needRestart), needRestart);
        // The hash is of what is in force: that of the new file only when all of it is.
        const std::string hash = hashOf(inForce.settings).value();
        QCOMPARE(hash == hashBefore, reload.applied.empty());
        QCOMPARE(hash == hashOf(second->settings).value(), needRestart.isEmpty());
        // And the settings say what the agent does.
        AgentConfig told = inForce.config;
        told.node = first->config.node;
        for (const daemon::ConfigValue &value : valuesOf(told))
            QCOMPARE(find(inForce.settings, value.name).value, value.toml);
    }

    void takeOver_backAgainIsAsBefore()
    {
        File file("");
        const auto first = parse({"--config", file.path.c_str()});
        ConfigInForce inForce = start(*first);
        file.write("log_level = \"debug\"\n[collect]\ndisabled = [\"tcp\"]\n");
        agent::takeOver(inForce, *parse({"--config", file.path.c_str()}));
        QVERIFY(inForce.config.collect.disabled.contains("tcp"));
        file.write("");
        const Reload back = agent::takeOver(inForce, *parse({"--config", file.path.c_str()}));
        QVERIFY(back.needRestart.empty()); // it was loaded at the start, and is again
        QCOMPARE(hashOf(inForce.settings).value(), hashOf(first->settings).value());
    }
};

QTEST_GUILESS_MAIN(TestReload)
#include "tst_reload.moc"
