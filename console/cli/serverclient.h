// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>

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
};

class ServerClient {
public:
    /// `name` is the console certificate's. Errors: those of ClientEndpoint::open.
    static Result<ServerClient> open(transport::ClientOptions options, std::string name, wire::Subscribe subscribe,
                                     ServerClientHandlers handlers, const Clock &clock);

    bool welcomed() const noexcept { return m_welcomed; }
    /// Handles what arrives within `budget`, or until `enough` says so, or `stop`.
    /// Errors: TimedOut (not welcomed in time; the text has the last refusal's reason), Refused (the server said Bye), Malformed.
    Status run(std::chrono::milliseconds budget, const std::function<bool()> &enough, std::stop_token stop);

private:
    ServerClient(std::unique_ptr<transport::ClientEndpoint> endpoint, std::string name, wire::Subscribe subscribe,
                 ServerClientHandlers handlers, const Clock &clock);

    Status beginSession();
    Status handle(const transport::Bytes &bytes);
    Status acknowledge(const wire::Delivery &delivery);
    Status send(const wire::Message &message);
    Status heartbeat();
    void noteRefusals();

    std::unique_ptr<transport::ClientEndpoint> m_endpoint;
    std::string m_name;
    wire::Subscribe m_subscribe;
    ServerClientHandlers m_handlers;
    const Clock *m_clock;
    std::uint64_t m_generation = 0;
    std::uint64_t m_heartbeats = 0;
    std::int64_t m_nextHeartbeatNs = 0;
    bool m_welcomed = false;
    std::string m_lastRefusal;
};

} // namespace tapio::console
