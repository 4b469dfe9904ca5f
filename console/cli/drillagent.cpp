// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/cli/drillagent.h"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>
#include <vector>

#include <unistd.h>

namespace tapio::console {

namespace {

std::string describe(const std::vector<LocalAgent> &agents, const Clock &clock)
{
    std::string text;
    for (const LocalAgent &agent : agents)
        text += (text.empty() ? "" : "; ") + describe(agent, clock);
    return text;
}

Result<LocalAgent> oneOf(std::vector<LocalAgent> agents, const DrillTarget &target, const Clock &clock)
{
    if (agents.empty())
        return fail(Errc::NotFound, "no agent runs on this machine that could tell of a drill");
    std::vector<LocalAgent> fitting = agents;
    if (!target.node.empty()) {
        std::erase_if(fitting, [&](const LocalAgent &agent) { return nodeNameOf(agent, clock) != target.node; });
        if (fitting.empty())
            return fail(Errc::NotFound, "no agent of node '" + target.node + "' runs on this machine: " + describe(agents, clock));
    }
    if (fitting.size() > 1 && std::any_of(fitting.begin(), fitting.end(), [](const LocalAgent &agent) { return agent.drillAllowed; }))
        std::erase_if(fitting, [](const LocalAgent &agent) { return !agent.drillAllowed; });
    if (fitting.size() > 1)
        return fail(Errc::InvalidArgument, "several agents run on this machine, and only one can tell of a drill: "
                                               + describe(fitting, clock) + "; say which by --node NAME or --agent-config FILE");
    return std::move(fitting.front());
}

/// Those that run with this configuration: they know more than the file, namely what they were started with.
std::vector<LocalAgent> runningWith(const CheckRoots &roots, const std::filesystem::path &config)
{
    std::vector<LocalAgent> agents = localAgents(roots);
    std::erase_if(agents, [&config](const LocalAgent &agent) {
        std::error_code unreadable;
        return agent.pid == 0 || agent.config.empty() || !std::filesystem::equivalent(agent.config, config, unreadable);
    });
    return agents;
}

/// What it says of a node, too, must fit what was asked for.
Result<LocalAgent> ofConfig(const CheckRoots &roots, const DrillTarget &target, const Clock &clock)
{
    if (std::vector<LocalAgent> agents = runningWith(roots, target.config); !agents.empty())
        return oneOf(std::move(agents), target, clock);
    LocalAgent agent = configuredAgent(target.config);
    if (!target.node.empty() && nodeNameOf(agent, clock) != target.node)
        return fail(Errc::InvalidArgument, target.config.native() + " is not of node '" + target.node + "'");
    return agent;
}

} // namespace

Status checkConfig(const DrillTarget &target)
{
    if (target.config.empty())
        return {};
    if (::access(target.config.c_str(), R_OK) != 0)
        return failErrno("the agent's configuration " + target.config.native(), errno);
    if (const std::string problem = configuredAgent(target.config).problem; !problem.empty())
        return fail(Errc::Malformed, problem);
    return {};
}

std::string describe(const LocalAgent &agent, const Clock &clock)
{
    const std::string node = nodeNameOf(agent, clock);
    std::string text = node.empty() ? std::string("a node that is not known") : "node " + node;
    if (agent.pid != 0)
        text += ", process " + std::to_string(agent.pid);
    if (!agent.config.empty())
        text += ", " + agent.config.native();
    return text;
}

Result<LocalAgent> agentForDrills(const CheckRoots &roots, const DrillTarget &target, const Clock &clock)
{
    Result<LocalAgent> agent = target.config.empty() ? oneOf(localAgents(roots), target, clock) : ofConfig(roots, target, clock);
    if (!agent)
        return agent;
    if (!agent->problem.empty())
        return fail(Errc::Malformed, agent->problem);
    if (!agent->drillAllowed)
        return fail(Errc::PermissionDenied, "this node does not allow drills: "
                                                + (agent->config.empty() ? std::string("its agent was started without a configuration file")
                                                                         : "drill.allowed is false in " + agent->config.native())
                                                + " (" + describe(*agent, clock) + ")");
    return agent;
}

} // namespace tapio::console
