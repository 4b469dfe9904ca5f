// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <vector>

#include "console/core/metrics/ruleboard.h"
#include "console/ui/widgets/detailview.h"
#include "console/ui/widgets/timedisplay.h"

namespace tapio::console {

/// A rule in words, for the drawer: what it looks for, how it fares on each node, how right it was.
std::vector<DetailSection> ruleDetails(const RuleRow &row, const SuiteScore &suite, const TimeDisplay &time);

} // namespace tapio::console
