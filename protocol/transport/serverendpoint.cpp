// SPDX-License-Identifier: GPL-3.0-or-later
#include "protocol/transport/endpoint.h"

#include <charconv>
#include <utility>

#include "protocol/transport/serverbridge.h"
#include "protocol/transport/zmqsocket.h"

namespace tapio::transport {

namespace {

template <typename Number> std::optional<Number> numberFrom(std::string_view text)
{
    Number number{};
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (problem != std::errc() || end != text.data() + text.size())
        return std::nullopt;
    return number;
}

Bytes bytesOf(const zmq::message_t &message)
{
    const auto *data = static_cast<const std::byte *>(message.data());
    return Bytes(data, data + message.size());
}

class ServerEndpointImpl final : public ServerEndpoint {
public:
    ServerEndpointImpl(std::unique_ptr<ZmqSocket> socket, std::size_t maxMessageBytes, const Clock &clock)
        : m_clock(clock), m_maxMessageBytes(maxMessageBytes), m_socket(std::move(socket))
    {}
    ~ServerEndpointImpl() override
    {
        if (!m_bridge)
            return;
        m_bridge->prepareStop();
        m_socket->close();
        m_bridge->stop();
    }

    Status start(const ServerOptions &options)
    {
        auto bridge = ServerBridge::open(
            options, m_socket->path(), [this] { m_socket->wake(); }, m_clock);
        if (!bridge)
            return fail(bridge.error());
        m_bridge = std::move(*bridge);
        return {};
    }

    std::uint16_t port() const override { return m_bridge->port(); }
    Result<std::optional<Incoming>> receive(std::chrono::milliseconds timeout) override;
    Status send(PeerId peer, std::span<const std::byte> payload) override;
    void close(PeerId peer, std::string code, std::string reason) override
    {
        m_bridge->closePeer(peer, {std::move(code), std::move(reason)});
    }
    std::vector<Notice> takeNotices() override { return m_bridge->takeNotices(); }
    void wake() override { m_socket->wake(); }

private:
    Result<std::optional<Incoming>> take();
    bool identify(const zmq::message_t &routingId, const zmq::message_t &payload);

    const Clock &m_clock;
    std::size_t m_maxMessageBytes;
    std::unique_ptr<ZmqSocket> m_socket;
    std::unique_ptr<ServerBridge> m_bridge;
    PeerId m_lastPeer = 0; ///< whose identity and address these are: messages come in runs
    Identity m_lastIdentity;
    std::string m_lastAddress;
};

Result<std::optional<Incoming>> ServerEndpointImpl::receive(std::chrono::milliseconds timeout)
{
    auto message = take();
    if (!message || *message || timeout.count() <= 0)
        return message;
    const auto woken = m_socket->wait(timeout, false);
    if (!woken)
        return fail(woken.error());
    return take();
}

Result<std::optional<Incoming>> ServerEndpointImpl::take()
{
    for (;;) {
        auto routingId = m_socket->receiveFrame();
        if (!routingId || !*routingId)
            return routingId ? Result<std::optional<Incoming>>(std::nullopt) : fail(routingId.error());
        auto payload = m_socket->receiveFrame(); // ROUTER delivers whole messages: it is there
        if (!payload || !*payload)
            return payload ? fail(Errc::Internal, "a message has no payload frame") : fail(payload.error());
        if (!identify(**routingId, **payload))
            continue; // not from the bridge; nobody else can connect, so this is never taken in practice
        return std::optional(Incoming{m_lastPeer, m_lastIdentity, m_lastAddress, m_clock.utcNs(), bytesOf(**payload)});
    }
}

/// Who sent it, from what the bridge wrote; false when the bridge wrote nothing.
bool ServerEndpointImpl::identify(const zmq::message_t &routingId, const zmq::message_t &payload)
{
    const auto peer = numberFrom<PeerId>(routingId.to_string_view());
    if (!peer)
        return false;
    if (*peer == m_lastPeer)
        return true;
    auto identity = parseIdentity(propertyOf(payload, property::identity));
    const auto notAfterNs = numberFrom<std::int64_t>(propertyOf(payload, property::notAfterNs));
    if (!identity || !notAfterNs)
        return false;
    m_lastPeer = *peer;
    m_lastIdentity = std::move(*identity);
    m_lastIdentity.serial = propertyOf(payload, property::serial);
    m_lastIdentity.notAfterNs = *notAfterNs;
    m_lastAddress = propertyOf(payload, property::address);
    return true;
}

Status ServerEndpointImpl::send(PeerId peer, std::span<const std::byte> payload)
{
    if (payload.size() > m_maxMessageBytes)
        return fail(Errc::InvalidArgument, "a message of " + std::to_string(payload.size()) + " bytes is over the limit");
    const std::string routingId = std::to_string(peer);
    if (auto sent = m_socket->sendFrame(std::as_bytes(std::span(routingId)), true); !sent)
        return sent;
    return m_socket->sendFrame(payload, false);
}

} // namespace

Result<std::unique_ptr<ServerEndpoint>> ServerEndpoint::open(ServerOptions options, const Clock &clock)
{
    auto socket = ZmqSocket::open({zmq::socket_type::router, options.maxMessageBytes, options.heartbeatInterval});
    if (!socket)
        return fail(socket.error());
    auto endpoint = std::make_unique<ServerEndpointImpl>(std::move(*socket), options.maxMessageBytes, clock);
    if (auto started = endpoint->start(options); !started)
        return fail(started.error());
    return endpoint;
}

} // namespace tapio::transport
