// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "console/cli/command.h"
#include "console/core/sources/querysource.h"
#include "console/core/sources/sourceconfig.h"
#include "console/core/store/store.h"

namespace tapio::console {

struct ConsoleConfig;

/// Whom a command line wants to be asked: a store, a server that it describes, or one of console.toml.
struct SourceArguments {
    std::filesystem::path store;
    std::string source; ///< of console.toml
    SourceConfig server;
    std::string timeout = "30s";
};
void addSourceOptions(CLI::App &command, SourceArguments &arguments);

struct OpenedSource {
    std::unique_ptr<StoreReader> reader; ///< of a store
    std::unique_ptr<QuerySource> source;
};
/// The source of that name. Errors: InvalidArgument, naming those there are.
Result<SourceConfig> configuredSource(const ConsoleConfig &config, const std::string &name);

/// Prints why a source cannot be opened, and what to do about it; the exit code.
int reportSource(std::ostream &err, const SourceConfig &source, const Error &error);

/// The same of a server that was asked.
int reportAnswer(std::ostream &err, const Error &error);

/// None: it was reported why not, and `exitCode` is what the command ends with.
std::optional<OpenedSource> openSource(const CommandContext &context, const SourceArguments &arguments, int &exitCode);

} // namespace tapio::console
