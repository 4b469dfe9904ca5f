// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/cli/rulesfolder.h"

#include <CLI/CLI.hpp>

#include "agent/correlation/ruleloader.h"

namespace tapio::console {

void addRulesOption(CLI::App &command, std::filesystem::path &folder)
{
    command.add_option("--rules", folder, "rules *.toml of this folder (default: those that are shipped)")->option_text("FOLDER");
}

correlation::RuleSetPtr rulesOf(const CommandContext &context, const std::filesystem::path &folder)
{
    auto loaded = folder.empty() ? correlation::shippedRules() : correlation::loadRules(folder);
    for (const correlation::RuleProblem &problem : loaded.problems)
        context.err << "tapio: " << printable(toString(problem)) << '\n';
    if (!loaded.problems.empty()) {
        context.err << "hint: mend the rules, or leave --rules out\n";
        return nullptr;
    }
    return std::make_shared<const correlation::RuleSet>(std::move(loaded.rules));
}

} // namespace tapio::console
