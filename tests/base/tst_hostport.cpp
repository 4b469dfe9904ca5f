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
};

QTEST_APPLESS_MAIN(TestHostPort)
#include "tst_hostport.moc"
