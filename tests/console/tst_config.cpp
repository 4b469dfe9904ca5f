// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include <QTemporaryDir>

#include "console/core/session/config.h"
#include "console/core/session/session.h"

using namespace tapio;
using namespace tapio::console;

class TestConfig : public QObject {
    Q_OBJECT
private slots:
    void init()
    {
        qputenv("HOME", "/home/kim");
        qunsetenv("XDG_CONFIG_HOME");
        qunsetenv("XDG_DATA_HOME");
    }

    void empty_isTheDefault()
    {
        const auto config = parseConsoleConfig("", "/x/console.toml");
        QVERIFY(config);
        QCOMPARE(config->listen.address, std::string("127.0.0.1"));
        QCOMPARE(config->listen.port, 7117);
        QVERIFY(config->server.host.empty());
        QCOMPARE(config->store.file, std::filesystem::path("/home/kim/.local/share/tapio/console.tapio"));
        QCOMPARE(config->ui.theme, std::string("system"));
    }

    void folders_followTheEnvironment()
    {
        QCOMPARE(defaultConfigFile(), std::filesystem::path("/home/kim/.config/tapio/console.toml"));
        qputenv("XDG_CONFIG_HOME", "/etc/kim");
        qputenv("XDG_DATA_HOME", "relative");
        QCOMPARE(defaultConfigFile(), std::filesystem::path("/etc/kim/tapio/console.toml"));
        QCOMPARE(defaultStoreFile(), std::filesystem::path("/home/kim/.local/share/tapio/console.tapio"));
    }

    void full_isReadAsWritten()
    {
        const auto config = parseConsoleConfig(R"(
            [listen]
            address = "::1"
            port = 7000
            [server]
            host = "tapio.example"
            port = 7118
            name = "hub-1"
            [tls]
            ca = "ca.crt"
            cert = "/pki/cert.pem"
            key = "~/key.pem"
            crl = "crl.pem"
            [store]
            file = "~/war.tapio"
            max_size = "2 GiB"
            max_age = "12 h"
            [ui]
            theme = "dark"
            density = "compact"
            zone = "utc"
            [source.prod]
            url = "https://prometheus.example/prod"
            ca = "prod.crt"
            cert = "/pki/me.pem"
            key = "~/me.key"
            user = "someone"
            password = "keyring"
            [source."dev 2"]
            url = "http://localhost:9090"
            bearer_file = "token"
        )",
                                               "/etc/tapio/console.toml");
        QVERIFY2(config, config ? "" : config.error().message().c_str());
        QCOMPARE(config->listen.address, std::string("::1"));
        QCOMPARE(config->tls.ca, std::filesystem::path("/etc/tapio/ca.crt"));
        QCOMPARE(config->tls.certificate, std::filesystem::path("/pki/cert.pem"));
        QCOMPARE(config->tls.key, std::filesystem::path("/home/kim/key.pem"));
        QCOMPARE(config->store.file, std::filesystem::path("/home/kim/war.tapio"));
        QCOMPARE(config->store.maxBytes, 2LL << 30);
        QCOMPARE(config->store.maxAgeNs, 12 * 3600 * nsPerSecond);
        QCOMPARE(config->ui.zone, std::string("utc"));
        QCOMPARE(config->sources.size(), std::size_t(2));
        const SourceConfig &dev = config->sources[0], &prod = config->sources[1];
        QCOMPARE(dev.name, std::string("dev 2"));
        QCOMPARE(dev.bearerFile, std::filesystem::path("/etc/tapio/token"));
        QVERIFY(!dev.hasKeyringSecret);
        QCOMPARE(prod.url, std::string("https://prometheus.example/prod"));
        QCOMPARE(prod.ca, std::filesystem::path("/etc/tapio/prod.crt"));
        QCOMPARE(prod.certificate, std::filesystem::path("/pki/me.pem"));
        QCOMPARE(prod.key, std::filesystem::path("/home/kim/me.key"));
        QCOMPARE(prod.user, std::string("someone"));
        QVERIFY(prod.hasKeyringSecret);
        QCOMPARE(prod.secretName(), std::string("prod https://prometheus.example/prod"));
        const SessionOptions options = sessionOptions(*config, "kim");
        QVERIFY(!options.embedded);
        QCOMPARE(options.remote->host, std::string("tapio.example"));
        QCOMPARE(options.remote->port, 7118);
        QCOMPARE(options.remote->serverName, std::string("hub-1"));
        QCOMPARE(options.userName, std::string("kim"));
    }

    void withoutAServer_itListens()
    {
        const SessionOptions options = sessionOptions(*parseConsoleConfig("[listen]\nport = 9\n", "/x"), "kim");
        QVERIFY(!options.remote);
        QCOMPARE(options.embedded->endpoint.port, 9);
    }

    void refused_data()
    {
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<QByteArray>("message");
        QTest::newRow("unknown section") << QByteArray("[listen]\n[lsiten]\n") << QByteArray("/c.toml:2: unknown section 'lsiten'");
        QTest::newRow("unknown key") << QByteArray("[store]\nfile = \"x\"\nmax_sizee = 1\n")
                                     << QByteArray("/c.toml:3: unknown key 'store.max_sizee'");
        QTest::newRow("source without a name") << QByteArray("[source]\nurl = \"http://a\"\n")
                                               << QByteArray("/c.toml:2: 'source.url' must be a section");
        QTest::newRow("source that is a value")
            << QByteArray("source = 1\n") << QByteArray("/c.toml:1: 'source' must have a section for each source: [source.NAME]");
        QTest::newRow("source without an address")
            << QByteArray("[source.a]\nuser = \"b\"\n") << QByteArray("/c.toml:1: source.a has no url");
        QTest::newRow("source with a wrong address") << QByteArray("[source.a]\nurl = \"prometheus:9090\"\n")
                                                     << QByteArray("/c.toml:2: source.a.url: 'prometheus:9090': an address begins with");
        QTest::newRow("source with a password in its address")
            << QByteArray("[source.a]\nurl = \"https://b:c@d\"\n")
            << QByteArray("/c.toml:2: source.a.url: no name and no password in an address");
        QTest::newRow("unknown key of a source")
            << QByteArray("[source.a]\nurl = \"http://b\"\nbearer = \"c\"\n") << QByteArray("/c.toml:3: unknown key 'source.a.bearer'");
        QTest::newRow("a secret in the file") << QByteArray("[source.a]\nurl = \"http://b\"\ntoken = \"abc\"\n")
                                              << QByteArray("/c.toml:3: source.a.token: it is not to be in this file: write \"keyring\"");
        QTest::newRow("a password without a user") << QByteArray("[source.a]\nurl = \"http://b\"\npassword = \"keyring\"\n")
                                                   << QByteArray("/c.toml:1: source.a: a password is without a user");
        QTest::newRow("a token of a user") << QByteArray("[source.a]\nurl = \"http://b\"\nuser = \"c\"\ntoken = \"keyring\"\n")
                                           << QByteArray("/c.toml:1: source.a: a user has a password, and a token is without a user");
        QTest::newRow("a value where a section is") << QByteArray("listen = 3\n") << QByteArray("/c.toml:1: 'listen' must be a section");
        QTest::newRow("port 0") << QByteArray("[listen]\nport = 0\n")
                                << QByteArray("/c.toml:2: listen.port: a port from 1 to 65535 is needed");
        QTest::newRow("port too large") << QByteArray("[listen]\nport = 65536\n")
                                        << QByteArray("/c.toml:2: listen.port: a port from 1 to 65535 is needed");
        QTest::newRow("port as text") << QByteArray("[server]\n\nport = \"1\"\n")
                                      << QByteArray("/c.toml:3: server.port: a port from 1 to 65535 is needed");
        QTest::newRow("number as text") << QByteArray("[listen]\naddress = 1\n")
                                        << QByteArray("/c.toml:2: listen.address: an IPv4 or IPv6 address in quotes is needed");
        QTest::newRow("a name to listen on") << QByteArray("[listen]\naddress = \"foo\"\n")
                                             << QByteArray("/c.toml:2: listen.address: an IPv4 or IPv6 address in quotes is needed");
        QTest::newRow("server host as number") << QByteArray("[server]\nhost = 1\n")
                                               << QByteArray("/c.toml:2: server.host: a text in quotes is needed");
        QTest::newRow("empty path") << QByteArray("[tls]\nca = \"\"\n") << QByteArray("/c.toml:2: tls.ca: a path in quotes is needed");
        QTest::newRow("unknown theme") << QByteArray("[ui]\ntheme = \"pink\"\n")
                                       << QByteArray("/c.toml:2: ui.theme: one of \"system\", \"dark\", \"light\" is needed");
        QTest::newRow("size without sense") << QByteArray("[store]\nmax_size = \"much\"\n")
                                            << QByteArray("/c.toml:2: store.max_size: 'much' is not a size");
        QTest::newRow("size too small") << QByteArray("[store]\nmax_size = \"1 MiB\"\n")
                                        << QByteArray("/c.toml:2: store.max_size: too small");
        QTest::newRow("age without unit") << QByteArray("[store]\nmax_age = 7\n")
                                          << QByteArray("/c.toml:2: store.max_age: '7' is not a time");
        QTest::newRow("syntax") << QByteArray("[store\n") << QByteArray("/c.toml:1: ");
        QTest::newRow("not UTF-8") << QByteArray("[ui]\ntheme = \"\xff\"\n") << QByteArray("/c.toml:2: ");
    }
    void refused()
    {
        QFETCH(QByteArray, text);
        QFETCH(QByteArray, message);
        const auto config = parseConsoleConfig(text.toStdString(), "/c.toml");
        QVERIFY(!config);
        QCOMPARE(config.error().code(), Errc::Malformed);
        QVERIFY2(config.error().context().starts_with(message.toStdString()), config.error().context().c_str());
    }

    void quantities_data()
    {
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<qint64>("bytes"); // -1 = refused
        QTest::newRow("plain") << QByteArray("4096") << qint64(4096);
        QTest::newRow("decimal") << QByteArray("1.5 MB") << qint64(1'500'000);
        QTest::newRow("binary") << QByteArray("1.5MiB") << qint64(1'572'864);
        QTest::newRow("negative") << QByteArray("-1 MB") << qint64(-1);
        QTest::newRow("too large") << QByteArray("9999999999 TiB") << qint64(-1);
        QTest::newRow("unit only") << QByteArray("MB") << qint64(-1);
        QTest::newRow("something behind") << QByteArray("1 MB x") << qint64(-1);
        QTest::newRow("infinite") << QByteArray("inf") << qint64(-1);
        QTest::newRow("empty") << QByteArray("") << qint64(-1);
    }
    void quantities()
    {
        QFETCH(QByteArray, text);
        QFETCH(qint64, bytes);
        const auto parsed = parseBytes(text.toStdString());
        QCOMPARE(parsed ? *parsed : -1, bytes);
    }

    void load_tellsAMissingFileFromADefault()
    {
        const QTemporaryDir folder;
        qputenv("XDG_CONFIG_HOME", folder.path().toUtf8());
        QVERIFY(loadConsoleConfig());
        QCOMPARE(loadConsoleConfig("/nowhere/console.toml").error().code(), Errc::NotFound);
        QDir(folder.path()).mkdir("tapio");
        QFile file(folder.path() + "/tapio/console.toml");
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write("[listen]\nport = 7200\n");
        file.close();
        QCOMPARE(loadConsoleConfig()->listen.port, 7200);
    }
};

QTEST_APPLESS_MAIN(TestConfig)
#include "tst_config.moc"
