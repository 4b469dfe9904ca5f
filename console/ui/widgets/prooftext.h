// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

#include <optional>
#include <string>

#include "console/core/metrics/panel.h"
#include "console/ui/widgets/timedisplay.h"

namespace tapio::console {

/// "node-a, 2026-11-27 11:30:02 UTC, drill oom-kill, after 1.80 s"; "never".
QString proofMomentText(const ProofMoment &moment, const TimeDisplay &time);
/// How the detection by a rule stands by the drills.
struct ProofState {
    bool isKnown = false;                   ///< false: the figures are still read, or could not be
    std::optional<RuleProofRow> row;        ///< none: no drill tried the rule
    std::optional<RuleFrequency> frequency; ///< none: too few of its insights were judged
};
/// Of the panel of accuracy.
ProofState proofOf(const OverviewSnapshot &overview, const std::string &rule);
/// "right 12 of 13 times (67 to 99 %), by drills"; "not calibrated".
QString frequencyText(const std::optional<RuleFrequency> &frequency);
QString proofSentence(const ProofState &proof, const TimeDisplay &time);

} // namespace tapio::console
