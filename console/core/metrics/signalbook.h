// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "console/core/metrics/verdictbook.h"
#include "protocol/base/clock.h"
#include "protocol/wire/message.h"

namespace tapio::console {

/// Which of the forwarded events were worth it (metrics, panel 5). An event is judged once it is older than any window in which a rule looks for events,
/// so that its evidence had its chance. It is signal when it is of severity warning or above and the first of its kind in a minute, or when an insight that
/// was not rejected cites an event of its kind, and it lies among those that are cited. A kind is a node, a type, a severity and an owner (the origin).
/// Insights list only some of their evidence, hence the kinds. What the agent says of itself, of drills and of insights is no event here.
/// Bounded: of more events than mostHeld every second one is judged, of twice as many every fourth, and so on. One thread (any); times are the server's UTC.
class SignalBook {
public:
    /// The longest window of events in the rules that are shipped, but for that of certificates, which are told once a day.
    static constexpr std::int64_t ripeNs = 30 * 60 * nsPerSecond;
    static constexpr std::int64_t againNs = 60 * nsPerSecond; ///< of one kind: what comes within it is a duplicate
    static constexpr std::size_t mostHeld = std::size_t(1) << 18;
    static constexpr std::size_t mostRecent = std::size_t(1) << 17; ///< events that can be cited
    static constexpr std::size_t mostCitations = 4096;              ///< kinds of insights
    static constexpr std::size_t mostKinds = std::size_t(1) << 16;

    struct Count {
        std::uint64_t judged = 0, signal = 0;
        bool operator==(const Count &) const = default;
    };

    /// What is no delivery of events is passed over. Before the insights in it.
    void onEvents(const wire::Delivery &delivery);
    void onInsight(const InsightKey &key, const wire::Insight &insight, std::int64_t heardNs);
    /// Judges what is old enough by now.
    void ripen(std::int64_t nowNs, const VerdictBook &verdicts);

    /// Since this began, by node.
    const std::map<std::string, Count> &counts() const noexcept { return m_counts; }
    /// Of the events that come now one in so many is judged, and counts for as many.
    std::uint32_t oneIn() const noexcept { return m_oneIn; }
    /// Kinds that insights cited and that went for want of room.
    std::uint64_t displaced() const noexcept { return m_displaced; }
    std::size_t held() const noexcept { return m_held.size(); }

private:
    struct Held {
        std::int64_t heardNs, timeNs;
        std::uint64_t kind;
        std::uint32_t node;
        std::uint32_t countsFor;
        bool isNews; ///< severe, and the first of its kind in a minute
    };
    struct Recent {
        std::uint64_t seq;
        std::uint64_t kind;
        std::int64_t timeNs;
    };
    struct RecentBatch {
        std::string node;
        std::uint64_t streamId = 0;
        std::vector<Recent> events; ///< by seq
    };
    struct Citation {
        InsightKey insight;
        std::int64_t firstNs, lastNs; ///< of the cited ones
        std::int64_t heardNs;
    };

    std::uint32_t indexOf(const std::string &node);
    bool isNews(std::uint64_t kind, wire::Severity severity, std::int64_t timeNs);
    void hold(const Held &held);
    void thinOut();
    void remember(RecentBatch batch);
    const Recent *find(const std::string &node, std::uint64_t streamId, std::uint64_t seq) const;
    void cite(const InsightKey &key, const Recent &event, std::int64_t heardNs);
    bool isCited(const Held &held, const VerdictBook &verdicts) const;
    void forget(std::int64_t nowNs);

    std::vector<std::string> m_nodes;
    std::map<std::string, std::uint32_t> m_nodeIndex;
    std::map<std::string, Count> m_counts;
    std::deque<Held> m_held; ///< in order of arrival
    std::deque<RecentBatch> m_recent;
    std::size_t m_recentEvents = 0;
    std::unordered_map<std::uint64_t, std::vector<Citation>> m_citations; ///< by kind
    std::size_t m_citationCount = 0;
    std::unordered_map<std::uint64_t, std::int64_t> m_news; ///< when a kind was last news
    std::int64_t m_forgotNs = 0;
    std::uint64_t m_arrived = 0;
    std::uint32_t m_oneIn = 1;
    std::uint64_t m_displaced = 0;
};

} // namespace tapio::console
