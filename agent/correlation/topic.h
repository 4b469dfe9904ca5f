// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "protocol/wire/event.h"

/// What a step of a rule can be about: a type of event, or a fact that the engine sees between two of them.
namespace tapio::correlation {

enum class Topic : std::uint16_t {
    None = 0,
    // 1 to 999: wire::EventType
    ContainerRestart = 1000, ///< a container of a pod has a new id under its old name
    RolloutImage = 1001,     ///< a workload's container runs another image than before
    // Worked out of samples, each half minute (figures.h)
    MemoryTrend = 1002,       ///< memory of a cgroup without contents of files: how it grows, against its limit
    FilesystemTrend = 1003,   ///< used space of a file system
    CpuThrottling = 1004,     ///< of a cgroup with a CPU limit
    CpuUse = 1005,            ///< of a cgroup, against all CPUs of the node
    DiskLatency = 1006,       ///< of a cgroup's requests to a device, reads and writes apart, against what was usual
    RunQueueLatency = 1007,   ///< waking up to running
    HttpLatency = 1008,       ///< of a cgroup as server or as client
    NetworkEgress = 1009,     ///< bytes that a pod sends
    TcpRetransmission = 1010, ///< segments that a cgroup sends again
    // Worked out of connections that ended, each half minute (traffictracker.h)
    DestinationEgress = 1011,         ///< bytes that a workload sends to one destination
    DestinationRetransmission = 1012, ///< segments that a workload's connections to one destination had to send again

    // At cluster scope, where what the server knows of its agents and the service map are at hand (clusterscope.h).
    NodeLost = 1020,       ///< of a node (subject) nothing is heard, and it did not say goodbye; value: seconds
    NodeBack = 1021,       ///< it is heard again
    LinkLost = 1022,       ///< a connection of one node (subject) to an address of another (peer) timed out, or found no way there
    LinkReached = 1023,    ///< one came about where some were lost lately, or the other node is
    StreamLoss = 1024,     ///< too many of a node's events (subject) were lost, shed or dropped; value: their share
    ServiceErrors = 1025,  ///< too many calls of a callee (subject) fail; value: their share
    ServiceSlow = 1026,    ///< calls of a callee (subject) take long for it; value: how many times as long as they do else
    CallerAffected = 1027, ///< calls of one caller (peer) of a callee (subject) fail or take long; value: the share that fails
    CallerSlow = 1028,     ///< a caller (peer) is slow itself after a callee (subject) that it calls became so; value: seconds
    NodeNotReady = 1029,   ///< Kubernetes says that of a node (subject), in an event of the server's own
    NodeReady = 1030,      ///< it says that it is again, or still though its agent is lost
    NodeRemoved = 1031,    ///< there is no such node any more
};

constexpr Topic topicOf(wire::EventType type) noexcept { return static_cast<Topic>(type); }
/// Beyond the types of events: so many numbers.
inline constexpr std::uint16_t mostFacts = 64;
/// No node sees it alone.
constexpr bool isOfCluster(Topic topic) noexcept { return topic >= Topic::NodeLost && topic <= Topic::NodeRemoved; }
/// Worked out of calls and connections of several nodes.
constexpr bool isOfCalls(Topic topic) noexcept
{
    return topic == Topic::LinkLost || topic == Topic::LinkReached || (topic >= Topic::ServiceErrors && topic <= Topic::CallerSlow);
}
/// Said of a whole node, which is its subject.
constexpr bool isOfNode(Topic topic) noexcept { return isOfCluster(topic) && !isOfCalls(topic); }
/// The type of event, for a topic that is one; else Unknown.
constexpr wire::EventType eventTypeOf(Topic topic) noexcept
{
    return static_cast<std::uint16_t>(topic) < 1000 ? static_cast<wire::EventType>(topic) : wire::EventType::Unknown;
}
/// It has figures, and samples are what it is worked out of.
constexpr bool isFigure(Topic topic) noexcept { return topic >= Topic::MemoryTrend && topic <= Topic::TcpRetransmission; }
/// It has figures too, and connections are what it is worked out of.
constexpr bool isTraffic(Topic topic) noexcept { return topic == Topic::DestinationEgress || topic == Topic::DestinationRetransmission; }
/// The type of event that it is seen in: its own; of what is worked out of connections theirs, and of a container that is back or an image that changed whatever
/// happens first in it. Unknown: in none, as what samples say, or what is known at cluster scope.
constexpr wire::EventType seenIn(Topic topic) noexcept
{
    if (isTraffic(topic))
        return wire::EventType::TcpConnection;
    return topic == Topic::ContainerRestart || topic == Topic::RolloutImage ? wire::EventType::ProcessExec : eventTypeOf(topic);
}
/// "oom.kill", "container.restart". Empty for a name that is none.
std::optional<Topic> topicFromName(std::string_view name) noexcept;
std::string topicName(Topic topic);

} // namespace tapio::correlation
