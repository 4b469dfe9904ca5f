// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/transport/endpointsfixture.h"

namespace tapio::test {

std::unique_ptr<ServerEndpoint> EndpointsFixture::openServer(ServerOptions options, const Clock *clock)
{
    if (options.tls.key.empty())
        options.tls = m_pki.server();
    auto server = ServerEndpoint::open(options, clock != nullptr ? *clock : m_clock);
    if (!server)
        qFatal("%s", server.error().message().c_str());
    return std::move(*server);
}

std::unique_ptr<ClientEndpoint> EndpointsFixture::openClient(std::uint16_t port, TlsFiles files, ClientOptions options, const Clock *clock)
{
    options.port = port;
    options.tls = std::move(files);
    auto client = ClientEndpoint::open(options, clock != nullptr ? *clock : m_clock);
    if (!client)
        qFatal("%s", client.error().message().c_str());
    return std::move(*client);
}

bool EndpointsFixture::waitPhase(ClientEndpoint &client, LinkPhase phase)
{
    return QTest::qWaitFor([&] { return client.receive(5ms) && client.phase() == phase; }, 15'000);
}

std::optional<Incoming> EndpointsFixture::nextMessage(ServerEndpoint &server)
{
    std::optional<Incoming> message;
    static_cast<void>(QTest::qWaitFor([&] { return (message = server.receive(5ms).value()).has_value(); }, 15'000));
    return message;
}

std::optional<Bytes> EndpointsFixture::nextMessage(ClientEndpoint &client)
{
    std::optional<Bytes> message;
    static_cast<void>(QTest::qWaitFor([&] { return (message = client.receive(5ms).value()).has_value(); }, 15'000));
    return message;
}

} // namespace tapio::test
