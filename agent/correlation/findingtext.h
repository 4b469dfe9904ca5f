// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

#include "agent/correlation/candidate.h"
#include "agent/correlation/engine.h"
#include "agent/correlation/names.h"
#include "agent/correlation/observation.h"

/// Insights as they are told. Pure.
namespace tapio::correlation {

/// The placeholders of a summary; an error of the rule's author is found by the loader (placeholderProblem).
std::string fillIn(const std::string &summary, const Rule &rule, const Candidate &candidate, const std::vector<std::string> &nodes);
/// What is wrong with the placeholders of a summary: "{killl.count}: there is no step 'killl'". Empty: nothing.
std::string placeholderProblem(const std::string &summary, const Rule &rule);
Finding findingOf(const Rule &rule, const Candidate &candidate, wire::InsightState state, std::int64_t nowNs, const Names &names);
/// One line of what was seen, as evidence has it, in place of what `line` has; cut where it is too long.
void evidenceText(const Observation &seen, std::string &line);
std::uint8_t scoreOf(const Rule &rule, std::uint32_t fulfilled);

} // namespace tapio::correlation
