// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/pipeline/correlator.h"

#include <algorithm>
#include <set>
#include <utility>

namespace tapio::agent {

namespace {

constexpr std::size_t mostProblemsSaid = 5;

} // namespace

Correlator::Correlator(std::string node, std::uint64_t streamId, correlation::LoadedRules rules, correlation::EngineLimits limits)
    : m_node(std::move(node)), m_streamId(streamId), m_problems(std::move(rules.problems)),
      m_engine(ofNode(std::move(rules)), limits, *this)
{}

/// Rules of the other scope are the server's.
correlation::RuleSetPtr Correlator::ofNode(correlation::LoadedRules rules)
{
    return std::make_shared<const correlation::RuleSet>(correlation::ofScope(std::move(rules), correlation::RuleScope::Node).rules);
}

bool Correlator::onEvent(const wire::Event &event, const wire::Origin &origin, std::uint64_t seq)
{
    // What is found is no evidence of anything here: a rule about insights would feed itself.
    return event.type != wire::EventType::Insight
           && m_engine.onEvent(event, origin, {m_node, seq == 0 ? 0 : m_streamId, seq, 0}); // of one node, whose clock is one
}

void Correlator::setRules(correlation::LoadedRules rules, std::int64_t utcNs)
{
    correlation::keepRefused(rules, m_engine.rules());
    m_problems = std::move(rules.problems);
    m_engine.setRules(ofNode(std::move(rules)), utcNs);
}

void Correlator::onFinding(correlation::Finding &&finding)
{
    wire::Event event;
    event.timeNs = finding.timeNs;
    event.type = wire::EventType::Insight;
    event.severity = finding.severity;
    event.detail = std::move(finding.insight);
    m_found.push_back({std::move(event), std::move(finding.origin)});
}

std::vector<wire::EventType> Correlator::wanted() const
{
    std::set<wire::EventType> types;
    for (const correlation::Rule &rule : m_engine.rules()) {
        for (const correlation::Step &step : rule.steps) {
            const wire::EventType type = correlation::seenIn(step.topic);
            if (type != wire::EventType::Unknown) // samples come whatever is subscribed to
                types.insert(type);
        }
    }
    return {types.begin(), types.end()};
}

std::vector<Correlator::Found> Correlator::take() { return std::exchange(m_found, {}); }

std::string Correlator::describe(const std::vector<correlation::RuleProblem> &problems)
{
    std::string text;
    for (std::size_t i = 0; i < problems.size() && i < mostProblemsSaid; ++i)
        text += (i == 0 ? "" : "; ") + toString(problems[i]);
    if (problems.size() > mostProblemsSaid)
        text += "; and " + std::to_string(problems.size() - mostProblemsSaid) + " more";
    return text;
}

wire::Hook Correlator::hook() const
{
    wire::Hook hook;
    hook.collector = "correlation";
    hook.name = "rules";
    hook.state = m_problems.empty() ? wire::HookState::Active : wire::HookState::Failed;
    hook.attachKind = m_problems.empty() ? "node" : "";
    hook.reason = describe(m_problems);
    if (m_engine.evicted() > 0) // how many is in the agent's own figures
        hook.reason +=
            (hook.reason.empty() ? "" : "; ") + std::string("more was seen than rules may remember: insights may have been missed");
    if (m_engine.forgotten() > 0)
        hook.reason += (hook.reason.empty() ? "" : "; ")
                       + std::string("more processes, workloads or destinations were seen than are remembered: who descends from whom, an "
                                     "owner, or what is usual may be missing");
    return hook;
}

} // namespace tapio::agent
