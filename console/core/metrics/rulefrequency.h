// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace tapio::console {

class VerdictBook;
struct ProofReport;

/// How often a rule was right, of those of its insights that somebody judged. With it a rule score is calibrated.
struct RuleFrequency {
    bool isByOperators = false; ///< else by drills: what they made happen against what nothing explains
    std::uint64_t right = 0, of = 0;
    double low = 0, high = 1; ///< Wilson's interval at 95 %
    bool operator==(const RuleFrequency &) const = default;
};

/// By rule, of verdicts in (fromNs, toNs] where there are as many as a figure of one rule needs (replay::floorOfRule), else of the drills where there
/// are as many of those: an insight that both judged counts once. A rule with fewer of either is not in it. Pure; any thread.
std::map<std::string, RuleFrequency> frequenciesOf(const ProofReport &proofs, const VerdictBook &verdicts, std::int64_t fromNs,
                                                   std::int64_t toNs);

} // namespace tapio::console
