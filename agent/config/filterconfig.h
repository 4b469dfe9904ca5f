// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "agent/daemon/configsection.h"
#include "agent/filter/filterrules.h"

namespace tapio::agent {

/// Reads [filter], of which `filter` is the table, and the tables in it over `rules`. Errors: Malformed, naming `file` and line; what is
/// wrong in [filter] itself is left to filter.end().
Status readFilter(daemon::ConfigSection &filter, const std::string &file, FilterRules &rules, std::vector<daemon::ConfigValue> *values);

/// `rules` with what a text as the configuration file has it changes; filter.remote is not for others to change. `name` stands for the
/// file. Errors: Malformed, naming the line.
Result<FilterRules> changedFilter(FilterRules rules, std::string_view text, const std::string &name);

/// A text that changes any rules into these.
std::string filterText(const FilterRules &rules);

} // namespace tapio::agent
