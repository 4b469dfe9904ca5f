// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/cli/serverclient.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "protocol/wire/codec.h"

namespace tapio::console {

namespace {

constexpr std::int64_t heartbeatEveryNs = 2 * nsPerSecond;
/// Codes of transport::Notice that are the same at the next attempt.
constexpr std::array<std::string_view, 13> lastingCauses{"wrong-ca",       "expired",     "not-yet-valid", "revoked",     "wrong-purpose",
                                                         "no-certificate", "wrong-role",  "bad-identity",  "tls-version", "plaintext",
                                                         "bad-crl",        "unreachable", "unresolved"};
constexpr std::uint32_t longestPauseMs = 30'000; ///< that a server may ask for: ClientOptions::reconnectMax

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
    : m_endpoint(std::move(endpoint)), m_name(std::move(name)), m_subscribe(std::move(subscribe)), m_handlers(std::move(handlers)),
      m_clock(&clock)
{}

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
            if (Status begun = beginSession(); !begun)
                return begun;
        }
        if (hopeless())
            return fail(Errc::Refused, m_lastRefusal);
        if (message->has_value()) {
            if (Status handled = handle(**message); !handled)
                return handled;
        }
        if (Status sent = sendAcks(); !sent)
            return sent;
        if (Status sent = heartbeat(); !sent)
            return sent;
    }
    if (m_welcomed)
        return {};
    if (stop.stop_requested())
        return fail(Errc::Cancelled, "interrupted before there was a session with the server");
    return fail(Errc::TimedOut, m_lastRefusal.empty() ? std::string("no server answered in time") : m_lastRefusal);
}

Status ServerClient::beginSession()
{
    m_generation = m_endpoint->generation();
    m_welcomed = false;
    m_refusalCode.clear();
    m_acks.clear(); // those of the session before
    wire::Hello hello;
    hello.role = Role::Console;
    hello.name = m_name;
    hello.capabilities = {wire::filterRequestCapability};
    const auto sent = send(hello);
    return sent ? Status() : fail(sent.error());
}

Status ServerClient::handle(const transport::Bytes &bytes)
{
    const auto message = wire::decode(bytes);
    if (!message)
        return fail(message.error().within("message of the server"));
    if (const auto *welcome = std::get_if<wire::Welcome>(&*message))
        return onWelcome(*welcome);
    if (const auto *bye = std::get_if<wire::Bye>(&*message))
        return onBye(*bye);
    if (const auto *state = std::get_if<wire::AgentState>(&*message); state != nullptr && m_handlers.agentState)
        m_handlers.agentState(*state);
    if (const auto *notice = std::get_if<wire::LinkNotice>(&*message); notice != nullptr && m_handlers.linkNotice)
        m_handlers.linkNotice(*notice);
    if (const auto *reply = std::get_if<wire::FilterReply>(&*message); reply != nullptr && m_handlers.filterReply)
        m_handlers.filterReply(*reply);
    if (const auto *reply = std::get_if<wire::HeartbeatReply>(&*message); reply != nullptr && m_handlers.queueDropped)
        m_handlers.queueDropped(reply->droppedEvents);
    if (const auto *delivery = std::get_if<wire::Delivery>(&*message))
        onDelivery(*delivery);
    return {};
}

bool ServerClient::serverHas(std::string_view capability) const
{
    return m_welcomed && std::find(m_capabilities.begin(), m_capabilities.end(), capability) != m_capabilities.end();
}

Status ServerClient::ask(const wire::FilterRequest &request)
{
    const auto sent = m_welcomed ? send(request) : Result<bool>(false);
    if (!sent)
        return fail(sent.error());
    return *sent ? Status() : fail(Errc::Disconnected, "the connection to the server was lost");
}

Status ServerClient::onWelcome(const wire::Welcome &welcome)
{
    m_welcomed = m_everWelcomed = true;
    m_capabilities = welcome.capabilities;
    m_endpoint->confirm();
    ++m_subscribe.epoch;
    m_subscribe.resume.clear();
    for (const auto &[stream, frameSeq] : m_handled)
        m_subscribe.resume.push_back({stream.first, stream.second, frameSeq});
    const auto sent = send(m_subscribe);
    if (!sent)
        return fail(sent.error());
    if (std::exchange(m_lost, false) && m_handlers.link)
        m_handlers.link(true, {});
    return {};
}

Status ServerClient::onBye(const wire::Bye &bye)
{
    const std::string reason = "the server ended the session: " + bye.reason + " (" + bye.code + ")";
    // A server that is started anew is back soon; all other reasons stay what they are.
    // It may say so to a connection that came while it was going, before a welcome.
    if (bye.code != "shutdown")
        return fail(Errc::Refused, reason);
    loseSession(reason);
    m_endpoint->reconnect(std::chrono::milliseconds(std::min(bye.reconnectAfterMs, longestPauseMs)));
    return {};
}

void ServerClient::onDelivery(const wire::Delivery &delivery)
{
    const StreamKey stream{delivery.node, delivery.frame.streamId};
    std::uint64_t &handled = m_handled[stream];
    if (delivery.frame.frameSeq > handled) {
        handled = delivery.frame.frameSeq;
        if (m_handlers.delivery)
            m_handlers.delivery(delivery);
    }
    m_acks[stream] = delivery.frame.frameSeq;
}

void ServerClient::loseSession(const std::string &reason)
{
    m_lastRefusal = reason;
    if (!std::exchange(m_welcomed, false))
        return;
    m_lost = true;
    if (m_handlers.link)
        m_handlers.link(false, reason);
}

/// What finds no room now goes with the next call.
Status ServerClient::sendAcks()
{
    while (m_welcomed && !m_acks.empty()) {
        const auto first = m_acks.begin();
        const auto sent = send(wire::Ack{first->first.first, first->first.second, first->second});
        if (!sent)
            return fail(sent.error());
        if (!*sent)
            return {};
        m_acks.erase(first);
    }
    return {};
}

Result<bool> ServerClient::send(const wire::Message &message)
{
    const auto bytes = wire::encode(message);
    if (!bytes)
        return fail(bytes.error());
    const Status sent = m_endpoint->send(*bytes);
    if (sent)
        return true;
    // A lost link: the endpoint dials again and the session begins anew.
    if (sent.error().code() == Errc::Disconnected || sent.error().code() == Errc::Busy)
        return false;
    return fail(sent.error());
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
    const auto sent = send(beat);
    return sent ? Status() : fail(sent.error());
}

/// A name may have several addresses, so the endpoint must have given up on all. After a session the server may just be started anew.
bool ServerClient::hopeless() const
{
    return !m_everWelcomed && m_endpoint->phase() == transport::LinkPhase::Waiting
           && std::find(lastingCauses.begin(), lastingCauses.end(), m_refusalCode) != lastingCauses.end();
}

void ServerClient::noteRefusals()
{
    for (const transport::Notice &notice : m_endpoint->takeNotices()) {
        if (notice.kind == transport::NoticeKind::Accepted)
            continue;
        m_refusalCode = notice.code;
        const std::string reason = notice.remoteAddress + ": " + notice.reason + " (" + notice.code + ")";
        if (notice.kind == transport::NoticeKind::Closed)
            loseSession(reason);
        else
            m_lastRefusal = reason;
    }
}

} // namespace tapio::console
