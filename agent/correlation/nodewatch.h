// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "agent/correlation/factsink.h"
#include "protocol/wire/message.h"

namespace tapio::correlation {

struct LostNode {
    std::string name;
    std::int64_t lostNs = 0; ///< when it was told
};

/// Which nodes are lost: their link went, or nothing comes over it, without a farewell, and no heartbeat was heard for 40 s. A node that was never
/// connected is not known here. Bounded: of more nodes than `most` those that come later are not watched, and counted. One thread.
class NodeWatch {
public:
    static constexpr std::int64_t lostAfterNs =
        40'000'000'000; ///< as long as Kubernetes waits by default (node-monitor-grace-period, before 1.32)

    /// `sink` outlives it.
    explicit NodeWatch(FactSink &sink, std::size_t most = 10'000) : m_sink(sink), m_most(most) {}

    void onAgent(const wire::AgentState &state);
    /// The cluster has no such node any more: unless its agent is heard, nothing is expected of it.
    void onRemoved(const std::string &node);
    /// Each second or so. After a longer pause nobody listened here either, so it is no silence of the nodes; nor is a clock that was set.
    void advance(std::int64_t nowNs);
    bool isLost(const std::string &node) const;
    std::vector<LostNode> lost() const;                                     ///< all of them
    std::uint64_t unwatched() const noexcept { return m_strangers.size(); } ///< nodes that there was no room for

private:
    struct Node {
        Party party;
        wire::LinkState state = wire::LinkState::Unknown;
        bool saidBye = false, isLost = false;
        std::int64_t heardNs = 0;
        std::int64_t lostNs = 0; ///< when it was told
    };
    static constexpr std::int64_t longestTurnNs = 5'000'000'000;
    void tell(const Node &node, Topic topic, std::int64_t nowNs);
    void forgive(std::int64_t nowNs);

    FactSink &m_sink;
    std::size_t m_most;
    std::map<std::string, Node> m_nodes;
    std::int64_t m_lastNs = 0;         ///< of the last advance(); 0 = there was none
    std::set<std::string> m_strangers; ///< nodes that there was no room for; as many at most
};

} // namespace tapio::correlation
