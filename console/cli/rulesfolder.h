// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>

#include "agent/correlation/rule.h"
#include "console/cli/command.h"

namespace tapio::console {

/// --rules FOLDER.
void addRulesOption(CLI::App &command, std::filesystem::path &folder);
/// Those of the folder, or those that this build was made with when it is empty. Null: it was reported what is wrong with them; a rule that is
/// refused is not replayed without.
correlation::RuleSetPtr rulesOf(const CommandContext &context, const std::filesystem::path &folder);

} // namespace tapio::console
