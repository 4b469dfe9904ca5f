// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "console/core/metrics/detectionproofs.h"
#include "console/core/metrics/rulefrequency.h"
#include "console/core/metrics/verdictbook.h"
#include "console/core/store/store.h"

/// How the rules of correlation fare: what their engines counted, and how right they were. Values and arithmetic, no words; any thread.
namespace tapio::console {

/// What an engine counted for a rule from one reading to another: counts grew by so much, and of one that is lower than before all of it is new.
/// `candidates` and `open` are as of the later one.
wire::RuleCounters growthOf(const wire::RuleCounters &before, const wire::RuleCounters &now);

/// What an evaluation of the rule takes on the average of those that were timed, ns. Nothing: none was.
std::optional<double> evaluationNs(const wire::RuleCounters &counters);

/// The suite of recordings that is shipped, and how right the rules of this build are about its held half.
struct SuiteScore {
    std::map<std::string, replay::Counts> rules; ///< of each that is scored
    replay::Counts all;                          ///< of all together, with faults that no rule is there for
    std::uint64_t recordings = 0, mixtures = 0;
    std::string failure; ///< not empty: there is no score, and why

    bool operator==(const SuiteScore &) const = default;
};

/// What a rule looks for, as this console was built with it: an agent may run another of the same name.
struct RuleFacts {
    std::string id, title, summary, settle, runbook;
    bool isAcrossNodes = false;
    wire::Severity severity = wire::Severity::Warning;
    int score = 0; ///< percent, before it is calibrated
    std::int64_t lifetimeNs = 0, cooldownNs = 0;
    enum class Role : std::uint8_t { Required, Either, Supporting, Contradicting, Ending };
    struct Step {
        std::string name, topic;
        Role role = Role::Required;
        std::uint32_t count = 1;
        std::int64_t windowNs = 0;
    };
    std::vector<Step> steps;
};
/// Of the rules that are shipped, by id.
std::vector<RuleFacts> shippedRuleFacts();

struct RuleRow {
    std::string id;
    std::optional<RuleFacts> facts; ///< nothing: this console does not know it
    /// Of a node, or of a server, whose node is "server:NAME".
    struct Source {
        std::string node;
        wire::RuleCounters counters; ///< of the time
        bool isHeard = false;        ///< lately: `candidates` and `open` are of now
    };
    std::vector<Source> sources; ///< the one that evaluated most goes first
    wire::RuleCounters total;    ///< of all sources; `candidates` and `open` of those that are heard
    VerdictBook::Count verdicts; ///< of insights, in the last 30 days
    std::optional<RuleProof> proof;
    std::optional<RuleFrequency> frequency;
    std::optional<replay::Counts> suite; ///< nothing: it cannot be scored by recordings, or there is no score
};

struct RuleBoard {
    std::int64_t fromNs = 0, toNs = 0;            ///< what was asked for
    std::int64_t firstNs = INT64_MAX, lastNs = 0; ///< between these there are readings; none where lastNs is 0
    std::vector<RuleRow> rules;                   ///< by id: those that are known, and those that some source has
    std::size_t sources = 0, heard = 0;
    SuiteScore suite;
};

/// A source that is silent for longer than this before the end does not say what is open now.
inline constexpr std::int64_t ruleReportAgeNs = 35 * nsPerSecond;

/// Readings of a store, and what is known beside them, put together. Takes readings in the order of their times.
class RuleBoardMaker {
public:
    RuleBoardMaker(std::vector<RuleFacts> known, std::int64_t fromNs, std::int64_t toNs);

    /// Until `fromNs` it is what counts grow from.
    void onReading(const StoreReader::StoredCounters &reading);
    RuleBoard make(const ProofReport &proofs, const VerdictBook &verdicts, SuiteScore suite) const;

private:
    struct Track {
        wire::RuleCounters last, grown;
        std::int64_t lastNs = 0;
        bool isInside = false; ///< some reading is of the time
    };
    using StreamKey = std::pair<std::string, std::uint64_t>; ///< node, stream

    void addSources(RuleRow &row, const std::map<StreamKey, Track> &tracks) const;
    bool isHeard(const StreamKey &stream) const;
    RuleRow rowOf(const std::string &id) const;

    RuleBoard m_board; ///< without rules
    std::vector<RuleFacts> m_known;
    std::map<std::string, std::map<StreamKey, Track>> m_tracks;             ///< by rule
    std::map<std::string, std::pair<std::int64_t, std::uint64_t>> m_newest; ///< by node: when it told last, and in which stream
};

} // namespace tapio::console
