// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/base/clock.h"
#include "protocol/base/result.h"
#include "protocol/transport/endpoint.h"
#include "protocol/wire/message.h"

/// A console session on the caller's own thread, for commands that look and leave: no store, no threads of its own.
namespace tapio::console {

struct ServerClientHandlers {
    std::function<void(const wire::AgentState &)> agentState;
    std::function<void(const wire::Delivery &)> delivery;
    std::function<void(const wire::LinkNotice &)> linkNotice;
    std::function<void(const wire::FilterReply &)> filterReply;
    /// The session was lost, and why; or it is there again. Not for the first one.
    std::function<void(bool up, const std::string &reason)> link;
    /// Events that the server dropped in this session, because they were read too slowly.
    std::function<void(std::uint64_t events)> queueDropped;
};

class ServerClient {
public:
    /// `name` is the console certificate's. Errors: those of ClientEndpoint::open.
    static Result<ServerClient> open(transport::ClientOptions options, std::string name, wire::Subscribe subscribe,
                                     ServerClientHandlers handlers, const Clock &clock);

    /// The same over an endpoint that is there already.
    ServerClient(std::unique_ptr<transport::ClientEndpoint> endpoint, std::string name, wire::Subscribe subscribe,
                 ServerClientHandlers handlers, const Clock &clock);

    bool welcomed() const noexcept { return m_welcomed; }
    /// The server named this capability in the session that there is.
    bool serverHas(std::string_view capability) const;
    /// Of a session that there is. Errors: Disconnected (there is none, or it has no room now); InvalidArgument: too long for a message.
    Status ask(const wire::FilterRequest &request);
    /// transport::Notice::code of the last refusal; empty: none.
    const std::string &refusalCode() const noexcept { return m_refusalCode; }
    /// Handles what arrives within `budget`, or until `enough` says so, or `stop`. A session that is lost begins anew, where it was.
    /// Errors: TimedOut (no session at the end; the text has the last refusal's reason), Cancelled (stopped before there was one),
    /// Refused (the server said Bye, other than because it goes for now; or before the first session, at once, what waiting cannot
    /// mend: nothing listens there, or a certificate is no good), Malformed.
    Status run(std::chrono::milliseconds budget, const std::function<bool()> &enough, std::stop_token stop);

private:
    using StreamKey = std::pair<std::string, std::uint64_t>;

    Status beginSession();
    Status handle(const transport::Bytes &bytes);
    Status onWelcome(const wire::Welcome &welcome);
    Status onBye(const wire::Bye &bye);
    void onDelivery(const wire::Delivery &delivery);
    void loseSession(const std::string &reason);
    Status sendAcks();
    /// False: no room, or no link; neither is an error.
    Result<bool> send(const wire::Message &message);
    Status heartbeat();
    void noteRefusals();
    bool hopeless() const;

    std::unique_ptr<transport::ClientEndpoint> m_endpoint;
    std::string m_name;
    wire::Subscribe m_subscribe;
    ServerClientHandlers m_handlers;
    const Clock *m_clock;
    std::vector<std::string> m_capabilities; ///< in common with the server
    std::uint64_t m_generation = 0;
    std::uint64_t m_heartbeats = 0;
    std::int64_t m_nextHeartbeatNs = 0;
    bool m_welcomed = false;
    bool m_everWelcomed = false;
    bool m_lost = false;                          ///< and not back yet
    std::map<StreamKey, std::uint64_t> m_handled; ///< last frame, per stream
    std::map<StreamKey, std::uint64_t> m_acks;    ///< due
    std::string m_lastRefusal, m_refusalCode;
};

} // namespace tapio::console
