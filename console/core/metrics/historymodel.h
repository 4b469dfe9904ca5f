// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <functional>
#include <stop_token>

#include "console/core/metrics/overviewinput.h"

namespace tapio::console {

struct HistoryRange {
    std::int64_t fromNs = 0;
    std::int64_t toNs = 0; ///< exclusive
    std::int64_t nowNs = 0;
    std::size_t maxSeries = maxOverviewSeries;
};

/// What the store knows of nodes, connected or not.
struct StoredNodes {
    std::vector<wire::AgentState> agents;
    std::map<std::string, wire::HookReport> hooks; ///< by node, the newest
};
/// Nodes, with what they reported until then (the server's UTC). Errors: those of StoreReader.
Result<StoredNodes> readNodes(const StoreReader &reader, std::int64_t untilNs = INT64_MAX);

/// Called on the reader's thread after each part: parts read, and parts in all.
using ReadProgress = std::function<void(std::size_t read, std::size_t parts)>;

/// Reads what the formulas need from the store, in buckets that fit the range. On the reader's thread; cancellable.
/// Errors: those of StoreReader; Cancelled.
Result<OverviewInput> readHistory(const StoreReader &reader, const HistoryRange &range, std::stop_token stop,
                                  const ReadProgress &progress = {});

} // namespace tapio::console
