// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/core/metrics/rulefrequency.h"

#include <optional>

#include "agent/replay/score.h"
#include "console/core/metrics/detectionproofs.h"
#include "console/core/metrics/verdictbook.h"

namespace tapio::console {

namespace {

std::optional<RuleFrequency> frequencyOf(bool isByOperators, std::uint64_t right, std::uint64_t wrong)
{
    const replay::Share share = replay::shareOf(right, right + wrong, replay::floorOfRule);
    return share.isEnough ? std::optional(RuleFrequency{isByOperators, right, right + wrong, share.low, share.high}) : std::nullopt;
}

} // namespace

std::map<std::string, RuleFrequency> frequenciesOf(const ProofReport &proofs, const VerdictBook &verdicts, std::int64_t fromNs,
                                                   std::int64_t toNs)
{
    std::map<std::string, RuleFrequency> all;
    for (const RuleProof &rule : proofs.rules) {
        if (const auto known = frequencyOf(false, rule.counts.tp, rule.counts.fp))
            all[rule.rule] = *known;
    }
    for (const auto &[rule, count] : verdicts.countByRule(fromNs, toNs)) {
        if (const auto known = frequencyOf(true, count.confirmed, count.rejected))
            all[rule] = *known;
    }
    return all;
}

} // namespace tapio::console
