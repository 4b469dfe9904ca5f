// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include "protocol/transport/identity.h"

using namespace tapio;
using namespace tapio::transport;
using namespace std::string_literals;

class TestIdentity : public QObject {
    Q_OBJECT
private slots:
    void parse_acceptsWhatUriWrites_data()
    {
        QTest::addColumn<QString>("uri");
        QTest::addColumn<Role>("role");
        QTest::newRow("a node") << "spiffe://example.org/tapio/node/worker-1.eu" << Role::Node;
        QTest::newRow("a console") << "spiffe://example.org/tapio/console/alice" << Role::Console;
        QTest::newRow("a server") << "spiffe://a/tapio/server/s" << Role::Server;
        QTest::newRow("the longest name") << "spiffe://a/tapio/node/" + QString(253, 'n') << Role::Node;
    }
    void parse_acceptsWhatUriWrites()
    {
        QFETCH(QString, uri);
        const auto identity = parseIdentity(uri.toStdString());
        QVERIFY(identity);
        QTEST(identity->role, "role");
        QCOMPARE(QString::fromStdString(identity->uri()), uri);
        QCOMPARE(identity->serial, std::string());
        QCOMPARE(identity->notAfterNs, 0);
    }

    void parse_refusesEverythingElse_data()
    {
        QTest::addColumn<std::string>("uri");
        QTest::newRow("nothing") << ""s;
        QTest::newRow("another scheme") << "https://example.org/tapio/node/n"s;
        QTest::newRow("a scheme in capitals") << "SPIFFE://example.org/tapio/node/n"s;
        QTest::newRow("no path") << "spiffe://example.org"s;
        QTest::newRow("no name") << "spiffe://example.org/tapio/node"s;
        QTest::newRow("an empty name") << "spiffe://example.org/tapio/node/"s;
        QTest::newRow("one part too many") << "spiffe://example.org/tapio/node/n/extra"s;
        QTest::newRow("a slash at the end") << "spiffe://example.org/tapio/node/n/"s;
        QTest::newRow("another application") << "spiffe://example.org/other/node/n"s;
        QTest::newRow("an unknown role") << "spiffe://example.org/tapio/root/n"s;
        QTest::newRow("the role unknown") << "spiffe://example.org/tapio/unknown/n"s;
        QTest::newRow("capitals in the name") << "spiffe://example.org/tapio/node/Worker"s;
        QTest::newRow("a way out of the folder") << "spiffe://example.org/tapio/node/.."s;
        QTest::newRow("a name that begins with a hyphen") << "spiffe://example.org/tapio/node/-rf"s;
        QTest::newRow("a percent escape") << "spiffe://example.org/tapio/node/n%2e"s;
        QTest::newRow("a query") << "spiffe://example.org/tapio/node/n?x=1"s;
        QTest::newRow("a name with a zero byte") << "spiffe://example.org/tapio/node/n\0evil"s;
        QTest::newRow("an empty trust domain") << "spiffe:///tapio/node/n"s;
        QTest::newRow("a trust domain with a port") << "spiffe://example.org:1/tapio/node/n"s;
        QTest::newRow("a name of 254 characters") << "spiffe://a/tapio/node/" + std::string(254, 'n');
        QTest::newRow("a trust domain of 254 characters") << "spiffe://" + std::string(254, 'a') + "/tapio/node/n";
    }
    void parse_refusesEverythingElse()
    {
        QFETCH(std::string, uri);
        const auto identity = parseIdentity(uri);
        QVERIFY(!identity);
        QCOMPARE(identity.error().code(), Errc::Malformed);
    }
};

QTEST_APPLESS_MAIN(TestIdentity)
#include "tst_identity.moc"
