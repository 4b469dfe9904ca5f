// SPDX-License-Identifier: GPL-3.0-or-later
// The sources of console.toml, and their secrets in a real key ring of a session bus of its own.
#include <QtTest>

#include <QDir>
#include <QStandardPaths>
#include <QTemporaryDir>

#include "tests/cli/programrun.h"
#include "tests/support/elsewhere.h"
#include "tests/support/fakehttps.h"

using namespace tapio;
using namespace tapio::console;
using namespace tapio::test;

class TestSource : public QObject {
    Q_OBJECT

    HttpsPki m_pki;
    QTemporaryDir m_home;

    void configure(const FakeHttps &server, const QByteArray &more)
    {
        QDir(m_home.path()).mkpath("config/tapio");
        QFile config(m_home.filePath("config/tapio/console.toml"));
        QVERIFY(config.open(QIODevice::WriteOnly));
        config.write("[source.prod]\nurl = \"https://localhost:" + QByteArray::number(server.port()) + "\"\nca = \""
                     + m_pki.certificate().toUtf8() + "\"\n" + more);
    }
    Outcome tapio(const QStringList &arguments)
    {
        return elsewhere([&] { return runAtHome(m_home.path(), TAPIO_PROGRAM, QStringList{"source"} + arguments); });
    }
    /// A shell with a session bus, an unlocked key ring and `tapio` of its own, which end with it.
    Outcome inSession(const QByteArray &script)
    {
        QFile file(m_home.filePath("script"));
        if (!file.open(QIODevice::WriteOnly) || file.write(script) != script.size())
            return {};
        file.close();
        QDir(m_home.path()).mkpath("run");
        QFile::setPermissions(m_home.filePath("run"), QFile::ReadOwner | QFile::WriteOwner | QFile::ExeOwner);
        return elsewhere([&] {
            QProcess process;
            prepareAtHome(process, m_home.path(), "dbus-run-session", {"--", "sh", file.fileName()});
            QProcessEnvironment environment = process.processEnvironment();
            environment.insert("XDG_RUNTIME_DIR", m_home.filePath("run"));
            environment.insert("TAPIO", TAPIO_PROGRAM);
            environment.remove("XDG_CURRENT_DESKTOP");
            environment.remove("DISPLAY");
            process.setProcessEnvironment(environment);
            return runToEnd(process);
        });
    }
    static QString missing()
    {
        for (const char *program : {"dbus-run-session", "gnome-keyring-daemon"}) {
            if (QStandardPaths::findExecutable(program).isEmpty())
                return QString("%1 is not installed here").arg(program);
        }
        return {};
    }

private slots:
    void initTestCase() { QVERIFY(m_pki.made()); }

    void list_saysAsWhom()
    {
        FakeHttps server(m_pki);
        configure(server, "token = \"keyring\"\n[source.dev]\nurl = \"http://localhost:9090\"\n"
                          "[source.ops]\nurl = \"https://ops.example\"\nuser = \"someone\"\npassword_file = \"p\"\n");
        const Outcome outcome = tapio({"list"});
        QCOMPARE(outcome.err, QByteArray());
        QCOMPARE(outcome.code, 0);
        const QList<QByteArray> lines = outcome.out.split('\n');
        QCOMPARE(lines.size(), 5);
        QVERIFY2(lines[1].startsWith("dev ") && lines[1].contains("http://localhost:9090") && lines[1].endsWith("none"),
                 outcome.out.constData());
        QVERIFY2(lines[2].endsWith("password of someone (file)"), outcome.out.constData());
        QVERIFY2(lines[3].endsWith("token (key ring)"), outcome.out.constData());
        const Outcome json = tapio({"list", "-o", "json"});
        QCOMPARE(json.array().size(), 3);
        QCOMPARE(json.array()[0].toObject()["name"].toString(), QString("dev"));
    }

    void list_ofNone_saysHow()
    {
        QDir(m_home.path()).mkpath("config/tapio");
        QFile config(m_home.filePath("config/tapio/console.toml"));
        QVERIFY(config.open(QIODevice::WriteOnly | QIODevice::Truncate));
        config.close();
        const Outcome outcome = tapio({"list"});
        QCOMPARE(outcome.code, 0);
        QCOMPARE(outcome.out, QByteArray());
        QVERIFY2(outcome.err.contains("[source.NAME]"), outcome.err.constData());
    }

    void test_asksIt()
    {
        FakeHttps server(m_pki);
        server.answer = [](const FakeHttps::Request &) {
            return FakeHttps::whole(R"({"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[5,"1"]}]}})");
        };
        configure(server, {});
        const Outcome outcome = tapio({"test", "prod"});
        QCOMPARE(outcome.err, QByteArray());
        QCOMPARE(outcome.code, 0);
        QVERIFY2(outcome.out.startsWith("https://localhost:" + QByteArray::number(server.port()) + " answers queries"),
                 outcome.out.constData());
        QCOMPARE(server.requests.value(0).field("query"), QByteArray("vector%281%29"));
    }

    void test_saysWhatIsWrong()
    {
        FakeHttps server(m_pki); // which says 404
        configure(server, {});
        const Outcome outcome = tapio({"test", "prod"});
        QCOMPARE(outcome.code, 69);
        QVERIFY2(outcome.err.contains("an address ends before /api/v1"), outcome.err.constData());
        QCOMPARE(tapio({"test", "another"}).code, 64);
    }

    void login_isForTheKeyRing()
    {
        FakeHttps server(m_pki);
        configure(server, {});
        const Outcome outcome = tapio({"login", "prod"});
        QCOMPARE(outcome.code, 64);
        QVERIFY2(outcome.err.contains("token = \"keyring\""), outcome.err.constData());
    }

    void keyRing_keepsTheSecret()
    {
        if (const QString why = missing(); !why.isEmpty())
            QSKIP(qPrintable(why));
        FakeHttps server(m_pki);
        server.answer = [](const FakeHttps::Request &request) {
            return request.bearer == "s3cret.token" ? FakeHttps::whole(R"({"status":"success","data":{"resultType":"vector","result":[]}})")
                                                    : FakeHttps::whole("", 401);
        };
        configure(server, "token = \"keyring\"\n");
        const Outcome outcome = inSession("printf pass | gnome-keyring-daemon --unlock --components=secrets > /dev/null\n"
                                          "$TAPIO source test prod; echo before $?\n"
                                          "echo s3cret.token | $TAPIO source login prod; echo login $?\n"
                                          "$TAPIO source test prod; echo test $?\n"
                                          "$TAPIO query 'vector(1)' --source prod; echo query $?\n"
                                          "$TAPIO source logout prod; echo logout $?\n"
                                          "$TAPIO source test prod; echo after $?\n"
                                          "$TAPIO source logout prod; echo again $?\n");
        const QByteArray all = outcome.out + outcome.err;
        for (const char *line : {"before 69", "login 0", "test 0", "query 0", "logout 0", "after 69", "again 69"})
            QVERIFY2(outcome.out.contains(line), all.constData());
        QVERIFY2(outcome.err.contains("'tapio source login prod' puts it there"), all.constData());
        QVERIFY2(!all.contains("s3cret"), all.constData());
        QCOMPARE(server.requests.size(), 2);
    }

    void withoutAKeyRing_itSaysSo()
    {
        if (const QString why = missing(); !why.isEmpty())
            QSKIP(qPrintable(why));
        FakeHttps server(m_pki);
        configure(server, "token = \"keyring\"\n");
        const Outcome outcome = elsewhere([&] {
            QProcess process;
            prepareAtHome(process, m_home.path(), TAPIO_PROGRAM, {"source", "test", "prod"});
            QProcessEnvironment environment = process.processEnvironment();
            environment.insert("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere/bus");
            process.setProcessEnvironment(environment);
            return runToEnd(process);
        });
        QVERIFY2(outcome.code == 69 || outcome.code == 74, outcome.err.constData());
        QVERIFY2(outcome.err.startsWith("tapio: the key ring: "), outcome.err.constData());
        QVERIFY(server.requests.isEmpty());
    }
};

QTEST_GUILESS_MAIN(TestSource)
#include "tst_source.moc"
