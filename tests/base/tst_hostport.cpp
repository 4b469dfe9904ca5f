// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include "protocol/base/hostport.h"

using namespace tapio;

class TestHostPort : public QObject {
    Q_OBJECT
private slots:
    void parse_data()
    {
        QTest::addColumn<QString>("text");
        QTest::addColumn<QString>("host"); // empty = refused
        QTest::addColumn<int>("port");
        QTest::newRow("host alone has the standard port") << "web-1"
                                                          << "web-1" << 7117;
        QTest::newRow("host and port") << "10.0.0.1:99"
                                       << "10.0.0.1" << 99;
        QTest::newRow("IPv6 in brackets") << "[::1]:443"
                                          << "::1" << 443;
        QTest::newRow("IPv6 without port") << "[::1]"
                                           << "::1" << 7117;
        QTest::newRow("IPv6 without brackets is ambiguous") << "::1"
                                                            << "" << 0;
        QTest::newRow("port zero") << "a:0"
                                   << "" << 0;
        QTest::newRow("port too large") << "a:65536"
                                        << "" << 0;
        QTest::newRow("port is no number") << "a:http"
                                           << "" << 0;
        QTest::newRow("port is signed") << "a:+5"
                                        << "" << 0;
        QTest::newRow("no host") << ":80"
                                 << "" << 0;
        QTest::newRow("nothing") << ""
                                 << "" << 0;
        QTest::newRow("colon and nothing") << "a:"
                                           << "" << 0;
        QTest::newRow("bracket left open") << "[::1"
                                           << "" << 0;
        QTest::newRow("rubbish behind the bracket") << "[::1]x"
                                                    << "" << 0;
    }
    void parse()
    {
        QFETCH(QString, text);
        QFETCH(QString, host);
        const auto parsed = parseHostPort(text.toStdString());
        QCOMPARE(parsed.has_value(), !host.isEmpty());
        if (!parsed) {
            QCOMPARE(parsed.error().code(), Errc::InvalidArgument);
            return;
        }
        QCOMPARE(QString::fromStdString(parsed->host), host);
        QTEST(int(parsed->port), "port");
    }

    void listenAddress_data()
    {
        QTest::addColumn<QString>("text");
        QTest::addColumn<QString>("address"); // empty = refused
        QTest::newRow("IPv4") << "127.0.0.1:9117"
                              << "127.0.0.1:9117";
        QTest::newRow("IPv6") << "[::1]:9117"
                              << "[::1]:9117";
        QTest::newRow("all") << "0.0.0.0:1"
                             << "0.0.0.0:1";
        QTest::newRow("the system chooses") << "127.0.0.1:0"
                                            << "127.0.0.1:0";
        QTest::newRow("the system chooses, IPv6") << "[::]:0"
                                                  << "[::]:0";
        QTest::newRow("localhost") << "localhost:9117"
                                   << "127.0.0.1:9117";
        QTest::newRow("a name") << "node-1.example:9117" << QString();
        QTest::newRow("no port") << "127.0.0.1" << QString();
        QTest::newRow("two ports") << "127.0.0.1:80:0" << QString();
        QTest::newRow("no address") << ":9117" << QString();
        QTest::newRow("an address that is none") << "127.0.0.256:9117" << QString();
        QTest::newRow("a port too large") << "127.0.0.1:65536" << QString();
        QTest::newRow("IPv6 without brackets") << "::1:9117" << QString();
        QTest::newRow("nothing") << QString() << QString();
    }
    void listenAddress()
    {
        QFETCH(QString, text);
        const auto address = parseListenAddress(text.toStdString(), {});
        QTEST(address ? QString::fromStdString(toText(*address)) : QString(), "address");
    }

    void listenAddress_withoutAPortHasTheStandardOne()
    {
        QCOMPARE(parseListenAddress("[::1]", standardPort).value(), (HostPort{"::1", standardPort}));
        QCOMPARE(parseListenAddress("localhost:0", standardPort).value(), (HostPort{"127.0.0.1", 0}));
        QVERIFY(!parseListenAddress("node-1", standardPort));
        QVERIFY(!parseListenAddress("127.0.0.1:", standardPort));
    }
};

QTEST_APPLESS_MAIN(TestHostPort)
#include "tst_hostport.moc"
