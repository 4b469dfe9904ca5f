// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/server/testpeer.h"

#include <cstdio>
#include <cstdlib>

#include "protocol/wire/codec.h"

namespace tapio::test {

using namespace std::chrono_literals;
using transport::LinkPhase;

TestPeer::TestPeer(std::uint16_t port, transport::TlsFiles tls, const Clock &clock)
{
    transport::ClientOptions options;
    options.port = port;
    options.tls = std::move(tls);
    options.reconnectMin = 20ms;
    options.reconnectMax = 100ms;
    auto endpoint = transport::ClientEndpoint::open(options, clock);
    if (!endpoint) {
        std::fprintf(stderr, "%s\n", endpoint.error().message().c_str());
        std::abort();
    }
    m_endpoint = std::move(*endpoint);
}

void TestPeer::receive()
{
    const auto bytes = m_endpoint->receive(20ms);
    if (!bytes || !*bytes)
        return;
    if (auto message = wire::decode(**bytes))
        m_inbox.push_back(std::move(*message));
}

bool TestPeer::connect()
{
    for (const auto end = deadline(); std::chrono::steady_clock::now() < end;) {
        if (m_endpoint->phase() == LinkPhase::Connected)
            return true;
        receive();
    }
    return false;
}

bool TestPeer::awaitEnd()
{
    const auto generation = m_endpoint->generation();
    for (const auto end = deadline(); std::chrono::steady_clock::now() < end;) {
        if (m_endpoint->phase() != LinkPhase::Connected || m_endpoint->generation() != generation)
            return true;
        receive();
    }
    return false;
}

bool TestPeer::send(const wire::Message &message)
{
    const auto bytes = wire::encode(message);
    return bytes && m_endpoint->send(*bytes);
}

std::optional<wire::Welcome> TestPeer::greet(const wire::Hello &hello)
{
    if (!connect() || !send(hello))
        return std::nullopt;
    const auto welcome = await<wire::Welcome>();
    if (welcome)
        m_endpoint->confirm();
    return welcome;
}

} // namespace tapio::test
