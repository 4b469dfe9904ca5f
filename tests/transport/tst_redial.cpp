// SPDX-License-Identifier: GPL-3.0-or-later
// When the dialling side dials again.
#include <QtTest>

#include "tests/support/testpki.h"
#include "tests/transport/endpointsfixture.h"

using namespace tapio;
using namespace tapio::test;
using namespace tapio::transport;
using namespace std::chrono_literals;

class TestRedial : public QObject, private EndpointsFixture {
    Q_OBJECT
private slots:
    void reconnect_dropsAndWaits();
    void dialNow_doesNotWaitForTheBackOff();
    void reconnect_neverMakesAWaitLonger();
};

void TestRedial::reconnect_dropsAndWaits()
{
    const auto server = openServer();
    ClientOptions options;
    options.reconnectMin = 10ms;
    const auto client = openClient(server->port(), m_pki.node(), options);
    QVERIFY(waitPhase(*client, LinkPhase::Connected));
    client->reconnect(300ms);
    QVERIFY(waitPhase(*client, LinkPhase::Waiting));
    QVERIFY(waitPhase(*client, LinkPhase::Connected));
    QCOMPARE(client->generation(), 2u);
    const auto notices = client->takeNotices();
    const auto closed = std::find_if(notices.begin(), notices.end(), [](const Notice &n) { return n.kind == NoticeKind::Closed; });
    QVERIFY(closed != notices.end());
    const auto again = std::find_if(closed, notices.end(), [](const Notice &n) { return n.kind == NoticeKind::Accepted; });
    QVERIFY(again != notices.end());
    QVERIFY(again->timeNs - closed->timeNs >= 300 * nsPerMs);
}

void TestRedial::dialNow_doesNotWaitForTheBackOff()
{
    ClientOptions options;
    options.reconnectMin = options.reconnectMax = 60s;
    auto server = openServer();
    const std::uint16_t port = server->port();
    server.reset();
    const auto client = openClient(port, m_pki.node(), options);
    QVERIFY(waitPhase(*client, LinkPhase::Waiting));
    ServerOptions again;
    again.port = port;
    server = openServer(again);
    client->reconnect(0ms); // a session that was told to come back does not come before its time
    client->dialNow();
    QVERIFY(waitPhase(*client, LinkPhase::Connected));
    client->dialNow(); // and of one that is up a person makes a new one
    QTRY_VERIFY((static_cast<void>(client->receive(10ms)), client->generation() == 2));
}

void TestRedial::reconnect_neverMakesAWaitLonger()
{
    ClientOptions options;
    options.reconnectMin = options.reconnectMax = 400ms;
    auto server = openServer();
    const std::uint16_t port = server->port();
    server.reset();
    const auto client = openClient(port, m_pki.node(), options);
    QVERIFY(waitPhase(*client, LinkPhase::Waiting));
    ServerOptions again;
    again.port = port;
    server = openServer(again);
    // Asked for more often than the wait lasts: were each to begin it anew, it would never end.
    QTRY_VERIFY((client->reconnect(0ms), static_cast<void>(client->receive(10ms)), client->generation() > 0));
}

QTEST_GUILESS_MAIN(TestRedial)
#include "tst_redial.moc"
