// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "agent/replay/drilltruth.h"
#include "agent/replay/score.h"
#include "console/core/metrics/verdictbook.h"

namespace tapio::console {

/// What one rule did about one run of a drill.
struct ProofTrial {
    std::string drill;
    replay::Verdict verdict;
};

/// How a rule stands by the drills that were run.
struct RuleProof {
    std::string rule;
    replay::Counts counts;
    std::optional<ProofTrial> found, missed, wrong; ///< the last of each
};

struct ProofReport {
    std::vector<RuleProof> rules;   ///< by name; of each that was tried, or was wrong
    std::vector<ProofTrial> trials; ///< the newest first: found, missed and wrong
    replay::Counts all;             ///< units are a run of a drill and a rule, as recordings are scored
    std::uint64_t drills = 0;       ///< runs that were judged
    std::uint64_t running = 0;      ///< a rule may still open
    std::uint64_t unfinished = 0;   ///< their end was never told
    std::uint64_t unknown = 0;      ///< drills that nobody here knows, or in which nothing happened; labels of no time
    std::uint64_t unsignedLabels = 0;
    std::uint64_t forgotten = 0; ///< runs that went for want of room, or what opened beside them did: nobody knows how they would be judged
};

/// Matches the drills' own labels with the insights of the agents, live or from a store: it takes what comes in whatever order, the same
/// more than once too. Runs of a node that overlap are judged together, or each would call false what the other explains.
///
/// That a rule was silent counts only where it has spoken during some drill on the same node: otherwise nobody knows that it runs there.
/// An insight that an operator confirmed is no false alarm, whatever drill ran beside it. Bounded. One thread (any); times are the node's UTC.
class DetectionProofs {
public:
    static constexpr std::size_t mostRuns = 256;
    static constexpr std::size_t mostOpened = 2048;
    static constexpr std::int64_t windowNs = 30LL * 24 * 3600 * nsPerSecond; ///< what is older is not judged, as verdicts are not
    static constexpr std::int64_t longestRunNs = 3600 * nsPerSecond;         ///< one that has not ended after this will not
    static constexpr std::int64_t arrivalNs = 5 * nsPerSecond;               ///< what opened in time may come later than that

    /// True: it is part of a proof. `cgroup` is that of the event's origin.
    bool onEvent(const std::string &node, const wire::Event &event, const std::string &cgroup);
    /// Of a time in which nothing opens that counts: such an insight may stand while a drill runs, and finds none.
    void onInsightBeside(const std::string &node, const wire::Event &event, const std::string &cgroup);
    /// As of then; what comes late corrects the next one.
    ProofReport report(std::int64_t nowNs, const VerdictBook &verdicts) const;
    /// How long before and after a window something may be told of an insight that stood in it.
    static constexpr std::int64_t longestLifeNs = 3600 * nsPerSecond;
    /// When insights matter, by node: from the beginning of what overlaps until the last may open.
    struct Window {
        std::string node;
        std::int64_t fromNs = 0, toNs = 0;
    };
    std::vector<Window> windows(std::int64_t nowNs) const;

private:
    struct Group {
        Window window;
        std::vector<replay::Label> labels;
        bool isOver = false; ///< no rule may open any more
    };
    struct Told {
        replay::Opened opened;
        bool isConfirmed = false;
    };
    using OpenedKey = std::tuple<std::int64_t, std::string, std::uint64_t>; ///< time, node, id

    bool addLabel(const std::string &node, const wire::DrillLabel &label);
    bool addInsight(const std::string &node, const wire::Insight &insight, const std::string &cgroup, std::int64_t timeNs);
    void addStanding(const std::string &node, const wire::Insight &insight, const std::string &cgroup, std::int64_t timeNs);
    std::vector<replay::Standing> standingIn(const Window &window) const;
    static Window windowOf(const replay::Label &label);
    void makeRoom();
    bool isSpoiled(const Window &window) const;
    std::vector<Group> groups(std::int64_t nowNs, ProofReport &report) const;
    std::vector<Told> toldIn(const Window &window, const VerdictBook &verdicts) const;
    static replay::Judgement judge(const Group &group, const std::vector<Told> &told, const std::vector<replay::Standing> &standing,
                                   std::set<std::string> rules);

    std::map<std::pair<std::string, std::uint64_t>, replay::DrillRun> m_runs; ///< by node and run
    std::map<OpenedKey, replay::Opened> m_opened;
    std::map<OpenedKey, replay::Standing> m_standing;                         ///< by when it was last told; one of each insight
    std::map<std::pair<std::string, std::uint64_t>, std::int64_t> m_toldLast; ///< the time in that, by node and id
    std::map<std::string, std::int64_t> m_spoiledToNs; ///< by node: of what opened in windows until then, some is gone
    std::uint64_t m_forgotten = 0, m_unsigned = 0, m_senseless = 0;
};

} // namespace tapio::console
