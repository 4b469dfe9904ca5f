// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/correlation/topic.h"

#include <array>
#include <utility>

namespace tapio::correlation {

namespace {

constexpr std::array<std::pair<Topic, std::string_view>, 25> facts{{{Topic::ContainerRestart, "container.restart"},
                                                                    {Topic::RolloutImage, "rollout.image"},
                                                                    {Topic::MemoryTrend, "memory.trend"},
                                                                    {Topic::FilesystemTrend, "filesystem.trend"},
                                                                    {Topic::CpuThrottling, "cpu.throttling"},
                                                                    {Topic::CpuUse, "cpu.use"},
                                                                    {Topic::DiskLatency, "disk.latency"},
                                                                    {Topic::RunQueueLatency, "runqueue.latency"},
                                                                    {Topic::HttpLatency, "http.latency"},
                                                                    {Topic::NetworkEgress, "network.egress"},
                                                                    {Topic::TcpRetransmission, "tcp.retransmission"},
                                                                    {Topic::DestinationEgress, "destination.egress"},
                                                                    {Topic::DestinationRetransmission, "destination.retransmission"},
                                                                    {Topic::NodeLost, "node.lost"},
                                                                    {Topic::NodeBack, "node.back"},
                                                                    {Topic::LinkLost, "link.lost"},
                                                                    {Topic::LinkReached, "link.reached"},
                                                                    {Topic::StreamLoss, "stream.loss"},
                                                                    {Topic::ServiceErrors, "service.errors"},
                                                                    {Topic::ServiceSlow, "service.slow"},
                                                                    {Topic::CallerAffected, "caller.affected"},
                                                                    {Topic::CallerSlow, "caller.slow"},
                                                                    {Topic::NodeNotReady, "node.notready"},
                                                                    {Topic::NodeReady, "node.ready"},
                                                                    {Topic::NodeRemoved, "node.removed"}}};

} // namespace

std::optional<Topic> topicFromName(std::string_view name) noexcept
{
    for (const auto &[topic, known] : facts) {
        if (known == name)
            return topic;
    }
    const wire::EventType type = wire::eventTypeFromName(name);
    return type == wire::EventType::Unknown ? std::nullopt : std::optional(topicOf(type));
}

std::string topicName(Topic topic)
{
    for (const auto &[known, name] : facts) {
        if (known == topic)
            return std::string(name);
    }
    return wire::eventTypeName(eventTypeOf(topic));
}

} // namespace tapio::correlation
