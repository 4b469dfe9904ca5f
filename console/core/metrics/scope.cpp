// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/core/metrics/scope.h"

#include <algorithm>
#include <set>

#include "console/core/metrics/figurenames.h"

namespace tapio::console {

namespace {

enum class LabelKind { Whole, Node, NodeAndSource, Pod };

/// What the labels of a figure name.
LabelKind labelKind(std::string_view name)
{
    using namespace figure;
    static constexpr std::array ofNodes{received,   duplicate,     rejected,   transitLoss, latencyHeld, latencyNoClock, clockUncertainty,
                                        queueAgent, queueInFlight, agentAlive, hooksActive, hooksWanted, signalJudged,   signalKept};
    if (std::find(ofNodes.begin(), ofNodes.end(), name) != ofNodes.end())
        return LabelKind::Node;
    if (name == processed)
        return LabelKind::NodeAndSource;
    return name.starts_with("pod.") ? LabelKind::Pod : LabelKind::Whole;
}

/// "namespace/pod" and "node/source" alike.
bool leads(const std::string &label, const std::string &first)
{
    return label.size() > first.size() && label[first.size()] == '/' && label.compare(0, first.size(), first) == 0;
}

bool belongs(LabelKind kind, const std::string &label, const Scope &scope)
{
    switch (kind) {
    case LabelKind::Whole: return scope.node.empty();
    case LabelKind::Node: return scope.node.empty() || label == scope.node;
    case LabelKind::NodeAndSource: return scope.node.empty() || leads(label, scope.node);
    case LabelKind::Pod: return scope.namespaceName.empty() || leads(label, scope.namespaceName);
    }
    return false;
}

} // namespace

Scope scopeOf(PanelId id, const Scope &scope)
{
    switch (id) {
    case PanelId::PodStatus:
    case PanelId::CpuUsage:
    case PanelId::MemoryUsage: return scope;
    case PanelId::EventsProcessed:
    case PanelId::QueueDepth:
    case PanelId::FilterEfficiency:
    case PanelId::Coverage:
    case PanelId::NetworkIo: return {scope.node, {}};
    default: return {};
    }
}

bool inScope(const SeriesKey &key, const Scope &scope)
{
    if (!scope.node.empty() && key.node != scope.node)
        return false;
    return scope.namespaceName.empty() || key.origin.namespaceName == scope.namespaceName || key.metric == wire::Metric::NodeCpuCount
           || key.metric == wire::Metric::NodeMemoryTotalBytes;
}

OverviewInput narrowed(const OverviewInput &input, const Scope &scope)
{
    OverviewInput part;
    part.fromNs = input.fromNs;
    part.toNs = input.toNs;
    part.nowNs = input.nowNs;
    part.figureBucketNs = input.figureBucketNs;
    part.sampleBucketNs = input.sampleBucketNs;
    part.actions = input.actions;
    part.seriesRefused = input.seriesRefused;
    part.failure = input.failure;
    const auto here = [&scope](const std::string &node) { return scope.node.empty() || node == scope.node; };
    std::copy_if(input.agents.begin(), input.agents.end(), std::back_inserter(part.agents),
                 [&here](const wire::AgentState &agent) { return here(agent.node); });
    std::copy_if(input.counters.begin(), input.counters.end(), std::back_inserter(part.counters),
                 [&here](const CounterTrack &track) { return here(track.node); });
    std::copy_if(input.hooks.begin(), input.hooks.end(), std::inserter(part.hooks, part.hooks.end()),
                 [&here](const auto &report) { return here(report.first); });
    for (const auto &[name, tracks] : input.figures) {
        const LabelKind kind = labelKind(name);
        for (const auto &[label, track] : tracks) {
            if (belongs(kind, label, scope))
                part.figures[name].emplace(label, track);
        }
    }
    return part;
}

std::vector<std::string> namespacesOf(const OverviewInput &input)
{
    std::set<std::string_view> names;
    for (const SeriesData &data : input.series)
        names.insert(data.key.origin.namespaceName);
    names.erase(std::string_view());
    return {names.begin(), names.end()};
}

} // namespace tapio::console
