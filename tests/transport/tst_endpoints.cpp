// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include <filesystem>
#include <random>

#include "tests/support/testpki.h"
#include "tests/transport/endpointsfixture.h"
#include "tests/transport/rawpeer.h"
#include "tests/transport/rig.h"

using namespace tapio;
using namespace tapio::test;
using namespace tapio::transport;
using namespace std::chrono_literals;

class TestEndpoints : public QObject, private EndpointsFixture {
    Q_OBJECT
private slots:
    void exchange_carriesMessagesBothWaysWithTheVerifiedIdentity_data();
    void exchange_carriesMessagesBothWaysWithTheVerifiedIdentity();
    void send_refusesWhatCannotGo();
    void ready_cannotSpoofAnIdentity();
    void open_namesWhatIsWrong_data();
    void open_namesWhatIsWrong();
    void open_refusesASecondInstanceOnThePort();
    void credentials_areReadAgainWhenTheyChange();
    void client_comesBackAfterTheServerWasGone();
    void client_cutsAServerThatFallsSilent();
    void client_saysWhyItCannotConnect_data();
    void client_saysWhyItCannotConnect();
    void client_resolvesNames();
    void close_endsAPeerAfterItsLastMessage();
    void destruction_letsTheLastMessagesLeave();
    void wake_interruptsReceive();
    void connection_endsWithItsCertificate();
    void connection_isMadeAnewAfterItsLongestLife();
    void flood_losesNothingAndNeverStalls_data();
    void flood_losesNothingAndNeverStalls();
    void slowServer_slowsTheClientAndLosesNothing();
    void slowClient_makesSendingToItBusy();
    void halfOpenConnections_leaveTheRestAlone_data();
    void halfOpenConnections_leaveTheRestAlone();
};

void TestEndpoints::exchange_carriesMessagesBothWaysWithTheVerifiedIdentity_data()
{
    QTest::addColumn<QString>("address");
    QTest::addColumn<QString>("shown");
    QTest::newRow("IPv4") << "127.0.0.1"
                          << "127.0.0.1:";
    QTest::newRow("IPv6") << "::1"
                          << "[::1]:";
    QTest::newRow("IPv4 to a server on all addresses") << "::"
                                                       << "127.0.0.1:";
}

void TestEndpoints::exchange_carriesMessagesBothWaysWithTheVerifiedIdentity()
{
    QFETCH(QString, address);
    QFETCH(QString, shown);
    ServerOptions serverOptions;
    serverOptions.address = address.toStdString();
    const auto server = openServer(serverOptions);
    ClientOptions clientOptions;
    clientOptions.host = address == "::1" ? "::1" : "127.0.0.1";
    clientOptions.serverName = "server-1";
    const auto client = openClient(server->port(), m_pki.node("node-1"), clientOptions);
    QVERIFY(waitPhase(*client, LinkPhase::Connected));
    QCOMPARE(client->generation(), 1u);

    QVERIFY(client->send(bytes("hello")));
    const auto incoming = nextMessage(*server);
    QVERIFY(incoming);
    QCOMPARE(text(incoming->payload), std::string("hello"));
    QCOMPARE(incoming->identity.uri(), std::string("spiffe://test.tapio/tapio/node/node-1"));
    QCOMPARE(incoming->identity.serial.size(), 32u);
    QVERIFY(incoming->identity.notAfterNs > m_clock.utcNs());
    QVERIFY(incoming->remoteAddress.starts_with(shown.toStdString()));
    QVERIFY(server->send(incoming->peer, bytes("welcome")));
    const auto answer = nextMessage(*client);
    QVERIFY(answer);
    QCOMPARE(text(*answer), std::string("welcome"));

    QVERIFY(client->send({})); // an empty message is a message
    const auto empty = nextMessage(*server);
    QVERIFY(empty && empty->payload.empty());
    const auto accepted = server->takeNotices();
    QCOMPARE(accepted.size(), 1u);
    QCOMPARE(accepted[0].kind, NoticeKind::Accepted);
    QCOMPARE(accepted[0].peer, incoming->peer);
    QCOMPARE(accepted[0].identity, std::string("spiffe://test.tapio/tapio/node/node-1"));
    const auto connected = client->takeNotices();
    QCOMPARE(connected.size(), 1u);
    QCOMPARE(connected[0].identity, std::string("spiffe://test.tapio/tapio/server/server-1"));
}

void TestEndpoints::send_refusesWhatCannotGo()
{
    const auto server = openServer();
    ClientOptions options;
    options.maxMessageBytes = 1000;
    const auto client = openClient(server->port(), m_pki.node(), options);
    QCOMPARE(client->send(bytes("early")).error().code(), Errc::Disconnected);
    QVERIFY(waitPhase(*client, LinkPhase::Connected));
    QCOMPARE(client->send(Bytes(1001)).error().code(), Errc::InvalidArgument);
    QVERIFY(client->send(Bytes(1000)));
    QCOMPARE(server->send(4711, bytes("nobody")).error().code(), Errc::Disconnected);
    const auto incoming = nextMessage(*server);
    QCOMPARE(incoming->payload.size(), 1000u);
    QCOMPARE(server->send(incoming->peer, Bytes((1u << 20) + 1)).error().code(), Errc::InvalidArgument);
}

void TestEndpoints::ready_cannotSpoofAnIdentity()
{
    const auto server = openServer();
    const auto victim = openClient(server->port(), m_pki.node("victim"));
    QVERIFY(waitPhase(*victim, LinkPhase::Connected));
    QVERIFY(victim->send(bytes("it is me")));
    const auto genuine = nextMessage(*server);
    QVERIFY(genuine);

    RawPeer spoofer(server->port());
    QVERIFY(spoofer.startTls({m_pki.node("spoofer")}));
    const std::string claims = zmtpProperty("Identity", std::to_string(genuine->peer))
                               + zmtpProperty("X-Tapio-Identity", "spiffe://test.tapio/tapio/node/victim")
                               + zmtpProperty("X-Tapio-Serial", genuine->identity.serial) + zmtpProperty("x-tapio-address", "10.0.0.1:1");
    QVERIFY(spoofer.startZmtp("DEALER", claims));
    QVERIFY(spoofer.send(zmtpFrame(0, "it is me, too")));
    const auto spoofed = nextMessage(*server);
    QVERIFY(spoofed);
    QCOMPARE(text(spoofed->payload), std::string("it is me, too"));
    QCOMPARE(spoofed->identity.name, std::string("spoofer"));
    QVERIFY(spoofed->identity.serial != genuine->identity.serial);
    QVERIFY(spoofed->peer != genuine->peer);
    QVERIFY(spoofed->remoteAddress != "10.0.0.1:1");

    QVERIFY(server->send(genuine->peer, bytes("for the victim")));
    const auto answer = nextMessage(*victim);
    QVERIFY(answer);
    QCOMPARE(text(*answer), std::string("for the victim"));
}

void TestEndpoints::open_namesWhatIsWrong_data()
{
    QTest::addColumn<QString>("fault");
    QTest::addColumn<Errc>("code");
    QTest::addColumn<QString>("named");
    QTest::newRow("no certificate file") << "missing" << Errc::NotFound << "/nowhere/cert.pem";
    QTest::newRow("a key that others may read") << "mode" << Errc::PermissionDenied << "key.pem";
    QTest::newRow("the key of another certificate") << "pair" << Errc::Malformed << "key.pem";
    QTest::newRow("a file that is no PEM") << "pem" << Errc::Malformed << "ca.crt";
    QTest::newRow("a damaged revocation list") << "crl" << Errc::Malformed << "ca.crt";
    QTest::newRow("a node's certificate for a server") << "role" << Errc::InvalidArgument << "not the certificate of a server";
    QTest::newRow("an address that is a name") << "address" << Errc::InvalidArgument << "example.org";
    QTest::newRow("an address of another machine") << "foreign" << Errc::InvalidArgument << "192.0.2.1";
}

void TestEndpoints::open_namesWhatIsWrong()
{
    QFETCH(QString, fault);
    QFETCH(Errc, code);
    QFETCH(QString, named);
    ServerOptions options;
    options.tls = m_pki.server();
    const TlsFiles others = m_pki.server("server-9");
    if (fault == "missing")
        options.tls.certificate = "/nowhere/cert.pem";
    else if (fault == "mode")
        std::filesystem::permissions(others.key, std::filesystem::perms(0640));
    if (fault == "mode")
        options.tls = others;
    else if (fault == "pair")
        options.tls.key = others.key;
    else if (fault == "pem")
        options.tls.ca = m_pki.authority().folder() / "index.json";
    else if (fault == "crl")
        options.tls.crl = options.tls.ca;
    else if (fault == "role")
        options.tls = m_pki.node();
    else if (fault == "address")
        options.address = "example.org";
    else if (fault == "foreign")
        options.address = "192.0.2.1";
    const auto server = ServerEndpoint::open(options, m_clock);
    std::filesystem::permissions(others.key, std::filesystem::perms(0600));
    QVERIFY(!server);
    QCOMPARE(server.error().code(), code);
    if (fault == "pem")
        named = "index.json";
    QVERIFY2(QString::fromStdString(server.error().context()).contains(named), server.error().message().c_str());
}

void TestEndpoints::open_refusesASecondInstanceOnThePort()
{
    const auto first = openServer();
    ServerOptions options;
    options.tls = m_pki.server();
    options.port = first->port();
    const auto second = ServerEndpoint::open(options, m_clock);
    QVERIFY(!second);
    QCOMPARE(second.error().code(), Errc::Busy);
    const QString sentence = QString::fromStdString(second.error().context());
    QVERIFY2(sentence.contains("port " + QString::number(first->port()) + " on 127.0.0.1 is in use"), qPrintable(sentence));
}

void TestEndpoints::credentials_areReadAgainWhenTheyChange()
{
    TestPki pki;
    ServerOptions options;
    options.tls = pki.server();
    const auto server = openServer(options);
    const auto first = openClient(server->port(), pki.node("first"));
    QVERIFY(waitPhase(*first, LinkPhase::Connected));
    const std::string serialBefore = inspectCertificate(pki.server(), m_clock)->identity.serial;

    QVERIFY(pki.authority().renew(Role::Server, "server-1", std::chrono::hours(1), true, m_clock));
    QVERIFY(inspectCertificate(pki.server(), m_clock)->identity.serial != serialBefore);
    pki.node("late");
    pki.revoke(Role::Node, "late"); // the list beside the server's certificate changes, too
    const auto revoked = openClient(server->port(), pki.node("late"));
    QVERIFY(has(noticesUntil(*server, NoticeKind::Refused, "revoked"), NoticeKind::Refused, "revoked"));

    std::filesystem::resize_file(pki.server().certificate, 10); // what a broken deployment leaves
    const auto second = openClient(server->port(), pki.node("second"));
    QVERIFY(waitPhase(*second, LinkPhase::Connected));
    QVERIFY(second->send(bytes("still works")));
    const auto notices = noticesUntil(*server, NoticeKind::Refused, "tls-files");
    QVERIFY(has(notices, NoticeKind::Refused, "tls-files"));
    QCOMPARE(first->generation(), 1u);
}

void TestEndpoints::client_comesBackAfterTheServerWasGone()
{
    auto server = openServer();
    const std::uint16_t port = server->port();
    ClientOptions options;
    options.reconnectMin = 20ms;
    options.reconnectMax = 100ms;
    const auto client = openClient(port, m_pki.node(), options);
    QVERIFY(waitPhase(*client, LinkPhase::Connected));
    QVERIFY(client->send(bytes("one")));
    const auto before = nextMessage(*server);
    QVERIFY(before);
    client->confirm();
    client->takeNotices();

    server.reset();
    QVERIFY(QTest::qWaitFor([&] { return client->receive(5ms) && client->phase() != LinkPhase::Connected; }));
    QCOMPARE(client->send(bytes("lost")).error().code(), Errc::Disconnected);
    QVERIFY(has(noticesUntil(*client, NoticeKind::Refused, "unreachable"), NoticeKind::Refused, "unreachable"));

    ServerOptions serverOptions;
    serverOptions.port = port;
    server = openServer(serverOptions);
    QVERIFY(waitPhase(*client, LinkPhase::Connected));
    QCOMPARE(client->generation(), 2u);
    QVERIFY(client->send(bytes("two")));
    const auto after = nextMessage(*server);
    QVERIFY(after);
    QCOMPARE(text(after->payload), std::string("two"));
}

void TestEndpoints::client_cutsAServerThatFallsSilent()
{
    RawListener listener;
    std::thread frozen([&] {
        const auto peer = listener.accept();
        if (!peer || !peer->startTls({m_pki.server()}, true))
            return;
        peer->send(zmtpGreeting() + zmtpReady("ROUTER"));
        peer->waitForEnd(20s); // answers nothing, as a stopped process
    });
    ClientOptions options;
    options.heartbeatInterval = 200ms;
    options.heartbeatTimeout = 1000ms;
    const auto client = openClient(listener.port(), m_pki.node(), options);
    const bool connected = waitPhase(*client, LinkPhase::Connected);
    const auto notices = noticesUntil(*client, NoticeKind::Closed, "heartbeat-timeout");
    frozen.join();
    QVERIFY(connected);
    QVERIFY(has(notices, NoticeKind::Closed, "heartbeat-timeout"));
    const auto phase = [&] { // as of the last receive(); the notice is told when the end begins
        static_cast<void>(client->receive(5ms));
        return client->phase();
    };
    QTRY_VERIFY(phase() != LinkPhase::Connected);
}

void TestEndpoints::client_saysWhyItCannotConnect_data()
{
    QTest::addColumn<QString>("host");
    QTest::addColumn<QString>("code");
    QTest::newRow("nobody listens") << "127.0.0.1"
                                    << "unreachable";
    QTest::newRow("a name that does not exist") << "no-such-host.invalid"
                                                << "unresolved";
}

void TestEndpoints::client_saysWhyItCannotConnect()
{
    QFETCH(QString, host);
    QFETCH(QString, code);
    std::uint16_t freePort = 0;
    {
        const RawListener listener;
        freePort = listener.port();
    }
    ClientOptions options;
    options.host = host.toStdString();
    const auto client = openClient(freePort, m_pki.node(), options);
    const auto notices = noticesUntil(*client, NoticeKind::Refused, code.toStdString());
    QVERIFY(has(notices, NoticeKind::Refused, code.toStdString()));
    QVERIFY(notices[0].reason.ends_with('.'));
    QVERIFY(notices[0].remoteAddress.starts_with(host.toStdString()));
    QVERIFY(waitPhase(*client, LinkPhase::Waiting));
}

void TestEndpoints::client_resolvesNames()
{
    const auto server = openServer();
    ClientOptions options;
    options.host = "localhost";
    const auto client = openClient(server->port(), m_pki.node(), options);
    QVERIFY(waitPhase(*client, LinkPhase::Connected));
}

void TestEndpoints::close_endsAPeerAfterItsLastMessage()
{
    const auto server = openServer();
    const auto client = openClient(server->port(), m_pki.node("leaver"));
    QVERIFY(waitPhase(*client, LinkPhase::Connected));
    QVERIFY(client->send(bytes("hello")));
    const auto incoming = nextMessage(*server);
    QVERIFY(incoming);
    QVERIFY(server->send(incoming->peer, bytes("go away")));
    server->close(incoming->peer, "replaced", "It connected again.");
    const auto last = nextMessage(*client);
    QVERIFY(last);
    QCOMPARE(text(*last), std::string("go away"));
    const auto notices = noticesUntil(*server, NoticeKind::Closed, "replaced");
    QVERIFY(has(notices, NoticeKind::Closed, "replaced"));
    QCOMPARE(notices.back().reason, std::string("It connected again."));
    QCOMPARE(notices.back().peer, incoming->peer);
    QCOMPARE(server->send(incoming->peer, bytes("too late")).error().code(), Errc::Disconnected);
    QVERIFY(has(noticesUntil(*client, NoticeKind::Closed, "closed"), NoticeKind::Closed, "closed"));
}

void TestEndpoints::destruction_letsTheLastMessagesLeave()
{
    auto server = openServer();
    auto client = openClient(server->port(), m_pki.node("quitter"));
    QVERIFY(waitPhase(*client, LinkPhase::Connected));
    for (int i = 0; i < 20; ++i)
        QVERIFY(client->send(Bytes(50'000)));
    client.reset();
    PeerId peer = 0;
    for (int i = 0; i < 20; ++i) {
        const auto incoming = nextMessage(*server);
        QVERIFY(incoming);
        QCOMPARE(incoming->payload.size(), 50'000u);
        peer = incoming->peer;
    }
    const auto notices = noticesUntil(*server, NoticeKind::Closed, "closed");
    QVERIFY(has(notices, NoticeKind::Closed, "closed"));
    QCOMPARE(notices.back().peer, peer);

    client = openClient(server->port(), m_pki.node("stayer"));
    QVERIFY(waitPhase(*client, LinkPhase::Connected));
    QVERIFY(client->send(bytes("hello")));
    const auto incoming = nextMessage(*server);
    QVERIFY(incoming);
    QVERIFY(server->send(incoming->peer, bytes("bye")));
    server.reset();
    const auto last = nextMessage(*client);
    QVERIFY(last);
    QCOMPARE(text(*last), std::string("bye"));
}

void TestEndpoints::wake_interruptsReceive()
{
    const auto server = openServer();
    const auto client = openClient(server->port(), m_pki.node());
    QVERIFY(waitPhase(*client, LinkPhase::Connected));
    std::thread other([&] {
        server->wake();
        client->wake();
    });
    const QDeadlineTimer deadline(std::chrono::minutes(1));
    QVERIFY(server->receive(std::chrono::minutes(2)) && client->receive(std::chrono::minutes(2)));
    other.join();
    QVERIFY(!deadline.hasExpired());
}

void TestEndpoints::connection_endsWithItsCertificate()
{
    const auto server = openServer();
    const auto files = m_pki.odd({.notAfterNs = m_clock.utcNs() + 2 * nsPerSecond});
    const auto client = openClient(server->port(), files);
    QVERIFY(waitPhase(*client, LinkPhase::Connected));
    const auto notices = noticesUntil(*server, NoticeKind::Closed, "expired");
    QVERIFY(has(notices, NoticeKind::Closed, "expired"));
    QVERIFY(has(noticesUntil(*server, NoticeKind::Refused, "expired"), NoticeKind::Refused, "expired")); // its next attempt
    QCOMPARE(client->generation(), 1u);
}

void TestEndpoints::connection_isMadeAnewAfterItsLongestLife()
{
    ShiftedClock clock;
    ServerOptions serverOptions;
    serverOptions.heartbeatInterval = 200ms;
    ClientOptions clientOptions;
    clientOptions.heartbeatInterval = 200ms;
    const auto server = openServer(serverOptions, &clock);
    const auto client = openClient(server->port(), m_pki.node(), clientOptions, &m_clock);
    QVERIFY(waitPhase(*client, LinkPhase::Connected));
    // Before that the server would give up the handshake.
    QVERIFY(has(noticesUntil(*server, NoticeKind::Accepted, "accepted"), NoticeKind::Accepted, "accepted"));
    clock.advance(std::chrono::hours(12));
    const auto notices = noticesUntil(*server, NoticeKind::Closed, "closed");
    QVERIFY(has(notices, NoticeKind::Closed, "closed"));
    QVERIFY(notices.back().reason.find("longest life") != std::string::npos);
    QVERIFY(QTest::qWaitFor([&] { return client->receive(5ms) && client->generation() == 2; }));
}

/// Regression: bytes that OpenSSL had read ahead were announced by nobody, and the last messages of a burst stood still.
void TestEndpoints::flood_losesNothingAndNeverStalls_data()
{
    QTest::addColumn<int>("size");
    QTest::addColumn<int>("count");
    QTest::newRow("small messages") << 272 << 3000;
    QTest::newRow("messages of 12 kB") << 12'400 << 300;
    QTest::newRow("messages of 197 kB") << 197'000 << 40;
    QTest::newRow("messages of the largest size") << (1 << 20) << 8;
}

void TestEndpoints::flood_losesNothingAndNeverStalls()
{
    QFETCH(int, size);
    QFETCH(int, count);
    ServerOptions options;
    options.tls = m_pki.server();
    ServerRig server(options, m_clock);
    const auto client = openClient(server.port(), m_pki.node("flooder"));
    QVERIFY(waitPhase(*client, LinkPhase::Connected));
    std::mt19937 random(1);
    std::size_t expected = 0;
    for (int trial = 0; trial < 30; ++trial) {
        const auto burst = static_cast<int>(random() % static_cast<unsigned>(count)) + 1;
        for (int sent = 0; sent < burst;) {
            const auto result = client->send(Bytes(static_cast<std::size_t>(size)));
            if (result) {
                ++sent;
                continue;
            }
            QCOMPARE(result.error().code(), Errc::Busy);
            QVERIFY(client->receive(1000ms)); // returns when there is room
        }
        expected += static_cast<std::size_t>(burst);
        QVERIFY2(QTest::qWaitFor([&] { return server.stream("flooder").otherMessages >= expected; }, 20'000),
                 qPrintable(QString("trial %1: %2 of %3").arg(trial).arg(server.stream("flooder").otherMessages).arg(expected)));
        QCOMPARE(server.stream("flooder").otherMessages, expected);
    }
    QCOMPARE(client->generation(), 1u);
}

void TestEndpoints::slowServer_slowsTheClientAndLosesNothing()
{
    ServerOptions options;
    options.tls = m_pki.server();
    options.heartbeatInterval = 200ms;
    options.heartbeatTimeout = 1000ms;
    ServerRig server(options, m_clock);
    ClientOptions clientOptions;
    clientOptions.heartbeatInterval = 200ms;
    const auto client = openClient(server.port(), m_pki.node("eager"), clientOptions);
    QVERIFY(waitPhase(*client, LinkPhase::Connected));
    server.setReceiving(false);
    std::uint64_t next = 1;
    Bytes message(sizeof next);
    const auto sendOne = [&] {
        std::memcpy(message.data(), &next, sizeof next);
        const bool sent = client->send(message).has_value();
        next += sent ? 1 : 0;
        return sent;
    };
    // Fill everything in between, for longer than the server's heartbeat timeout.
    QElapsedTimer timer;
    timer.start();
    bool wasBusy = false;
    while (timer.elapsed() < 3000) {
        if (sendOne())
            continue;
        wasBusy = true;
        static_cast<void>(client->receive(20ms));
    }
    QVERIFY(wasBusy);
    server.setReceiving(true);
    QVERIFY(QTest::qWaitFor([&] { return server.stream("eager").received == next - 1; }, 30'000));
    QCOMPARE(server.stream("eager").gaps, 0u);
    QCOMPARE(client->generation(), 1u);
}

void TestEndpoints::slowClient_makesSendingToItBusy()
{
    const auto server = openServer();
    RawPeer deaf(server->port());
    QVERIFY(deaf.startTls({m_pki.console("deaf")}));
    QVERIFY(deaf.startZmtp("DEALER"));
    QVERIFY(deaf.send(zmtpFrame(0, "talk to me")));
    const auto incoming = nextMessage(*server);
    QVERIFY(incoming);
    QCOMPARE(incoming->identity.role, Role::Console);
    bool busy = false;
    for (int i = 0; i < 2000 && !busy; ++i) {
        const auto sent = server->send(incoming->peer, Bytes(100'000));
        QVERIFY(sent || sent.error().code() == Errc::Busy);
        busy = QTest::qWaitFor([&] { return !server->send(incoming->peer, Bytes(100'000)); }, 1);
    }
    QVERIFY(busy);
    const auto healthy = openClient(server->port(), m_pki.node());
    QVERIFY(waitPhase(*healthy, LinkPhase::Connected));
    QVERIFY(healthy->send(bytes("still here")));
    QVERIFY(nextMessage(*server));
}

void TestEndpoints::halfOpenConnections_leaveTheRestAlone_data()
{
    QTest::addColumn<int>("addresses");
    QTest::newRow("300 from one address") << 1;
    QTest::newRow("300 from thirty addresses") << 30;
}

void TestEndpoints::halfOpenConnections_leaveTheRestAlone()
{
    QFETCH(int, addresses);
    ServerOptions options;
    options.tls = m_pki.server();
    ServerRig server(options, m_clock);
    ClientOptions clientOptions;
    clientOptions.port = server.port();
    clientOptions.tls = m_pki.node("healthy");
    NumberSender healthy(clientOptions, m_clock);
    QVERIFY(healthy.waitConnected());

    std::vector<std::unique_ptr<RawPeer>> halfOpen;
    for (int i = 0; i < 300; ++i) {
        halfOpen.push_back(std::make_unique<RawPeer>(server.port(), "127.0.1." + std::to_string(1 + i % addresses)));
        QVERIFY(halfOpen.back()->isConnected());
    }
    QCOMPARE(server.waitFor(NoticeKind::Refused, "too-many-pending").code, std::string("too-many-pending"));
    if (addresses == 1) { // the others' handshakes do not even wait
        const auto newcomer = openClient(server.port(), m_pki.node("newcomer"));
        QVERIFY(waitPhase(*newcomer, LinkPhase::Connected));
    }
    QCOMPARE(server.waitFor(NoticeKind::Refused, "handshake-timeout").code, std::string("handshake-timeout"));
    const auto later = openClient(server.port(), m_pki.node("later"));
    QVERIFY(waitPhase(*later, LinkPhase::Connected));

    const auto report = healthy.finish();
    QCOMPARE(report.generations, 1u);
    QVERIFY(QTest::qWaitFor([&] { return server.stream("healthy").received == report.sent; }));
    QCOMPARE(server.stream("healthy").gaps, 0u);
}

QTEST_GUILESS_MAIN(TestEndpoints)
#include "tst_endpoints.moc"
