// SPDX-License-Identifier: GPL-3.0-or-later
// Every way in that is refused, through the whole fan-in: who looks on is told code and reason, the log says the same, the agent
// beside notices nothing, and the next one gets in.
#include <QtTest>

#include <functional>
#include <mutex>
#include <sstream>

#include <spdlog/sinks/ostream_sink.h>

#include "agent/server/fanin.h"
#include "agent/server/logsink.h"
#include "protocol/wire/codec.h"
#include "tests/server/servertest.h"
#include "tests/server/testpeer.h"
#include "tests/support/testpki.h"
#include "tests/transport/rawpeer.h"

using namespace tapio;
using namespace tapio::server;
using namespace tapio::test;
using namespace std::chrono_literals;
using namespace std::string_literals;
using transport::TlsFiles;
using wire::LinkNoticeKind;

namespace {

using Peers = std::vector<std::unique_ptr<RawPeer>>;
/// Connects to the port and does what must be refused; what it returns stays connected.
using Attack = std::function<Peers(std::uint16_t)>;

constexpr std::size_t maxMessageBytes = 64 * 1024;
constexpr int waitMs = 10'000;

Attack attack(std::function<void(RawPeer &)> what)
{
    return [what = std::move(what)](std::uint16_t port) {
        Peers peers;
        peers.push_back(std::make_unique<RawPeer>(port));
        what(*peers.back());
        return peers;
    };
}

Attack plain(std::string bytes)
{
    return attack([bytes = std::move(bytes)](RawPeer &peer) { peer.send(bytes); });
}

Attack onlyTls(RawTlsOptions options)
{
    return attack([options = std::move(options)](RawPeer &peer) { peer.startTls(options); });
}

Attack insideTls(TlsFiles files, std::string bytes)
{
    return attack([files = std::move(files), bytes = std::move(bytes)](RawPeer &peer) {
        peer.startTls({files});
        peer.send(bytes);
    });
}

/// A good connection over which these bytes go, which end in ZMTP frames.
Attack overZmtp(TlsFiles files, std::string bytes)
{
    return attack([files = std::move(files), bytes = std::move(bytes)](RawPeer &peer) {
        if (peer.startTls({files}) && peer.startZmtp("DEALER"))
            peer.send(bytes);
    });
}

std::string text(const wire::Bytes &bytes) { return {reinterpret_cast<const char *>(bytes.data()), bytes.size()}; }

Attack message(TlsFiles files, const wire::Bytes &bytes) { return overZmtp(std::move(files), zmtpFrame(0, text(bytes))); }

Attack halfOpen(int count)
{
    return [count](std::uint16_t port) {
        Peers peers;
        for (int i = 0; i < count; ++i)
            peers.push_back(std::make_unique<RawPeer>(port, "127.0.1.1"));
        // The first that are refused are the last that came.
        std::swap(peers.front(), peers.back());
        return peers;
    };
}

wire::Bytes cutInTheMiddle(const wire::Message &message)
{
    wire::Bytes bytes = *wire::encode(message);
    bytes.resize(bytes.size() / 16 * 8);
    return bytes;
}

/// A message whose content is itself, and so on without end (Cap'n Proto's struct pointers, by hand).
wire::Bytes endlesslyNested()
{
    const std::uint64_t words[] = {1, std::uint64_t{3} << 32, (std::uint64_t{1} << 48) | (std::uint64_t{1} << 32), 9,
                                   (std::uint64_t{1} << 48) | (std::uint64_t{1} << 32) | (0xFFFF'FFFEu << 2)};
    const auto bytes = std::as_bytes(std::span(words));
    return {bytes.begin(), bytes.end()};
}

wire::Hello newerHello()
{
    wire::Hello hello = nodeHello("node-2");
    hello.versionMin = 7;
    hello.versionMax = 9;
    return hello;
}

/// The log of tapio-server, and what its consoles would be told.
class WatchedLog final : public FanInSink {
public:
    WatchedLog() { m_log.set_pattern("%l %v"); }

    bool takesDeliveries() const override { return false; }
    bool onDelivery(std::shared_ptr<const wire::Delivery>) override { return true; }
    void onAgentState(const wire::AgentState &state) override
    {
        const std::lock_guard lock(m_mutex);
        m_states[state.node] = state;
        m_sink.onAgentState(state);
    }
    void onLinkNotice(const wire::LinkNotice &notice) override
    {
        const std::lock_guard lock(m_mutex);
        m_notices.push_back(notice);
        m_sink.onLinkNotice(notice);
    }

    std::optional<wire::LinkNotice> find(LinkNoticeKind kind, const std::string &code) const
    {
        const std::lock_guard lock(m_mutex);
        const auto found =
            std::find_if(m_notices.begin(), m_notices.end(), [&](const auto &n) { return n.kind == kind && n.code == code; });
        return found == m_notices.end() ? std::nullopt : std::optional(*found);
    }
    std::string all() const
    {
        const std::lock_guard lock(m_mutex);
        return m_text.str();
    }
    wire::AgentState state(const std::string &node) const
    {
        const std::lock_guard lock(m_mutex);
        const auto found = m_states.find(node);
        return found == m_states.end() ? wire::AgentState() : found->second;
    }

private:
    mutable std::mutex m_mutex;
    std::ostringstream m_text;
    spdlog::logger m_log{"test", std::make_shared<spdlog::sinks::ostream_sink_mt>(m_text, true)};
    LogSink m_sink{m_log};
    std::vector<wire::LinkNotice> m_notices;
    std::map<std::string, wire::AgentState> m_states;
};

} // namespace

Q_DECLARE_METATYPE(Attack)

class TestFanInRefusals : public QObject {
    Q_OBJECT
private:
    SystemClock m_clock;
    TestPki m_pki;
    TestPki m_otherPki;

    static void row(const char *name, Attack attack, const char *code, const char *reason, bool wasOpen = false)
    {
        QTest::newRow(name) << std::move(attack) << code << reason << wasOpen;
    }
    void certificateRows();
    void handshakeRows();
    void messageRows();

private slots:
    void refused_data()
    {
        QTest::addColumn<Attack>("attack");
        QTest::addColumn<QString>("code");
        QTest::addColumn<QString>("reason");
        QTest::addColumn<bool>("wasOpen");
        certificateRows();
        handshakeRows();
        messageRows();
    }
    void refused();
};

void TestFanInRefusals::certificateRows()
{
    const std::int64_t hourNs = 3600 * nsPerSecond;
    const std::int64_t nowNs = m_clock.utcNs();
    row("wrong authority", onlyTls({m_otherPki.node(), 0x0304}), "wrong-ca", "not issued by our authority");
    row("expired", onlyTls({m_pki.odd({.notBeforeNs = nowNs - 2 * hourNs, .notAfterNs = nowNs - hourNs}), 0x0304}), "expired",
        "has expired");
    row("not yet valid", onlyTls({m_pki.odd({.notBeforeNs = nowNs + hourNs, .notAfterNs = nowNs + 2 * hourNs}), 0x0304}), "not-yet-valid",
        "not yet valid");
    m_pki.node("revoked-1");
    m_pki.revoke(Role::Node, "revoked-1");
    row("revoked", onlyTls({m_pki.node("revoked-1"), 0x0304}), "revoked", "was revoked");
    row("made for another purpose", onlyTls({m_pki.server(), 0x0304}), "wrong-purpose", "purpose");
    row("no certificate", onlyTls({}), "no-certificate", "no certificate");
}

void TestFanInRefusals::handshakeRows()
{
    row("ZeroMQ without TLS", plain(zmtpGreeting()), "plaintext", "ZeroMQ without TLS");
    row("HTTP", plain("GET / HTTP/1.1\r\nHost: x\r\n\r\n"), "plaintext", "plain text");
    row("TLS 1.2", onlyTls({m_pki.node("node-2"), 0x0303}), "tls-version", "TLS 1.3");
    row("garbage", plain(std::string(2048, '\x8E')), "garbage", "not TLS");
    row("a slow handshake", attack([](RawPeer &peer) {
            peer.send("\x16\x03\x01\x40\x00\x01"s);
            while (peer.send("x") && !peer.waitForEnd(50ms)) {}
        }),
        "handshake-timeout", "within 1 s");
    row("300 half-open connections", halfOpen(300), "too-many-pending", "16 connections from there");
    row("garbage inside TLS", insideTls(m_pki.node("node-2"), std::string(100, 'x')), "garbage", "other than ZMTP");
    row("a frame over the limit", overZmtp(m_pki.node("node-2"), zmtpLongHeader(0, maxMessageBytes + 1)), "frame-too-large",
        "65537 bytes; the limit is 65536", true);
}

void TestFanInRefusals::messageRows()
{
    const TlsFiles node = m_pki.node("node-2");
    row("garbage for a message", message(node, wire::Bytes(300, std::byte{0x5A})), "malformed", "no message of Tapio");
    row("an empty message", overZmtp(node, zmtpFrame(0, "")), "malformed", "less than a header");
    row("a truncated Cap'n Proto message", message(node, cutInTheMiddle(nodeHello("node-2"))), "malformed", "decode");
    row("an endlessly nested Cap'n Proto message", message(node, endlesslyNested()), "malformed", "decode");
    wire::Hello large = nodeHello("node-2");
    large.capabilities.assign(500, "zstd");
    row("a greeting in zstd, which nobody agreed on", message(node, *wire::encode(large, {true})), "malformed", "not agreed on");
    row("a newer protocol version", message(node, *wire::encode(newerHello())), "version", "7 to 9");
    wire::Bytes newerFormat = *wire::encode(nodeHello("node-2"));
    newerFormat[0] = std::byte{9};
    row("a newer format", message(node, newerFormat), "version", "format 9");
    row("another node's name", message(node, *wire::encode(nodeHello("node-1"))), "spoofed-node",
        "'node-1', but its certificate is for 'node-2'");
    row("another role", message(m_pki.console("desk"), *wire::encode(nodeHello("desk"))), "wrong-role", "its certificate is for a console");
    row("a frame before the greeting", message(node, *wire::encode(eventFrame(1))), "protocol", "not a greeting");
}

void TestFanInRefusals::refused()
{
    QFETCH(Attack, attack);
    QFETCH(QString, code);
    QFETCH(QString, reason);
    QFETCH(bool, wasOpen);
    WatchedLog log;
    FanInOptions options;
    options.endpoint.tls = m_pki.server();
    options.endpoint.maxMessageBytes = maxMessageBytes;
    options.endpoint.handshakeDeadline = 1000ms;
    const auto fanIn = FanIn::start(options, &log, m_clock);
    QVERIFY(fanIn);
    TestPeer healthy((*fanIn)->port(), m_pki.node("healthy"), m_clock);
    QVERIFY(healthy.greet(nodeHello("healthy")));
    QVERIFY(healthy.send(eventFrame(1)));
    QVERIFY(healthy.await<wire::Ack>());

    const Peers bad = attack((*fanIn)->port());
    const auto kind = wasOpen ? LinkNoticeKind::Closed : LinkNoticeKind::Refused;
    QVERIFY2(QTest::qWaitFor([&] { return log.find(kind, code.toStdString()).has_value(); }, waitMs), log.all().c_str());
    const wire::LinkNotice notice = *log.find(kind, code.toStdString());
    QVERIFY2(QString::fromStdString(notice.reason).contains(reason), notice.reason.c_str());
    QVERIFY(notice.remoteAddress.starts_with("127.0."));
    const std::string line = std::string(wasOpen ? "info connection closed: " : "warning connection refused: ") + notice.remoteAddress + ' '
                             + (notice.identity.empty() ? "" : notice.identity + ' ') + '[' + notice.code + "] " + notice.reason;
    QVERIFY2(log.all().find(line) != std::string::npos, log.all().c_str());
    QVERIFY(bad.front()->waitForEnd(5s));

    QVERIFY(healthy.send(eventFrame(2)));
    const auto ack = healthy.await<wire::Ack>();
    QVERIFY(ack && ack->frameSeq == 2);
    QCOMPARE(healthy.endpoint().generation(), 1u);
    QVERIFY(log.state("healthy").loss == wire::StreamLoss());
    QCOMPARE(log.state("node-1").sessions, 0u);
    TestPeer newcomer((*fanIn)->port(), m_pki.node("newcomer"), m_clock);
    QVERIFY(newcomer.greet(nodeHello("newcomer")));
}

QTEST_GUILESS_MAIN(TestFanInRefusals)
#include "tst_faninrefusals.moc"
