// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include <algorithm>
#include <filesystem>
#include <functional>

#include "tests/support/testpki.h"
#include "tests/transport/rawpeer.h"
#include "tests/transport/rig.h"

using namespace tapio;
using namespace tapio::test;
using namespace tapio::transport;
using namespace std::chrono_literals;
using namespace std::string_literals;

namespace {

using Attack = std::function<void(RawPeer &)>;

constexpr std::size_t maxMessageBytes = 64 * 1024;

/// TLS, greeting and READY as a good peer, then what the row wants.
Attack afterReady(TlsFiles files, std::function<void(RawPeer &)> then)
{
    return [files = std::move(files), then = std::move(then)](RawPeer &peer) {
        if (peer.startTls({files}) && peer.startZmtp("DEALER"))
            then(peer);
    };
}

Attack insideTls(TlsFiles files, std::string bytes)
{
    return [files = std::move(files), bytes = std::move(bytes)](RawPeer &peer) {
        peer.startTls({files});
        peer.send(bytes);
    };
}

Attack onlyTls(RawTlsOptions options)
{
    return [options = std::move(options)](RawPeer &peer) { peer.startTls(options); };
}

Attack plain(std::string bytes)
{
    return [bytes = std::move(bytes)](RawPeer &peer) { peer.send(bytes); };
}

void sendForEver(RawPeer &peer, const std::string &bytes)
{
    while (peer.send(bytes)) {}
}

} // namespace

Q_DECLARE_METATYPE(Attack)
Q_DECLARE_METATYPE(tapio::test::TestPki::Odd::Purpose)

/// Every row: a healthy connection is up and sends 200 numbers per second; somebody does something bad; that one is cut with
/// the right code and sentence, and the healthy one loses nothing and stays connected.
class TestRefusals : public QObject {
    Q_OBJECT
private:
    SystemClock m_clock;
    TestPki m_pki;
    TestPki m_otherPki;

    void rows();

private slots:
    void refusal_data() { rows(); }
    void refusal();
    void clientEndpoint_isToldWhyItWasRefused_data();
    void clientEndpoint_isToldWhyItWasRefused();
    void clientEndpoint_refusesItsOwnCertificateThatNoServerWouldTake_data();
    void clientEndpoint_refusesItsOwnCertificateThatNoServerWouldTake();
    void clientEndpoint_goesOnWithWhatWorkedWhenItsCertificateBecomesAServers();
    void clientEndpoint_refusesAWrongServer_data();
    void clientEndpoint_refusesAWrongServer();
};

void TestRefusals::rows()
{
    QTest::addColumn<Attack>("attack");
    QTest::addColumn<QString>("code");
    QTest::addColumn<QString>("reason");
    QTest::addColumn<bool>("wasOpen");
    const auto row = [](const char *name, Attack attack, const char *code, const char *reason, bool wasOpen = false) {
        QTest::newRow(name) << attack << code << reason << wasOpen;
    };
    const std::int64_t hourNs = 3600 * nsPerSecond;
    const std::int64_t nowNs = m_clock.utcNs();
    using Odd = TestPki::Odd;
    const TlsFiles node = m_pki.node("node-2");

    row("a certificate of another authority", onlyTls({m_otherPki.node()}), "wrong-ca", "not issued by our authority");
    row("an expired certificate", onlyTls({m_pki.odd({.notBeforeNs = nowNs - 2 * hourNs, .notAfterNs = nowNs - hourNs})}), "expired",
        "has expired");
    row("a certificate that is not yet valid", onlyTls({m_pki.odd({.notBeforeNs = nowNs + hourNs, .notAfterNs = nowNs + 2 * hourNs})}),
        "not-yet-valid", "not yet valid");
    m_pki.node("revoked-1");
    m_pki.revoke(Role::Node, "revoked-1");
    row("a revoked certificate", onlyTls({m_pki.node("revoked-1")}), "revoked", "was revoked");
    row("a server's certificate in a client's hand", onlyTls({m_pki.server()}), "wrong-purpose", "purpose");
    row("a certificate without extended key usage", onlyTls({m_pki.odd({.purpose = Odd::Purpose::None})}), "wrong-purpose",
        "extended key usage");
    row("a client certificate whose role is server", onlyTls({m_pki.odd({.uri = "spiffe://test.tapio/tapio/server/odd-1"})}), "wrong-role",
        "it is a server");
    row("a certificate without identity", onlyTls({m_pki.odd({.uri = ""})}), "bad-identity", "names no identity");
    row("a certificate with another application's identity", onlyTls({m_pki.odd({.uri = "spiffe://test.tapio/ns/default/sa/web"})}),
        "bad-identity", "not spiffe://TRUST-DOMAIN/tapio/ROLE/NAME");
    row("a certificate of another trust domain", onlyTls({m_pki.odd({.uri = "spiffe://elsewhere/tapio/node/odd-1"})}), "bad-identity",
        "trust domain elsewhere");
    row("no certificate", onlyTls({}), "no-certificate", "no certificate");
    row("a TLS 1.2 client", onlyTls({node, 0x0303}), "tls-version", "TLS 1.3");
    row("ZeroMQ without TLS", plain(zmtpGreeting()), "plaintext", "ZeroMQ without TLS");
    row("an HTTP request", plain("GET / HTTP/1.1\r\nHost: x\r\n\r\n"), "plaintext", "plain text");
    row("two kilobytes of garbage", plain(std::string(2048, '\x8E')), "garbage", "not TLS");
    row("a TLS record of garbage", plain("\x16\x03\x01\x00\x10"s + std::string(16, '\xAA')), "garbage", "not valid TLS");
    row(
        "it hangs up after the connect", [](RawPeer &peer) { peer.reset(); }, "reset", "reset");

    row(
        "connected and silent", [](RawPeer &) {}, "handshake-timeout", "within 1 s");
    row(
        "a TLS hello that trickles in",
        [](RawPeer &peer) {
            peer.send("\x16\x03\x01\x40\x00\x01"s);
            while (peer.send("x") && !peer.waitForEnd(50ms)) {}
        },
        "handshake-timeout", "within 1 s");
    row("TLS and then silence", onlyTls({node}), "handshake-timeout", "within 1 s");
    row(
        "a greeting that trickles in",
        [node](RawPeer &peer) {
            peer.startTls({node});
            for (const char c : zmtpGreeting()) {
                if (!peer.send({&c, 1}) || peer.waitForEnd(50ms))
                    return;
            }
        },
        "handshake-timeout", "within 1 s");
    row("a greeting and no READY", insideTls(node, zmtpGreeting()), "handshake-timeout", "within 1 s");

    row("garbage inside TLS", insideTls(node, std::string(100, 'x')), "garbage", "other than ZMTP");
    row("an old ZMTP version", insideTls(node, zmtpGreeting("NULL", 1)), "garbage", "ZMTP 1");
    row("the PLAIN mechanism", insideTls(node, zmtpGreeting("PLAIN")), "mechanism", "only NULL");
    row("the CURVE mechanism", insideTls(node, zmtpGreeting("CURVE")), "mechanism", "only NULL");
    row("a socket type that has no business here", insideTls(node, zmtpGreeting() + zmtpReady("PUB")), "garbage", "DEALER");
    row("a first frame that is no command", insideTls(node, zmtpGreeting() + zmtpFrame(0, "hello")), "garbage", "first frame");
    row("a command other than READY", insideTls(node, zmtpGreeting() + zmtpFrame(4, "\5HELLO")), "garbage", "READY");
    row("READY with a torn property", insideTls(node, zmtpGreeting() + zmtpFrame(4, "\5READY\x0BSocket-Type\0\0\1")), "garbage", "READY");

    row("a message over the limit", afterReady(node, [](RawPeer &peer) { peer.send(zmtpLongHeader(0, maxMessageBytes + 1)); }),
        "frame-too-large", "65537 bytes; the limit is 65536", true);
    row("a message of a terabyte", afterReady(node, [](RawPeer &peer) { peer.send(zmtpLongHeader(0, 1ull << 40)); }), "frame-too-large",
        "1099511627776", true);
    row("an endless multipart message", afterReady(node, [](RawPeer &peer) { sendForEver(peer, zmtpFrame(1, std::string(60'000, 'm'))); }),
        "multipart", "several frames", true);
    row("a flood of pings", afterReady(node, [](RawPeer &peer) { sendForEver(peer, zmtpPing()); }), "command-flood", "20 per second", true);
    row("a command of a megabyte", afterReady(node, [](RawPeer &peer) { peer.send(zmtpLongHeader(4, 1u << 20)); }), "frame-too-large",
        "command", true);
    row("reserved flags", afterReady(node, [](RawPeer &peer) { peer.send(zmtpFrame(0x40, "x")); }), "garbage", "reserved", true);
    row("a ping that is too short", afterReady(node, [](RawPeer &peer) { peer.send(zmtpFrame(4, "\4PING")); }), "garbage", "PING and PONG",
        true);
    row("a command of later ZMTP versions", afterReady(node, [](RawPeer &peer) { peer.send(zmtpFrame(4, "\x09SUBSCRIBE")); }), "garbage",
        "PING and PONG", true);
    row("a flood of key updates",
        afterReady(node,
                   [](RawPeer &peer) {
                       for (int i = 0; i < 1000 && peer.updateKeys(); ++i) {}
                   }),
        "command-flood", "TLS keys", true);
    row("a reset in the middle of a frame",
        afterReady(node,
                   [](RawPeer &peer) {
                       peer.send(zmtpLongHeader(0, 1000) + std::string(10, 'r'));
                       peer.reset();
                   }),
        "reset", "reset", true);
    row("an end without goodbye",
        afterReady(node,
                   [](RawPeer &peer) {
                       peer.send(zmtpLongHeader(0, 1000) + std::string(10, 'r'));
                       peer.shutdown();
                   }),
        "reset", "without a goodbye", true);
    row("it connects and falls silent", afterReady(node, [](RawPeer &) {}), "heartbeat-timeout", "Nothing was heard from it for 3 s", true);
}

void TestRefusals::refusal()
{
    QFETCH(Attack, attack);
    QFETCH(QString, code);
    QFETCH(QString, reason);
    QFETCH(bool, wasOpen);
    ServerOptions options;
    options.tls = m_pki.server();
    options.maxMessageBytes = maxMessageBytes;
    options.handshakeDeadline = 1000ms;
    options.heartbeatInterval = 500ms;
    options.heartbeatTimeout = 3000ms;
    const ServerRig server(options, m_clock);
    ClientOptions healthyOptions;
    healthyOptions.port = server.port();
    healthyOptions.tls = m_pki.node("healthy");
    healthyOptions.heartbeatInterval = 500ms;
    NumberSender healthy(healthyOptions, m_clock);
    QVERIFY(healthy.waitConnected());

    RawPeer bad(server.port());
    QVERIFY(bad.isConnected());
    attack(bad);
    const Notice notice = server.waitFor(wasOpen ? NoticeKind::Closed : NoticeKind::Refused, code.toStdString());
    QVERIFY2(notice.code == code.toStdString(),
             [&] {
                 std::string all = "notices:";
                 for (const Notice &each : server.notices())
                     all += "\n  " + each.code + ": " + each.reason;
                 return all;
             }()
                 .c_str());
    QVERIFY2(QString::fromStdString(notice.reason).contains(reason), notice.reason.c_str());
    QVERIFY(notice.reason.ends_with('.'));
    QVERIFY(notice.remoteAddress.starts_with("127.0.0.1:"));
    QCOMPARE(QString::fromStdString(notice.identity),
             wasOpen ? QString("spiffe://test.tapio/tapio/node/node-2") : QString::fromStdString(notice.identity));
    QVERIFY(bad.waitForEnd(5s));

    const auto report = healthy.finish();
    QCOMPARE(report.generations, 1u);
    QCOMPARE(report.busy, 0u);
    QVERIFY(QTest::qWaitFor([&] { return server.stream("healthy").received == report.sent; }, 10'000));
    QCOMPARE(server.stream("healthy").gaps, 0u);
}

void TestRefusals::clientEndpoint_isToldWhyItWasRefused_data()
{
    QTest::addColumn<QString>("certificate");
    QTest::addColumn<QString>("code");
    QTest::newRow("expired") << "expired"
                             << "expired";
    QTest::newRow("revoked") << "revoked"
                             << "revoked";
    QTest::newRow("another role") << "role"
                                  << "bad-identity";
}

void TestRefusals::clientEndpoint_isToldWhyItWasRefused()
{
    QFETCH(QString, certificate);
    QFETCH(QString, code);
    const std::int64_t nowNs = m_clock.utcNs();
    TlsFiles files;
    if (certificate == "expired")
        files = m_pki.odd({.notBeforeNs = nowNs - 7200 * nsPerSecond, .notAfterNs = nowNs - 3600 * nsPerSecond});
    else if (certificate == "role")
        files = m_pki.odd({.uri = "spiffe://test.tapio/tapio/server/odd-1"});
    else
        files = m_pki.node("revoked-2");
    if (certificate == "revoked")
        m_pki.revoke(Role::Node, "revoked-2");
    ServerOptions options;
    options.tls = m_pki.server();
    const ServerRig server(options, m_clock);
    ClientOptions clientOptions;
    clientOptions.port = server.port();
    clientOptions.tls = files;
    const auto client = ClientEndpoint::open(clientOptions, m_clock);
    QVERIFY(client);
    std::vector<Notice> notices;
    QVERIFY(QTest::qWaitFor([&] {
        static_cast<void>((*client)->receive(20ms));
        for (Notice &notice : (*client)->takeNotices())
            notices.push_back(std::move(notice));
        return !notices.empty();
    }));
    QCOMPARE(QString::fromStdString(notices.front().code), code);
    QCOMPARE(notices.front().kind, NoticeKind::Refused);
    QVERIFY2(notices.front().reason.starts_with("The other side refused"), notices.front().reason.c_str());
    QCOMPARE((*client)->generation(), 0u);
}

void TestRefusals::clientEndpoint_refusesItsOwnCertificateThatNoServerWouldTake_data()
{
    QTest::addColumn<TestPki::Odd::Purpose>("purpose");
    QTest::newRow("made for servers") << TestPki::Odd::Purpose::ServerAuth;
    QTest::newRow("without extended key usage") << TestPki::Odd::Purpose::None;
}

/// To dial for ever would not mend it.
void TestRefusals::clientEndpoint_refusesItsOwnCertificateThatNoServerWouldTake()
{
    QFETCH(TestPki::Odd::Purpose, purpose);
    ClientOptions options;
    options.port = 1;
    options.tls = m_pki.odd({.purpose = purpose});
    const auto client = ClientEndpoint::open(options, m_clock);
    QVERIFY(!client);
    QCOMPARE(client.error().code(), Errc::InvalidArgument);
    const QString sentence = QString::fromStdString(client.error().context());
    QVERIFY2(sentence.startsWith(QString::fromStdString(options.tls.certificate.native()) + " is no certificate to connect with"),
             qPrintable(sentence));
    QVERIFY2(sentence.contains("'tapio pki issue node NAME'"), qPrintable(sentence));
}

void TestRefusals::clientEndpoint_goesOnWithWhatWorkedWhenItsCertificateBecomesAServers()
{
    const QTemporaryDir folder;
    ClientOptions options;
    options.tls = m_pki.node("node-4");
    options.tls.certificate = folder.filePath("cert.pem").toStdString();
    options.tls.key = folder.filePath("key.pem").toStdString();
    const auto give = [&options](const TlsFiles &files) {
        constexpr auto over = std::filesystem::copy_options::overwrite_existing;
        std::filesystem::copy_file(files.certificate, options.tls.certificate, over);
        std::filesystem::copy_file(files.key, options.tls.key, over);
    };
    give(m_pki.node("node-4"));
    ServerOptions serverOptions;
    serverOptions.tls = m_pki.server();
    const ServerRig server(serverOptions, m_clock);
    options.port = server.port();
    options.reconnectMin = options.reconnectMax = 10ms;
    const auto client = ClientEndpoint::open(options, m_clock);
    QVERIFY(client);
    std::vector<Notice> notices;
    const auto await = [&](std::uint64_t generation) {
        return QTest::qWaitFor([&] {
            static_cast<void>((*client)->receive(20ms));
            for (Notice &notice : (*client)->takeNotices())
                notices.push_back(std::move(notice));
            return (*client)->generation() == generation;
        });
    };
    const auto complaints = [&notices] {
        return std::count_if(notices.begin(), notices.end(), [](const Notice &notice) {
            return notice.code == "tls-files" && notice.reason.find("'tapio pki issue node NAME'") != std::string::npos;
        });
    };
    QVERIFY(await(1));
    give(m_pki.server());
    (*client)->reconnect(0ms);
    QVERIFY(await(2));
    QCOMPARE(complaints(), 1);
    give(m_pki.node("node-5"));
    (*client)->reconnect(0ms);
    QVERIFY(await(3));
    QCOMPARE(complaints(), 1);
}

void TestRefusals::clientEndpoint_refusesAWrongServer_data()
{
    QTest::addColumn<QString>("certificate");
    QTest::addColumn<QString>("expectedName");
    QTest::addColumn<QString>("code");
    QTest::newRow("a server of another authority") << "other"
                                                   << ""
                                                   << "wrong-ca";
    QTest::newRow("a node that plays server") << "node"
                                              << ""
                                              << "wrong-purpose";
    QTest::newRow("a server of another name") << "server"
                                              << "server-2"
                                              << "bad-identity";
    QTest::newRow("a server certificate of the role node") << "role"
                                                           << ""
                                                           << "wrong-role";
    QTest::newRow("plain bytes") << "plain"
                                 << ""
                                 << "garbage";
}

void TestRefusals::clientEndpoint_refusesAWrongServer()
{
    QFETCH(QString, certificate);
    QFETCH(QString, expectedName);
    QFETCH(QString, code);
    RawListener listener;
    std::thread server([&] {
        const auto peer = listener.accept();
        if (!peer)
            return;
        if (certificate == "plain") {
            peer->send("SSH-2.0-OpenSSH_9.2\r\n");
            peer->waitForEnd(10s);
            return;
        }
        const TlsFiles files = certificate == "other"  ? m_otherPki.server()
                               : certificate == "node" ? m_pki.node()
                               : certificate == "role" ? m_pki.odd({.purpose = TestPki::Odd::Purpose::ServerAuth})
                                                       : m_pki.server();
        peer->startTls({files}, true);
        peer->waitForEnd(10s);
    });
    ClientOptions options;
    options.port = listener.port();
    options.tls = m_pki.node("node-3");
    options.serverName = expectedName.toStdString();
    const auto client = ClientEndpoint::open(options, m_clock);
    std::vector<Notice> notices;
    const bool refused = QTest::qWaitFor([&] {
        static_cast<void>((*client)->receive(20ms));
        notices = (*client)->takeNotices();
        return !notices.empty();
    });
    server.join();
    QVERIFY(refused);
    QCOMPARE(QString::fromStdString(notices.front().code), code);
    QCOMPARE((*client)->generation(), 0u);
}

QTEST_GUILESS_MAIN(TestRefusals)
#include "tst_refusals.moc"
