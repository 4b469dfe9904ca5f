// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/cli/serverclient.h"

#include <algorithm>

#include "protocol/wire/codec.h"

namespace tapio::console {

namespace {

constexpr std::int64_t heartbeatEveryNs = 2 * nsPerSecond;

} // namespace

Result<ServerClient> ServerClient::open(transport::ClientOptions options, std::string name, wire::Subscribe subscribe,
                                        ServerClientHandlers handlers, const Clock &clock)
{
    auto endpoint = transport::ClientEndpoint::open(std::move(options), clock);
    if (!endpoint)
        return fail(endpoint.error());
    return ServerClient(std::move(*endpoint), std::move(name), std::move(subscribe), std::move(handlers), clock);
}

ServerClient::ServerClient(std::unique_ptr<transport::ClientEndpoint> endpoint, std::string name, wire::Subscribe subscribe,
                           ServerClientHandlers handlers, const Clock &clock)
    : m_endpoint(std::move(endpoint)), m_name(std::move(name)), m_subscribe(std::move(subscribe)),
      m_handlers(std::move(handlers)), m_clock(&clock)
{
}

Status ServerClient::run(std::chrono::milliseconds budget, const std::function<bool()> &enough, std::stop_token stop)
{
    const std::int64_t deadline = m_clock->bootNs() + budget.count() * nsPerMs;
    while (!stop.stop_requested() && !enough()) {
        const std::int64_t left = deadline - m_clock->bootNs();
        if (left <= 0)
            break;
        const auto wait = std::chrono::milliseconds(std::clamp<std::int64_t>(left / nsPerMs, 1, 100));
        auto message = m_endpoint->receive(wait);
        if (!message)
            return fail(message.error());
        noteRefusals();
        if (m_endpoint->phase() == transport::LinkPhase::Connected && m_endpoint->generation() != m_generation) {
            if (const Status begun = beginSession(); !begun)
                return begun;
        }
        if (message->has_value()) {
            if (const Status handled = handle(**message); !handled)
                return handled;
        }
        if (const Status sent = heartbeat(); !sent)
            return sent;
    }
    if (!m_welcomed)
        return fail(Errc::TimedOut, m_lastRefusal.empty() ? std::string("no server answered in time") : m_lastRefusal);
    return {};
}

Status ServerClient::beginSession()
{
    m_generation = m_endpoint->generation();
    m_welcomed = false;
    wire::Hello hello;
    hello.role = Role::Console;
    hello.name = m_name;
    return send(hello);
}

Status ServerClient::handle(const transport::Bytes &bytes)
{
    const auto message = wire::decode(bytes);
    if (!message)
        return fail(message.error().within("message of the server"));
    if (std::holds_alternative<wire::Welcome>(*message)) {
        m_welcomed = true;
        m_endpoint->confirm();
        return send(m_subscribe);
    }
    if (const auto *bye = std::get_if<wire::Bye>(&*message))
        return fail(Errc::Refused, "the server ended the session: " + bye->reason + " (" + bye->code + ")");
    if (const auto *state = std::get_if<wire::AgentState>(&*message); state != nullptr && m_handlers.agentState)
        m_handlers.agentState(*state);
    if (const auto *notice = std::get_if<wire::LinkNotice>(&*message); notice != nullptr && m_handlers.linkNotice)
        m_handlers.linkNotice(*notice);
    if (const auto *delivery = std::get_if<wire::Delivery>(&*message)) {
        if (m_handlers.delivery)
            m_handlers.delivery(*delivery);
        return acknowledge(*delivery);
    }
    return {};
}

Status ServerClient::acknowledge(const wire::Delivery &delivery)
{
    return send(wire::Ack{delivery.node, delivery.frame.streamId, delivery.frame.frameSeq});
}

Status ServerClient::send(const wire::Message &message)
{
    const auto bytes = wire::encode(message);
    if (!bytes)
        return fail(bytes.error());
    const Status sent = m_endpoint->send(*bytes);
    // A lost link is not an error here: the endpoint dials again and the session begins anew.
    if (!sent && sent.error().code() != Errc::Disconnected)
        return sent;
    return {};
}

Status ServerClient::heartbeat()
{
    const std::int64_t now = m_clock->bootNs();
    if (!m_welcomed || now < m_nextHeartbeatNs)
        return {};
    m_nextHeartbeatNs = now + heartbeatEveryNs;
    wire::Heartbeat beat;
    beat.id = ++m_heartbeats;
    beat.sentNs = m_clock->utcNs();
    return send(beat);
}

void ServerClient::noteRefusals()
{
    for (const transport::Notice &notice : m_endpoint->takeNotices()) {
        if (notice.kind == transport::NoticeKind::Accepted)
            continue;
        m_lastRefusal = notice.remoteAddress + ": " + notice.reason + " (" + notice.code + ")";
        if (notice.kind == transport::NoticeKind::Closed)
            m_welcomed = false;
    }
}

} // namespace tapio::console
