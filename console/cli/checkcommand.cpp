// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "console/cli/checks.h"
#include "console/cli/command.h"
#include "console/cli/connection.h"
#include "console/core/session/config.h"

namespace tapio::console {

namespace {

using namespace std::chrono_literals;

/// Of the two seconds that `check` may take, what the server gets.
constexpr auto serverBudget = 1200ms;

struct ServerFindings {
    std::vector<wire::AgentState> agents;
    std::vector<wire::HookReport> hooks; ///< of this node
    Check server{"server", CheckState::Skipped, {}, {}};
};

void remember(std::vector<wire::AgentState> &agents, const wire::AgentState &state)
{
    const auto same = std::find_if(agents.begin(), agents.end(), [&](const auto &a) { return a.node == state.node; });
    if (same == agents.end())
        agents.push_back(state);
    else
        *same = state;
}

ServerFindings askServer(const CommandContext &context, const std::string &node)
{
    ServerFindings findings;
    const auto connection = resolveConnection(context);
    if (!connection) {
        // Without a server nobody can say whether the agent and its hooks are well.
        findings.server.state = CheckState::Failed;
        findings.server.message = connection.error().message();
        findings.server.hint = "'tapio pki issue console NAME' makes a certificate to connect with";
        return findings;
    }
    ServerClientHandlers handlers;
    handlers.agentState = [&](const wire::AgentState &state) { remember(findings.agents, state); };
    handlers.delivery = [&](const wire::Delivery &delivery) {
        if (const auto *report = std::get_if<wire::HookReport>(&delivery.frame.body); report != nullptr && delivery.node == node)
            findings.hooks = {*report};
    };
    auto client = ServerClient::open(connection->client, connection->consoleName, statesOnly(), handlers, context.clock);
    const std::string where = connection->client.host + ':' + std::to_string(connection->client.port);
    const Status done = client ? client->run(serverBudget, [&] { return !findings.agents.empty() && !findings.hooks.empty(); }, {})
                               : Status(fail(client.error()));
    if (!done) {
        findings.server = {"server", CheckState::Failed, where + ": " + done.error().message(),
                           "start tapio-console or tapio-server, or name another with --server HOST:PORT"};
        return findings;
    }
    findings.server = {"server", CheckState::Ok, "connected to " + where + " by mutual TLS 1.3", {}};
    return findings;
}

std::filesystem::path storeFolder(const CommandContext &context)
{
    const auto config = loadConsoleConfig(context.config);
    return (config ? config->store.file : defaultStoreFile()).parent_path();
}

std::optional<std::uint32_t> agentPid(const std::vector<wire::AgentState> &agents, const std::string &node)
{
    for (const wire::AgentState &agent : agents) {
        if (agent.node == node && agent.state == wire::LinkState::Connected && agent.agent.pid != 0)
            return agent.agent.pid;
    }
    return std::nullopt;
}

int runCheck(const CommandContext &context)
{
    const CheckRoots roots;
    const std::string node = localNodeName();
    ServerFindings findings = askServer(context, node);
    std::vector<Check> checks{checkKernel(roots), checkBtf(roots), checkCgroups(roots),
                              checkCapabilities(roots, agentPid(findings.agents, node)),
                              checkCertificates(pkiFolder(context), context.clock), checkClock(), checkDisk(storeFolder(context)),
                              findings.server};
    if (findings.server.state == CheckState::Ok) {
        checks.push_back(checkAgents(findings.agents, node));
        checks.push_back(checkHooks(findings.hooks, node));
    }
    const bool well = healthy(checks);
    if (context.format == OutputFormat::Json) {
        nlohmann::json list = nlohmann::json::array();
        for (const Check &check : checks)
            list.push_back({{"name", check.name}, {"state", checkStateName(check.state)}, {"message", check.message}, {"hint", check.hint}});
        printJson(context.out, {{"healthy", well}, {"node", node}, {"checks", list}});
    } else {
        Table table({{"CHECK"}, {"STATE"}, {"WHAT"}});
        for (const Check &check : checks)
            table.add({check.name, std::string(checkStateName(check.state)), check.message});
        table.print(context.out);
        for (const Check &check : checks) {
            if (check.state != CheckState::Ok && !check.hint.empty())
                context.err << "hint: " << check.name << ": " << printable(check.hint) << '\n';
        }
        context.out << (well ? "healthy\n" : "not healthy\n");
    }
    return well ? ExitOk : ExitUnhealthy;
}

} // namespace

void addCheckCommand(CLI::App &app, CommandContext &context, Chosen &chosen)
{
    CLI::App *command = app.add_subcommand("check", "Is this machine healthy? kernel, BTF, capabilities, hooks, certificates, clock, disk");
    command->footer("Exit code 0: healthy; 1: something failed. Takes less than two seconds.");
    command->callback([&context, &chosen] { chosen = [&context] { return runCheck(context); }; });
}

} // namespace tapio::console
