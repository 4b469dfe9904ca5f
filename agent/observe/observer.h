// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <functional>
#include <memory>
#include <string>

#include <spdlog/logger.h>

#include "agent/observe/agentview.h"
#include "agent/observe/httpserver.h"

namespace tapio::agent {

/// Answers /metrics, /healthz and /readyz about the agent. It never stands in the agent's way: where it cannot listen, it says so and the
/// agent goes on without.
class Observer {
public:
    /// Asked on the observer's thread for each answer; must not wait for another thread's work.
    using Source = std::function<AgentView()>;

    /// Listens at once. `address` as parseListenAddress; empty = off. `clock` outlives the observer.
    Observer(const std::string &address, Source source, const Clock &clock);

    /// One line about where it listens, or why it does not. Apart, so that an agent that cannot start says that and nothing else.
    void announce(spdlog::logger &log) const;

    /// How it stands, as a hook of the collector "observe": active, disabled, or failed and why.
    const wire::Hook &hook() const noexcept { return m_hook; }
    /// Null: it does not listen.
    const HttpServer *server() const noexcept { return m_server.get(); }

private:
    HttpResponse answer(const std::string &path, const HttpFigures &figures);

    Source m_source;
    const Clock &m_clock;
    wire::Hook m_hook;
    /// The last exposition: threads leave news once a second, so asking in a tight loop must not cost a rendering each time.
    std::string m_metrics;
    std::int64_t m_renderedBootNs = 0;
    std::unique_ptr<HttpServer> m_server; ///< last: its thread uses the rest
};

} // namespace tapio::agent
