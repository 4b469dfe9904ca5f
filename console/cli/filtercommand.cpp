// SPDX-License-Identifier: GPL-3.0-or-later
#include <cerrno>
#include <cstdio>
#include <memory>
#include <optional>
#include <sstream>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "console/cli/command.h"
#include "console/cli/connection.h"
#include "console/cli/interrupt.h"
#include "console/cli/serverclient.h"

namespace tapio::console {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t mostRuleBytes = 16'000; // of a text in a message

struct FilterArguments {
    std::string node;
    std::string file; ///< empty = ask what is in force; "-" = standard input
};

/// Errors: by errno; InvalidArgument: nothing in it, or too long.
Result<std::string> readRules(const std::string &name)
{
    std::string text;
    const bool isStandardInput = name == "-";
    std::FILE *file = isStandardInput ? stdin : std::fopen(name.c_str(), "re");
    if (file == nullptr)
        return failErrno(name, errno);
    text.resize(mostRuleBytes + 1);
    text.resize(std::fread(text.data(), 1, text.size(), file));
    const bool failed = std::ferror(file) != 0;
    const int error = errno;
    if (!isStandardInput)
        std::fclose(file);
    if (failed)
        return failErrno(name, error);
    if (text.empty() || text.size() > mostRuleBytes)
        return fail(Errc::InvalidArgument, name + " must have from 1 to " + std::to_string(mostRuleBytes) + " bytes");
    return text;
}

nlohmann::json toJson(const wire::FilterReply &reply)
{
    return {{"node", reply.node},
            {"applied", reply.applied},
            {"code", reply.code},
            {"reason", reply.reason},
            {"generation", reply.generation},
            {"filter_sha256", reply.filterSha256},
            {"config_sha256", reply.configSha256},
            {"rules", reply.rules}};
}

std::string_view hintFor(std::string_view code)
{
    if (code == "not-allowed")
        return "set 'remote = true' below '[filter]' in the agent's configuration and send it SIGHUP";
    if (code == "malformed")
        return "the rules are written as '[filter]' of the agent's configuration: 'tapio filter NODE' shows those in force";
    if (code == "not-connected")
        return "'tapio agents' lists those that are";
    if (code == "unsupported")
        return "the agent, or the server between, is older than this command";
    return "try again";
}

ExitCode exitCodeOf(std::string_view code)
{
    if (code == "not-allowed")
        return ExitPermission;
    return code == "malformed" ? ExitDataError : ExitUnavailable;
}

int print(const CommandContext &context, const wire::FilterReply &reply)
{
    if (context.format == OutputFormat::Json)
        printJson(context.out, toJson(reply));
    if (reply.code != "ok") {
        context.err << "tapio: " << printable(reply.node) << ": " << printable(reply.reason) << " (" << printable(reply.code)
                    << ")\nhint: " << hintFor(reply.code) << '\n';
        return exitCodeOf(reply.code);
    }
    if (context.format == OutputFormat::Json)
        return ExitOk;
    // As comments, so that what is printed can be changed and sent back.
    context.out << "# " << printable(reply.node) << ": generation " << reply.generation
                << (reply.applied ? " came into force" : " is in force") << ", sha256 " << printable(reply.filterSha256)
                << "\n# configuration sha256 " << printable(reply.configSha256) << '\n';
    std::istringstream lines(reply.rules);
    for (std::string line; std::getline(lines, line);)
        context.out << printable(line) << '\n';
    return ExitOk;
}

int runFilter(const CommandContext &context, const FilterArguments &arguments)
{
    wire::FilterRequest request;
    request.id = 1;
    request.node = arguments.node;
    if (!arguments.file.empty()) {
        auto rules = readRules(arguments.file);
        if (!rules)
            return report(context.err, rules.error(), "name a file with rules as '[filter]' of the agent's configuration has them");
        request.rules = std::move(*rules);
    }
    const auto connection = resolveConnection(context);
    if (!connection)
        return reportNoConnection(context, connection.error());
    Interrupt interrupt;
    std::optional<wire::FilterReply> reply;
    ServerClientHandlers handlers;
    handlers.filterReply = [&reply](const wire::FilterReply &one) { reply = one; };
    auto client = ServerClient::open(connection->client, connection->consoleName, statesOnly(), std::move(handlers), context.clock);
    if (!client)
        return report(context.err, client.error(), certificateHint);
    if (const Status up = client->run(
            4000ms, [&client] { return client->welcomed(); }, interrupt.token());
        !up)
        return reportSession(context.err, up.error(), client->refusalCode());
    if (!client->serverHas(wire::filterRequestCapability))
        return print(context, {request.id, request.node, false, "unsupported", "the server takes no such requests", 0, {}, {}, {}});
    if (const Status asked = client->ask(request); !asked)
        return report(context.err, asked.error(), connectHint);
    // The server answers for an agent that does not, after ten seconds.
    if (const Status done = client->run(
            12'000ms, [&reply] { return reply.has_value(); }, interrupt.token());
        !done)
        return reportSession(context.err, done.error(), client->refusalCode());
    if (!reply)
        return print(context, {request.id,
                               request.node,
                               false,
                               "timed-out",
                               "nobody answered in time; the agent may still do what was asked",
                               0,
                               {},
                               {},
                               {}});
    return print(context, *reply);
}

} // namespace

void addFilterCommand(CLI::App &app, CommandContext &context, Chosen &chosen)
{
    CLI::App *filter = app.add_subcommand("filter", "What an agent leaves out in the kernel; with FILE, asks it to change that");
    const auto arguments = std::make_shared<FilterArguments>();
    filter->add_option("NODE", arguments->node, "Name of the node")->required();
    filter->add_option("FILE", arguments->file,
                       "Rules as [filter] of the agent's configuration has them, - for standard input; what it does not name stays. "
                       "They last until the agent reads its own file again");
    filter->callback([&context, &chosen, arguments] { chosen = [&context, arguments] { return runFilter(context, *arguments); }; });
}

} // namespace tapio::console
