// SPDX-License-Identifier: GPL-3.0-or-later
#include <csignal>
#include <iostream>
#include <string>

#include <CLI/CLI.hpp>
#include <unistd.h>

#include "console/cli/command.h"
#include "console/cli/descriptorbuffer.h"

using namespace tapio;
using namespace tapio::console;

namespace {

/// A wrong command line: what is wrong with it, and where its rules stand.
int refuse(const CLI::App &app, const CLI::ParseError &error)
{
    std::string command = "tapio";
    for (const CLI::App *chosen = &app; !chosen->get_subcommands().empty();) {
        chosen = chosen->get_subcommands().front();
        command += ' ' + chosen->get_name();
    }
    std::cerr << "tapio: " << printable(error.what()) << "\nhint: '" << command << " --help' lists what it takes\n";
    return ExitUsage;
}

/// What is wrong with it; empty when nothing is.
std::string refuseFormat(const std::string &name)
{
    return name == "table" || name == "json" ? std::string() : "there is no output format '" + name + "', only table and json";
}

/// The help of a command lists its own options only.
void nameCommonOptions(CLI::App &command)
{
    const std::string own = command.get_footer();
    command.footer(own + (own.empty() ? "" : "\n\n")
                   + "Taken by every command: -o table|json, --server HOST:PORT, --config FILE, --pki DIR; 'tapio --help' explains them.");
    for (CLI::App *below : command.get_subcommands([](const CLI::App *) { return true; }))
        nameCommonOptions(*below);
}

/// Its answer is in `out`, perhaps not written yet.
int run(int argc, char **argv, std::ostream &out)
{
    const SystemClock clock;
    CommandContext context{out, std::cerr, clock, OutputFormat::Table, {}, {}, {}};
    Chosen chosen;

    CLI::App app("Tapio in a terminal: the same answers as the console, without a window.", "tapio");
    app.set_version_flag("--version", std::string("tapio ") + TAPIO_VERSION);
    app.require_subcommand(1);
    app.fallthrough();
    app.add_option_function<std::string>(
           "-o,--output",
           [&context](const std::string &name) { context.format = name == "json" ? OutputFormat::Json : OutputFormat::Table; },
           "table or json")
        ->check(CLI::Validator(refuseFormat, "{table,json}"))
        ->option_text("FORMAT");
    app.add_option("--server", context.server,
                   "HOST[:PORT] of tapio-console or tapio-server (default 127.0.0.1:7117); port 7117 unless one is given");
    app.add_option("--config", context.config, "console.toml (default ~/.config/tapio/console.toml)");
    app.add_option("--pki", context.pki, "folder of the certificate authority (default ~/.config/tapio/pki)");
    app.footer("Exit codes: 0 done, 1 not healthy (check), 64 wrong arguments, 65 bad data, 69 not available, 73 cannot make a file, 74 "
               "the answer could not be written, 77 not allowed, 78 bad configuration.");

    addLiveCommands(app, context, chosen);
    addWatchCommand(app, context, chosen);
    addCheckCommand(app, context, chosen);
    addEventsCommand(app, context, chosen);
    addInsightsCommand(app, context, chosen);
    addDrillCommand(app, context, chosen);
    addRecordCommand(app, context, chosen);
    addReplayCommand(app, context, chosen);
    addScoreCommand(app, context, chosen);
    addFilterCommand(app, context, chosen);
    addQueryCommand(app, context, chosen);
    addSourceCommand(app, context, chosen);
    addDashboardCommand(app, context, chosen);
    addPkiCommand(app, context, chosen);
    addCompletionCommand(app, context, chosen);
    for (CLI::App *command : app.get_subcommands([](const CLI::App *) { return true; }))
        nameCommonOptions(*command);

    try {
        app.parse(argc, argv);
    } catch (const CLI::RequiredError &error) {
        const auto unknown = app.remaining();
        if (!unknown.empty()) {
            std::cerr << "tapio: there is no command '" << printable(unknown.front()) << "'\nhint: tapio --help lists the commands\n";
            return ExitUsage;
        }
        return refuse(app, error);
    } catch (const CLI::ParseError &error) {
        if (error.get_exit_code() == 0) // --help, --version
            return app.exit(error, out, std::cerr);
        return refuse(app, error);
    }
    return chosen ? chosen() : ExitUsage;
}

} // namespace

int main(int argc, char **argv)
{
    // A reader that leaves (`tapio events | head`) is seen as a failed write, not as a death.
    std::signal(SIGPIPE, SIG_IGN);
    DescriptorBuffer buffer(STDOUT_FILENO);
    std::ostream out(&buffer);
    std::cerr.tie(&out); // on a terminal what was answered stands before what is said about it
    const int code = finishOutput(out, buffer, std::cerr, run(argc, argv, out));
    std::cerr.tie(nullptr);
    return code;
}
