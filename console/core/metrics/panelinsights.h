// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <string>

#include "console/core/metrics/panel.h"

namespace tapio::console {

/// The panel that shows what a rule is about, by the step of the runbook that the rule names. Nothing where no panel shows it (security), and of rules that this version
/// does not bring along. Any thread.
std::optional<PanelId> panelOfRule(const std::string &rule);

/// Gives each panel the open insights that are about what it shows, where they are of the same scope as its figures.
void assignInsights(OverviewSnapshot &overview);

} // namespace tapio::console
