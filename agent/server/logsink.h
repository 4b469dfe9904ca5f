// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <map>
#include <string>

#include <spdlog/logger.h>

#include "agent/server/fanin.h"

namespace tapio::server {

/// Connections and nodes as lines of the log, for a server without a store. Fan-in thread; the log outlives it.
class LogSink final : public FanInSink {
public:
    explicit LogSink(spdlog::logger &log) : m_log(log) {}

    bool takesDeliveries() const override { return false; }
    bool onDelivery(std::shared_ptr<const wire::Delivery>) override { return true; }
    /// A line when the state changes, or when a stream lacks more than before.
    void onAgentState(const wire::AgentState &state) override;
    void onLinkNotice(const wire::LinkNotice &notice) override;

private:
    struct Seen {
        wire::LinkState state = wire::LinkState::Unknown;
        std::uint64_t missing = 0; ///< events and frames
    };

    spdlog::logger &m_log;
    std::map<std::string, Seen> m_seen;
};

} // namespace tapio::server
