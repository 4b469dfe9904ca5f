// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include <array>
#include <cerrno>

#include "console/app/exitcode.h"
#include "console/app/launch.h"
#include "console/app/runtimefolder.h"
#include "tests/support/testpki.h"

using namespace tapio;
using namespace tapio::console;
using namespace tapio::test;

Q_DECLARE_METATYPE(tapio::Error)

class TestLaunch : public QObject {
    Q_OBJECT
    TestPki m_pki;
    SystemClock m_clock;

    LaunchOptions options(const QTemporaryDir &folder) const
    {
        LaunchOptions options;
        options.config = folder.filePath("console.toml").toStdString();
        options.pki = (m_pki.path() + "/pki").toStdString();
        options.data = folder.filePath("data").toStdString();
        return options;
    }
    static bool writeConfig(const QTemporaryDir &folder, const QByteArray &text = "[ui]\ntheme = \"dark\"\n")
    {
        QFile file(folder.filePath("console.toml"));
        return file.open(QFile::WriteOnly) && file.write(text) == text.size();
    }

private slots:
    void certificate_renewedBesideTheOldOne()
    {
        const QTemporaryDir folder;
        QVERIFY(writeConfig(folder));
        static_cast<void>(m_pki.server("local"));
        QVERIFY(m_pki.authority().renew(Role::Server, "local", std::chrono::hours(48), true, m_clock));
        const auto launch = prepareLaunch(options(folder), m_clock);
        QVERIFY2(launch, launch ? "" : launch.error().sentence.c_str());
        const auto &tls = launch->session.embedded->endpoint.tls;
        QVERIFY(std::filesystem::exists(tls.certificate));
        QVERIFY(std::filesystem::exists(tls.key));
    }

    void certificate_theWantedNameBeforeOthersInAnyOrder()
    {
        const QTemporaryDir folder;
        QVERIFY(writeConfig(folder));
        static_cast<void>(m_pki.server("local"));
        static_cast<void>(m_pki.server("zeta"));
        const auto launch = prepareLaunch(options(folder), m_clock);
        QVERIFY2(launch, launch ? "" : launch.error().sentence.c_str());
        QVERIFY(launch->session.embedded->endpoint.tls.certificate.native().find("server-local") != std::string::npos);
    }

    void address_thatIsNoneIsNamedByOptionAndValue_data()
    {
        QTest::addColumn<QString>("listen");
        QTest::addColumn<QString>("server");
        QTest::addColumn<QString>("sentence");
        QTest::newRow("a port to listen on that is too high")
            << "127.0.0.1:99999"
            << ""
            << "--listen 127.0.0.1:99999: '99999' is no port (1 to 65535, or 0: the system chooses)";
        QTest::newRow("a port of a server that is too high") << ""
                                                             << "[::1]:65536"
                                                             << "--server [::1]:65536: '65536' is no port (1 to 65535)";
        QTest::newRow("port 0 of a server") << ""
                                            << "hub:0"
                                            << "--server hub:0: '0' is no port (1 to 65535)";
        QTest::newRow("no port after the colon") << ""
                                                 << "hub:"
                                                 << "--server hub:: 'hub:' has no port behind its colon";
        const QString noAddress = "--listen %2: '%1' is no IPv4 or IPv6 address to listen on";
        QTest::newRow("a name to listen on") << "foo"
                                             << "" << noAddress.arg("foo", "foo");
        QTest::newRow("a name and a port to listen on") << "my-host:7117"
                                                        << "" << noAddress.arg("my-host", "my-host:7117");
        QTest::newRow("half an address to listen on") << "127.0.0:7117"
                                                      << "" << noAddress.arg("127.0.0", "127.0.0:7117");
    }
    void address_thatIsNoneIsNamedByOptionAndValue()
    {
        QFETCH(QString, listen);
        QFETCH(QString, server);
        const QTemporaryDir folder;
        QVERIFY(writeConfig(folder));
        LaunchOptions given = options(folder);
        given.listen = listen.toStdString();
        given.server = server.toStdString();
        const auto launch = prepareLaunch(given, m_clock);
        QVERIFY(!launch);
        QCOMPARE(launch.error().exitCode, 64);
        QTEST(QString::fromStdString(launch.error().sentence), "sentence");
        // And already by the command line, before there is anything else to complain about.
        const QByteArray option = listen.isEmpty() ? "--server" : "--listen", value = (listen + server).toUtf8();
        const std::array<const char *, 3> arguments{"tapio-console", option.constData(), value.constData()};
        const auto parsed = parseCommandLine(int(arguments.size()), arguments.data());
        QVERIFY(std::holds_alternative<int>(parsed));
        QCOMPARE(std::get<int>(parsed), 64);
    }

    void address_withoutAPortHasTheStandardOne_data()
    {
        QTest::addColumn<QString>("listen");
        QTest::addColumn<QString>("address");
        QTest::addColumn<int>("port");
        QTest::newRow("IPv4") << "0.0.0.0"
                              << "0.0.0.0" << 7117;
        QTest::newRow("IPv6") << "[::1]"
                              << "::1" << 7117;
        QTest::newRow("with one") << "127.0.0.1:7200"
                                  << "127.0.0.1" << 7200;
        QTest::newRow("the host itself") << "localhost"
                                         << "127.0.0.1" << 7117;
        QTest::newRow("that the system chooses") << "[::]:0"
                                                 << "::" << 0;
    }
    void address_withoutAPortHasTheStandardOne()
    {
        QFETCH(QString, listen);
        const QTemporaryDir folder;
        QVERIFY(writeConfig(folder));
        static_cast<void>(m_pki.server("local"));
        LaunchOptions given = options(folder);
        given.listen = listen.toStdString();
        const auto launch = prepareLaunch(given, m_clock);
        QVERIFY2(launch, launch ? "" : launch.error().sentence.c_str());
        QTEST(QString::fromStdString(launch->session.embedded->endpoint.address), "address");
        QTEST(int(launch->session.embedded->endpoint.port), "port");
    }

    void runtimeFolder_ownAndPrivateWhereThereIsNone()
    {
        const QByteArray before = qgetenv("XDG_RUNTIME_DIR");
        qunsetenv("XDG_RUNTIME_DIR");
        QString own;
        {
            const RuntimeFolder folder;
            own = qEnvironmentVariable("XDG_RUNTIME_DIR");
            constexpr auto others =
                QFile::ReadGroup | QFile::WriteGroup | QFile::ExeGroup | QFile::ReadOther | QFile::WriteOther | QFile::ExeOther;
            QVERIFY(QFileInfo(own).isDir());
            QVERIFY(!(QFile::permissions(own) & others));
            QVERIFY(!QStandardPaths::writableLocation(QStandardPaths::RuntimeLocation).isEmpty());
        }
        QVERIFY(!QFileInfo::exists(own));
        QVERIFY(!qEnvironmentVariableIsSet("XDG_RUNTIME_DIR"));
        qputenv("XDG_RUNTIME_DIR", "/run/user/7");
        {
            const RuntimeFolder folder;
            QCOMPARE(qgetenv("XDG_RUNTIME_DIR"), QByteArray("/run/user/7"));
        }
        QCOMPARE(qgetenv("XDG_RUNTIME_DIR"), QByteArray("/run/user/7"));
        before.isNull() ? qunsetenv("XDG_RUNTIME_DIR") : qputenv("XDG_RUNTIME_DIR", before);
    }

    void exitCode_data()
    {
        QTest::addColumn<Error>("error");
        QTest::addColumn<int>("code");
        QTest::newRow("port in use") << Error(Errc::Busy, "port 7117 on 127.0.0.1 is in use by another program") << 69;
        QTest::newRow("store in use") << Error(Errc::Busy, "store '/d/c.tapio' is written by process 1") << 69;
        QTest::newRow("an address of no interface") << Error(Errc::InvalidArgument, "this machine has no address 10.99.9.9") << 78;
        QTest::newRow("an address that is none") << Error(Errc::InvalidArgument, "'here' is not an IPv4 or IPv6 address") << 78;
        QTest::newRow("a port of the system") << Error(Errc::PermissionDenied, "cannot listen on 127.0.0.1:80", EACCES) << 69;
        QTest::newRow("no IPv6") << Error(Errc::Io, "cannot create a listening socket", EAFNOSUPPORT) << 69;
        QTest::newRow("no more files") << Error(Errc::Io, "cannot set up ZeroMQ", EMFILE) << 71;
        QTest::newRow("no more files in the system") << Error(Errc::Io, "cannot create a listening socket", ENFILE) << 71;
        QTest::newRow("certificate missing") << Error(Errc::NotFound, "cannot open /p/cert.pem", ENOENT) << 77;
        QTest::newRow("key readable by others") << Error(Errc::PermissionDenied, "the secret /p/key.pem may be read by others") << 77;
        QTest::newRow("certificate of another role")
            << Error(Errc::InvalidArgument, "/p/cert.pem is not the certificate of a server") << 77;
        QTest::newRow("no certificate") << Error(Errc::Malformed, "/p/ca.crt holds no certificate in PEM form") << 77;
        QTest::newRow("disk full") << Error(Errc::NoSpace, "store '/d/c.tapio' may not be written", ENOSPC) << 73;
        QTest::newRow("read-only") << Error(Errc::ReadOnly, "store '/d/c.tapio' may not be written", EROFS) << 73;
        QTest::newRow("store of another user") << Error(Errc::PermissionDenied, "store '/d/c.tapio' may not be written", EACCES) << 73;
        QTest::newRow("log of another user") << Error(Errc::PermissionDenied, "log '/d/c.tapio.log' cannot be written", EACCES) << 73;
        QTest::newRow("store damaged") << Error(Errc::Corrupt, "store '/d/c.tapio' is damaged") << 65;
        QTest::newRow("store newer") << Error(Errc::VersionMismatch, "store '/d/c.tapio' was written by a newer Tapio") << 65;
        QTest::newRow("our own fault") << Error(Errc::Internal, "a broken invariant") << 70;
    }
    void exitCode()
    {
        QFETCH(Error, error);
        SessionOptions options;
        options.embedded.emplace();
        options.embedded->endpoint.tls = {"/p/ca.crt", "/p/cert.pem", "/p/key.pem", {}};
        options.store.file = "/d/c.tapio";
        QTEST(exitcode::ofSession(error, options), "code");
    }
};

QTEST_GUILESS_MAIN(TestLaunch)
#include "tst_launch.moc"
