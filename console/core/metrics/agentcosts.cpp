// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <map>

#include "console/core/metrics/panelbuilder.h"

namespace tapio::console {

namespace {

/// The readings after the last gap or restart: an agent that was away for an hour and counts from 0 again did not use a
/// hundredth of what it does.
SeriesData sinceLastStart(const SeriesData &counter, std::int64_t gapNs)
{
    SeriesData run{counter.key, {}};
    for (const SeriesBucket &bucket : counter.buckets) {
        if (bucket.n == 0)
            continue;
        const bool anew =
            !run.buckets.empty() && (bucket.first < run.buckets.back().last || bucket.firstNs - run.buckets.back().lastNs > gapNs);
        if (anew)
            run.buckets.clear();
        run.buckets.push_back(bucket);
    }
    return run;
}

/// In percent of one core, of a counter of nanoseconds.
std::map<std::string, double> percents(const PanelContext &context, wire::Metric counter, std::int64_t staleNs)
{
    std::map<std::string, double> byNode;
    for (const SeriesData *spent : context.hosts(counter)) {
        const Track used = unroll(sinceLastStart(*spent, context.samples.maxGapNs()));
        if (const auto rate = rateOver(used, context.input.toNs, 60 * nsPerSecond, staleNs))
            byNode[spent->key.node] = 100 * rate->perSecond / nsPerSecond;
    }
    return byNode;
}

} // namespace

std::vector<AgentCost> agentCosts(const PanelContext &context)
{
    const std::int64_t endNs = context.input.toNs;
    const std::int64_t staleNs = std::max(heartbeatFreshNs, context.staleNs(context.samples));
    std::map<std::string, AgentCost> byNode;
    for (const auto &[node, percent] : percents(context, wire::Metric::AgentCpuNs, staleNs))
        byNode[node].cpuPercent = percent;
    // They run on the time of whom they watch, so that the process's own has next to nothing of it.
    for (const auto &[node, percent] : percents(context, wire::Metric::AgentBpfRunNs, staleNs)) {
        const auto cost = byNode.find(node);
        if (cost == byNode.end())
            continue; // alone it would pass for all that the agent takes
        cost->second.kernelPercent = percent;
        *cost->second.cpuPercent += percent;
    }
    for (const SeriesData *rss : context.hosts(wire::Metric::AgentRssBytes)) {
        if (const auto reading = newest(gaugeTrack(*rss), endNs, staleNs))
            byNode[rss->key.node].rssBytes = reading->value;
    }
    std::vector<AgentCost> costs;
    for (auto &[node, cost] : byNode) {
        cost.node = node;
        costs.push_back(std::move(cost));
    }
    return costs;
}

} // namespace tapio::console
