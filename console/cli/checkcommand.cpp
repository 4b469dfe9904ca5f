// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "console/cli/checks.h"
#include "console/cli/command.h"
#include "console/cli/connection.h"
#include "console/cli/localagent.h"
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

/// On the command line or in the configuration; else the one that a console here embeds is meant.
bool serverNamed(const CommandContext &context)
{
    const auto config = loadConsoleConfig(context.config);
    return !context.server.empty() || !config || !config->server.host.empty();
}

std::string serverHint(const Result<ServerClient> &client)
{
    if (!client)
        return std::string(certificateHint);
    const std::string_view hint = sessionHint(client->refusalCode());
    return hint == connectHint ? "start tapio-console or tapio-server, or name another with --server HOST:PORT" : std::string(hint);
}

ServerFindings askServer(const CommandContext &context, const std::string &node)
{
    ServerFindings findings;
    const auto connection = resolveConnection(context);
    if (!connection) {
        findings.server.message = connection.error().message();
        findings.server.hint = connectionHint(context);
        if (serverNamed(context) || connection.error().code() != Errc::NotFound) {
            findings.server.state = CheckState::Failed;
        } else {
            // A machine that only has an agent has neither a console nor a certificate to ask one with.
            findings.server.message = "no server is configured here, and " + findings.server.message
                                      + ": whether the agent is connected and its hooks are active was not asked";
        }
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
        const std::string cause = sessionText(done.error());
        findings.server = {"server", CheckState::Failed, cause.starts_with(where + ':') ? cause : where + ": " + cause, serverHint(client)};
        return findings;
    }
    findings.server = {"server", CheckState::Ok, "connected to " + where + " by mutual TLS 1.3", {}};
    return findings;
}

/// Nothing on a machine that only has an agent: whatever its agent sends to is not known here.
std::optional<HostPort> checkedServer(const CommandContext &context)
{
    const auto connection = resolveConnection(context);
    if (!connection && connection.error().code() == Errc::NotFound && !serverNamed(context))
        return std::nullopt;
    const auto server = resolveServer(context);
    return server ? std::optional(HostPort{server->host, server->port}) : std::nullopt;
}

std::string nodeOfThisMachine(const std::optional<LocalAgent> &agent, const Clock &clock)
{
    const std::string name = agent ? nodeNameOf(*agent, clock) : std::string();
    return name.empty() ? localNodeName() : name;
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

/// Where there is an agent and no authority, as on most nodes, the agent's own certificate is the one that matters.
void addCertificates(std::vector<Check> &checks, Check authority, std::optional<Check> node)
{
    if (!node || authority.state != CheckState::Skipped)
        checks.push_back(std::move(authority));
    if (node)
        checks.push_back(std::move(*node));
}

int runCheck(const CommandContext &context)
{
    const CheckRoots roots;
    const auto agent = findLocalAgent(roots, checkedServer(context));
    const std::string node = nodeOfThisMachine(agent, context.clock);
    ServerFindings findings = askServer(context, node);
    const auto pid = agent && agent->pid != 0 ? std::optional(agent->pid) : agentPid(findings.agents, node);
    std::vector<Check> checks{checkKernel(roots), checkBtf(roots), checkCgroups(roots), checkCapabilities(roots, pid)};
    addCertificates(checks, checkCertificates(pkiFolder(context), context.clock),
                    agent && !agent->certificate.empty() ? std::optional(checkNodeCertificate(*agent, context.clock)) : std::nullopt);
    checks.insert(checks.end(), {checkClock(), checkDisk(storeFolder(context)), findings.server});
    if (findings.server.state == CheckState::Ok) {
        checks.push_back(checkAgents(findings.agents, node));
        checks.push_back(checkHooks(findings.hooks, node));
    }
    const bool well = healthy(checks);
    if (context.format == OutputFormat::Json) {
        nlohmann::json list = nlohmann::json::array();
        for (const Check &check : checks)
            list.push_back(
                {{"name", check.name}, {"state", checkStateName(check.state)}, {"message", check.message}, {"hint", check.hint}});
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
