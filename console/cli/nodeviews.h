// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>

#include "console/cli/serverclient.h"
#include "protocol/base/counters.h"

/// What `tapio status` and `tapio agents` gather from a server in a few seconds. One thread.
namespace tapio::console {

/// Of the hooks that a node was not told to leave out.
struct HookCount {
    std::size_t active = 0, wanted = 0;
};

/// One node: its state, and what its reports say.
class NodeView {
public:
    wire::AgentState state;
    std::optional<HookCount> hooks; ///< nothing before the first report of them

    void add(const wire::Delivery &delivery, const wire::CounterReport &report);
    /// The newest totals of all collectors; nothing before the first report of them.
    std::optional<CounterSet> counters() const { return m_readings.empty() ? std::nullopt : std::optional(m_readings.back().total); }
    /// The same by collector, as last told.
    const std::map<std::string, CounterSet> &collectors() const noexcept { return m_collectors; }
    /// Events per second over the last ten seconds at most: between two reports that the agent made in the session it has now. Those
    /// that it made before and sent since, and those that a server repeats from its memory, say nothing of now.
    std::optional<double> rate(Counter counter) const;

private:
    struct Reading {
        std::uint64_t streamId = 0;
        std::int64_t madeNs = 0; ///< server's UTC
        std::int64_t timeNs = 0; ///< node's UTC: exact differences
        CounterSet total;
    };
    std::deque<Reading> m_readings; ///< of one stream, oldest first
    std::map<std::string, CounterSet> m_collectors;
};

class NodeViews {
public:
    /// They refer to this object.
    ServerClientHandlers handlers();
    const std::map<std::string, NodeView> &nodes() const noexcept { return m_nodes; }
    /// There is a node, and of each that is connected its rates and hooks.
    bool ratesKnown() const;
    /// There is a node, and of each that is connected its hooks and counters.
    bool reportsKnown() const;

private:
    void take(const wire::Delivery &delivery);

    std::map<std::string, NodeView> m_nodes;
};

} // namespace tapio::console
