// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include "agent/server/greeting.h"
#include "tests/server/servertest.h"

using namespace tapio;
using namespace tapio::server;

class TestGreeting : public QObject {
    Q_OBJECT
private slots:
    void refuses_data()
    {
        QTest::addColumn<int>("role");
        QTest::addColumn<QString>("name");
        QTest::addColumn<int>("certificateRole");
        QTest::addColumn<int>("least");
        QTest::addColumn<int>("most");
        QTest::addColumn<QString>("code");
        const int node = static_cast<int>(Role::Node);
        const int console = static_cast<int>(Role::Console);
        QTest::newRow("a node with another node's name") << node << "node-2" << node << 1 << 1 << "spoofed-node";
        QTest::newRow("a node with a name that only begins alike") << node << "node-10" << node << 1 << 1 << "spoofed-node";
        QTest::newRow("no name") << node << "" << node << 1 << 1 << "spoofed-node";
        QTest::newRow("a node as console") << console << "node-1" << node << 1 << 1 << "wrong-role";
        QTest::newRow("a console as node") << node << "node-1" << console << 1 << 1 << "wrong-role";
        QTest::newRow("a server as node") << node << "node-1" << static_cast<int>(Role::Server) << 1 << 1 << "wrong-role";
        QTest::newRow("a server") << static_cast<int>(Role::Server) << "node-1" << static_cast<int>(Role::Server) << 1 << 1 << "wrong-role";
        QTest::newRow("a role of a newer version") << 99 << "node-1" << node << 1 << 1 << "wrong-role";
        QTest::newRow("a newer protocol only") << node << "node-1" << node << 2 << 3 << "version";
        QTest::newRow("an older protocol only") << node << "node-1" << node << 0 << 0 << "version";
        QTest::newRow("versions the wrong way round") << node << "node-1" << node << 3 << 0 << "version";
    }
    void refuses()
    {
        QFETCH(int, role);
        QFETCH(QString, name);
        QFETCH(int, certificateRole);
        QFETCH(int, least);
        QFETCH(int, most);
        wire::Hello hello = test::nodeHello(name.toStdString());
        hello.role = static_cast<Role>(role);
        hello.versionMin = static_cast<std::uint16_t>(least);
        hello.versionMax = static_cast<std::uint16_t>(most);
        const auto verdict = judge(hello, test::identity(static_cast<Role>(certificateRole), "node-1"));
        const auto *bye = std::get_if<wire::Bye>(&verdict);
        QVERIFY(bye != nullptr);
        QTEST(QString::fromStdString(bye->code), "code");
        QVERIFY(!bye->reason.empty());
        QVERIFY(bye->reconnectAfterMs > 0);
    }

    void refuses_showsAForeignNameOnOneLine()
    {
        const auto verdict = judge(test::nodeHello("evil\nname\x1b[31m" + std::string(5000, 'x')), test::identity(Role::Node, "node-1"));
        const std::string &reason = std::get<wire::Bye>(verdict).reason;
        QVERIFY(reason.size() < 300);
        QVERIFY(reason.find('\n') == std::string::npos && reason.find('\x1b') == std::string::npos);
    }

    void accepts_theHighestVersionAndTheCommonCapabilities()
    {
        wire::Hello hello = test::nodeHello("node-1");
        hello.versionMax = 9;
        hello.capabilities = {"teleport", "zstd"};
        const auto verdict = judge(hello, test::identity(Role::Node, "node-1"));
        const auto *greeted = std::get_if<Greeted>(&verdict);
        QVERIFY(greeted != nullptr);
        QCOMPARE(greeted->version, wire::protocolVersionMax);
        QVERIFY(greeted->capabilities == std::vector<std::string>{"zstd"});
    }
};

QTEST_APPLESS_MAIN(TestGreeting)
#include "tst_greeting.moc"
