// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "agent/correlation/rule.h"
#include "protocol/base/result.h"
#include "protocol/base/textproblem.h"

/// Rules from TOML files, one each; the schema is in README.md. What is not understood, or can never match, is refused: a rule that
/// silently does nothing is worse than none.
namespace tapio::correlation {

using RuleProblem = TextProblem;

/// One file's text. `file` is for messages only. Errors: every problem of it, and then there is no rule.
tl::expected<Rule, std::vector<RuleProblem>> parseRule(std::string_view text, const std::string &file);

struct LoadedRules {
    RuleSet rules; ///< those that were understood, by id
    std::vector<RuleProblem> problems;
};
/// Those that this build was made with.
LoadedRules shippedRules();
/// Those that run at `scope`; what is wrong with any stays.
LoadedRules ofScope(LoadedRules loaded, RuleScope scope);
/// All files *.toml of a folder. Two rules of one id are both refused.
LoadedRules loadRules(const std::filesystem::path &folder);
/// What is loaded while others are in force: a mistake in a file must not end what its rule has found, so the one that is in force goes on.
void keepRefused(LoadedRules &loaded, const RuleSet &inForce);

} // namespace tapio::correlation
