// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <set>
#include <string>

#include "agent/correlation/factsink.h"
#include "agent/correlation/nodewatch.h"
#include "protocol/wire/message.h"

namespace tapio::correlation {

/// How much of what a node saw did not come: lost in the kernel, shed, dropped by a queue, dropped by the ring of what is to be sent, or lost on
/// the way, against what was seen, over one minute. From the agent's reports of its counters and from what the server counts itself.
/// Bounded: of more nodes than `most` those that come later are not watched, and counted. One thread.
class LossWatch {
public:
    static constexpr double mostShare = 0.001; ///< patterns.md: above 0.1 % of seen
    static constexpr std::int64_t windowNs = 60'000'000'000;

    explicit LossWatch(FactSink &sink, std::size_t most = 10'000) : m_sink(sink), m_most(most) {}

    /// `timeNs`: server's UTC.
    void onReport(const std::string &node, std::uint64_t streamId, const wire::CounterReport &report, std::int64_t timeNs);
    /// Remembers what the server counts, for the next report.
    void onAgent(const wire::AgentState &state);
    std::uint64_t unwatched() const noexcept { return m_strangers.size(); } ///< nodes that there was no room for

private:
    struct Reading {
        std::int64_t timeNs = 0;
        std::uint64_t seen = 0, lost = 0; ///< cumulative
    };
    struct Node {
        Party party;
        std::uint64_t streamId = 0;
        std::uint64_t onTheWay = 0;   ///< dropped by the ring, or lost in transit
        std::deque<Reading> readings; ///< of the last window and the one before it
        std::int64_t toldNs = 0;
    };
    Node *nodeOf(const std::string &name);

    FactSink &m_sink;
    std::size_t m_most;
    std::map<std::string, Node> m_nodes;
    std::set<std::string> m_strangers; ///< nodes that there was no room for; as many at most
};

} // namespace tapio::correlation
