// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "agent/correlation/engine.h"
#include "agent/correlation/factsink.h"
#include "agent/correlation/linkwatch.h"
#include "agent/correlation/losswatch.h"
#include "agent/correlation/nodewatch.h"
#include "agent/correlation/servicemap.h"
#include "protocol/wire/message.h"

namespace tapio::correlation {

/// Cumulative. Each event that was handed over is one of the first three.
struct ScopeCounters {
    std::uint64_t events = 0;   ///< that went through the engine
    std::uint64_t insights = 0; ///< of agents: what is found is no evidence of anything here
    std::uint64_t untimely = 0; ///< of a time that is none
    std::uint64_t amendments = 0;
    std::uint64_t facts = 0;
    std::uint64_t found = 0; ///< what there is to tell: insights that opened, changed, ended; what Kubernetes says of nodes
    std::uint64_t forgotten =
        0; ///< candidates, addresses, links, services, nodes, processes and owners that went, or found no place, for want of room
};

/// The engine at the scope of all nodes of a server: what they sent, put on one clock, and what the server knows of their links. Pure: the same
/// calls give the same findings. One thread.
class ClusterScope final : private FindingSink, private FactSink {
public:
    /// What there is to tell, ready for a batch of the server's own stream.
    struct Found {
        wire::Event event;
        std::shared_ptr<const wire::Origin> origin; ///< null: it is of no one place
    };

    /// `server` is the name that insights give as who found them. Rules of the other scope are left out.
    ClusterScope(std::string server, RuleSet rules, EngineLimits limits = {});

    /// Once each, in the order of their stream.
    void onDelivery(const wire::Delivery &delivery);
    void onAgent(const wire::AgentState &state);
    /// What Kubernetes says of nodes. It becomes events of the server's own stream, and is evidence once it comes back from there, with its number.
    void onNodes(std::vector<wire::KubernetesFact> &&facts);
    /// Nodes that are lost at this moment.
    std::vector<LostNode> lost() const { return m_nodes.lost(); }
    /// Time has passed, server's UTC. Once a second or so.
    void advance(std::int64_t nowNs);
    /// As Engine::setRules(); rules of the other scope are left out. Found are the insights that end with their rules.
    void setRules(RuleSet rules);
    bool hasFound() const noexcept { return !m_found.empty(); }
    /// What was found since the last call, in its order.
    std::vector<Found> take();

    /// Types of events that any rule needs, itself or for its facts.
    std::vector<wire::EventType> wanted() const { return wantedBy(m_engine.rules()); }
    static std::vector<wire::EventType> wantedBy(const RuleSet &rules);
    /// As Engine::timeWith().
    void timeWith(const Clock &clock) noexcept { m_engine.timeWith(clock); }
    const ServiceMap &map() const noexcept { return m_map; }
    ScopeCounters counters() const noexcept;
    std::vector<RuleCounters> ruleCounters() const { return m_engine.counters(); }

private:
    void onEvent(const wire::Event &event, const wire::Origin &origin, const EventPlace &place);
    void onOwn(const wire::Event &event, const wire::Origin &origin, const EventPlace &place);
    void onFact(const Observation &fact) override;
    void onFinding(Finding &&finding) override;

    std::string m_server;
    std::int64_t m_nowNs = 0; ///< of the last advance()
    ScopeCounters m_counters;
    std::vector<Found> m_found;
    Engine m_engine;
    NodeWatch m_nodes;
    LinkWatch m_links;
    LossWatch m_losses;
    ServiceMap m_map;
};

} // namespace tapio::correlation
