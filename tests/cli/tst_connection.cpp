// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include "console/cli/connection.h"

using namespace tapio;
using namespace tapio::console;

class TestConnection : public QObject {
    Q_OBJECT
private slots:
    void hostPort_data()
    {
        QTest::addColumn<QString>("text");
        QTest::addColumn<QString>("host"); // empty = refused
        QTest::addColumn<int>("port");
        QTest::newRow("host alone has the default port") << "web-1" << "web-1" << 7117;
        QTest::newRow("host and port") << "10.0.0.1:99" << "10.0.0.1" << 99;
        QTest::newRow("IPv6 in brackets") << "[::1]:443" << "::1" << 443;
        QTest::newRow("IPv6 without port") << "[::1]" << "::1" << 7117;
        QTest::newRow("port zero") << "a:0" << "" << 0;
        QTest::newRow("port too large") << "a:65536" << "" << 0;
        QTest::newRow("port is no number") << "a:http" << "" << 0;
        QTest::newRow("no host") << ":80" << "" << 0;
        QTest::newRow("colon and nothing") << "a:" << "" << 0;
        QTest::newRow("bracket left open") << "[::1" << "" << 0;
        QTest::newRow("rubbish behind the bracket") << "[::1]x" << "" << 0;
    }
    void hostPort()
    {
        QFETCH(QString, text);
        QFETCH(QString, host);
        const auto parsed = parseHostPort(text.toStdString(), 7117);
        QCOMPARE(parsed.has_value(), !host.isEmpty());
        if (!parsed) {
            QCOMPARE(parsed.error().code(), Errc::InvalidArgument);
            return;
        }
        QCOMPARE(QString::fromStdString(parsed->first), host);
        QTEST(int(parsed->second), "port");
    }

    void eventTypes_areThoseOfThisVersion()
    {
        const auto names = knownEventTypes();
        QVERIFY(std::find(names.begin(), names.end(), "process.exec") != names.end());
        QVERIFY(std::find(names.begin(), names.end(), "tcp.connection") != names.end());
        for (const std::string &name : names)
            QVERIFY(wire::eventTypeFromName(name) != wire::EventType::Unknown);
    }
};

QTEST_APPLESS_MAIN(TestConnection)
#include "tst_connection.moc"
