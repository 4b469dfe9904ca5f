// SPDX-License-Identifier: GPL-3.0-or-later
#include "protocol/wire/sample.h"

#include <algorithm>
#include <array>

namespace tapio::wire {

namespace {

enum class Kind : std::uint8_t { Counter, Gauge };

struct MetricInfo {
    Metric metric;
    Kind kind;
    std::string_view name;
    std::string_view unit;
};

constexpr MetricInfo metrics[] = {
    {Metric::CpuUsageNs, Kind::Counter, "cpu.usage", "ns"},
    {Metric::CpuPeriods, Kind::Counter, "cpu.periods", "1"},
    {Metric::CpuThrottledPeriods, Kind::Counter, "cpu.throttled_periods", "1"},
    {Metric::CpuThrottledNs, Kind::Counter, "cpu.throttled", "ns"},
    {Metric::CpuLimitMillicores, Kind::Gauge, "cpu.limit", "mcores"},
    {Metric::MemoryCurrentBytes, Kind::Gauge, "memory.current", "By"},
    {Metric::MemoryInactiveFileBytes, Kind::Gauge, "memory.inactive_file", "By"},
    {Metric::MemoryWorkingSetBytes, Kind::Gauge, "memory.working_set", "By"},
    {Metric::MemoryLimitBytes, Kind::Gauge, "memory.limit", "By"},
    {Metric::MemoryOomKills, Kind::Counter, "memory.oom_kills", "1"},
    {Metric::MemoryHeldBytes, Kind::Gauge, "memory.held", "By"},
    {Metric::PsiCpuSomeUs, Kind::Counter, "psi.cpu.some", "us"},
    {Metric::PsiMemorySomeUs, Kind::Counter, "psi.memory.some", "us"},
    {Metric::PsiMemoryFullUs, Kind::Counter, "psi.memory.full", "us"},
    {Metric::PsiIoSomeUs, Kind::Counter, "psi.io.some", "us"},
    {Metric::PsiIoFullUs, Kind::Counter, "psi.io.full", "us"},
    {Metric::DiskReadBytes, Kind::Counter, "disk.read", "By"},
    {Metric::DiskWriteBytes, Kind::Counter, "disk.write", "By"},
    {Metric::DiskReadOps, Kind::Counter, "disk.read_ops", "1"},
    {Metric::DiskWriteOps, Kind::Counter, "disk.write_ops", "1"},
    {Metric::DiskBusyMs, Kind::Counter, "disk.busy", "ms"},
    {Metric::NetRxBytes, Kind::Counter, "net.rx", "By"},
    {Metric::NetTxBytes, Kind::Counter, "net.tx", "By"},
    {Metric::NetRxPackets, Kind::Counter, "net.rx_packets", "1"},
    {Metric::NetTxPackets, Kind::Counter, "net.tx_packets", "1"},
    {Metric::NetRxDrops, Kind::Counter, "net.rx_drops", "1"},
    {Metric::NetTxDrops, Kind::Counter, "net.tx_drops", "1"},
    {Metric::NetListeningPort, Kind::Gauge, "net.listening_port", "1"},
    {Metric::NetworkDropsByReason, Kind::Counter, "net.drops_by_reason", "1"},
    {Metric::TcpConnects, Kind::Counter, "tcp.connects", "1"},
    {Metric::TcpConnectFailures, Kind::Counter, "tcp.connect_failures", "1"},
    {Metric::TcpAccepts, Kind::Counter, "tcp.accepts", "1"},
    {Metric::TcpRetransmits, Kind::Counter, "tcp.retransmits", "1"},
    {Metric::TcpResetsSent, Kind::Counter, "tcp.resets_sent", "1"},
    {Metric::TcpResetsReceived, Kind::Counter, "tcp.resets_received", "1"},
    {Metric::NodeCpuCount, Kind::Gauge, "node.cpus", "1"},
    {Metric::NodeMemoryTotalBytes, Kind::Gauge, "node.memory.total", "By"},
    {Metric::NodeMemoryAvailableBytes, Kind::Gauge, "node.memory.available", "By"},
    {Metric::FilesystemTotalBytes, Kind::Gauge, "filesystem.total", "By"},
    {Metric::FilesystemUsedBytes, Kind::Gauge, "filesystem.used", "By"},
    {Metric::AgentCpuNs, Kind::Counter, "agent.cpu", "ns"},
    {Metric::AgentRssBytes, Kind::Gauge, "agent.rss", "By"},
    {Metric::AgentBpfRunNs, Kind::Counter, "agent.bpf_run", "ns"},
    {Metric::AgentSentBytes, Kind::Counter, "agent.sent", "By"},
    {Metric::AgentQueuedEvents, Kind::Gauge, "agent.queued_events", "1"},
};

const MetricInfo *find(Metric metric) noexcept
{
    const auto *found =
        std::find_if(std::begin(metrics), std::end(metrics), [metric](const MetricInfo &info) { return info.metric == metric; });
    return found == std::end(metrics) ? nullptr : found;
}

} // namespace

std::string metricName(Metric metric)
{
    const MetricInfo *info = find(metric);
    return info != nullptr ? std::string(info->name) : "metric." + std::to_string(static_cast<unsigned>(metric));
}

Metric metricFromName(std::string_view name) noexcept
{
    const auto *found = std::find_if(std::begin(metrics), std::end(metrics), [name](const MetricInfo &info) { return info.name == name; });
    return found == std::end(metrics) ? Metric::Unknown : found->metric;
}

bool isCounter(Metric metric) noexcept
{
    const MetricInfo *info = find(metric);
    return info != nullptr && info->kind == Kind::Counter;
}

std::string_view metricUnit(Metric metric) noexcept
{
    const MetricInfo *info = find(metric);
    return info != nullptr ? info->unit : std::string_view("1");
}

std::string_view histogramKindName(HistogramKind kind) noexcept
{
    switch (kind) {
    case HistogramKind::Unknown: break;
    case HistogramKind::RunQueueLatency: return "runqueue.latency";
    case HistogramKind::BlockIoLatency: return "blockio.latency";
    case HistogramKind::HttpLatency: return "http.latency";
    }
    return "unknown";
}

} // namespace tapio::wire
