// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <list>
#include <tuple>

#include "console/core/metrics/figurenames.h"
#include "console/core/metrics/panelbuilder.h"
#include "console/core/metrics/panelinsights.h"
#include "console/core/metrics/scope.h"

namespace tapio::console {

namespace {

using Level = GroupSummary::Level;

const PanelSnapshot &panelOf(const OverviewSnapshot &overview, PanelId id) { return overview.panels[static_cast<std::size_t>(id)]; }

const Breach *worstBreach(const PanelSnapshot &panel, std::string_view key)
{
    const Breach *worst = nullptr;
    for (const Breach &breach : panel.breaches) {
        // Whose it is says more than that the whole is past its bound.
        const bool named = worst && worst->label.empty() != breach.label.empty();
        if (breach.key == key && (!worst || (named ? worst->label.empty() : breach.value > worst->value)))
            worst = &breach;
    }
    return worst;
}

std::string wholeSeconds(std::int64_t ns)
{
    const std::int64_t seconds = ns / nsPerSecond;
    return number(static_cast<double>(seconds));
}

double shareHeld(const Breach &pending)
{
    return static_cast<double>(pending.heldNs) / static_cast<double>(std::max<std::int64_t>(1, pending.threshold.forNs));
}

/// The alert of the group that is nearest to its time; whose it is says more than that the whole is past its bound.
const Breach *nearestPending(const OverviewSnapshot &overview, std::size_t group)
{
    const Breach *nearest = nullptr;
    for (std::size_t i = group * 4; i < group * 4 + 4; ++i) {
        for (const Breach &pending : overview.panels[i].pending) {
            const bool tie = nearest && shareHeld(pending) == shareHeld(*nearest);
            if (!nearest || (tie ? nearest->label.empty() : shareHeld(pending) > shareHeld(*nearest)))
                nearest = &pending;
        }
    }
    return nearest;
}

/// Time since the newest reading of the group, when all of its figures are old: then nobody knows that all is well.
std::optional<std::int64_t> staleFor(const OverviewSnapshot &overview, std::size_t group)
{
    std::optional<std::int64_t> age;
    for (std::size_t i = group * 4; i < group * 4 + 4; ++i) {
        const PanelSnapshot &panel = overview.panels[i];
        if (panel.value && panel.state != PanelState::Stale)
            return std::nullopt;
        if (panel.value)
            age = std::min(age.value_or(INT64_MAX), panel.toNs - panel.asOfNs);
    }
    return age;
}

/// What holds for any group: nothing was loaded, no agent, the store failed, an alert is pending, nothing is read any more,
/// some panels have no figure.
GroupSummary general(const OverviewSnapshot &overview, std::size_t group)
{
    std::size_t without = 0;
    for (std::size_t i = group * 4; i < group * 4 + 4; ++i) {
        const PanelSnapshot &panel = overview.panels[i];
        if (panel.reason == NoDataReason::StoreFailed)
            return {Level::Bad, "failed", {panel.detail}};
        if (panel.reason == NoDataReason::NoAgent)
            return {Level::NoData, "no-agent", {}};
        without += panel.value ? 0 : 1;
    }
    const auto inGroup = [&overview, group](NoDataReason reason) {
        return std::any_of(overview.panels.begin() + group * 4, overview.panels.begin() + group * 4 + 4,
                           [reason](const PanelSnapshot &panel) { return panel.reason == reason; });
    };
    if (inGroup(NoDataReason::NothingInScope))
        return {Level::NoData, "not-in-scope", {overview.scope.node, overview.scope.namespaceName}};
    if (without == 4)
        return {Level::NoData, "no-samples", {}};
    if (const Breach *pending = nearestPending(overview, group)) {
        return {Level::Pending,
                "pending",
                {pending->key, pending->label, number(pending->threshold.value), wholeSeconds(pending->heldNs),
                 wholeSeconds(pending->threshold.forNs)}};
    }
    if (const auto age = staleFor(overview, group))
        return {Level::NoData, "stale", {wholeSeconds(*age)}};
    if (without > 0)
        return {Level::NoData, "partial-data", {number(static_cast<double>(without)), "4"}};
    return {Level::Ok, "all-good", {}};
}

GroupSummary processing(const OverviewSnapshot &overview)
{
    const PanelSnapshot &events = panelOf(overview, PanelId::EventsProcessed);
    std::uint64_t lost = 0;
    const LossBand *largest = nullptr;
    for (const LossBand &band : events.losses) {
        lost += band.lost;
        if (!largest || band.lost > largest->lost)
            largest = &band;
    }
    if (largest && lost > 0) {
        const double percent = events.computation.lost.value_or(0);
        // Patterns: above 0.1 % of seen is an incident of its own.
        return {percent > 0.1 ? Level::Bad : Level::Attention, "loss", {number(percent), largest->cause, largest->node}};
    }
    const PanelSnapshot &latency = panelOf(overview, PanelId::ProcessingLatency);
    if (latency.pastThreshold)
        return {Level::Bad, "latency-high", {number(latency.value->value / 1e6)}};
    const PanelSnapshot &queue = panelOf(overview, PanelId::QueueDepth);
    if (queue.pastThreshold)
        return {Level::Bad, "queue-high", {number(queue.value->value)}};
    // That nothing came to be timed is not a fault of the Event processing group.
    GroupSummary summary = general(overview, 0);
    const bool isQuiet = latency.reason == NoDataReason::NoEvents || latency.reason == NoDataReason::NotTimed;
    if (summary.key == "partial-data" && isQuiet && summary.arguments.front() == "1")
        return {Level::Ok, "all-good", {}};
    return summary;
}

/// How right the rules are, where nodes and hooks are as they should be.
GroupSummary judgement(const OverviewSnapshot &overview)
{
    for (const auto &[id, key] :
         {std::pair(PanelId::CorrelationAccuracy, "accuracy-low"), std::pair(PanelId::FalsePositiveRate, "false-positives-high")}) {
        if (const std::vector<Breach> &past = panelOf(overview, id).breaches; !past.empty())
            return {Level::Attention, key, {past.front().key, number(past.front().value)}};
    }
    return general(overview, 1);
}

GroupSummary quality(const OverviewSnapshot &overview)
{
    const PanelSnapshot &coverage = panelOf(overview, PanelId::Coverage);
    const auto *view = std::get_if<CoverageView>(&coverage.view);
    if (!view)
        return judgement(overview);
    std::size_t silent = 0, gone = 0;
    const NodeCell *first = nullptr, *partial = nullptr;
    for (const NodeCell &cell : view->cells) {
        if (cell.state == NodeCell::State::Silent || cell.state == NodeCell::State::Gone) {
            ++silent;
            gone += cell.state == NodeCell::State::Gone ? 1 : 0;
            first = first ? first : &cell;
        } else if (!cell.missing.empty() && !partial) {
            partial = &cell;
        }
    }
    if (silent > 0)
        return {Level::Bad, "silent-nodes", {number(static_cast<double>(silent)), first->node, number(static_cast<double>(gone))}};
    if (partial)
        return {Level::Attention, "coverage-low", {number(coverage.value ? coverage.value->value : 0), partial->missing.front()}};
    return judgement(overview);
}

GroupSummary health(const OverviewSnapshot &overview)
{
    const PanelSnapshot &pods = panelOf(overview, PanelId::PodStatus);
    if (const auto *view = std::get_if<PodStatusView>(&pods.view); view && !view->worst.empty()) {
        const GroupRow &worst = view->worst.front();
        return {Level::Bad, "pods-bad", {number(static_cast<double>(view->worst.size())), worst.entity, worst.title}};
    }
    const PanelSnapshot &memory = panelOf(overview, PanelId::MemoryUsage);
    const PanelSnapshot &cpu = panelOf(overview, PanelId::CpuUsage);
    for (const auto &[panel, what, key] :
         {std::tuple(&memory, "disk", "disk-high"), std::tuple(&memory, "memory", "memory-high"), std::tuple(&cpu, "cpu", "cpu-high")}) {
        if (const Breach *worst = worstBreach(*panel, what))
            return {Level::Bad, key, {worst->label, number(worst->value)}};
    }
    // A node without Kubernetes is not a fault of the System health group.
    GroupSummary summary = general(overview, 2);
    if (summary.key == "partial-data" && pods.reason == NoDataReason::NoKubernetes && summary.arguments.front() == "1")
        return {Level::Ok, "all-good", {}};
    return summary;
}

/// How many insights are open that tell of a failure, and the worst rule; warnings and less are no trouble of the group's.
std::optional<GroupSummary> openFailures(const OverviewSnapshot &overview)
{
    const PanelSnapshot &panel = panelOf(overview, PanelId::ActiveCorrelations);
    const auto *view = std::get_if<GroupsView>(&panel.view);
    if (!view || panel.state == PanelState::Stale)
        return std::nullopt;
    std::uint64_t open = 0;
    for (const GroupRow &row : view->rows)
        open += row.severity == "critical" || row.severity == "error" ? row.open : 0;
    if (open == 0)
        return std::nullopt;
    return GroupSummary{Level::Bad, "insights-open", {number(static_cast<double>(open)), view->rows.front().title}};
}

GroupSummary business(const OverviewSnapshot &overview)
{
    if (auto failures = openFailures(overview))
        return std::move(*failures);
    const PanelSnapshot &api = panelOf(overview, PanelId::ApiResponseTimes);
    if (api.pastThreshold) {
        const Fact *worst = nullptr;
        for (const Fact &fact : api.facts) {
            if (fact.key == "operation" && (!worst || fact.value > worst->value))
                worst = &fact;
        }
        return {Level::Attention, "api-slow", {worst->label, number(worst->value / 1e6)}};
    }
    return general(overview, 3);
}

} // namespace

const std::vector<wire::Metric> &overviewMetrics()
{
    using wire::Metric;
    static const std::vector<Metric> metrics{Metric::CpuUsageNs,
                                             Metric::CpuPeriods,
                                             Metric::CpuThrottledPeriods,
                                             Metric::CpuLimitMillicores,
                                             Metric::MemoryWorkingSetBytes,
                                             Metric::MemoryLimitBytes,
                                             Metric::PsiCpuSomeUs,
                                             Metric::PsiMemorySomeUs,
                                             Metric::NetRxBytes,
                                             Metric::NetTxBytes,
                                             Metric::NetRxPackets,
                                             Metric::NetTxPackets,
                                             Metric::NetRxDrops,
                                             Metric::NetTxDrops,
                                             Metric::TcpConnectFailures,
                                             Metric::TcpRetransmits,
                                             Metric::NodeCpuCount,
                                             Metric::NodeMemoryTotalBytes,
                                             Metric::NodeMemoryAvailableBytes,
                                             Metric::FilesystemTotalBytes,
                                             Metric::FilesystemUsedBytes,
                                             Metric::AgentCpuNs,
                                             Metric::AgentBpfRunNs,
                                             Metric::AgentRssBytes,
                                             Metric::AgentSentBytes};
    return metrics;
}

void summarize(OverviewSnapshot &overview)
{
    overview.groups = {processing(overview), quality(overview), health(overview), business(overview)};
}

OverviewSnapshot loadingOverview(std::int64_t fromNs, std::int64_t toNs, double have, double need)
{
    OverviewSnapshot overview;
    for (std::size_t i = 0; i < panelCount; ++i) {
        PanelSnapshot &panel = overview.panels[i];
        panel.id = static_cast<PanelId>(i);
        panel.fromNs = fromNs;
        panel.toNs = toNs;
        panel.have = have;
        panel.need = need;
    }
    overview.groups.fill({Level::NoData, "loading", {}});
    return overview;
}

OverviewSnapshot computeOverview(const OverviewInput &input, std::uint64_t revision, const Scope &scope)
{
    using Compute = void (*)(const PanelContext &, PanelSnapshot &);
    static constexpr std::array<Compute, panelCount> formulas{
        eventsProcessed,    processingLatency, queueDepth,       filterEfficiency, signalToNoise, correlationAccuracy,
        falsePositiveRate,  coveragePanel,     podStatus,        cpuUsage,         memoryUsage,   networkIo,
        activeCorrelations, insightsGenerated, userInteractions, apiResponseTimes};
    std::list<PanelContext> contexts; // one per part of the scope, the first of everything
    contexts.emplace_back(input);
    OverviewSnapshot overview;
    overview.scope = scope;
    for (std::size_t i = 0; i < panelCount; ++i) {
        PanelSnapshot &panel = overview.panels[i];
        panel.id = static_cast<PanelId>(i);
        panel.revision = revision;
        panel.scope = scopeOf(panel.id, scope);
        panel.allNodes = panel.scope.node != scope.node;
        panel.allNamespaces = panel.scope.namespaceName != scope.namespaceName;
        auto context =
            std::find_if(contexts.begin(), contexts.end(), [&panel](const PanelContext &each) { return each.scope == panel.scope; });
        if (context == contexts.end())
            context = contexts.emplace(contexts.end(), input, panel.scope);
        context->endNs = context->newestFor(panel.id);
        formulas[i](*context, panel);
    }
    assignInsights(overview);
    overview.namespaces = namespacesOf(input);
    overview.lastMinute = lossOfLastMinute(contexts.front());
    overview.agentCosts = agentCosts(contexts.front());
    summarize(overview);
    return overview;
}

} // namespace tapio::console
