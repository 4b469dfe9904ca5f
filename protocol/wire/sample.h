// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/wire/origin.h"

namespace tapio::wire {

/// What a sample measures. Suffix = unit. Counters are cumulative since an arbitrary start, so that a lost sample costs
/// resolution, never correctness; gauges are the value at the sample's time.
/// Where a source is absent (no limit, no PSI) no sample is sent: absence is "no data", never 0.
enum class Metric : std::uint16_t {
    Unknown = 0,
    // Per cgroup and host
    CpuUsageNs = 1,               ///< counter
    CpuPeriods = 2,               ///< counter, cpu.stat nr_periods
    CpuThrottledPeriods = 3,      ///< counter, cpu.stat nr_throttled
    CpuThrottledNs = 4,           ///< counter
    CpuLimitMillicores = 5,       ///< gauge, quota / period; absent = no limit
    MemoryCurrentBytes = 10,      ///< gauge
    MemoryInactiveFileBytes = 11, ///< gauge
    MemoryWorkingSetBytes = 12,   ///< gauge, current - inactive_file, never below 0
    MemoryLimitBytes = 13,        ///< gauge; absent = no limit
    MemoryOomKills = 14,          ///< counter
    MemoryHeldBytes = 15,         ///< gauge, current - contents of files, never below 0: most of it the kernel cannot let go without swap
    PsiCpuSomeUs = 20,            ///< counter, total= of the "some" line
    PsiMemorySomeUs = 21,
    PsiMemoryFullUs = 22,
    PsiIoSomeUs = 23,
    PsiIoFullUs = 24,
    DiskReadBytes = 30, ///< counter; label = device
    DiskWriteBytes = 31,
    DiskReadOps = 32,
    DiskWriteOps = 33,
    DiskBusyMs = 34, ///< counter, /proc/diskstats field 13 (io_ticks)
    NetRxBytes = 40, ///< counter; label = interface
    NetTxBytes = 41,
    NetRxPackets = 42,
    NetTxPackets = 43,
    NetRxDrops = 44,
    NetTxDrops = 45,
    NetworkDropsByReason = 46, ///< counter, host only; label = the kernel's reason (enum skb_drop_reason): "NO_SOCKET"
    NetListeningPort = 47,     ///< gauge, 1 = somebody listens; label = "tcp 0.0.0.0:22", "udp [::]:53"
    // Per cgroup, counted in the kernel by our programs
    TcpConnects = 50,        ///< counter, outbound connections established
    TcpConnectFailures = 51, ///< counter, outbound never established, with a socket error
    TcpAccepts = 52,         ///< counter
    TcpRetransmits = 53,     ///< counter, segments
    TcpResetsSent = 54,
    TcpResetsReceived = 55,
    // Host only
    NodeCpuCount = 60, ///< gauge, online CPUs
    NodeMemoryTotalBytes = 61,
    NodeMemoryAvailableBytes = 62,
    FilesystemTotalBytes = 63, ///< gauge; label = mount point
    FilesystemUsedBytes = 64,
    // The agent about itself
    AgentCpuNs = 70,        ///< counter, user + system
    AgentRssBytes = 71,     ///< gauge
    AgentBpfRunNs = 72,     ///< counter, kernel programs; absent where BPF statistics are off
    AgentSentBytes = 73,    ///< counter, plaintext bytes handed to the transport
    AgentQueuedEvents = 74, ///< gauge
};
std::string metricName(Metric metric); ///< "cpu.usage", "tcp.retransmits"; "metric.N" when unknown
Metric metricFromName(std::string_view name) noexcept;
bool isCounter(Metric metric) noexcept;
std::string_view metricUnit(Metric metric) noexcept; ///< "ns", "By", "1", "us", "ms", "mcores" (UCUM where it has one)

struct Sample {
    Metric metric = Metric::Unknown;
    std::uint32_t origin = 0; ///< index into SampleBatch::origins
    std::uint32_t label = 0;  ///< index into SampleBatch::labels; labels[0] is always ""
    std::int64_t value = 0;

    bool operator==(const Sample &) const = default;
};

enum class HistogramKind : std::uint8_t {
    Unknown = 0,
    RunQueueLatency = 1, ///< wake-up to running; label ""
    BlockIoLatency = 2,  ///< issue to completion; label "DEVICE read" or "DEVICE write"
    HttpLatency = 3,     ///< HTTP/1.1 request to its answer, all of them; label "server 2xx", "client 5xx", "server none" (no answer)
};
std::string_view histogramKindName(HistogramKind kind) noexcept;
inline constexpr std::size_t histogramBuckets = 26;

/// Counts since the program was attached, folded in the kernel. Bucket 0 is [0, 1) us, bucket i is [2^(i-1), 2^i) us, the last is open.
struct Histogram {
    HistogramKind kind = HistogramKind::Unknown;
    std::uint32_t origin = 0;
    std::uint32_t label = 0;
    std::array<std::uint64_t, histogramBuckets> counts{};

    bool operator==(const Histogram &) const = default;
};

/// Everything that was read at one moment.
struct SampleBatch {
    std::int64_t timeNs = 0; ///< UTC ns
    std::vector<Origin> origins;
    std::vector<std::string> labels{std::string()};
    std::vector<Sample> samples;
    std::vector<Histogram> histograms;

    bool operator==(const SampleBatch &) const = default;
};

} // namespace tapio::wire
