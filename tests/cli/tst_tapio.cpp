// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>

#include "console/cli/output.h"
#include "tests/cli/programrun.h"

using namespace tapio::console;

/// The program as a user meets it: its own process, an own home.
class TestTapio : public QObject {
    Q_OBJECT
    QTemporaryDir m_home;

    Outcome run(const QStringList &arguments, const QByteArray &program = TAPIO_PROGRAM) const
    {
        return runAtHome(m_home.path(), program, arguments);
    }

private slots:
    void help_isThereForEveryCommand_data()
    {
        QTest::addColumn<QStringList>("arguments");
        QTest::newRow("the program") << QStringList{"--help"};
        for (const char *command : {"status", "check", "watch", "events", "insights", "agents", "filter", "drill", "record", "replay",
                                    "score", "dashboard", "pki", "completion"})
            QTest::newRow(command) << QStringList{command, "--help"};
        for (const char *command : {"list", "show", "proofs", "rules"})
            QTest::newRow(qPrintable(QString("insights %1").arg(command))) << QStringList{"insights", command, "--help"};
        for (const char *command : {"list", "run", "stop"})
            QTest::newRow(qPrintable(QString("drill %1").arg(command))) << QStringList{"drill", command, "--help"};
        for (const char *command : {"init", "issue", "list", "renew", "revoke"})
            QTest::newRow(qPrintable(QString("pki %1").arg(command))) << QStringList{"pki", command, "--help"};
    }
    void help_isThereForEveryCommand()
    {
        QFETCH(QStringList, arguments);
        const Outcome outcome = run(arguments);
        QCOMPARE(outcome.code, int(ExitOk));
        QVERIFY(outcome.out.contains("Usage:") && outcome.out.contains("--server"));
        QVERIFY(outcome.err.isEmpty());
    }

    void wrongInput_data()
    {
        QTest::addColumn<QStringList>("arguments");
        QTest::addColumn<int>("code");
        QTest::addColumn<QString>("named");
        QTest::newRow("a drill that is none") << QStringList{"drill", "run", "dance"} << int(ExitUsage) << "there is no drill 'dance'";
        QTest::newRow("a drill without a name") << QStringList{"drill", "run"} << int(ExitUsage) << "name";
        QTest::newRow("a drill that takes too long")
            << QStringList{"drill", "run", "oom-kill", "--seconds", "61"} << int(ExitUsage) << "oom-kill takes 1 to 60 seconds";
        QTest::newRow("longer than any drill takes")
            << QStringList{"drill", "run", "memory-leak", "--seconds", "901"} << int(ExitUsage) << "901 not in range 1 to 900";
        QTest::newRow("a drill where none is allowed") << QStringList{"drill", "--agent-config", "/dev/null", "run", "oom-kill"}
                                                       << int(ExitPermission) << "drill.allowed is false in /dev/null";
        for (const QStringList &command : {QStringList{"run", "oom-kill"}, QStringList{"list"}}) {
            QTest::newRow(qPrintable("drill " + command[0] + ", a configuration that is not there"))
                << QStringList{"drill", "--agent-config", "/nope/agent.toml"} + command << int(ExitConfiguration)
                << "the agent's configuration /nope/agent.toml: No such file";
        }
        QTest::newRow("no command") << QStringList{} << int(ExitUsage) << "subcommand";
        QTest::newRow("unknown command") << QStringList{"dance"} << int(ExitUsage) << "dance";
        QTest::newRow("unknown output format") << QStringList{"-o", "xml", "check"} << int(ExitUsage)
                                               << "there is no output format 'xml', only table and json";
        QTest::newRow("unknown event type") << QStringList{"events", "--type", "nope"} << int(ExitUsage) << "nope";
        QTest::newRow("time that is none") << QStringList{"events", "--since", "yesterday"} << int(ExitUsage) << "yesterday";
        QTest::newRow("since after until") << QStringList{"events", "--since", "1m", "--until", "2m"} << int(ExitUsage) << "--since";
        QTest::newRow("since in the future") << QStringList{"events", "--since", "2200-01-01"} << int(ExitUsage)
                                             << "--since must be before now";
        QTest::newRow("a process that is none") << QStringList{"events", "--pid", "-1"} << int(ExitUsage) << "not in range";
        QTest::newRow("no store") << QStringList{"events"} << int(ExitUnavailable) << "store";
        QTest::newRow("no store of insights") << QStringList{"insights", "list"} << int(ExitUnavailable) << "store";
        QTest::newRow("insights of no time") << QStringList{"insights", "list", "--since", "yesterday"} << int(ExitUsage) << "yesterday";
        QTest::newRow("an insight without its id") << QStringList{"insights", "show"} << int(ExitUsage) << "ID";
        QTest::newRow("no authority") << QStringList{"pki", "list"} << int(ExitUnavailable) << "pki";
        QTest::newRow("a folder that nobody can make")
            << QStringList{"pki", "init", "--pki", "/proc/tapio-x"} << int(ExitCannotCreate) << "/proc/tapio-x";
        QTest::newRow("a folder below a file") << QStringList{"pki", "init", "--pki", "/proc/version/x"} << int(ExitCannotCreate)
                                               << "/proc/version";
        QTest::newRow("a folder that is not permitted")
            << QStringList{"pki", "init", "--pki", "/sys/tapio-x"} << int(ExitCannotCreate) << "/sys/tapio-x";
        QTest::newRow("unknown role") << QStringList{"pki", "issue", "king", "a"} << int(ExitUsage) << "king";
        QTest::newRow("no certificate to connect with")
            << QStringList{"status"} << int(ExitUnavailable) << "hint: 'tapio pki issue console";
        QTest::newRow("no authority to connect with") << QStringList{"status"} << int(ExitUnavailable) << "'tapio pki init'";
        QTest::newRow("port too high") << QStringList{"status", "--server", "a:99999"} << int(ExitUsage)
                                       << "hint: --server takes HOST:PORT";
        QTest::newRow("configuration that is not there")
            << QStringList{"agents", "--config", "/nope"} << int(ExitConfiguration) << "hint: mend console.toml";
        QTest::newRow("port that is none") << QStringList{"status", "--server", "a:b"} << int(ExitUsage) << "'b' is no port";
    }
    void wrongInput()
    {
        QFETCH(QStringList, arguments);
        QFETCH(QString, named);
        const Outcome outcome = run(arguments);
        QVERIFY2(QString::fromUtf8(outcome.err).contains(named), outcome.err.constData());
        QVERIFY(outcome.out.isEmpty());
        QTEST(outcome.code, "code");
    }

    void answer_thatCannotBeWrittenIsAnError_data()
    {
        QTest::addColumn<QStringList>("arguments");
        QTest::newRow("help") << QStringList{"--help"};
        QTest::newRow("version") << QStringList{"--version"};
        QTest::newRow("more than a pipe takes at once") << QStringList{"completion", "bash"};
        QTest::newRow("JSON") << QStringList{"check", "-o", "json"};
        QTest::newRow("a table") << QStringList{"check"};
    }
    void answer_thatCannotBeWrittenIsAnError()
    {
        QFETCH(QStringList, arguments);
        QProcess process;
        process.setStandardOutputFile("/dev/full");
        QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
        environment.insert("HOME", m_home.path());
        process.setProcessEnvironment(environment);
        process.start(TAPIO_PROGRAM, arguments);
        QVERIFY(process.waitForFinished(30'000));
        const QByteArray said = process.readAllStandardError();
        QVERIFY2(said.contains("tapio: the answer could not be written to the standard output: No space left on device"), said.constData());
        QVERIFY2(said.trimmed().split('\n').last().startsWith("hint: "), said.constData());
        QCOMPARE(process.exitCode(), int(ExitIo));
    }

    void check_judgesInJson()
    {
        const Outcome outcome = run({"check", "-o", "json"});
        const QJsonObject answer = QJsonDocument::fromJson(outcome.out).object();
        QVERIFY(!answer.value("checks").toArray().isEmpty());
        QCOMPARE(outcome.code == ExitOk, answer.value("healthy").toBool());
        for (const QJsonValue &check : answer.value("checks").toArray())
            QVERIFY(!check.toObject().value("message").toString().isEmpty());
    }

    void check_ofAMachineWithOnlyAnAgentIsNotFailedForItsServer()
    {
        const Outcome outcome = run({"check", "-o", "json"}); // neither an authority nor a server here
        QString state, message;
        for (const QJsonValue &check : QJsonDocument::fromJson(outcome.out).object().value("checks").toArray()) {
            if (check.toObject().value("name").toString() == "server") {
                state = check.toObject().value("state").toString();
                message = check.toObject().value("message").toString();
            }
        }
        QCOMPARE(state, QString("skipped"));
        QVERIFY2(message.contains("no server is configured"), qPrintable(message));
        const Outcome named = run({"check", "-o", "json", "--server", "127.0.0.1:1"});
        QVERIFY2(named.out.contains("\"failed\""), named.out.constData());
        QCOMPARE(named.code, int(ExitUnhealthy));
    }

    void pki_fromAuthorityToRevocation()
    {
        QCOMPARE(run({"pki", "init"}).code, int(ExitOk));
        QCOMPARE(run({"pki", "init"}).code, int(ExitUnavailable)); // never overwritten
        QCOMPARE(run({"pki", "issue", "node", "web-1"}).code, int(ExitOk));
        const Outcome kept = run({"pki", "issue", "node", "web-1", "--ensure", "-o", "json"});
        const Outcome keptAgain = run({"pki", "issue", "node", "web-1", "--ensure", "-o", "json"});
        QCOMPARE(kept.out, keptAgain.out);
        const QJsonObject issued = QJsonDocument::fromJson(kept.out).array().first().toObject();
        QCOMPARE(issued.value("state").toString(), "valid");
        const QFileDevice::Permissions permissions = QFileInfo(issued.value("key").toString()).permissions();
        QVERIFY(!(permissions & (QFileDevice::ReadGroup | QFileDevice::ReadOther | QFileDevice::WriteGroup | QFileDevice::WriteOther)));

        QCOMPARE(run({"pki", "issue", "node", "web-1"}).code, int(ExitUnavailable)); // one valid per name
        QCOMPARE(run({"pki", "renew", "node", "web-1"}).code, int(ExitOk));
        QCOMPARE(run({"pki", "issue", "node", "../evil"}).code, int(ExitUsage));

        const QJsonArray all = QJsonDocument::fromJson(run({"pki", "list", "-o", "json"}).out).array();
        QStringList states;
        QString valid;
        for (const QJsonValue &entry : all) {
            states << entry.toObject().value("state").toString();
            if (states.last() == "valid")
                valid = entry.toObject().value("serial").toString();
        }
        states.sort();
        QCOMPARE(states, QStringList({"revoked", "valid"}));
        QCOMPARE(run({"pki", "revoke", valid}).code, int(ExitOk));
        QVERIFY(!run({"pki", "list"}).out.contains(" valid "));
        const Outcome again = run({"pki", "revoke", valid});
        QVERIFY2(again.code == ExitOk && again.out.startsWith("had been revoked already"), again.out.constData());
        const Outcome badName = run({"pki", "issue", "node", "Bad_Name"});
        QVERIFY2(badName.err.contains("a-z 0-9") && !badName.err.contains("one valid certificate"), badName.err.constData());
        QCOMPARE(run({"pki", "revoke", "00ff00"}).code, int(ExitUnavailable));
    }

    void status_withoutServerSaysSo()
    {
        if (!QFileInfo::exists(m_home.filePath("config/tapio/pki/ca.crt")))
            QCOMPARE(run({"pki", "init"}).code, int(ExitOk));
        QCOMPARE(run({"pki", "issue", "console", "someone"}).code, int(ExitOk));
        // Port 1 on loopback: nothing listens there.
        const Outcome outcome = run({"agents", "--server", "127.0.0.1:1"});
        QCOMPARE(outcome.code, int(ExitUnavailable));
        QVERIFY2(outcome.err.contains("hint: start tapio-console or tapio-server"), outcome.err.constData());
        QVERIFY2(outcome.err.contains("Connection refused") && !outcome.err.contains("timed-out"), outcome.err.constData());
        const Outcome checked = run({"check", "-o", "json", "--server", "127.0.0.1:1"});
        QCOMPARE(checked.out.count("127.0.0.1:1:"), 1);
        QVERIFY2(!checked.out.contains("timed-out"), checked.out.constData());
    }

    void completion_offersWhatThereIs_data()
    {
        QTest::addColumn<QStringList>("words");
        QTest::addColumn<QString>("expected");
        QTest::newRow("commands") << QStringList{"tapio", "ch"} << "check";
        QTest::newRow("commands of pki") << QStringList{"tapio", "pki", "re"} << "renew revoke";
        QTest::newRow("roles") << QStringList{"tapio", "pki", "issue", "no"} << "node";
        QTest::newRow("options") << QStringList{"tapio", "events", "--sin"} << "--since";
        QTest::newRow("event types") << QStringList{"tapio", "events", "--type", "process.ex"} << "process.exec process.exit";
        QTest::newRow("formats after a command") << QStringList{"tapio", "pki", "list", "-o", "''"} << "table json";
        QTest::newRow("severities") << QStringList{"tapio", "watch", "--severity", "c"} << "critical";
    }
    void completion_offersWhatThereIs()
    {
        QFETCH(QStringList, words);
        const Outcome script = run({"completion", "bash"});
        QCOMPARE(script.code, int(ExitOk));
        const QString probe = QString("%1\nCOMP_WORDS=(%2); COMP_CWORD=%3; _tapio; echo ${COMPREPLY[*]}")
                                  .arg(QString::fromUtf8(script.out), words.join(' '))
                                  .arg(words.size() - 1);
        const Outcome completed = run({"--norc", "-c", probe}, "bash");
        QTEST(QString::fromUtf8(completed.out).trimmed(), "expected");
    }
};

QTEST_GUILESS_MAIN(TestTapio)
#include "tst_tapio.moc"
