// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "console/core/metrics/verdictbook.h"
#include "protocol/base/clock.h"
#include "protocol/wire/event.h"
#include "protocol/wire/report.h"

namespace tapio::console {

/// Whether the agent that reports this finds insights: then none is a measured 0.
bool correlates(const wire::HookReport &report) noexcept;

/// Which insights are open, and how many opened, from the events that tell of them. What one stream numbered later was told later, in whatever
/// order it comes; between two streams the later time holds. Bounded. One thread (any); times are the server's UTC.
class InsightTracker {
public:
    static constexpr std::size_t mostOpen = 4096;
    static constexpr std::size_t mostEnded = 4096; ///< remembered, so that what comes late does not open them again
    static constexpr std::size_t mostRules = 256;  ///< told apart; more are one, "others"
    /// An insight of a stream that is no longer its node's is over: the engine that would have ended it is gone. Not at once: which stream is
    /// the node's is told beside the events.
    static constexpr std::int64_t streamGraceNs = 30 * nsPerSecond;
    /// What ended it may be lost. Rules live for minutes, and the event does not say for how many.
    static constexpr std::int64_t longestSilenceNs = 24 * 3600 * nsPerSecond;
    /// A server tells with its first event that it began anew, which may be lost. The rules across nodes that are shipped live for half an hour at most.
    static constexpr std::int64_t longestServerSilenceNs = 2 * 3600 * nsPerSecond;
    /// What of the two holds for insights of this node.
    static std::int64_t longestSilence(std::string_view node) noexcept;

    struct Told {
        std::string node;
        std::uint64_t streamId = 0, seq = 0;
        std::int64_t timeNs = 0;        ///< of the event
        std::int64_t clockOffsetNs = 0; ///< of the node; the insight's own times need it too
        std::int64_t heardNs = 0;       ///< when it came
        wire::Severity severity = wire::Severity::Info;
        bool isEarlier = false; ///< sent before the console began: it may be open, but did not open now
    };
    struct Group {
        std::uint64_t open = 0;
        std::int64_t fromNs = 0; ///< of the oldest
    };

    InsightTracker() = default;
    InsightTracker(InsightTracker &&) = default;
    InsightTracker &operator=(InsightTracker &&) = default;
    InsightTracker(const InsightTracker &) = delete; // its places are in its own lists
    InsightTracker &operator=(const InsightTracker &) = delete;
    ~InsightTracker() = default;

    void onInsight(const Told &told, const wire::Insight &insight);
    /// The stream that the node's agent has now.
    void onStream(const std::string &node, std::uint64_t streamId);
    /// Ends what nobody will end any more.
    void age(std::int64_t nowNs);

    /// Open ones by "rule|severity", without those that an operator rejected.
    std::map<std::string, Group> groups(const VerdictBook &verdicts) const;
    /// New ones since this began, by rule: each insight once.
    const std::map<std::string, std::uint64_t> &opened() const noexcept { return m_opened; }
    /// Open ones that went for want of room.
    std::uint64_t displaced() const noexcept { return m_displaced; }
    std::size_t open() const noexcept { return m_open.size(); }
    bool hasOpenOf(const std::string &node) const noexcept { return m_openByNode.contains(node); }

private:
    using Key = std::pair<std::string, std::uint64_t>; ///< node and id
    struct Entry {
        Key key;
        std::string rule, label;
        std::uint64_t streamId = 0, seq = 0;
        std::int64_t timeNs = 0, fromNs = 0, heardNs = 0;
        bool isOpen = false;
        bool isCounted = false; ///< its Open was seen
    };
    using Entries = std::list<Entry>; ///< the one that was told longest ago first

    static bool isLater(const Told &told, const Entry &than) noexcept;
    Entries::iterator entryFor(const Told &told, const wire::Insight &insight);
    void take(Entry &entry, const Told &told, const wire::Insight &insight);
    void place(Entries::iterator entry, bool isOpen);
    void makeRoom();
    void forget(Entries::iterator entry);
    std::string known(const std::string &rule);

    Entries m_open, m_ended;
    std::map<Key, Entries::iterator> m_byKey; ///< both
    std::map<std::string, std::uint64_t> m_opened;
    std::map<std::string, std::size_t> m_openByNode;
    std::map<std::string, std::uint64_t> m_streams; ///< by node
    std::uint64_t m_displaced = 0;
};

} // namespace tapio::console
