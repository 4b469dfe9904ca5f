// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/core/metrics/metricnames.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

#include "console/core/metrics/figurenames.h"
#include "console/core/promql/numbertext.h"
#include "protocol/base/counters.h"
#include "protocol/wire/report.h"

namespace tapio::console {

namespace {

using wire::Metric;

constexpr double perNs = 1e9, perUs = 1e6, perMs = 1e3, perMilli = 1e3, perPercent = 100;

/// cAdvisor 0.52 (metrics/prometheus.go), node exporter 1.5 (collector/).
struct MetricName {
    Metric metric;
    std::string_view name;
    std::string_view hostName = {}; ///< of the host itself, where it is called otherwise
    double divisor = 1;
    std::string_view label = {}; ///< what the label is called; of the host `hostLabel`, where that is another
    std::string_view hostLabel = {};
};
constexpr std::array metricNames{
    MetricName{Metric::CpuUsageNs, "container_cpu_usage_seconds_total", {}, perNs},
    MetricName{Metric::CpuPeriods, "container_cpu_cfs_periods_total"},
    MetricName{Metric::CpuThrottledPeriods, "container_cpu_cfs_throttled_periods_total"},
    MetricName{Metric::CpuThrottledNs, "container_cpu_cfs_throttled_seconds_total", {}, perNs},
    MetricName{Metric::CpuLimitMillicores, "tapio_cpu_limit_cores", {}, perMilli},
    MetricName{Metric::MemoryCurrentBytes, "container_memory_usage_bytes"},
    MetricName{Metric::MemoryInactiveFileBytes, "container_memory_total_inactive_file_bytes"},
    MetricName{Metric::MemoryWorkingSetBytes, "container_memory_working_set_bytes"},
    MetricName{Metric::MemoryLimitBytes, "container_spec_memory_limit_bytes"},
    MetricName{Metric::MemoryOomKills, "container_oom_events_total"},
    MetricName{Metric::MemoryHeldBytes, "tapio_memory_held_bytes"},
    MetricName{Metric::PsiCpuSomeUs, "container_pressure_cpu_waiting_seconds_total", "node_pressure_cpu_waiting_seconds_total", perUs},
    MetricName{Metric::PsiMemorySomeUs, "container_pressure_memory_waiting_seconds_total", "node_pressure_memory_waiting_seconds_total",
               perUs},
    MetricName{Metric::PsiMemoryFullUs, "container_pressure_memory_stalled_seconds_total", "node_pressure_memory_stalled_seconds_total",
               perUs},
    MetricName{Metric::PsiIoSomeUs, "container_pressure_io_waiting_seconds_total", "node_pressure_io_waiting_seconds_total", perUs},
    MetricName{Metric::PsiIoFullUs, "container_pressure_io_stalled_seconds_total", "node_pressure_io_stalled_seconds_total", perUs},
    MetricName{Metric::DiskReadBytes, "container_fs_reads_bytes_total", "node_disk_read_bytes_total", 1, "device"},
    MetricName{Metric::DiskWriteBytes, "container_fs_writes_bytes_total", "node_disk_written_bytes_total", 1, "device"},
    MetricName{Metric::DiskReadOps, "container_fs_reads_total", "node_disk_reads_completed_total", 1, "device"},
    MetricName{Metric::DiskWriteOps, "container_fs_writes_total", "node_disk_writes_completed_total", 1, "device"},
    MetricName{Metric::DiskBusyMs, "node_disk_io_time_seconds_total", {}, perMs, "device"},
    MetricName{Metric::NetRxBytes, "container_network_receive_bytes_total", "node_network_receive_bytes_total", 1, "interface", "device"},
    MetricName{Metric::NetTxBytes, "container_network_transmit_bytes_total", "node_network_transmit_bytes_total", 1, "interface", "device"},
    MetricName{Metric::NetRxPackets, "container_network_receive_packets_total", "node_network_receive_packets_total", 1, "interface",
               "device"},
    MetricName{Metric::NetTxPackets, "container_network_transmit_packets_total", "node_network_transmit_packets_total", 1, "interface",
               "device"},
    MetricName{Metric::NetRxDrops, "container_network_receive_packets_dropped_total", "node_network_receive_drop_total", 1, "interface",
               "device"},
    MetricName{Metric::NetTxDrops, "container_network_transmit_packets_dropped_total", "node_network_transmit_drop_total", 1, "interface",
               "device"},
    MetricName{Metric::NetworkDropsByReason, "tapio_network_drops_total", {}, 1, "reason"},
    MetricName{Metric::NetListeningPort, "tapio_listening_port", {}, 1, "address"},
    MetricName{Metric::TcpConnects, "tapio_tcp_connects_total"},
    MetricName{Metric::TcpConnectFailures, "tapio_tcp_connect_failures_total"},
    MetricName{Metric::TcpAccepts, "tapio_tcp_accepts_total"},
    MetricName{Metric::TcpRetransmits, "tapio_tcp_retransmits_total"},
    MetricName{Metric::TcpResetsSent, "tapio_tcp_resets_sent_total"},
    MetricName{Metric::TcpResetsReceived, "tapio_tcp_resets_received_total"},
    MetricName{Metric::NodeCpuCount, "machine_cpu_cores"},
    MetricName{Metric::NodeMemoryTotalBytes, "node_memory_MemTotal_bytes"},
    MetricName{Metric::NodeMemoryAvailableBytes, "node_memory_MemAvailable_bytes"},
    MetricName{Metric::FilesystemTotalBytes, "node_filesystem_size_bytes", {}, 1, "mountpoint"},
    MetricName{Metric::FilesystemUsedBytes, "tapio_filesystem_used_bytes", {}, 1, "mountpoint"},
    MetricName{Metric::AgentCpuNs, "tapio_agent_cpu_seconds_total", {}, perNs},
    MetricName{Metric::AgentRssBytes, "tapio_agent_resident_memory_bytes"},
    MetricName{Metric::AgentBpfRunNs, "tapio_agent_bpf_seconds_total", {}, perNs},
    MetricName{Metric::AgentSentBytes, "tapio_agent_sent_bytes_total"},
    MetricName{Metric::AgentQueuedEvents, "tapio_agent_queued_events"},
};

constexpr std::array<std::string_view, 4> histogramNames{"tapio_unknown_latency_seconds", "tapio_runqueue_latency_seconds",
                                                         "tapio_blockio_latency_seconds", "tapio_http_latency_seconds"};

/// In the order of wire::RuleCounters::fields, as the agent's own exposition calls them.
struct RuleName {
    std::string_view name;
    std::string_view state = {}; ///< of tapio_agent_insights_total
    double divisor = 1;
};
constexpr std::array<RuleName, wire::RuleCounters::fieldCount> ruleNames{
    RuleName{"tapio_agent_rule_evaluations_total"},
    RuleName{"tapio_agent_rule_evidence_total"},
    RuleName{"tapio_agent_rule_unjoined_total"},
    RuleName{"tapio_agent_rule_late_total"},
    RuleName{"tapio_agent_insights_total", "opened"},
    RuleName{"tapio_agent_insights_total", "updated"},
    RuleName{"tapio_agent_insights_total", "resolved"},
    RuleName{"tapio_agent_insights_total", "expired"},
    RuleName{"tapio_agent_insights_total", "reopened"},
    RuleName{"tapio_agent_rule_evicted_total"},
    RuleName{"tapio_agent_rule_timed_evaluations_total"},
    RuleName{"tapio_agent_rule_timed_evaluation_seconds_total", {}, perNs},
    RuleName{"tapio_agent_rule_candidates"},
    RuleName{"tapio_agent_insights_open"},
};

/// What the console measures itself. A label of two parts is split where `separator` is last.
struct FigureName {
    std::string_view figure, name;
    std::string_view label = {}, second = {};
    char separator = 0;
    double divisor = 1;
    std::string_view fixed = {}, fixedValue = {}; ///< a label that the name itself says
};
namespace f = figure;
constexpr std::array figureNames{
    FigureName{f::received, "tapio_console_received_events_total", "node"},
    FigureName{f::processed, "tapio_console_processed_events_total", "node", "source", '/'},
    FigureName{f::duplicate, "tapio_console_duplicate_events_total", "node"},
    FigureName{f::rejected, "tapio_console_rejected_events_total", "node"},
    FigureName{f::earlierEvents, "tapio_console_earlier_events_total", "node"},
    FigureName{f::transitLoss, "tapio_console_transit_lost_events_total", "node"},
    FigureName{f::consoleQueueLoss, "tapio_console_queue_lost_events_total", "server"},
    FigureName{f::latencyP50, "tapio_event_latency_seconds", "stage", {}, 0, perNs, "quantile", "0.5"},
    FigureName{f::latencyP95, "tapio_event_latency_seconds", "stage", {}, 0, perNs, "quantile", "0.95"},
    FigureName{f::latencyP99, "tapio_event_latency_seconds", "stage", {}, 0, perNs, "quantile", "0.99"},
    FigureName{f::latencyCount, "tapio_event_latency_events", "stage"},
    FigureName{f::latencyHeld, "tapio_console_held_events_total", "node"},
    FigureName{f::latencyNoClock, "tapio_console_untimed_events_total", "node"},
    FigureName{f::clockUncertainty, "tapio_clock_uncertainty_seconds", "node", {}, 0, perNs},
    FigureName{f::queueAgent, "tapio_queue_events", "node", {}, 0, 1, "queue", "agent"},
    FigureName{f::queueInFlight, "tapio_queue_events", "node", {}, 0, 1, "queue", "in-flight"},
    FigureName{f::queueReceive, "tapio_queue_events", "node", {}, 0, 1, "queue", "receive"},
    FigureName{f::queueOldest, "tapio_queue_oldest_seconds", "node", {}, 0, perNs},
    FigureName{f::containerEvents, "tapio_console_container_events_total", "node"},
    FigureName{f::resolvedEvents, "tapio_console_resolved_events_total", "node"},
    FigureName{f::agentAlive, "tapio_agent_up", "node"},
    FigureName{f::coverage, "tapio_coverage_ratio", "node", {}, 0, perPercent},
    FigureName{f::hooksActive, "tapio_hooks_active", "node"},
    FigureName{f::hooksWanted, "tapio_hooks_wanted", "node"},
    FigureName{f::podOom, "tapio_pod_oom_killed", "namespace", "pod", '/'},
    FigureName{f::podExit, "tapio_pod_exit_code", "namespace", "pod", '/'},
    FigureName{f::podRestart, "tapio_pod_restarted", "namespace", "pod", '/'},
    FigureName{f::insightAgents, "tapio_correlating_agents"},
    FigureName{f::insightOpened, "tapio_insights_opened_total", "rule"},
    FigureName{f::insightOpen, "tapio_insights_open", "rule", "severity", '|'},
    FigureName{f::insightOldest, "tapio_insights_oldest_seconds", "rule", "severity", '|', perNs},
    FigureName{f::insightDisplaced, "tapio_insights_displaced_total"},
    FigureName{f::insightUnread, "tapio_insights_unread"},
    FigureName{f::signalJudged, "tapio_signal_judged_events_total", "node"},
    FigureName{f::signalKept, "tapio_signal_kept_events_total", "node"},
    FigureName{f::signalOneIn, "tapio_signal_one_in"},
    FigureName{f::signalDisplaced, "tapio_signal_displaced_total"},
    FigureName{f::apiP50, "tapio_api_duration_seconds", "operation", {}, 0, perNs, "quantile", "0.5"},
    FigureName{f::apiP95, "tapio_api_duration_seconds", "operation", {}, 0, perNs, "quantile", "0.95"},
    FigureName{f::apiP99, "tapio_api_duration_seconds", "operation", {}, 0, perNs, "quantile", "0.99"},
    FigureName{f::apiCount, "tapio_api_calls_total", "operation"},
    FigureName{f::apiErrors, "tapio_api_errors_total", "operation"},
    FigureName{f::apiHeat, "tapio_api_calls_by_duration_total", "bucket"},
};

const MetricName *find(Metric metric) noexcept
{
    const auto *found =
        std::find_if(metricNames.begin(), metricNames.end(), [metric](const MetricName &one) { return one.metric == metric; });
    return found == metricNames.end() ? nullptr : found;
}

std::string nameOfUnknown(std::int64_t code) { return "tapio_metric_" + std::to_string(code); }

using LabelList = std::vector<promql::Label>;
void add(LabelList &labels, std::string_view name, std::string value)
{
    if (!name.empty() && !value.empty())
        labels.push_back({std::string(name), std::move(value)});
}

void addOrigin(LabelList &labels, const StoredSeries &series)
{
    const wire::Origin &origin = series.origin;
    add(labels, "node", series.node);
    add(labels, "id", origin.cgroupPath.empty() ? "cgroup " + std::to_string(origin.cgroupId) : origin.cgroupPath); // what tells such apart
    add(labels, "name", origin.containerId);
    add(labels, "namespace", origin.namespaceName);
    add(labels, "pod", origin.podName);
    add(labels, "pod_uid", origin.podUid);
    add(labels, "container", origin.containerName);
    add(labels, "image", origin.image);
    add(labels, "workload", origin.workloadName);
    add(labels, "workload_kind", origin.workloadKind);
}

bool isHost(const StoredSeries &series) { return series.origin.cgroupPath == "/"; }

NamedSeries nameSample(const StoredSeries &series)
{
    LabelList labels;
    addOrigin(labels, series);
    const MetricName *known = find(static_cast<Metric>(series.code));
    if (known == nullptr) {
        add(labels, promql::metricName, nameOfUnknown(series.code));
        add(labels, "label", series.label);
        return {promql::Labels(std::move(labels)), 1};
    }
    const bool host = isHost(series) && !known->hostName.empty();
    add(labels, promql::metricName, std::string(host ? known->hostName : known->name));
    add(labels, host && !known->hostLabel.empty() ? known->hostLabel : known->label, series.label);
    return {promql::Labels(std::move(labels)), known->divisor};
}

NamedSeries nameBucket(const StoredSeries &series)
{
    LabelList labels;
    addOrigin(labels, series);
    add(labels, promql::metricName, namesOf(series.kind, series.code).front());
    add(labels, "le", histogramBounds()[std::min<std::size_t>(series.bucket, wire::histogramBuckets - 1)]);
    const auto kind = static_cast<wire::HistogramKind>(series.code);
    if (series.code >= std::int64_t(histogramNames.size()))
        add(labels, "code", std::to_string(series.code));
    if (kind == wire::HistogramKind::BlockIoLatency || kind == wire::HistogramKind::HttpLatency) {
        const std::size_t split = std::min(series.label.find(' '), series.label.size());
        const bool isDisk = kind == wire::HistogramKind::BlockIoLatency;
        add(labels, isDisk ? "device" : "role", series.label.substr(0, split));
        add(labels, isDisk ? "operation" : "status", split < series.label.size() ? series.label.substr(split + 1) : std::string());
    } else {
        add(labels, "label", series.label);
    }
    return {promql::Labels(std::move(labels)), 1};
}

std::string streamText(std::uint64_t streamId)
{
    static constexpr char digits[] = "0123456789abcdef";
    std::string text(16, '0');
    for (auto place = text.rbegin(); place != text.rend(); ++place, streamId >>= 4)
        *place = digits[streamId & 15];
    return text;
}

NamedSeries nameCounter(const StoredSeries &series)
{
    LabelList labels;
    add(labels, promql::metricName, namesOf(series.kind, series.code).front());
    add(labels, "node", series.node);
    add(labels, "stream", streamText(series.streamId)); // each counts from 0
    if (series.kind == SeriesKind::SourceCounter) {
        add(labels, "source", series.label);
        if (series.code >= std::int64_t(counterCount))
            add(labels, "code", std::to_string(series.code));
        return {promql::Labels(std::move(labels)), 1};
    }
    const RuleName known =
        series.code >= 0 && series.code < std::int64_t(ruleNames.size()) ? ruleNames[static_cast<std::size_t>(series.code)] : RuleName{};
    add(labels, "rule", series.label);
    add(labels, "state", std::string(known.state));
    if (known.name.empty())
        add(labels, "code", std::to_string(series.code));
    return {promql::Labels(std::move(labels)), known.divisor};
}

NamedSeries nameFigure(const StoredSeries &series)
{
    LabelList labels;
    const auto *known =
        std::find_if(figureNames.begin(), figureNames.end(), [&](const FigureName &one) { return one.figure == series.name; });
    if (known == figureNames.end()) {
        add(labels, promql::metricName, "tapio_figure");
        add(labels, "figure", series.name);
        add(labels, "label", series.label);
        return {promql::Labels(std::move(labels)), 1};
    }
    add(labels, promql::metricName, std::string(known->name));
    add(labels, known->fixed, std::string(known->fixedValue));
    const std::size_t split = known->separator == 0 ? std::string::npos : series.label.rfind(known->separator);
    add(labels, known->label, series.label.substr(0, split));
    add(labels, known->second, split == std::string::npos ? std::string() : series.label.substr(split + 1));
    return {promql::Labels(std::move(labels)), known->divisor};
}

} // namespace

NamedSeries nameSeries(const StoredSeries &series)
{
    switch (series.kind) {
    case SeriesKind::Sample: return nameSample(series);
    case SeriesKind::HistogramBucket: return nameBucket(series);
    case SeriesKind::SourceCounter:
    case SeriesKind::RuleCounter: return nameCounter(series);
    case SeriesKind::Figure: return nameFigure(series);
    }
    return {};
}

std::vector<std::string> namesOf(SeriesKind kind, std::int64_t code)
{
    const auto place = static_cast<std::size_t>(std::max<std::int64_t>(0, code));
    switch (kind) {
    case SeriesKind::Sample: {
        const MetricName *known = find(static_cast<Metric>(code));
        if (known == nullptr)
            return {nameOfUnknown(code)};
        return known->hostName.empty() ? std::vector{std::string(known->name)}
                                       : std::vector{std::string(known->name), std::string(known->hostName)};
    }
    case SeriesKind::HistogramBucket: return {std::string(histogramNames[place < histogramNames.size() ? place : 0]) + "_bucket"};
    case SeriesKind::SourceCounter:
        return {place < counterCount ? "tapio_agent_events_" + std::string(counterName(static_cast<Counter>(place))) + "_total"
                                     : "tapio_agent_events_unknown_total"};
    case SeriesKind::RuleCounter: return {place < ruleNames.size() ? std::string(ruleNames[place].name) : "tapio_agent_rule_unknown"};
    case SeriesKind::Figure: break; // each has a name of its own
    }
    return {};
}

namespace {

std::vector<std::string> sortedOnce(std::vector<std::string> names)
{
    std::sort(names.begin(), names.end());
    names.erase(std::unique(names.begin(), names.end()), names.end());
    std::erase(names, std::string());
    return names;
}

} // namespace

std::vector<std::string> knownMetricNames()
{
    std::vector<std::string> names;
    for (const MetricName &one : metricNames) {
        names.emplace_back(one.name);
        names.emplace_back(one.hostName);
    }
    for (const std::string_view name : histogramNames)
        names.push_back(std::string(name) + "_bucket");
    for (std::size_t place = 0; place < counterCount; ++place)
        names.push_back(namesOf(SeriesKind::SourceCounter, static_cast<std::int64_t>(place)).front());
    for (const RuleName &one : ruleNames)
        names.emplace_back(one.name);
    for (const FigureName &one : figureNames)
        names.emplace_back(one.name);
    return sortedOnce(std::move(names));
}

std::vector<std::string> knownLabelNames()
{
    std::vector<std::string> names{"node",   "id",       "name",          "namespace", "pod",    "pod_uid", "container",
                                   "image",  "workload", "workload_kind", "le",        "device", "role",    "operation",
                                   "status", "stream",   "source",        "rule",      "state"};
    for (const MetricName &one : metricNames) {
        names.emplace_back(one.label);
        names.emplace_back(one.hostLabel);
    }
    for (const FigureName &one : figureNames)
        for (const std::string_view name : {one.label, one.second, one.fixed})
            names.emplace_back(name);
    return sortedOnce(std::move(names));
}

const std::vector<std::string> &histogramBounds()
{
    static const std::vector<std::string> bounds = [] {
        std::vector<std::string> made;
        for (std::size_t i = 0; i + 1 < wire::histogramBuckets; ++i) // bucket i ends at 2^i us
            made.push_back(promql::numberText(std::ldexp(1.0, static_cast<int>(i)) / 1e6));
        made.emplace_back("+Inf");
        return made;
    }();
    return bounds;
}

} // namespace tapio::console
