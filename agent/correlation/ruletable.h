// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "agent/correlation/ruleloader.h"

namespace tapio::correlation {

/// What the text says, as far as it does; meaningless when there are problems.
Rule readRule(std::string_view text, const std::string &file, std::vector<RuleProblem> &problems);

} // namespace tapio::correlation
