// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include <chrono>

#include "protocol/transport/endpoint.h"
#include "tests/support/testpki.h"

using namespace tapio;
using namespace tapio::transport;
using namespace std::chrono_literals;

namespace {

Bytes bytes(std::string_view text)
{
    const auto *data = reinterpret_cast<const std::byte *>(text.data());
    return Bytes(data, data + text.size());
}

std::string text(const Bytes &bytes)
{
    return {reinterpret_cast<const char *>(bytes.data()), bytes.size()};
}

} // namespace

class TestEndpoints : public QObject {
    Q_OBJECT
private:
    test::TestPki m_pki;
    SystemClock m_clock;

    std::unique_ptr<ServerEndpoint> openServer(ServerOptions options = {})
    {
        options.tls = m_pki.server();
        auto server = ServerEndpoint::open(options, m_clock);
        if (!server)
            qFatal("%s", server.error().message().c_str());
        return std::move(*server);
    }
    std::unique_ptr<ClientEndpoint> openClient(const ServerEndpoint &server, TlsFiles files, ClientOptions options = {})
    {
        options.port = server.port();
        options.tls = std::move(files);
        auto client = ClientEndpoint::open(options, m_clock);
        if (!client)
            qFatal("%s", client.error().message().c_str());
        return std::move(*client);
    }

private slots:
    void exchange_carriesMessagesBothWaysWithTheVerifiedIdentity()
    {
        const auto server = openServer();
        const auto client = openClient(*server, m_pki.node("node-1"));
        QVERIFY(QTest::qWaitFor([&] { return client->receive(50ms) && client->phase() == LinkPhase::Connected; }));
        QCOMPARE(client->generation(), 1u);
        QVERIFY(client->send(bytes("hello")));
        std::optional<Incoming> incoming;
        QVERIFY(QTest::qWaitFor([&] { return (incoming = server->receive(50ms).value()).has_value(); }));
        QCOMPARE(text(incoming->payload), std::string("hello"));
        QCOMPARE(incoming->identity.uri(), std::string("spiffe://test.tapio/tapio/node/node-1"));
        QCOMPARE(incoming->identity.serial.size(), 32u);
        QVERIFY(incoming->remoteAddress.starts_with("127.0.0.1:"));
        QVERIFY(server->send(incoming->peer, bytes("welcome")));
        std::optional<Bytes> answer;
        QVERIFY(QTest::qWaitFor([&] { return (answer = client->receive(50ms).value()).has_value(); }));
        QCOMPARE(text(*answer), std::string("welcome"));
    }
};

QTEST_GUILESS_MAIN(TestEndpoints)
#include "tst_endpoints.moc"
