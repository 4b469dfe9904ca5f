// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "console/core/store/store.h"

namespace tapio::console {

/// One insight, as what was told last says.
struct InsightView {
    std::string node; ///< of the agent that told it
    wire::Insight insight;
    wire::Severity severity = wire::Severity::Notice;
    std::int64_t toldNs = 0; ///< UTC, last
    std::uint32_t times = 0; ///< how often it was told, of what is stored
    std::uint64_t seq = 0;

    bool isOpen() const noexcept { return insight.state == wire::InsightState::Open || insight.state == wire::InsightState::Updated; }
};

/// Puts together what was told of each insight, in whatever order it comes. One thread.
class InsightFold {
public:
    /// What is no insight is passed over.
    void add(const StoredEvent &stored);
    /// Newest first; of the same moment by node and id.
    std::vector<InsightView> take();

private:
    std::map<std::pair<std::string, std::uint64_t>, InsightView> m_views;
};

/// "00c3f1a27b44e9d0": what `show` takes.
std::string insightIdText(std::uint64_t id);
nlohmann::json insightJson(const InsightView &view);

} // namespace tapio::console
