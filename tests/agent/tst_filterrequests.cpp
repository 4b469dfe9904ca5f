// SPDX-License-Identifier: GPL-3.0-or-later
// What a console may change, and what it is told.
#include <QtTest>

#include "agent/config/filterconfig.h"
#include "agent/config/filterrequests.h"

using namespace tapio;
using namespace tapio::agent;

namespace {

ConfigInForce inForce(bool remote)
{
    ConfigInForce made;
    made.config.node = "node-1";
    made.config.file = "/etc/tapio/agent.toml";
    made.config.collect.filter.remote = remote;
    for (daemon::ConfigValue &value : valuesOf(made.config))
        made.settings.push_back({std::move(value.name), std::move(value.toml), "default"});
    return made;
}

wire::FilterRequest request(const std::string &rules) { return {7, "node-1", "desk", rules}; }

const Setting &setting(const ConfigInForce &config, const std::string &name)
{
    return *std::find_if(config.settings.begin(), config.settings.end(), [&](const Setting &one) { return one.name == name; });
}

} // namespace

class TestFilterRequests : public QObject {
    Q_OBJECT
private slots:
    void nothingAskedFor_tellsWhatIsInForce()
    {
        ConfigInForce config = inForce(false);
        const auto verdict = decide(request(""), config);
        QVERIFY(verdict.has_value());
        QCOMPARE(verdict->reply.id, 7u);
        QCOMPARE(verdict->reply.node, std::string("node-1"));
        QCOMPARE(verdict->reply.code, std::string("ok"));
        QVERIFY(!verdict->reply.applied && verdict->changed.empty());
        QCOMPARE(verdict->reply.configSha256, hashOf(config.settings).value());
        QVERIFY(verdict->reply.rules.find("[filter.tcp]\nallow = []\n") != std::string::npos);
        QVERIFY(verdict->reply.rules.find("remote") == std::string::npos); // what is told can be sent back
        ConfigInForce willing = inForce(true);
        QVERIFY(decide(request(verdict->reply.rules), willing)->reply.applied);
        QCOMPARE(filterText(willing.config.collect.filter), verdict->reply.rules);
    }

    void notAllowed_changesNothingAndNamesTheSetting()
    {
        ConfigInForce config = inForce(false);
        const auto verdict = decide(request("[filter.http]\nfloor_ms = 10\n"), config);
        QCOMPARE(verdict->reply.code, std::string("not-allowed"));
        QVERIFY(!verdict->reply.applied);
        QVERIFY2(verdict->reply.reason.find("filter.remote is false in /etc/tapio/agent.toml") != std::string::npos,
                 verdict->reply.reason.c_str());
        QCOMPARE(config.config.collect.filter, FilterRules());
        QCOMPARE(verdict->reply.configSha256, hashOf(inForce(false).settings).value());
    }

    void allowed_changesWhatIsNamed()
    {
        ConfigInForce config = inForce(true);
        const std::string before = hashOf(config.settings).value();
        const auto verdict =
            decide(request("[filter.http]\nfloor_ms = 10\nports = [80, \"8000-8999\"]\n[filter.process]\nrate = 5\n"), config);
        QVERIFY2(verdict->reply.applied, verdict->reply.reason.c_str());
        QCOMPARE(verdict->changed, (std::vector<std::string>{"filter.process.rate", "filter.http.ports", "filter.http.floor_ms"}));
        QCOMPARE(config.config.collect.filter.of(Filtered::Process).rate, 5u);
        QCOMPARE(config.config.collect.filter.of(Filtered::Process).burst, 5000u); // not named: stays
        QCOMPARE(setting(config, "filter.process.rate").value, std::string("5"));
        QCOMPARE(setting(config, "filter.process.rate").origin, std::string("console desk"));
        QVERIFY(verdict->reply.configSha256 != before);
        QCOMPARE(verdict->reply.configSha256, hashOf(config.settings).value());
        // And the node's own file takes over again.
        const auto back = decide(request("[filter.http]\nfloor_ms = 0\nports = []\n[filter.process]\nrate = 1000\n"), config);
        QCOMPARE(back->reply.configSha256, before);
    }

    void malformed_changesNothing_data()
    {
        QTest::addColumn<QByteArray>("rules");
        QTest::addColumn<QString>("says");
        QTest::newRow("broken") << QByteArray("[filter") << "the rules, line 1";
        QTest::newRow("an unknown key") << QByteArray("[filter.http]\n\nflor_ms = 1\n")
                                        << "line 3: there is no setting \"filter.http.flor_ms\"";
        QTest::newRow("a floor of programs") << QByteArray("[filter.process]\nfloor_ms = 1\n")
                                             << "there is no setting \"filter.process.floor_ms\"";
        QTest::newRow("another section") << QByteArray("[server]\naddress = \"evil:1\"\n") << "line 1: there is no setting \"server\"";
        QTest::newRow("the permission itself") << QByteArray("[filter]\nremote = true\n")
                                               << "line 2: filter.remote is for the node's own configuration";
        QTest::newRow("a collector that has no rules") << QByteArray("[filter.oom]\nrate = 1\n") << "there is no setting \"filter.oom\"";
        QTest::newRow("half right") << QByteArray("[filter.tcp]\nrate = 5\n[filter.http]\nrate = -1\n")
                                    << "line 4: \"filter.http.rate\" must be a number from 0 to 1000000";
        QTest::newRow("a wrong port") << QByteArray("[filter.tcp]\nports = [80,\n 70000]\n") << "line 3: \"filter.tcp.ports\" must be";
        QTest::newRow("a wrong cgroup") << QByteArray("[filter.tcp]\nallow = [\"shop\"]\n") << "line 2: \"filter.tcp.allow\" must be";
        QTest::newRow("too many") << QByteArray("[filter.tcp]\nports = [1").append(QByteArray(", 1").repeated(300)).append("]\n")
                                  << "at most 256 items";
        QTest::newRow("no text") << QByteArray("\xff\xfe\x00[filter]", 11) << "line 1";
    }
    void malformed_changesNothing()
    {
        QFETCH(QByteArray, rules);
        QFETCH(QString, says);
        ConfigInForce config = inForce(true);
        const auto verdict = decide(request(rules.toStdString()), config);
        QCOMPARE(verdict->reply.code, std::string("malformed"));
        QVERIFY(!verdict->reply.applied);
        QVERIFY2(QString::fromStdString(verdict->reply.reason).contains(says), verdict->reply.reason.c_str());
        QCOMPARE(hashOf(config.settings).value(), hashOf(inForce(true).settings).value());
        FilterRules untouched;
        untouched.remote = true;
        QCOMPARE(config.config.collect.filter, untouched);
    }
};

QTEST_GUILESS_MAIN(TestFilterRequests)
#include "tst_filterrequests.moc"
