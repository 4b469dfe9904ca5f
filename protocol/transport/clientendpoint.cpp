// SPDX-License-Identifier: GPL-3.0-or-later
#include "protocol/transport/endpoint.h"

#include <charconv>
#include <utility>

#include "protocol/transport/clientbridge.h"
#include "protocol/transport/zmqsocket.h"

namespace tapio::transport {

namespace {

std::uint64_t generationOf(const zmq::message_t &message)
{
    const std::string_view text = propertyOf(message, property::generation);
    std::uint64_t generation = 0;
    std::from_chars(text.data(), text.data() + text.size(), generation);
    return generation;
}

class ClientEndpointImpl final : public ClientEndpoint {
public:
    ClientEndpointImpl(std::unique_ptr<ZmqSocket> socket, std::size_t maxMessageBytes)
        : m_maxMessageBytes(maxMessageBytes), m_socket(std::move(socket))
    {}
    ~ClientEndpointImpl() override
    {
        if (!m_bridge)
            return;
        m_bridge->prepareStop();
        m_socket->close();
        m_bridge->stop();
    }

    Status start(const ClientOptions &options, const Clock &clock)
    {
        auto bridge = ClientBridge::open(
            options, m_socket->path(), [this] { m_socket->wake(); }, clock);
        if (!bridge)
            return fail(bridge.error());
        m_bridge = std::move(*bridge);
        m_phase = LinkPhase::Connecting;
        return {};
    }

    LinkPhase phase() const override { return m_phase; }
    std::uint64_t generation() const override { return m_generation; }
    Result<std::optional<Bytes>> receive(std::chrono::milliseconds timeout) override;
    Status send(std::span<const std::byte> payload) override;
    void confirm() override { m_bridge->confirm(); }
    void reconnect(std::chrono::milliseconds delay) override { m_bridge->reconnect(delay); }
    void dialNow() override { m_bridge->dialNow(); }
    std::vector<Notice> takeNotices() override { return m_bridge->takeNotices(); }
    void wake() override { m_socket->wake(); }

private:
    bool refresh();
    bool awaitsSocket() const { return m_bridge->connected() > m_generation; }
    Result<std::optional<Bytes>> take();

    std::size_t m_maxMessageBytes;
    std::unique_ptr<ZmqSocket> m_socket;
    std::unique_ptr<ClientBridge> m_bridge;
    LinkPhase m_phase = LinkPhase::Waiting;
    std::uint64_t m_generation = 0;
    bool m_wantsRoom = false;              ///< a send() was Busy since
    std::optional<zmq::message_t> m_early; ///< of a connection whose coming up the caller has not been told yet
};

/// Takes over what the bridge knows; true when the phase or the generation changed. A connection counts once libzmq has
/// it too: before that a message could not be sent.
bool ClientEndpointImpl::refresh()
{
    const LinkPhase before = m_phase;
    const std::uint64_t generationBefore = m_generation;
    const std::uint64_t connected = m_bridge->connected();
    if (connected == 0) {
        m_phase = m_bridge->isDialling() ? LinkPhase::Connecting : LinkPhase::Waiting;
    } else if (connected == m_generation || m_early || m_socket->canSend()) {
        m_phase = LinkPhase::Connected;
        m_generation = connected;
    } else {
        m_phase = LinkPhase::Connecting;
    }
    return m_phase != before || m_generation != generationBefore;
}

Result<std::optional<Bytes>> ClientEndpointImpl::receive(std::chrono::milliseconds timeout)
{
    if (refresh())
        return std::nullopt;
    auto message = take();
    if (!message || *message || timeout.count() <= 0 || refresh())
        return message;
    const auto woken = m_socket->wait(timeout, m_wantsRoom || awaitsSocket());
    if (!woken)
        return fail(woken.error());
    if (m_wantsRoom && m_socket->canSend())
        m_wantsRoom = false;
    if (refresh())
        return std::nullopt;
    return take();
}

Result<std::optional<Bytes>> ClientEndpointImpl::take()
{
    for (;;) {
        if (!m_early) {
            auto message = m_socket->receiveFrame();
            if (!message)
                return fail(message.error());
            if (!*message)
                return std::nullopt;
            m_early = std::move(*message);
        }
        const std::uint64_t generation = generationOf(*m_early);
        if (generation > m_generation) {
            refresh();
            if (generation > m_generation)
                m_generation = generation; // it came up and went down again while the caller was elsewhere
            return std::nullopt;
        }
        const zmq::message_t message = std::move(*std::exchange(m_early, std::nullopt));
        if (generation < m_generation)
            continue; // of a session that has ended
        const auto *data = static_cast<const std::byte *>(message.data());
        return std::optional(Bytes(data, data + message.size()));
    }
}

Status ClientEndpointImpl::send(std::span<const std::byte> payload)
{
    if (payload.size() > m_maxMessageBytes)
        return fail(Errc::InvalidArgument, "a message of " + std::to_string(payload.size()) + " bytes is over the limit");
    if (m_phase != LinkPhase::Connected || m_bridge->connected() != m_generation)
        return fail(Errc::Disconnected, "there is no connection to the server");
    auto sent = m_socket->sendFrame(payload, false);
    m_wantsRoom = !sent && sent.error().code() == Errc::Busy;
    return sent;
}

} // namespace

Result<std::unique_ptr<ClientEndpoint>> ClientEndpoint::open(ClientOptions options, const Clock &clock)
{
    auto socket = ZmqSocket::open({zmq::socket_type::dealer, options.maxMessageBytes, options.heartbeatInterval});
    if (!socket)
        return fail(socket.error());
    auto endpoint = std::make_unique<ClientEndpointImpl>(std::move(*socket), options.maxMessageBytes);
    if (auto started = endpoint->start(options, clock); !started)
        return fail(started.error());
    return endpoint;
}

} // namespace tapio::transport
