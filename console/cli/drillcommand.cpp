// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <array>
#include <cstdio>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "agent/drill/controlclient.h"
#include "agent/drill/runner.h"
#include "console/cli/command.h"
#include "console/cli/drillagent.h"
#include "console/cli/interrupt.h"

namespace tapio::console {

namespace {

struct DrillArguments {
    DrillTarget agent;
    std::string name;
    unsigned seconds = 0; ///< 0 = the drill's own
};

constexpr std::string_view allowHint =
    "set 'allowed = true' below '[drill]' in the agent's configuration and restart it, where faults may be made";

std::string join(const std::vector<std::string> &words)
{
    std::string text;
    for (const std::string &word : words)
        text += (text.empty() ? "" : ", ") + word;
    return text;
}

/// Of what the user named, and not of this node: to be mended before anything can be said of drills.
bool isOfTheQuestion(const Error &error) { return error.code() != Errc::PermissionDenied && error.code() != Errc::NotFound; }

std::string_view hintFor(const Error &error)
{
    switch (error.code()) {
    case Errc::PermissionDenied: return allowHint;
    case Errc::NotFound: return "start tapio-agent first; 'tapio agents' names those that are connected";
    default: return {};
    }
}

/// False, and it is said: the configuration that was named is of no use, so nobody knows what it allows.
bool canReadConfig(const CommandContext &context, const DrillArguments &arguments)
{
    const Status readable = checkConfig(arguments.agent);
    if (!readable)
        report(context.err, readable.error(), "name the file that tapio-agent was started with, or leave --agent-config out");
    return readable.has_value();
}

int listDrills(const CommandContext &context, const DrillArguments &arguments)
{
    if (!canReadConfig(context, arguments))
        return ExitConfiguration;
    const auto agent = agentForDrills(CheckRoots(), arguments.agent, context.clock);
    if (!agent && isOfTheQuestion(agent.error()))
        return report(context.err, agent.error());
    const Status allowed = agent ? Status() : fail(agent.error());
    nlohmann::json list = nlohmann::json::array();
    Table table({{"DRILL"}, {"AVAILABLE"}, {"WHAT"}, {"WHY NOT"}});
    for (const auto &drill : drill::allDrills()) {
        const Status possible = allowed ? drill::probeDrill(*drill, {}) : allowed;
        const std::string name(drill->name());
        const std::string reason = possible ? std::string() : possible.error().context();
        list.push_back({{"name", name},
                        {"what", std::string(drill->summary())},
                        {"needs", drill->needs()},
                        {"available", possible.has_value()},
                        {"reason", reason}});
        table.add({name, possible ? "yes" : "no", std::string(drill->summary()), reason.empty() ? "-" : reason});
    }
    if (context.format == OutputFormat::Json)
        printJson(context.out, list);
    else
        table.print(context.out);
    return ExitOk;
}

std::string runIdText(std::uint64_t id)
{
    std::array<char, 17> text{};
    std::snprintf(text.data(), text.size(), "%016llx", static_cast<unsigned long long>(id));
    return text.data();
}

std::string happenedText(const drill::RunReport &report)
{
    if (report.happened)
        return report.stopped ? "yes, and it was stopped" : "yes";
    return report.stopped ? "not until it was stopped" : "no";
}

void printReport(const CommandContext &context, std::string_view name, const LocalAgent &agent, const drill::RunReport &report)
{
    const drill::Evidence &seen = report.evidence;
    if (context.format == OutputFormat::Json) {
        printJson(context.out, {{"name", name},
                                {"runId", runIdText(report.runId)},
                                {"target", report.target},
                                {"node", nodeNameOf(agent, context.clock)},
                                {"agentConfig", agent.config.native()},
                                {"from", utcText(report.fromNs)},
                                {"to", utcText(report.toNs)},
                                {"happened", report.happened},
                                {"stopped", report.stopped},
                                {"clean", report.clean},
                                {"reason", report.reason},
                                {"told", seen.told},
                                {"effects", seen.effects},
                                {"oomKills", seen.oomKills},
                                {"throttledPeriods", seen.throttledPeriods},
                                {"peakMemoryBytes", seen.peakMemoryBytes},
                                {"removedBefore", report.leftovers}});
        return;
    }
    Table table({{"WHAT"}, {"VALUE"}});
    table.add({"drill", std::string(name)});
    table.add({"run", runIdText(report.runId)});
    table.add({"where", report.target});
    table.add({"labelled by", describe(agent, context.clock)});
    table.add({"from", utcText(report.fromNs)});
    table.add({"to", utcText(report.toNs)});
    table.add({"happened", happenedText(report)});
    table.add({"seen", seen.told.empty() ? std::to_string(seen.effects) + " effects" : seen.told});
    table.add({"OOM kills", std::to_string(seen.oomKills)});
    table.add({"throttled periods", std::to_string(seen.throttledPeriods)});
    table.add({"peak memory", bytesText(static_cast<std::int64_t>(seen.peakMemoryBytes))});
    table.add({"left behind", report.clean ? "nothing" : "see below"});
    table.print(context.out);
}

int runDrill(const CommandContext &context, const DrillArguments &arguments)
{
    const drill::DrillList drills = drill::allDrills();
    const auto found = std::find_if(drills.begin(), drills.end(), [&](const auto &one) { return one->name() == arguments.name; });
    if (found == drills.end()) {
        std::vector<std::string> names;
        for (const auto &one : drills)
            names.emplace_back(one->name());
        return report(context.err, Error(Errc::InvalidArgument, "there is no drill '" + arguments.name + "'"), "there are " + join(names));
    }
    if (const auto most = (*found)->limits().most.count(); arguments.seconds > most)
        return report(context.err, Error(Errc::InvalidArgument, arguments.name + " takes 1 to " + std::to_string(most) + " seconds"));
    if (!canReadConfig(context, arguments))
        return ExitConfiguration;
    const auto agent = agentForDrills(CheckRoots(), arguments.agent, context.clock);
    if (!agent)
        return report(context.err, agent.error(), hintFor(agent.error()));
    const Interrupt interrupt; // before anything is forked: SIGTERM then ends the drill and cleans up
    const auto label = [socket = drill::controlSocketIn(agent->runtimeFolder)](const wire::DrillLabel &one) {
        return drill::sendLabel(socket, one);
    };
    const auto done = drill::runDrill({**found, std::chrono::seconds(arguments.seconds), {}, label, interrupt.token(), context.clock});
    if (!done)
        return report(context.err, done.error().within("not run"), "'tapio drill list' says what can run here");
    printReport(context, (*found)->name(), *agent, *done);
    if (!done->reason.empty())
        context.err << "tapio: " << printable(done->reason) << '\n';
    return done->happened && done->clean && done->reason.empty() ? ExitOk : ExitUnhealthy;
}

int stopDrill(const CommandContext &context)
{
    const auto stopped = drill::stopDrill({});
    if (!stopped)
        return report(context.err, stopped.error());
    if (context.format == OutputFormat::Json) {
        printJson(context.out, {{"stopped", stopped->pid.has_value()}, {"removed", stopped->removed}});
        return ExitOk;
    }
    context.out << (stopped->pid ? "stopped the drill of process " + std::to_string(*stopped->pid) : std::string("no drill runs")) << '\n';
    for (const std::string &path : stopped->removed)
        context.out << "removed " << printable(path) << '\n';
    return ExitOk;
}

} // namespace

void addDrillCommand(CLI::App &app, CommandContext &context, Chosen &chosen)
{
    auto arguments = std::make_shared<DrillArguments>();
    CLI::App *command = app.add_subcommand(
        "drill", "Make a bounded fault on this node, to see whether it is noticed; only where the agent's configuration allows it");
    command->require_subcommand(1);
    command
        ->add_option("--agent-config", arguments->agent.config,
                     "configuration of the agent that is to tell of it (default: the agent that runs here)")
        ->option_text("FILE");
    command->add_option("--node", arguments->agent.node, "node of that agent, where several run here")->option_text("NAME");
    CLI::App *list = command->add_subcommand("list", "Every drill, whether it can run here, and why not");
    list->callback([&context, &chosen, arguments] { chosen = [&context, arguments] { return listDrills(context, *arguments); }; });
    CLI::App *run = command->add_subcommand("run", "Run one to its end, and label it in the agent's stream");
    run->add_option("name", arguments->name, "as 'tapio drill list' has it")->required();
    run->add_option("--seconds", arguments->seconds, "how long (default: the drill's own, 10 s)")
        ->check(CLI::Range(1u, static_cast<unsigned>(drill::mostTime.count())));
    run->footer("Needs root. Exit code 0: it happened and nothing was left behind; 1: it ran without being seen to happen, or left "
                "something; 69 or 77: not run.");
    run->callback([&context, &chosen, arguments] { chosen = [&context, arguments] { return runDrill(context, *arguments); }; });
    CLI::App *stop = command->add_subcommand("stop", "End the drill that runs, and remove what killed ones left");
    stop->callback([&context, &chosen] { chosen = [&context] { return stopDrill(context); }; });
}

} // namespace tapio::console
