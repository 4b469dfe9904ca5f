// SPDX-License-Identifier: GPL-3.0-or-later
// Panels 9 and 12: pods as the nodes see them, and network.
#include <algorithm>
#include <array>
#include <cmath>
#include <set>

#include "console/core/metrics/figurenames.h"
#include "console/core/metrics/panelbuilder.h"

namespace tapio::console {

namespace {

using wire::Metric;

constexpr std::int64_t minute = 60 * nsPerSecond;

/// A pod as its node's cgroups and log folders show it; what the API server wants is not known here.
struct ObservedPod {
    std::string label;
    std::string node;
    std::int64_t lastNs = 0;
    std::int64_t sinceNs = 0; ///< of the state
    std::size_t oomKills = 0, restarts = 0, recentRestarts = 0;
    std::optional<double> exitCode; ///< of the container that ended last, when not 0
};

std::map<std::string, ObservedPod> observedPods(const PanelContext &context)
{
    std::map<std::string, ObservedPod> pods;
    for (const Metric metric : {Metric::MemoryWorkingSetBytes, Metric::CpuUsageNs}) {
        for (const SeriesData *data : context.of(metric)) {
            const wire::Origin &origin = data->key.origin;
            const auto last = std::find_if(data->buckets.rbegin(), data->buckets.rend(), [&context](const SeriesBucket &bucket) {
                return bucket.n > 0 && bucket.lastNs <= context.endNs;
            });
            if (origin.podUid.empty() || last == data->buckets.rend())
                continue;
            ObservedPod &pod = pods[data->key.node + '/' + origin.podUid];
            pod.node = data->key.node;
            if (pod.label.empty() || !origin.podName.empty())
                pod.label = origin.podName.empty() ? origin.podUid : origin.namespaceName + '/' + origin.podName;
            pod.lastNs = std::max(pod.lastNs, last->lastNs);
        }
    }
    return pods;
}

/// Calls `take(label, time, value)` for each reading of the last `windowNs`.
template <typename Take> void forRecent(const PanelContext &context, std::string_view name, std::int64_t windowNs, Take take)
{
    for (const auto &[label, track] : context.tracks(name)) {
        for (const PlotPoint &point : track) {
            if (point.timeNs > context.endNs - windowNs && point.timeNs <= context.endNs)
                take(label, point.timeNs, point.value);
        }
    }
}

void addIncidents(const PanelContext &context, std::map<std::string, ObservedPod> &pods)
{
    std::map<std::string, std::vector<ObservedPod *>> byLabel;
    for (auto &[key, pod] : pods)
        byLabel[pod.label].push_back(&pod);
    const auto each = [&byLabel](const std::string &label, auto change) {
        if (const auto found = byLabel.find(label); found != byLabel.end())
            std::for_each(found->second.begin(), found->second.end(), [&change](ObservedPod *pod) { change(*pod); });
    };
    forRecent(context, figure::podOom, 60 * minute, [&](const std::string &label, std::int64_t timeNs, double) {
        each(label, [timeNs](ObservedPod &pod) {
            ++pod.oomKills;
            pod.sinceNs = timeNs;
        });
    });
    forRecent(context, figure::podExit, 60 * minute, [&](const std::string &label, std::int64_t timeNs, double code) {
        each(label, [timeNs, code](ObservedPod &pod) {
            pod.exitCode = code != 0 ? std::optional(code) : std::nullopt;
            pod.sinceNs = std::max(pod.sinceNs, timeNs);
        });
    });
    forRecent(context, figure::podRestart, 60 * minute, [&](const std::string &label, std::int64_t timeNs, double) {
        each(label, [&context, timeNs](ObservedPod &pod) {
            ++pod.restarts;
            pod.recentRestarts += timeNs > context.endNs - 30 * minute ? 1 : 0;
            pod.sinceNs = std::max(pod.sinceNs, timeNs);
        });
    });
}

struct StateName {
    const char *key;
    const char *severity;
};

/// One state per pod, the worst that holds. Crash loop: three restarts in 30 minutes (patterns).
StateName stateOf(const ObservedPod &pod, std::int64_t endNs, bool nodeSilent)
{
    if (nodeSilent)
        return {"unknown", "notice"};
    const bool running = endNs - pod.lastNs <= heartbeatFreshNs;
    if (pod.recentRestarts >= 3)
        return {"crash-loop", "critical"};
    if (pod.oomKills > 0)
        return {"oom-killed", "error"};
    if (!running && pod.exitCode)
        return {"error", "error"};
    if (!running)
        return {"ended", "info"};
    return pod.restarts > 0 ? StateName{"restarted", "warning"} : StateName{"running", "info"};
}

std::set<std::string> silentNodes(const PanelContext &context)
{
    std::set<std::string> silent;
    for (const auto &[node, track] : context.tracks(figure::agentAlive)) {
        const auto alive = newest(track, context.input.toNs, context.staleNs(context.figures));
        if (!alive || alive->value < 1)
            silent.insert(node);
    }
    return silent;
}

Dense podsPerBucket(const PanelContext &context)
{
    std::map<std::string, Dense> byPod;
    for (const SeriesData *data : context.of(Metric::MemoryWorkingSetBytes)) {
        if (!data->key.origin.podUid.empty())
            addInto(byPod[data->key.node + '/' + data->key.origin.podUid], sampledValues(context, *data));
    }
    Dense count(context.samples.count(), noValue);
    for (auto &[key, values] : byPod) {
        for (double &value : values)
            value = std::isnan(value) ? noValue : 1;
        addInto(count, values);
    }
    return count;
}

/// Interfaces whose traffic is another interface's too: the node's total leaves them out.
bool isVirtual(const std::string &name)
{
    static constexpr std::array<std::string_view, 14> prefixes{"lo",      "veth", "cni", "cbr",    "docker", "br-",   "virbr",
                                                               "flannel", "cali", "lxc", "cilium", "tunl",   "kube-", "vxlan"};
    return std::any_of(prefixes.begin(), prefixes.end(), [&name](std::string_view prefix) {
        return prefix == "lo" ? name == "lo" : name.compare(0, prefix.size(), prefix) == 0;
    });
}

struct Flow {
    double perSecond = 0;
    std::int64_t asOfNs = 0;
    std::int64_t elapsedNs = 0;
    std::size_t n = 0;
};

Flow flowOf(const PanelContext &context, const std::vector<const SeriesData *> &series, std::int64_t windowNs)
{
    Flow flow;
    for (const SeriesData *data : series) {
        const auto rate = rateOver(unroll(*data), context.endNs, windowNs, context.staleNs(context.samples));
        if (!rate)
            continue;
        flow.perSecond += rate->perSecond;
        flow.asOfNs = std::max(flow.asOfNs, rate->asOfNs);
        flow.elapsedNs = std::max(flow.elapsedNs, rate->elapsedNs);
        ++flow.n;
    }
    return flow;
}

std::vector<const SeriesData *> nodeInterfaces(const PanelContext &context, Metric metric)
{
    std::vector<const SeriesData *> found = context.hosts(metric);
    std::erase_if(found, [](const SeriesData *data) { return isVirtual(data->key.label); });
    return found;
}

/// What is sent there is received there: one direction is all of it. In no figure, but it explains a 0.
void addLoopback(const PanelContext &context, PanelSnapshot &panel, std::int64_t windowNs)
{
    std::vector<const SeriesData *> loopback = context.hosts(Metric::NetRxBytes);
    std::erase_if(loopback, [](const SeriesData *data) { return data->key.label != "lo"; });
    if (const Flow flow = flowOf(context, loopback, windowNs); flow.n > 0)
        panel.facts.push_back({"loopback", flow.perSecond, Unit::BytesPerSecond, {}});
}

/// One line per node, and one per pod where the agent samples inside of the pod's network namespace.
std::vector<Line> trafficLines(const PanelContext &context, Metric metric)
{
    std::map<std::string, Line> lines;
    for (const SeriesData *data : context.of(metric)) {
        const wire::Origin &origin = data->key.origin;
        if (isVirtual(data->key.label) || (!isHost(origin) && origin.podUid.empty()))
            continue;
        const std::string key = data->key.node + (isHost(origin) ? std::string() : '/' + origin.podUid);
        Line &line = lines[key];
        line.key = key;
        line.label = isHost(origin) ? data->key.node : origin.podName.empty() ? origin.podUid : origin.namespaceName + '/' + origin.podName;
        addInto(line.values, sampledRates(context, *data));
    }
    std::vector<Line> result;
    for (auto &[key, line] : lines)
        result.push_back(std::move(line));
    return result;
}

} // namespace

void podStatus(const PanelContext &context, PanelSnapshot &panel)
{
    const TimeGrid &grid = context.samples;
    setRange(panel, grid);
    setLosses(context, panel);
    panel.computation.formulaKey = "pod-status";
    panel.computation.windowNs = 60 * minute;
    panel.computation.sources = {"cgroups", "pod log folders", "oom/exit events"};
    std::map<std::string, ObservedPod> pods = observedPods(context);
    if (pods.empty()) {
        for (const auto &[node, track] : context.tracks(figure::agentAlive))
            panel.have += context.isAway(node, context.input.toNs) ? 0 : 1;
        return setNoData(context, panel, NoDataReason::NoKubernetes);
    }
    addIncidents(context, pods);
    const std::set<std::string> silent = silentNodes(context);
    PodStatusView view;
    view.observedOnly = true;
    std::map<std::string, std::uint64_t> counts;
    std::int64_t asOfNs = 0;
    double oomKills = 0, restarts = 0, errors = 0;
    for (const auto &[key, pod] : pods) {
        const StateName state = stateOf(pod, context.endNs, silent.contains(pod.node));
        ++counts[state.key];
        const std::string_view name = state.key;
        view.ready += name == "running" || name == "restarted" ? 1 : 0;
        view.total += name != "ended" ? 1 : 0;
        asOfNs = std::max(asOfNs, pod.lastNs);
        oomKills += static_cast<double>(pod.oomKills);
        restarts += static_cast<double>(pod.restarts);
        errors += name == "error" ? 1 : 0;
        if (name == "crash-loop" || name == "oom-killed" || name == "error")
            view.worst.push_back({state.severity, state.key, pod.label, pod.sinceNs});
    }
    for (const auto &[state, count] : counts)
        view.states.push_back({state, count});
    std::stable_sort(view.worst.begin(), view.worst.end(), [](const GroupRow &a, const GroupRow &b) { return a.severity < b.severity; });
    view.restartsPerHour = restarts;
    panel.computation.n = pods.size();
    panel.pastThreshold = !view.worst.empty();
    setValue(context, panel, {"running", static_cast<double>(view.ready), Unit::Count, {}}, asOfNs);
    panel.facts = {{"total", static_cast<double>(view.total), Unit::Count, {}},
                   {"restarts", restarts, Unit::PerHour, {}},
                   {"oom-kills", oomKills, Unit::PerHour, {}},
                   {"error-exits", errors, Unit::Count, {}}};
    panel.computation.inputs = panel.facts;
    panel.series.push_back(makeSeries("observed", {}, Unit::Count, podsPerBucket(context), grid));
    panel.view = std::move(view);
}

void networkIo(const PanelContext &context, PanelSnapshot &panel)
{
    const TimeGrid &grid = context.samples;
    setRange(panel, grid);
    const std::int64_t window = std::max(10 * nsPerSecond, 2 * grid.bucketNs());
    panel.computation.formulaKey = "network-io";
    const auto received = nodeInterfaces(context, Metric::NetRxBytes);
    const Flow rx = flowOf(context, received, window);
    const Flow tx = flowOf(context, nodeInterfaces(context, Metric::NetTxBytes), window);
    for (const SeriesData *data : received)
        panel.computation.sources.push_back(data->key.node + '/' + data->key.label);
    panel.computation.windowNs = std::max(rx.elapsedNs, tx.elapsedNs);
    panel.computation.n = rx.n + tx.n;
    if (rx.n + tx.n == 0)
        return setNoData(context, panel, received.empty() ? NoDataReason::NoSamplesInRange : NoDataReason::WarmingUp);
    setValue(context, panel, {"throughput", rx.perSecond + tx.perSecond, Unit::BytesPerSecond, {}}, std::max(rx.asOfNs, tx.asOfNs));
    panel.facts = {{"receive", rx.perSecond, Unit::BytesPerSecond, {}}, {"transmit", tx.perSecond, Unit::BytesPerSecond, {}}};
    const auto addFact = [&](const char *key, Unit unit, std::initializer_list<Metric> metrics, bool hostOnly) {
        Flow sum;
        for (const Metric metric : metrics) {
            const Flow flow = flowOf(context, hostOnly ? nodeInterfaces(context, metric) : context.of(metric), window);
            sum.perSecond += flow.perSecond;
            sum.n += flow.n;
        }
        if (sum.n > 0)
            panel.facts.push_back({key, sum.perSecond, unit, {}});
    };
    addFact("receive-packets", Unit::PacketsPerSecond, {Metric::NetRxPackets}, true);
    addFact("transmit-packets", Unit::PacketsPerSecond, {Metric::NetTxPackets}, true);
    // Counted per connection and cgroup, never in a parent too: all of them may be added.
    addFact("retransmits", Unit::PerSecond, {Metric::TcpRetransmits}, false);
    addFact("connection-failures", Unit::PerSecond, {Metric::TcpConnectFailures}, false);
    addFact("receive-drops", Unit::PacketsPerSecond, {Metric::NetRxDrops}, true);
    addFact("transmit-drops", Unit::PacketsPerSecond, {Metric::NetTxDrops}, true);
    addFact("agent", Unit::BytesPerSecond, {Metric::AgentSentBytes}, false);
    panel.computation.inputs = panel.facts;
    addLoopback(context, panel, window);
    drawTop(panel, trafficLines(context, Metric::NetRxBytes), grid, Unit::BytesPerSecond, false);
    drawTop(panel, trafficLines(context, Metric::NetTxBytes), grid, Unit::BytesPerSecond, false, true);
}

} // namespace tapio::console
