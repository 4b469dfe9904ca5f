// SPDX-License-Identifier: GPL-3.0-or-later
// tapio-server as its user starts it: configuration, exit codes, signals.
#include <QProcess>
#include <QRegularExpression>
#include <QTemporaryDir>
#include <QtTest>

#include <csignal>
#include <utility>

#include "agent/server/serverconfig.h"
#include "tests/agent/fakekube.h"
#include "tests/server/servertest.h"
#include "tests/server/testpeer.h"
#include "tests/support/testpki.h"

using namespace tapio;
using namespace tapio::server;

namespace {

constexpr int waitMs = 20'000;

struct Ended {
    int code = -1;
    QString errors;
};

} // namespace

class TestServerProgram : public QObject {
    Q_OBJECT
private:
    test::TestPki m_pki;
    SystemClock m_clock;
    QTemporaryDir m_folder;

    QStringList tlsArguments()
    {
        const transport::TlsFiles files = m_pki.server();
        return {QStringLiteral("--ca"),   QString::fromStdString(files.ca.native()),
                QStringLiteral("--cert"), QString::fromStdString(files.certificate.native()),
                QStringLiteral("--key"),  QString::fromStdString(files.key.native())};
    }
    QString write(const QByteArray &content)
    {
        QFile file(m_folder.filePath(QStringLiteral("server.toml")));
        if (!file.open(QFile::WriteOnly) || file.write(content) != content.size())
            qFatal("cannot write %s", qPrintable(file.fileName()));
        return file.fileName();
    }
    static Ended run(const QStringList &arguments)
    {
        QProcess process;
        process.start(QStringLiteral(TAPIO_SERVER), arguments);
        if (!process.waitForFinished(waitMs))
            return {};
        return {process.exitCode(), QString::fromUtf8(process.readAllStandardError() + process.readAllStandardOutput())};
    }
    /// Starts it and waits until it listens; 0 when it does not.
    static std::uint16_t startListening(QProcess &process, const QStringList &arguments)
    {
        process.setReadChannel(QProcess::StandardError);
        process.start(QStringLiteral(TAPIO_SERVER), arguments);
        static const QRegularExpression listening(QStringLiteral("listening on \\S+ port (\\d+)"));
        QByteArray log;
        while (process.waitForReadyRead(waitMs)) {
            log += process.readAllStandardError();
            const auto match = listening.match(QString::fromUtf8(log));
            if (match.hasMatch())
                return match.captured(1).toUShort();
        }
        return 0;
    }

private slots:
    void configuration_listensOnThisMachineOnlyUnlessToldOtherwise()
    {
        const ServerConfig config;
        QCOMPARE(config.fanIn.endpoint.address, std::string("127.0.0.1"));
        QCOMPARE(config.fanIn.endpoint.port, 7117);
    }

    void configuration_isReadWhole()
    {
        const QString file =
            write("log_level = \"debug\"\n[listen]\naddress = \"::1\"\nport = 0\n[tls]\nca = \"/a\"\ncertificate = \"/b\"\n"
                  "key = \"/c\"\ncrl = \"/d\"\n[limits]\ncredit_bytes = 65536\nreplay_bytes = 1000000\n"
                  "console_queue_bytes = 2000000\npending_handshakes = 7\npending_handshakes_per_address = 3\n");
        ServerConfig config;
        const auto read = readConfig(file.toStdString(), config);
        QVERIFY2(read, read ? "" : read.error().message().c_str());
        QCOMPARE(config.logLevel, std::string("debug"));
        QCOMPARE(config.fanIn.endpoint.address, std::string("::1"));
        QCOMPARE(config.fanIn.endpoint.port, 0);
        QCOMPARE(config.fanIn.endpoint.tls.crl.native(), std::string("/d"));
        QCOMPARE(config.fanIn.creditBytes, 65536u);
        QCOMPARE(config.fanIn.replayRingBytes, 1000000u);
        QCOMPARE(config.fanIn.consoleQueueBytes, 2000000u);
        QCOMPARE(config.fanIn.endpoint.maxPendingHandshakes, 7u);
        QCOMPARE(config.fanIn.endpoint.maxPendingPerAddress, 3u);
    }

    void configuration_refuses_data()
    {
        QTest::addColumn<QByteArray>("content");
        QTest::addColumn<QString>("named");
        QTest::newRow("an unknown key") << QByteArray("log_level = \"info\"\nlog_levle = \"info\"\n")
                                        << "line 2: there is no setting \"log_levle\"";
        QTest::newRow("an unknown key in a table") << QByteArray("[listen]\n\nprot = 1\n") << "line 3: there is no setting \"listen.prot\"";
        QTest::newRow("a kubelet, which knows one node")
            << QByteArray("[kubernetes]\nsource = \"kubelet\"\n") << "line 2: kubernetes.source: a kubelet";
        QTest::newRow("a node, where a server is of none") << QByteArray("[kubernetes]\n\nnode = \"n\"\n") << "line 3: kubernetes.node";
        QTest::newRow("an address that is none") << QByteArray("[kubernetes]\naddress = \"h:x\"\n") << "line 2: ";
        QTest::newRow("a key without its certificate")
            << QByteArray("[kubernetes]\nkey = \"/k\"\n") << "line 2: kubernetes.certificate and";
        QTest::newRow("an unknown table") << QByteArray("[lisen]\nport = 1\n") << "\"lisen\"";
        QTest::newRow("a port that is none") << QByteArray("[listen]\nport = 70000\n")
                                             << "line 2: \"listen.port\" must be a number from 0 to 65535";
        QTest::newRow("an address that is none")
            << QByteArray("[listen]\naddress = \"here\"\n") << "line 2: 'here' is no IPv4 or IPv6 address to listen on";
        QTest::newRow("a text for a number") << QByteArray("[limits]\ncredit_bytes = \"1 MiB\"\n")
                                             << "\"limits.credit_bytes\" must be a number";
        QTest::newRow("a value for a table") << QByteArray("tls = 3\n") << "\"tls\" must be a table";
        QTest::newRow("broken TOML") << QByteArray("a = 1\n[listen\n") << "line 2";
        QTest::newRow("a file that is too long") << QByteArray(300'000, '#') << "256 KiB";
    }
    void configuration_refuses()
    {
        QFETCH(QByteArray, content);
        QFETCH(QString, named);
        ServerConfig config;
        const auto read = readConfig(write(content).toStdString(), config);
        QVERIFY(!read);
        QCOMPARE(read.error().code(), Errc::Malformed);
        QVERIFY2(QString::fromStdString(read.error().context()).contains(named), read.error().context().c_str());
    }

    void exitCode_data()
    {
        QTest::addColumn<QStringList>("arguments");
        QTest::addColumn<bool>("withTls");
        QTest::addColumn<int>("code");
        QTest::addColumn<QString>("named");
        QTest::newRow("help") << QStringList{"--help"} << false << 0 << "Exit codes";
        QTest::newRow("version") << QStringList{"--version"} << false << 0 << "tapio-server ";
        QTest::newRow("an unknown option") << QStringList{"--prot", "1"} << false << 64 << "--prot";
        QTest::newRow("a port that is none") << QStringList{"--port", "many"} << true << 64 << "--port";
        for (const char *port : {"99999", "65536", "-1", "70x", ""})
            QTest::addRow("port '%s'", port) << QStringList{"--port", port} << true << 64
                                             << QString("--port: '%1' is no port (1 to 65535").arg(port);
        QTest::newRow("no certificate") << QStringList{} << false << 78 << "certificate authority";
        QTest::newRow("a configuration that is not there")
            << QStringList{"--config", "/nonexistent/x.toml"} << true << 78 << "/nonexistent/x.toml";
        QTest::newRow("a certificate that is not there")
            << QStringList{"--port", "0", "--crl", "/nonexistent/crl"} << true << 78 << "/nonexistent/crl";
        QTest::newRow("a log level that is none") << QStringList{"--log-level", "loud"} << true << 78 << "loud";
        const QString noAddress = "--address: 'here' is no IPv4 or IPv6 address to listen on";
        QTest::newRow("an address that is none") << QStringList{"--address", "here", "--port", "0"} << true << 64 << noAddress;
        QTest::newRow("an address that is none, before what else is missing")
            << QStringList{"--address", "here"} << false << 64 << noAddress;
    }
    void exitCode()
    {
        QFETCH(QStringList, arguments);
        QFETCH(bool, withTls);
        QFETCH(QString, named);
        const Ended ended = run(withTls ? tlsArguments() + arguments : arguments);
        QVERIFY2(ended.errors.contains(named), qPrintable(ended.errors));
        QTEST(ended.code, "code");
    }

    void exitCode_keyThatOthersMayRead()
    {
        const auto files = m_pki.of(Role::Server, "careless");
        std::filesystem::permissions(files.key, std::filesystem::perms::others_read, std::filesystem::perm_options::add);
        const Ended ended =
            run({"--ca", QString::fromStdString(files.ca.native()), "--cert", QString::fromStdString(files.certificate.native()), "--key",
                 QString::fromStdString(files.key.native()), "--port", "0", "--address", "127.0.0.1"});
        QVERIFY2(ended.errors.contains(QString::fromStdString(files.key.native())), qPrintable(ended.errors));
        QCOMPARE(ended.code, 77);
    }

    void exitCode_certificateThatIsNoServers_data()
    {
        QTest::addColumn<bool>("madeForServers");
        QTest::addColumn<QString>("named");
        QTest::newRow("a node's") << false << "is not the certificate of a server (extended key usage)";
        QTest::newRow("made for servers, with the role of a node") << true << "is not the certificate of a server";
    }
    void exitCode_certificateThatIsNoServers()
    {
        QFETCH(bool, madeForServers);
        QFETCH(QString, named);
        const auto files = madeForServers ? m_pki.odd({.purpose = test::TestPki::Odd::Purpose::ServerAuth}) : m_pki.node("node-9");
        const QString certificate = QString::fromStdString(files.certificate.native());
        const Ended ended = run({"--ca", QString::fromStdString(files.ca.native()), "--cert", certificate, "--key",
                                 QString::fromStdString(files.key.native()), "--port", "0", "--address", "127.0.0.1"});
        QVERIFY2(ended.errors.contains(certificate + ' ' + named + "; 'tapio pki issue server NAME' makes one"), qPrintable(ended.errors));
        QCOMPARE(ended.code, 78);
    }

    void serves_untilSigterm()
    {
        QProcess process;
        const std::uint16_t port = startListening(process, tlsArguments() + QStringList{"--address", "127.0.0.1", "--port", "0"});
        QVERIFY(port != 0);
        const Ended second = run(tlsArguments() + QStringList{"--address", "127.0.0.1", "--port", QString::number(port)});
        QCOMPARE(second.code, 69);
        QVERIFY2(second.errors.contains(QString::number(port)), qPrintable(second.errors));
        test::TestPeer agent(port, m_pki.node("node-1"), m_clock);
        QVERIFY(agent.greet(test::nodeHello("node-1")));
        QVERIFY(agent.send(test::eventFrame(1)));
        QVERIFY(agent.await<wire::Ack>());
        ::kill(static_cast<pid_t>(process.processId()), SIGHUP);
        ::kill(static_cast<pid_t>(process.processId()), SIGTERM);
        const auto bye = agent.await<wire::Bye>();
        QVERIFY(bye && bye->code == "shutdown");
        QVERIFY(process.waitForFinished(waitMs));
        QCOMPARE(process.exitStatus(), QProcess::NormalExit);
        QCOMPARE(process.exitCode(), 0);
        const QString log = QString::fromUtf8(process.readAllStandardError());
        QVERIFY2(log.contains(QStringLiteral("node node-1: connected")), qPrintable(log));
        QVERIFY2(log.contains(QStringLiteral("1 nodes: 1 events received")), qPrintable(log));
    }
    void kubernetes_isAskedAboutNodes()
    {
        const test::KubePki certificates;
        if (!certificates.made())
            QSKIP("the openssl program made no certificate");
        test::FakeKube cluster(certificates);
        cluster.answer = [](const test::FakeKube::Request &request) {
            return request.isWatch() ? test::FakeKube::open() : test::FakeKube::whole(test::nodeList({{}}, "10"));
        };
        QFile token(m_folder.filePath("token"));
        QVERIFY(token.open(QFile::WriteOnly) && token.write("t") == 1);
        token.close();
        const QString config = write("[kubernetes]\naddress = \"127.0.0.1:" + QByteArray::number(cluster.port()) + "\"\ntoken_file = \""
                                     + token.fileName().toUtf8() + "\"\nca = \"" + certificates.certificate().toUtf8() + "\"\n");
        QProcess process;
        process.start(QStringLiteral(TAPIO_SERVER),
                      tlsArguments() + QStringList{"--config", config, "--address", "127.0.0.1", "--port", "0"});
        QByteArray log;
        QTRY_VERIFY2_WITH_TIMEOUT((log += process.readAllStandardError()).contains("nodes-known"), log.constData(), waitMs);
        QVERIFY2(log.contains("the cluster's nodes are known from the API server"), log.constData());
        QVERIFY(cluster.requests.at(0).target.startsWith("/api/v1/nodes?"));
        cluster.answer = [](const test::FakeKube::Request &) {
            return test::FakeKube::whole(test::statusJson(403, "nodes is forbidden"), 403);
        };
        cluster.breakConnections();
        QTRY_VERIFY2_WITH_TIMEOUT((log += process.readAllStandardError()).contains("nodes-unknown"), log.constData(), waitMs);
        QVERIFY2(log.contains("nodes is forbidden; needs list and watch on nodes"), log.constData());
        process.terminate();
        QTRY_COMPARE_WITH_TIMEOUT(process.state(), QProcess::NotRunning, waitMs);
        QCOMPARE(process.exitCode(), 0);
    }
    void kubernetes_thatLacksCredentials_isSaid()
    {
        const QString config = write("[kubernetes]\naddress = \"127.0.0.1:1\"\n");
        QProcess process;
        process.setReadChannel(QProcess::StandardError);
        process.start(QStringLiteral(TAPIO_SERVER),
                      tlsArguments() + QStringList{"--config", config, "--address", "127.0.0.1", "--port", "0"});
        QByteArray log;
        while (!log.contains("listening on") && process.waitForReadyRead(waitMs))
            log += process.readAllStandardError();
        QVERIFY2(log.contains("nobody is asked which nodes are Ready: no credentials"), log.constData());
        process.terminate();
        QVERIFY(process.waitForFinished(waitMs));
    }
    /// Also what is wrong with a file then: what it was before goes on.
    void rules_areReadAgainOnSighup()
    {
        const QByteArray rule =
            "id = \"kills\"\ntitle = \"t\"\nscope = \"cluster\"\nroot = \"cluster\"\nseverity = \"error\"\nlifetime = \"1m\"\n"
            "cooldown = \"1m\"\nsummary = \"s\"\nsettle = \"s\"\nrunbook = \"r\"\n[[step]]\nname = \"k\"\nevent = \"oom.kill\"\n"
            "within = \"1m\"\n";
        QVERIFY(QDir(m_folder.path()).mkpath("rules"));
        const auto put = [this](const QString &name, const QByteArray &text) {
            QFile file(m_folder.filePath("rules/" + name));
            return file.open(QFile::WriteOnly) && file.write(text) == text.size();
        };
        QVERIFY(put("kills.toml", rule));
        const QString config = write("[correlation]\nrules = \"" + m_folder.filePath("rules").toUtf8() + "\"\n");
        QProcess process;
        QVERIFY(startListening(process, tlsArguments() + QStringList{"--config", config, "--address", "127.0.0.1", "--port", "0"}) != 0);
        QByteArray log;
        const auto says = [&](const QByteArray &text) {
            ::kill(static_cast<pid_t>(process.processId()), SIGHUP);
            while (!log.contains(text) && process.waitForReadyRead(waitMs))
                log += process.readAllStandardError();
            return std::exchange(log, {}).contains(text);
        };
        QVERIFY(says("1 rules across nodes are in force, 0 problems were found"));
        QVERIFY(put("more.toml", QByteArray(rule).replace("kills", "more")));
        QVERIFY(says("2 rules across nodes are in force, 0 problems were found"));
        QVERIFY(put("kills.toml", QByteArray(rule).replace("oom.kill", "oom.kiln")));
        QVERIFY(says("2 rules across nodes are in force, 1 problems were found"));
        QVERIFY(QFile::remove(m_folder.filePath("rules/kills.toml")));
        QVERIFY(says("1 rules across nodes are in force, 0 problems were found"));
        process.terminate();
        QVERIFY(process.waitForFinished(waitMs));
        QCOMPARE(process.exitCode(), 0);
    }
};

QTEST_GUILESS_MAIN(TestServerProgram)
#include "tst_serverprogram.moc"
