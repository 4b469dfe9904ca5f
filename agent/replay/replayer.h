// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "agent/correlation/engine.h"
#include "protocol/base/result.h"
#include "protocol/recording/format.h"
#include "protocol/wire/message.h"

/// Recordings through the correlation engine, and what that is worth.
namespace tapio::replay {

/// Many recordings have events alone, and not what a server knows of its links: rules that need more than there is cannot open, and their silence is
/// no merit.
struct Replayable {
    correlation::RuleSetPtr ofEvents;         ///< of one node: what events alone can open
    correlation::RuleSetPtr withSamples;      ///< of one node: what they and samples can
    correlation::RuleSetPtr acrossNodes;      ///< of several: what events can
    correlation::RuleSetPtr withLinks;        ///< of several: what they and links can
    std::vector<std::string> onlyWithSamples; ///< ids of those that the first lacks
    std::vector<std::string> onlyWithLinks;   ///< ids of those that the third lacks
};
Replayable replayable(const correlation::RuleSet &rules);

struct ReplayCounters {
    std::uint64_t deliveries = 0;
    std::uint64_t events = 0;   ///< that went through the engine
    std::uint64_t insights = 0; ///< events that are insights themselves: what agents found, and no evidence of anything here
    std::uint64_t amendments = 0;
    std::uint64_t sampleBatches = 0;    ///< each of one moment
    std::uint64_t links = 0;            ///< states of agents
    std::uint64_t opened = 0, told = 0; ///< insights of this replay: different ones, and how often something was told of them
};

/// Feeds what was received through engines as agents have them: one per node, so one clock each; and, where there are rules for it, through one for all
/// nodes as a server has it, by the clock of who received. Time is that of the events, never this machine's,
/// and passes in whole seconds, as agents let it: so what comes out depends neither on the speed nor on how events are divided into
/// deliveries. One thread.
class Replayer {
public:
    /// `found` is called from within the calls below and must not call back.
    using Found = std::function<void(const std::string &node, correlation::Finding &&finding)>;

    /// `acrossNodes`: null, or rules for what several nodes tell; what they find is of the node serverName.
    Replayer(correlation::RuleSetPtr rules, Found found, correlation::EngineLimits limits = {},
             const correlation::RuleSetPtr &acrossNodes = {});
    static constexpr const char *serverName = "server:replay";
    ~Replayer();
    Replayer(const Replayer &) = delete;
    Replayer &operator=(const Replayer &) = delete;

    /// In order of arrival, with times that are times, as recording::Reader checks them.
    /// Errors: Malformed (more nodes than anybody has, a delivery of neither events nor samples nor counters).
    Status onReceived(const recording::Received &received);
    /// Nothing more comes; it was `nowNs` then, UTC. What is open stays open.
    void finish(std::int64_t nowNs);

    const ReplayCounters &counters() const noexcept { return m_counters; }

private:
    class Node;
    class Cluster;
    Result<Node *> nodeOf(const std::string &name);
    Status onDelivery(const wire::Delivery &delivery);
    Status feed(Node &node, const wire::Delivery &delivery);
    Status feedEvents(Node &node, const wire::Delivery &delivery, const wire::EventBatch &batch);
    void tell(const std::string &node, correlation::Finding &&finding);

    correlation::RuleSetPtr m_rules;
    Found m_found;
    correlation::EngineLimits m_limits;
    std::map<std::string, std::unique_ptr<Node>> m_nodes;
    std::unique_ptr<Cluster> m_cluster; ///< null: no rule asks for it
    ReplayCounters m_counters;
};

} // namespace tapio::replay
