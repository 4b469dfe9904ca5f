// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "agent/correlation/fields.h"
#include "agent/correlation/selector.h"
#include "agent/correlation/topic.h"
#include "protocol/wire/event.h"

/// A correlation rule as the engine runs it. Read from a file by ruleloader.h, which makes sure of everything said here.
namespace tapio::correlation {

enum class Comparison : std::uint8_t { Equal, NotEqual, AtLeast, AtMost, Above, Below, OneOf, NoneOf, BeginsWith, EndsWith, Contains };

/// A condition on one field. A field without a value fulfils none.
struct Predicate {
    FieldRef field;
    Comparison comparison = Comparison::Equal;
    std::vector<double> numbers;    ///< one, or several for OneOf and NoneOf; empty when it compares texts
    std::vector<std::string> texts; ///< the same
};

/// Where it runs: in the agent, on the events of its node; or in the fan-in, on those of all.
enum class RuleScope : std::uint8_t { Node, Cluster };

enum class StepRole : std::uint8_t {
    Required,      ///< without it there is no insight
    Either,        ///< one of these, where a rule has any
    Supporting,    ///< adds to the chain and the score
    Contradicting, ///< told beside the chain, and takes from the score
    Ending,        ///< the insight is resolved
};

/// How the times of a step's evidence lie to those of another step's.
enum class Order : std::uint8_t {
    After,   ///< later, beyond doubt, by no more than withinNs
    Before,  ///< earlier, likewise
    Overlap, ///< no further apart than withinNs either way, whatever the clocks say wrongly
};

struct Relation {
    Order order = Order::After;
    std::size_t step = 0; ///< index of an earlier one in the rule
    std::int64_t withinNs = 0;
};

/// One kind of evidence.
struct Step {
    std::string name;
    Topic topic{};
    std::vector<Predicate> where;   ///< all of them
    std::vector<Predicate> orWhere; ///< or else all of these, where there are some
    Selector by{};                  ///< what it joins by: gives an entity of the rule's kind
    StepRole role = StepRole::Required;
    std::uint32_t count = 1;          ///< so many within windowNs; events that stand for several count as those
    std::int64_t windowNs = 0;        ///< of this step's evidence; above 0
    std::optional<Selector> affects;  ///< what the blast radius names
    bool countsAffected = false;      ///< `count` is of different ones of these, not of events
    std::optional<Relation> relation; ///< evidence counts only beside some of that step
    bool begins = true; ///< false: what comes while there is no evidence of that step is none, be it that the latter is merely late
    /// Share of the events of this topic that fulfil `where`, over windowNs: at least this, of at least leastOf.
    std::optional<double> share;
    std::uint32_t leastOf = 0;
    std::uint8_t score = 0; ///< percent that it adds or, contradicting, takes
};

/// Without it, or without any of its kind, there is no insight.
constexpr bool isNeeded(const Step &step) noexcept { return step.role == StepRole::Required || step.role == StepRole::Either; }

/// From here on it is worse.
struct Raise {
    std::size_t step = 0;
    std::uint32_t count = 1; ///< evidence of that step, or different ones where it counts those
    wire::Severity severity = wire::Severity::Error;
};

struct Rule {
    std::string id;
    std::string title;
    RuleScope scope = RuleScope::Node;
    wire::EntityKind root{}; ///< what the steps join by, and what the insight is about
    wire::Severity severity = wire::Severity::Warning;
    std::uint8_t score = 50;     ///< percent; a rule score until it is calibrated
    std::int64_t lifetimeNs = 0; ///< without new evidence for so long an insight is over
    std::int64_t cooldownNs = 0; ///< after its end evidence reopens it for so long, rather than opening another
    std::string summary; ///< with {root}, {node}, {namespace}, {count}, {text} (of the newest that is needed), {STEP.count}, {STEP.text}
    std::string settle, runbook;
    std::vector<Step> steps; ///< at most mostSteps
    std::vector<Raise> raises;
    std::string file;   ///< where it was read from
    std::string digest; ///< of what decides about matching: two rules of one id and one digest share their open groups

    std::uint32_t relatedTo = 0; ///< bits of the steps that others have a relation to

    /// No evidence is looked at that is older than the newest by more than this.
    std::int64_t horizonNs = 0;
};

inline constexpr std::size_t mostSteps = 8;
inline constexpr std::uint32_t mostCount = 24; ///< of Step::count: all of it is looked at each time
inline constexpr std::size_t mostRules = 256;

using RuleSet = std::vector<Rule>;
using RuleSetPtr = std::shared_ptr<const RuleSet>;

} // namespace tapio::correlation
