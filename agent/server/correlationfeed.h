// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "agent/correlation/clusterscope.h"
#include "protocol/wire/message.h"

namespace tapio::server {

/// Every event that was offered is looked at, or refused, or waits; and every insight that was found is told, or was not for want of room.
struct CorrelationCounters {
    std::uint64_t offeredEvents = 0;
    std::uint64_t refusedEvents = 0; ///< the rules were too far behind
    std::uint64_t waitingEvents = 0;
    correlation::ScopeCounters scope;
    std::uint64_t toldInsights = 0;   ///< went into the server's own stream
    std::uint64_t untoldInsights = 0; ///< did not: nobody had taken what was there for too long
    std::vector<correlation::RuleCounters> rules;
};

/// Where the hub hands over what rules across nodes are held against, and gets what they find. On the fan-in's thread; never blocks.
class CorrelationFeed {
public:
    virtual ~CorrelationFeed() = default;
    /// `bytes`: what it occupies in memory.
    virtual void onDelivery(const std::shared_ptr<const wire::Delivery> &delivery, std::uint64_t bytes) = 0;
    virtual void onAgent(const wire::AgentState &state) = 0;
    /// Since the last call, in the order in which it was found.
    virtual std::vector<correlation::ClusterScope::Found> take() = 0;
    /// Types of events that any rule needs.
    virtual const std::vector<wire::EventType> &wanted() const = 0;
    /// The last three figures are the hub's, or of the last second.
    virtual CorrelationCounters counters() const = 0;
};

} // namespace tapio::server
