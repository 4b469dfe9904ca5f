// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <deque>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "console/core/metrics/figurenames.h"
#include "console/core/metrics/insighttracker.h"
#include "console/core/metrics/overviewinput.h"

/// Shared by the formulas of the panels; private to console/core/metrics.
namespace tapio::console {

inline constexpr std::size_t maxSeries = 50;

/// Losses that no agent's counters have: the figure that counts them, by node or server, and the name of the cause.
struct FigureLoss {
    std::string_view figure;
    const char *cause;
};
inline constexpr std::array figureLosses{FigureLoss{figure::transitLoss, "gap"}, FigureLoss{figure::consoleQueueLoss, "console-queue"}};

/// A pod or a cgroup: what a line of the CPU and memory panels stands for. Entities never overlap, so their sum is exact.
struct Entity {
    std::string key;   ///< stable: node and pod uid, or node and path
    std::string label; ///< "namespace/pod", or the cgroup's path (with its node when there are several)
    std::string node;
    bool pod = false;
    std::vector<const SeriesData *> parts;
};

/// One pass over the input: what several formulas need.
class PanelContext {
    const std::optional<OverviewInput> m_narrowed; ///< before what refers to it

public:
    /// `source` outlives it.
    explicit PanelContext(const OverviewInput &source, const Scope &narrowedTo = {});
    PanelContext(const PanelContext &) = delete;
    PanelContext &operator=(const PanelContext &) = delete;

    const Scope scope;
    const OverviewInput &input; ///< in the scope, without series: see of()
    const bool agentsKnown;     ///< of any node
    TimeGrid figures;           ///< grid of what the console measures
    TimeGrid samples;           ///< grid of what agents sample
    /// Headlines are as of then: the newest reading of what the panel is about, so that old figures are shown as old.
    std::int64_t endNs;
    std::vector<LossBand> losses;
    std::optional<double> completeness; ///< percent: 1 - (lost + shed + qdrop) / seen, in the range
    std::optional<double> lostPercent;  ///< percent of seen, lost by any cause, in the range

    const std::vector<const SeriesData *> &of(wire::Metric metric) const;
    const SeriesData *find(wire::Metric metric, const std::string &node, const std::string &path) const;
    const LabelledTracks &tracks(std::string_view name) const;
    /// Pods, and cgroups outside of pods that have no sampled child.
    std::vector<Entity> entities(wire::Metric metric) const;
    /// The host's own series (cgroup "/"), of each node.
    std::vector<const SeriesData *> hosts(wire::Metric metric) const;
    /// Newest value of a gauge near the end of the range.
    std::optional<double> latest(const SeriesData *gauge) const;
    std::optional<double> latestHost(wire::Metric metric, const std::string &node) const;
    std::int64_t staleNs(const TimeGrid &grid) const { return grid.maxGapNs(); }
    /// What the server counted of a node, unrolled, without what it said of it while the node was away.
    Track toldOf(const std::string &node, const Track &count) const;
    /// Whether the node's agent was known to be away then.
    bool isAway(const std::string &node, std::int64_t timeNs) const;
    /// Takes out the values from `fromNs` on that were only kept while the node's agent was away.
    void hideAway(Dense &values, const std::string &node, const TimeGrid &grid, std::int64_t fromNs = INT64_MIN) const;
    /// Of a figure of all nodes together: takes out the values that were only kept, from one reading to the next, while every agent was away.
    void hideKeptWhileAllAway(Dense &values, const Track &readings, const TimeGrid &grid) const;
    /// How the rules stand by the drills: once for the panels that ask, as it takes a while.
    const ProofReport &proofs() const;
    /// Newest reading in the range that the panel's headline rests on; the end of the range when there is none.
    std::int64_t newestFor(PanelId id) const;

private:
    void index(const std::vector<SeriesData> &series);
    void findLosses();

    std::map<wire::Metric, std::vector<const SeriesData *>> m_byMetric;
    std::map<std::pair<wire::Metric, std::string>, const SeriesData *> m_byPlace;
    std::deque<SeriesData> m_merged;
    mutable std::optional<ProofReport> m_proofs;
};

bool isHost(const wire::Origin &origin) noexcept;
/// Readings of some counters added up, resets taken out (a new stream is one).
Track unrollSum(const CounterTrack &track, std::initializer_list<Counter> counters);

struct Line {
    std::string key, label;
    Dense values;
    std::string node = {}; ///< whose it is, where that matters
};
/// The 50 largest lines by maximum, the others added into one exact "others"; all of one unit.
void drawTop(PanelSnapshot &panel, std::vector<Line> lines, const TimeGrid &grid, Unit unit, bool stacked, bool below = false);
PlotSeries makeSeries(std::string key, std::string label, Unit unit, const Dense &values, const TimeGrid &grid);
/// makeSeries with the smallest and largest reading of each bucket, of a gauge of all nodes together.
PlotSeries makeEnveloped(const PanelContext &context, std::string key, Unit unit, const Track &gauge, const TimeGrid &grid);

void setRange(PanelSnapshot &panel, const TimeGrid &grid);
/// Of a panel that is made of events: what of them was lost, when, and how much that is.
void setLosses(const PanelContext &context, PanelSnapshot &panel);
/// No figure: the reason, from general (no agent) to special.
void setNoData(const PanelContext &context, PanelSnapshot &panel, NoDataReason otherwise);
/// A figure as of a time: Ready, Partial when nodes are missing, Stale when it is old.
void setValue(const PanelContext &context, PanelSnapshot &panel, Fact value, std::int64_t asOfNs);
/// How the panel's scaling thresholds stand by the values of its own figure.
void checkScaling(PanelSnapshot &panel, const Measured &measured);
/// Adds a breach when the values are past the threshold for all of its time, a pending one when not yet for all of it.
void checkAlert(PanelSnapshot &panel, const Threshold &threshold, const Measured &measured, std::string key, std::string label,
                bool headline = false);
/// Rates or newest values of a sampled series in each bucket; none of what was only kept while its agent was away.
Dense sampledRates(const PanelContext &context, const SeriesData &counter);
Dense sampledValues(const PanelContext &context, const SeriesData &gauge);
/// 100 * part / whole where both are known.
Dense percentOf(const Dense &part, const Dense &whole);
std::string number(double value);
/// Bars need room: a fifteenth of the range, at least a minute.
std::int64_t barBucketNs(const TimeGrid &grid);

// One function per panel, metrics 1 to 16.
void eventsProcessed(const PanelContext &, PanelSnapshot &);
void processingLatency(const PanelContext &, PanelSnapshot &);
void queueDepth(const PanelContext &, PanelSnapshot &);
void filterEfficiency(const PanelContext &, PanelSnapshot &);
void signalToNoise(const PanelContext &, PanelSnapshot &);
void correlationAccuracy(const PanelContext &, PanelSnapshot &);
void falsePositiveRate(const PanelContext &, PanelSnapshot &);
void coveragePanel(const PanelContext &, PanelSnapshot &);
void podStatus(const PanelContext &, PanelSnapshot &);
void cpuUsage(const PanelContext &, PanelSnapshot &);
void memoryUsage(const PanelContext &, PanelSnapshot &);
void networkIo(const PanelContext &, PanelSnapshot &);
void activeCorrelations(const PanelContext &, PanelSnapshot &);
void insightsGenerated(const PanelContext &, PanelSnapshot &);
void userInteractions(const PanelContext &, PanelSnapshot &);
void apiResponseTimes(const PanelContext &, PanelSnapshot &);
/// What was lost in the last minute of the range; nothing without two readings in it.
std::optional<RecentLoss> lossOfLastMinute(const PanelContext &context);
std::vector<AgentCost> agentCosts(const PanelContext &);
/// Sentences of the four groups, from the finished panels.
void summarize(OverviewSnapshot &overview);

} // namespace tapio::console
