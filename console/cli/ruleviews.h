// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ostream>

#include <nlohmann/json_fwd.hpp>

#include "console/core/metrics/ruleboard.h"

namespace tapio::console {

/// Counts of the time, by rule and node; null where no engine told, and of what is open where none is heard.
nlohmann::json rulesJson(const RuleBoard &board);
/// The same for people.
void printRules(std::ostream &out, const RuleBoard &board);

} // namespace tapio::console
