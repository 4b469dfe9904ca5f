// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <functional>
#include <ostream>
#include <string>

#include "console/cli/output.h"
#include "protocol/base/clock.h"

namespace CLI {
class App;
}

namespace tapio::console {

/// What every command gets; owned by main, outlives the commands.
struct CommandContext {
    std::ostream &out;
    std::ostream &err;
    const Clock &clock;
    OutputFormat format = OutputFormat::Table;
    std::filesystem::path config; ///< console.toml; empty = the default place
    std::filesystem::path pki;    ///< the authority's folder; empty = the default place
    std::string server;           ///< HOST:PORT; empty = as configured
};

/// The highest that Linux gives, PID_MAX_LIMIT. 0 stands for a process that the agent cannot see the number of.
inline constexpr int mostPid = 4'194'304;

/// $XDG_CONFIG_HOME/tapio/pki, else ~/.config/tapio/pki.
std::filesystem::path defaultPkiFolder();
inline std::filesystem::path pkiFolder(const CommandContext &context) { return context.pki.empty() ? defaultPkiFolder() : context.pki; }

/// A command adds itself to `app` and, when chosen, stores what to run in `chosen`.
using Chosen = std::function<int()>;
void addPkiCommand(CLI::App &app, CommandContext &context, Chosen &chosen);
void addCheckCommand(CLI::App &app, CommandContext &context, Chosen &chosen);
void addLiveCommands(CLI::App &app, CommandContext &context, Chosen &chosen); ///< status, agents
void addWatchCommand(CLI::App &app, CommandContext &context, Chosen &chosen);
void addEventsCommand(CLI::App &app, CommandContext &context, Chosen &chosen);
void addInsightsCommand(CLI::App &app, CommandContext &context, Chosen &chosen); ///< list, show, watch, verdict
void addDrillCommand(CLI::App &app, CommandContext &context, Chosen &chosen);
void addRecordCommand(CLI::App &app, CommandContext &context, Chosen &chosen);
void addReplayCommand(CLI::App &app, CommandContext &context, Chosen &chosen);
void addScoreCommand(CLI::App &app, CommandContext &context, Chosen &chosen);
void addFilterCommand(CLI::App &app, CommandContext &context, Chosen &chosen);
void addQueryCommand(CLI::App &app, CommandContext &context, Chosen &chosen);
void addSourceCommand(CLI::App &app, CommandContext &context, Chosen &chosen);    ///< list, test, login, logout
void addDashboardCommand(CLI::App &app, CommandContext &context, Chosen &chosen); ///< list, show, check, import, export
void addCompletionCommand(CLI::App &app, CommandContext &context, Chosen &chosen);

} // namespace tapio::console
