// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "console/core/dashboards/dashboard.h"

/// What is wrong with parts of a dashboard, in sentences; whoever reads a file adds the place, whoever edits one shows them. Pure; any thread.
namespace tapio::console {

/// "alert-above".
std::string_view boundWord(ThresholdKind kind) noexcept;

/// Of one more variable, after those that are there: it may use them, and has another name.
std::vector<std::string> variableProblems(const Dashboard &before, const DashboardVariable &variable);
/// Of one more panel, after those that are there; not of its queries.
std::vector<std::string> panelProblems(const Dashboard &before, const DashboardPanel &panel);
/// `isOfStore`: it is to be PromQL that is evaluated here.
std::vector<std::string> queryProblems(const std::vector<DashboardVariable> &variables, const std::string &expression, bool isOfStore);

/// Whether two places have a cell in common.
bool overlap(const GridPlace &a, const GridPlace &b) noexcept;

} // namespace tapio::console
