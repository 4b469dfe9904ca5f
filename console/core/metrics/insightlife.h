// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "console/core/metrics/insightfold.h"

/// What can be said of insights beyond what was told of each. Pure; any thread.
namespace tapio::console {

enum class InsightLife : std::uint8_t {
    Open,
    Resolved,
    Expired,
    Abandoned, ///< told as open, and nobody will end it: its agent began anew, or it was silent for longer than InsightTracker::longestSilence()
    Unknown, ///< a state of a newer version
};

/// The stream that each node's agent, or a server itself, has now.
using NodeStreams = std::map<std::string, std::uint64_t>;

/// Which stream each node had last, of the events that are given, in whatever order. One thread (any).
class StreamsSeen {
public:
    void add(const StoredEvent &stored);
    /// The agents' own word where there is one; of servers' own findings there is none.
    NodeStreams with(const std::vector<wire::AgentState> &agents) const;

private:
    struct Last {
        EventId event;
        std::int64_t timeNs = 0;
        std::uint64_t streamId = 0;
    };
    std::map<std::string, Last, std::less<>> m_last;
};

/// Of an open one the chain says which stream its agent had.
InsightLife lifeOf(const InsightView &view, const NodeStreams &streams, std::int64_t nowNs);

/// "open", "resolved" ... as it was told, but "abandoned" where that is what became of it.
std::string_view stateWord(const InsightView &view, InsightLife life) noexcept;

} // namespace tapio::console
