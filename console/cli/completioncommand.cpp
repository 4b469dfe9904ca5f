// SPDX-License-Identifier: GPL-3.0-or-later
#include <CLI/CLI.hpp>

#include "console/cli/command.h"
#include "console/cli/completion.h"

namespace tapio::console {

void addCompletionCommand(CLI::App &app, CommandContext &context, Chosen &chosen)
{
    auto shell = std::make_shared<std::string>();
    CLI::App *command = app.add_subcommand("completion", "Print a completion script for a shell");
    command->add_option("shell", *shell, "bash, zsh or fish")->required()->check(CLI::IsMember({"bash", "zsh", "fish"}));
    command->footer("For example: tapio completion bash > /etc/bash_completion.d/tapio");
    command->callback([&app, &context, &chosen, shell] {
        chosen = [&app, &context, shell] {
            context.out << completionScript(app, *shell);
            return static_cast<int>(ExitOk);
        };
    });
}

} // namespace tapio::console
