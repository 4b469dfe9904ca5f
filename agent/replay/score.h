// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/replay/labels.h"
#include "protocol/wire/event.h"

/// Insights against labels. What is counted, and why, is in tests/scenarios/README.md. Pure; times are UTC ns.
namespace tapio::replay {

/// An insight as it opened.
struct Opened {
    std::string rule;
    std::string node, root;
    std::vector<std::string> affected; ///< each with its kind, as insights have it
    std::string cgroup;                ///< of its last evidence
    std::string text;
    std::int64_t timeNs = 0;
};
/// `cgroup` is that of its last evidence. Nothing for what is told later of one that is open.
std::optional<Opened> openedOf(const std::string &node, const wire::Insight &insight, const std::string &cgroup, std::int64_t timeNs);

/// An insight, as it was told last: while it stands, nothing new opens for what happens to its owner.
struct Standing {
    std::string rule;
    std::string node, root;
    std::vector<std::string> affected; ///< as of Opened
    std::string cgroup;                ///< of its last evidence
    std::int64_t openedNs = 0;         ///< when it opened; where that was not told, its first evidence, which is earlier
    std::int64_t toNs = 0;             ///< of its last evidence
    std::int64_t toldNs = 0;
    bool isOver = false;
};
/// No rule that a drill is to prove has an insight for longer than this after its last evidence (those that do, as node-lost, are no drill's): one whose end was not
/// told by then is over, since who should have told it is gone.
inline constexpr std::int64_t longestStandingNs = 3600 * nsPerSecond;
/// `timeNs`: when that was told.
Standing standingOf(const std::string &node, const wire::Insight &insight, const std::string &cgroup, std::int64_t timeNs);

struct Counts {
    std::uint64_t tp = 0, fp = 0, fn = 0, tn = 0;

    std::uint64_t n() const noexcept { return tp + fp + fn + tn; }
    Counts &operator+=(const Counts &other) noexcept;
    bool operator==(const Counts &) const = default;
};

/// A share of so many, with the bounds of Wilson's interval at 95 % (E. B. Wilson, JASA 22, 1927): where it lies if units are independent of each other.
struct Share {
    std::uint64_t hits = 0, of = 0;
    double value = 0, low = 0, high = 1; ///< 0 to 1; meaningless without any
    bool isEnough = false;               ///< `of` reaches the floor: below it is no figure
};
Share shareOf(std::uint64_t hits, std::uint64_t of, std::uint64_t floor) noexcept;

/// Fewer units than this are no figure: of a whole half as for verdicts of operators (product/metrics.md), of one rule less, and its bounds say so.
inline constexpr std::uint64_t floorOfAll = 20, floorOfRule = 5;

inline Share accuracyOf(const Counts &counts, std::uint64_t floor) { return shareOf(counts.tp + counts.tn, counts.n(), floor); }
inline Share falsePositiveRateOf(const Counts &counts, std::uint64_t floor) { return shareOf(counts.fp, counts.fp + counts.tn, floor); }
inline Share precisionOf(const Counts &counts, std::uint64_t floor) { return shareOf(counts.tp, counts.tp + counts.fp, floor); }
inline Share recallOf(const Counts &counts, std::uint64_t floor) { return shareOf(counts.tp, counts.tp + counts.fn, floor); }

/// Stands in the place of a rule for faults that no rule is there for: each is one that was not found.
inline constexpr std::string_view noRule = "(no rule)";

struct Verdict {
    enum class Kind : std::uint8_t {
        Found,  ///< TP
        Wrong,  ///< FP
        Missed, ///< FN
        Also,   ///< true as well, and not counted; without a lead it was open before, and says nothing of this fault
    };
    Kind kind = Kind::Found;
    std::string rule;
    std::string node, entity; ///< of the insight; of one that is missing the label's
    std::string what;         ///< the insight's text, or the label's
    std::int64_t timeNs = 0;  ///< when it opened; of one that is missing when the fault began
    std::int64_t leadNs = 0;  ///< Found: from the label's beginning until it opened
};

struct Judgement {
    std::map<std::string, Counts> rules; ///< every rule, and noRule where it is needed
    std::vector<Verdict> verdicts;       ///< of all but what was rightly silent
};
/// Of one scenario. A fault that began while an insight about it stood already is no unit: whether it would have been found is not known.
Judgement judge(const std::vector<Label> &labels, const std::vector<Opened> &opened, const std::vector<std::string> &rules,
                const std::vector<Standing> &standing = {});

/// Of many scenarios.
struct Score {
    struct Rule {
        Counts counts;
        std::uint64_t also = 0;
        std::vector<std::int64_t> leadsNs; ///< ascending
    };
    /// What did not go as it should, and where.
    struct Flaw {
        std::string scenario;
        Verdict verdict;
    };
    std::map<std::string, Rule> rules;
    Counts all, recorded;                       ///< recorded: without what was generated
    std::uint64_t recordings = 0, mixtures = 0; ///< scenarios
    std::uint64_t events = 0;
    std::vector<Flaw> flaws;

    void add(const std::string &scenario, bool isMixture, const Judgement &judgement);
};

} // namespace tapio::replay
