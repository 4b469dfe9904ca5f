// SPDX-License-Identifier: GPL-3.0-or-later
// What a server does of itself while connections are open: revocation, and room for newcomers.
#include "tests/transport/endpointsfixture.h"
#include "tests/transport/rawpeer.h"

#include <filesystem>

using namespace tapio;
using namespace tapio::test;

class TestServerBridge : public QObject, private EndpointsFixture {
    Q_OBJECT
private slots:
    void revoked_isCutWhileItIsConnected();
    void anotherChangeOfFiles_cutsNobody_data();
    void anotherChangeOfFiles_cutsNobody();
    void filesThatStayBroken_areSaidOnce();
    void halfOpenFromTheNewcomersAddress_makeRoom_data();
    void halfOpenFromTheNewcomersAddress_makeRoom();
};

void TestServerBridge::revoked_isCutWhileItIsConnected()
{
    ServerOptions options;
    options.tls = m_pki.server();
    const auto server = openServer(options);
    const auto bad = openClient(server->port(), m_pki.node("bad"));
    const auto good = openClient(server->port(), m_pki.node("good"));
    QVERIFY(waitPhase(*bad, LinkPhase::Connected));
    QVERIFY(waitPhase(*good, LinkPhase::Connected));
    m_pki.revoke(Role::Node, "bad");
    const auto notices = noticesUntil(*server, NoticeKind::Closed, "revoked");
    const auto cut = std::find_if(notices.begin(), notices.end(), [](const Notice &n) { return n.kind == NoticeKind::Closed; });
    QVERIFY(cut != notices.end());
    QCOMPARE(cut->code, std::string("revoked"));
    QCOMPARE(cut->identity, std::string("spiffe://test.tapio/tapio/node/bad"));
    QCOMPARE(cut->reason, std::string("Its certificate was revoked."));
    QVERIFY(waitPhase(*bad, LinkPhase::Waiting));
    QVERIFY(has(noticesUntil(*server, NoticeKind::Refused, "revoked"), NoticeKind::Refused, "revoked"));
    QVERIFY(good->send(bytes("still here")));
    const auto message = nextMessage(*server);
    QVERIFY(message && text(message->payload) == "still here");
    QCOMPARE(good->generation(), 1u);
}

void TestServerBridge::anotherChangeOfFiles_cutsNobody_data()
{
    QTest::addColumn<QString>("change");
    QTest::newRow("somebody else is revoked") << "crl";
    QTest::newRow("our own certificate is renewed") << "certificate";
    QTest::newRow("the authority is replaced") << "ca";
    QTest::newRow("the list is damaged") << "damage";
}

void TestServerBridge::anotherChangeOfFiles_cutsNobody()
{
    QFETCH(QString, change);
    TestPki pki;
    TestPki other;
    ServerOptions options;
    options.tls = pki.server();
    ShiftedClock clock;
    const auto server = openServer(options, &clock);
    const auto client = openClient(server->port(), pki.node());
    QVERIFY(waitPhase(*client, LinkPhase::Connected));
    pki.node("another");
    if (change == "crl")
        pki.revoke(Role::Node, "another");
    else if (change == "certificate")
        QVERIFY(pki.authority().renew(Role::Server, "server-1", std::chrono::hours(1), true, m_clock));
    else if (change == "ca")
        std::filesystem::copy_file(other.server().ca, options.tls.ca, std::filesystem::copy_options::overwrite_existing);
    else
        std::filesystem::resize_file(options.tls.crl, 10);
    // A connection of somebody has the files read now, not in a second.
    const auto next = openClient(server->port(), pki.node("next"));
    static_cast<void>(QTest::qWaitFor([&] {
        static_cast<void>(server->receive(5ms));
        static_cast<void>(next->receive(5ms));
        return next->phase() == LinkPhase::Connected || !server->takeNotices().empty();
    }));
    QVERIFY(client->send(bytes("still here")));
    const auto message = nextMessage(*server);
    QVERIFY(message && text(message->payload) == "still here");
    QCOMPARE(client->generation(), 1u);
    QCOMPARE(client->phase(), LinkPhase::Connected);
}

void TestServerBridge::filesThatStayBroken_areSaidOnce()
{
    TestPki pki;
    ServerOptions options;
    options.tls = pki.server();
    const auto server = openServer(options);
    std::filesystem::resize_file(options.tls.crl, 10);
    // Nobody connects: it is noticed all the same, and not again with each look at the files.
    auto notices = noticesUntil(*server, NoticeKind::Refused, "tls-files");
    QVERIFY(has(notices, NoticeKind::Refused, "tls-files"));
    pki.node("late");
    pki.revoke(Role::Node, "late"); // writes a good list again
    const auto revoked = openClient(server->port(), pki.node("late"));
    notices = noticesUntil(*server, NoticeKind::Refused, "revoked");
    QVERIFY(has(notices, NoticeKind::Refused, "revoked"));
    QVERIFY(!has(notices, NoticeKind::Refused, "tls-files"));
}

void TestServerBridge::halfOpenFromTheNewcomersAddress_makeRoom_data()
{
    QTest::addColumn<int>("others");
    QTest::addColumn<int>("own");
    QTest::newRow("all places of its address are taken") << 0 << 300;
    QTest::newRow("all places of all addresses are taken") << 300 << 0;
}

void TestServerBridge::halfOpenFromTheNewcomersAddress_makeRoom()
{
    QFETCH(int, others);
    QFETCH(int, own);
    ServerOptions options;
    options.tls = m_pki.server();
    options.handshakeDeadline = 120s; // none of them gives up its place by that
    const auto server = openServer(options);
    std::vector<std::unique_ptr<RawPeer>> halfOpen;
    for (int i = 0; i < others; ++i)
        halfOpen.push_back(std::make_unique<RawPeer>(server->port(), "127.0.1." + std::to_string(1 + i % 30)));
    for (int i = 0; i < own; ++i)
        halfOpen.push_back(std::make_unique<RawPeer>(server->port()));
    QVERIFY(has(noticesUntil(*server, NoticeKind::Refused, "too-many-pending"), NoticeKind::Refused, "too-many-pending"));
    const auto newcomer = openClient(server->port(), m_pki.node("newcomer"));
    QVERIFY(waitPhase(*newcomer, LinkPhase::Connected));
    const auto notices = noticesUntil(*server, NoticeKind::Refused, "handshake-timeout");
    const auto gone = std::find_if(notices.begin(), notices.end(), [](const Notice &n) { return n.code == "handshake-timeout"; });
    QVERIFY(gone != notices.end());
    QVERIFY2(gone->reason.find("while others waited") != std::string::npos, gone->reason.c_str());
}

QTEST_GUILESS_MAIN(TestServerBridge)
#include "tst_serverbridge.moc"
