// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "console/core/store/store.h"

namespace tapio::console {

/// Names an insight: whose agent found it, and its id there.
using InsightKey = std::pair<std::string, std::uint64_t>;

/// 2096. An agent may say what it likes: what lies beyond, or before 1970, is no time, and who reckons with times keeps below.
inline constexpr std::int64_t latestInsightNs = 4'000'000'000'000'000'000;

/// One insight, as what was told last says.
struct InsightView {
    std::string node; ///< of the agent that told it
    wire::Insight insight;
    wire::Severity severity = wire::Severity::Notice;
    std::int64_t toldNs = 0;    ///< UTC, last
    std::uint32_t times = 0;    ///< how often it was told, of what was given
    std::uint64_t streamId = 0; ///< that it was told in last; 0 = it is not known
    std::uint64_t seq = 0;
    EventId event; ///< that told it last

    InsightKey key() const { return {node, insight.id}; }
    bool isOpen() const noexcept { return insight.state == wire::InsightState::Open || insight.state == wire::InsightState::Updated; }
    bool operator==(const InsightView &) const = default;
};

/// Puts together what was told of each insight, in whatever order it comes, the same more than once too. What the store took later was told
/// later: its time may be older, since evidence that comes late ends an insight at the time of that evidence. One thread (any).
class InsightFold {
public:
    /// What is no insight is passed over. True: it says something new of one.
    bool add(const StoredEvent &stored);
    bool knows(const InsightKey &key) const { return m_views.contains(key); }
    std::size_t size() const noexcept { return m_views.size(); }
    /// Forgets those that were told last before.
    void dropToldBefore(std::int64_t timeNs);
    /// Forgets all but so many, those that were told last.
    void keepNewest(std::size_t most);
    /// Newest first; of the same moment by node and id.
    std::vector<InsightView> views() const;
    /// The same, and forgets them.
    std::vector<InsightView> take();

private:
    std::map<InsightKey, InsightView> m_views;
};

/// "00c3f1a27b44e9d0": what `tapio insights show` takes.
std::string insightIdText(std::uint64_t id);

} // namespace tapio::console
