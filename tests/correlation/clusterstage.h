// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "agent/correlation/clusterscope.h"
#include "tests/correlation/stage.h"

/// Several nodes whose clocks are wrong, each in its own way, and a server that knows by how much.
namespace tapio::correlation {

class ClusterStage {
public:
    explicit ClusterStage(RuleSet rules = ofScope(shippedRules(), RuleScope::Cluster).rules) : m_scope("hq", std::move(rules)) {}

    /// What the node's clock is behind the server's, and how well that is known.
    struct NodeClock {
        std::int64_t offsetNs = 0, uncertaintyNs = nsPerMs;
    };
    std::map<std::string, NodeClock> clocks{
        {"n1", {}}, {"n2", {90 * nsPerSecond, nsPerMs}}, {"n3", {-3600 * nsPerSecond, 2 * nsPerMs}}, {"n4", {-7, nsPerMs}}};

    /// `at`: seconds since the beginning, by the server's clock.
    void event(double at, wire::Detail detail, const std::string &node = "n1", const wire::Origin &origin = pod("a"))
    {
        wire::Event event;
        event.timeNs = Stage::timeOf(at) - clocks[node].offsetNs;
        event.type = static_cast<wire::EventType>(detail.index());
        event.severity = wire::Severity::Warning;
        event.process = {4711, 0, 99, "web"};
        event.detail = std::move(detail);
        wire::EventBatch batch;
        batch.firstSeq = ++m_seq;
        batch.origins = {origin};
        batch.events = {std::move(event)};
        deliver(at, node, std::move(batch));
    }
    void report(double at, const std::string &node, std::uint64_t seen, std::uint64_t lost)
    {
        wire::CounterReport report;
        report.sources.push_back({"tcp", {}, {}});
        report.sources[0].counters[Counter::Seen] = seen;
        report.sources[0].counters[Counter::Lost] = lost;
        deliver(at, node, std::move(report));
    }
    /// As a server hears it from Kubernetes; `by`: who says so.
    void kubernetes(double at, wire::KubernetesFactKind kind, const std::string &node, const std::string &by = "server:hq")
    {
        wire::KubernetesFact fact;
        fact.kind = kind;
        fact.node = node;
        fact.reason = "NodeStatusUnknown";
        event(at + 1e-9, std::move(fact), by, {}); // as a scope says it
    }
    /// As a server tells it of a node that is connected, with what was lost on its way.
    void onTheWay(double at, const std::string &node, const wire::StreamLoss &loss)
    {
        wire::AgentState state;
        state.node = node;
        state.state = wire::LinkState::Connected;
        state.sinceNs = state.lastHeartbeatNs = Stage::timeOf(at);
        state.loss = loss;
        m_scope.onAgent(state);
        collect();
    }
    void link(double at, const std::string &node, wire::LinkState linkState, bool saidBye = false)
    {
        wire::AgentState state;
        state.node = node;
        state.state = linkState;
        state.sinceNs = Stage::timeOf(at);
        state.saidBye = saidBye;
        m_scope.onAgent(state);
        collect();
    }
    /// Second by second, as a server lets it.
    void pass(double at)
    {
        for (m_at += 1; m_at < at; m_at += 1)
            m_scope.advance(Stage::timeOf(m_at));
        jump(at);
    }
    /// As it is for a server that was stopped, or whose clock was set.
    void jump(double at)
    {
        m_at = at;
        m_scope.advance(Stage::timeOf(at));
        collect();
    }

    struct Told {
        wire::Insight insight;
        wire::Severity severity = wire::Severity::Info;
    };
    std::vector<Told> of(const std::string &rule, wire::InsightState state) const
    {
        std::vector<Told> some;
        for (const Told &one : found) {
            if (one.insight.rule == rule && one.insight.state == state)
                some.push_back(one);
        }
        return some;
    }
    std::size_t opened(const std::string &rule) const { return of(rule, wire::InsightState::Open).size(); }
    /// What was told of the rule last.
    Told last(const std::string &rule) const
    {
        Told last;
        for (const Told &one : found)
            last = one.insight.rule == rule ? one : last;
        return last;
    }
    ClusterScope &scope() { return m_scope; }

    std::vector<Told> found;

private:
    double m_at = 0; ///< until when time passed
    template <typename Body> void deliver(double at, const std::string &node, Body body)
    {
        const NodeClock &clock = clocks[node];
        m_scope.onDelivery({node, Stage::timeOf(at), clock.offsetNs, clock.uncertaintyNs, {7, m_seq + 1, 0, std::move(body)}});
        collect();
    }
    void collect()
    {
        for (auto &one : m_scope.take())
            found.push_back({*wire::insightOf(one.event.detail), one.event.severity});
    }

    ClusterScope m_scope;
    std::uint64_t m_seq = 0;
};

} // namespace tapio::correlation
