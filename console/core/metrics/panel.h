// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "console/core/metrics/rulefrequency.h"

/// The sixteen panels of the Overview as values: facts and numbers, no text for people. The ui turns them into
/// translated words, colours and pictures. Definitions: product/metrics, one per panel.
namespace tapio::console {

enum class PanelId : std::uint8_t {
    EventsProcessed,
    ProcessingLatency,
    QueueDepth,
    FilterEfficiency,
    SignalToNoise,
    CorrelationAccuracy,
    FalsePositiveRate,
    Coverage,
    PodStatus,
    CpuUsage,
    MemoryUsage,
    NetworkIo,
    ActiveCorrelations,
    InsightsGenerated,
    UserInteractions,
    ApiResponseTimes,
};
inline constexpr std::size_t panelCount = 16;
/// Stable key for settings, exports and tests: "events-processed" ...
std::string_view panelKey(PanelId id) noexcept;

enum class Unit : std::uint8_t {
    None,
    EventsPerSecond,
    Events,
    Percent,
    Nanoseconds,
    Bytes,
    BytesPerSecond,
    PacketsPerSecond,
    Cores,
    PerHour,
    PerSecond,
    Count,
};

/// Symbol for exports and text output: "events/s", "%", "B" ... (UCUM where it has one).
std::string_view unitName(Unit unit) noexcept;

/// What figures are narrowed to; empty = all.
struct Scope {
    std::string node, namespaceName;
    bool all() const { return node.empty() && namespaceName.empty(); }
    bool operator==(const Scope &) const = default;
};

enum class PanelState : std::uint8_t { Loading, NoData, Ready, Stale, Partial, Failed };

/// Why there is no figure. The ui has one sentence and one action for each; `have` and `need` fill it.
enum class NoDataReason : std::uint8_t {
    None,
    NoAgent,           ///< no agent has ever connected
    NoSamplesInRange,  ///< nothing in the chosen time range
    WarmingUp,         ///< a rate needs two readings: have of need seconds
    NotJudged,         ///< have of need events: whether an insight used one is not counted yet
    NeedsVerdicts,     ///< have of need verdicts; no drill is scored either
    NoKubernetes,      ///< no pod is on any of `have` connected nodes, or on the chosen one
    NoOperatorAction,  ///< nobody did anything in the range: a count of 0, said in words
    SourceUnavailable, ///< detail names the source and why
    StoreFailed,       ///< detail has the error
    NothingInScope,    ///< there are agents, but nothing of the chosen node or namespace in the range
    NotCorrelated,     ///< no agent looks for insights: it is switched off, or they are older
    NoEvents,          ///< nothing came, which is no fault: `have` nodes were connected and would have sent it
    NotTimed,          ///< `have` events came, each of them kept back on purpose or without a clock offset
};

struct PlotPoint {
    std::int64_t timeNs = 0; ///< start of the bucket
    double value = 0;        ///< NaN = no sample from here to the next point: a gap, never interpolated
};

struct PlotSeries {
    std::string key;   ///< keeps its colour slot by this
    std::string label; ///< data (a node, a pod, "p99"); known keys are translated by the ui
    Unit unit = Unit::None;
    bool below = false; ///< drawn downwards (transmit)
    bool stacked = false;
    bool loss = false;              ///< drawn in the loss colour
    bool filled = false;            ///< the ground below it, although it is not alone
    std::vector<PlotPoint> points;  ///< sorted by time
    std::vector<PlotPoint> minimum; ///< optional, same times as points: envelope of each bucket
    std::vector<PlotPoint> maximum;
};

/// A time in which something was lost: a hatched band.
struct LossBand {
    std::int64_t fromNs = 0;
    std::int64_t toNs = 0;
    std::uint64_t lost = 0;
    std::uint64_t of = 0; ///< seen in that time, the lost included
    std::string node;
    std::string cause; ///< counter name: "lost", "qdrop", "shed"; "gap", "console-queue"
};

enum class ThresholdKind : std::uint8_t { AlertAbove, AlertBelow, ScaleUp, ScaleDown, Reference };
struct Threshold {
    ThresholdKind kind = ThresholdKind::Reference;
    double value = 0;
    Unit unit = Unit::None;
    std::int64_t forNs = 0; ///< must hold this long
};

/// How a threshold with a duration stands, from what the range holds: what was not seen is not claimed.
struct ThresholdCheck {
    Threshold threshold;
    std::int64_t heldNs = 0;  ///< past it without a break, up to the newest reading
    std::int64_t knownNs = 0; ///< without a gap before that reading; less than forNs = too little history to say
    bool held = false;        ///< for all of its time
};

/// A threshold that is past, for all of its time or (pending) not yet, and whose figure is.
struct Breach {
    std::string key;   ///< what: "cpu", "memory", "disk", "p99", "queued", "operation"
    std::string label; ///< data: who ("node-a", "shop/checkout", "node-a:/var"); empty = all together
    double value = 0;  ///< now
    Threshold threshold;
    bool headline = false;   ///< it is the headline's own figure
    std::int64_t heldNs = 0; ///< pending: past it without a break, up to the newest reading
};

/// A named number beside the headline: "received", "p50", "oldest", "throttled".
struct Fact {
    std::string key; ///< known keys are translated by the ui
    double value = 0;
    Unit unit = Unit::None;
    std::string label; ///< data: whose number it is ("node-a", "shop/checkout"); empty = of all
};

struct Counted {
    std::string key;
    std::uint64_t count = 0;
};
/// One cell per node of the coverage panel.
struct NodeCell {
    enum class State : std::uint8_t { Full, Partial, Silent, Gone };
    std::string node;
    State state = State::Gone;
    std::uint32_t hooksActive = 0, hooksWanted = 0;
    std::vector<std::string> missing; ///< "collector/hook: reason"
};
/// Estimate with a Wilson 95 % interval, or how many verdicts are there of how many needed.
struct Interval {
    std::string key;                ///< "drill", "field", "recordings"
    std::optional<double> estimate; ///< percent
    double low = 0, high = 0;
    std::uint64_t have = 0, need = 0;
    double alert = 0;
};
/// When a rule did something about a drill, last.
struct ProofMoment {
    std::int64_t timeNs = 0; ///< UTC; 0 = never
    std::int64_t leadNs = 0; ///< from the drill's beginning until the insight opened
    std::string node, drill;
};
/// How a rule stands by the drills that were run: its key is the rule.
struct RuleProofRow {
    Interval interval;
    ProofMoment found, missed, wrong;
};
struct GroupRow {
    std::string severity, title, entity;
    std::int64_t sinceNs = 0; ///< 0 = not known
    std::uint64_t open = 0;   ///< of a group: how many insights it is
};
struct HeatColumn {
    std::int64_t timeNs = 0;
    std::vector<std::uint64_t> counts;
};

struct PodStatusView {
    std::uint64_t ready = 0, total = 0;
    std::vector<Counted> states;
    std::vector<GroupRow> worst;
    double restartsPerHour = 0;
    bool observedOnly = false;
};
struct CoverageView {
    std::vector<NodeCell> cells;
    std::optional<double> attribution, completeness, hooks;
};
struct IntervalView {
    std::vector<Interval> intervals;
    std::vector<RuleProofRow> rules = {};                 ///< beside the headline: each rule that drills tried, by name
    std::map<std::string, RuleFrequency> calibrated = {}; ///< by rule
};
struct GroupsView {
    std::vector<GroupRow> rows;
}; ///< one row per rule (title) and severity, without an entity; since = of the oldest
struct HeatView {
    std::vector<double> boundsNs;
    std::vector<HeatColumn> columns;
}; ///< counts[i] is [bounds[i], bounds[i+1])
struct BarsView {
    std::int64_t bucketNs = 0;
}; ///< series are counts per bucket, stacked bars

/// "How this is computed", with the numbers it used just now.
struct Computation {
    std::string formulaKey;   ///< the ui has the translated sentence
    std::vector<Fact> inputs; ///< counters and their present values
    std::int64_t windowNs = 0;
    std::uint64_t n = 0;                       ///< samples that went in
    std::vector<std::string> sources;          ///< "node-a/tcp", "cgroup cpu.stat"
    std::optional<double> completeness;        ///< percent: 1 - (lost + shed + qdrop) / seen, in the range
    std::optional<double> lost = std::nullopt; ///< percent of seen that was lost by any cause, what never arrived too
};

struct PanelSnapshot {
    PanelId id = PanelId::EventsProcessed;
    std::uint64_t revision = 0;                   ///< changes when anything below changed
    Scope scope;                                  ///< what the figure is of
    bool allNodes = false, allNamespaces = false; ///< it exists only for all of them, although one was chosen
    PanelState state = PanelState::Loading;
    NoDataReason reason = NoDataReason::None;
    double have = 0, need = 0;
    std::string detail;                ///< verbatim, data; Partial: the silent nodes
    std::int64_t fromNs = 0, toNs = 0; ///< plotted range
    std::int64_t bucketNs = 0;
    std::int64_t asOfNs = 0;    ///< newest reading in it
    std::optional<Fact> value;  ///< the headline
    bool pastThreshold = false; ///< some threshold is past: `breaches` says which and whose
    std::vector<Breach> breaches;
    std::vector<Breach> pending; ///< past a threshold, not yet for all of its time
    std::vector<ThresholdCheck> checks;
    std::vector<GroupRow>
        insights; ///< open ones about what this panel shows, as GroupsView has them; not in the panels of insights themselves
    std::uint64_t seriesRefused = 0; ///< series that did not fit in memory and are in no figure here
    std::vector<Fact> facts;
    /// At most 50, the rest as key "others"; what no series stands for as key "rest"; the headline's own where it is no sum, "nodes".
    std::vector<PlotSeries> series;
    std::uint64_t seriesTotal = 0; ///< how many there are, when more than drawn
    /// What the series are percentages of, at each time, in the unit of the fact "allocatable"; empty where they are none.
    std::vector<PlotPoint> allocatable;
    std::vector<LossBand> losses;
    std::vector<Threshold> thresholds;
    std::optional<double> axisLow, axisHigh; ///< the axis holds at least these
    bool isAnySize = false;                  ///< of a query: nobody knows how small its values can be, and the axis is as small
    std::variant<std::monostate, PodStatusView, CoverageView, IntervalView, GroupsView, HeatView, BarsView> view;
    Computation computation;
};

/// One sentence per group of four: what is wrong there, worst first, or that nothing is.
struct GroupSummary {
    enum class Level : std::uint8_t { Ok, NoData, Pending, Attention, Bad };
    Level level = Level::NoData;
    /// The ui's sentence. Any group: "all-good", "loading", "no-agent", "no-samples", "failed" (detail), "partial-data" (panels without a figure, panels),
    /// "not-in-scope" (node, namespace), "pending" (key and label of the breach, its bound, seconds held, seconds of the threshold),
    /// "stale" (seconds since the newest reading, of figures that are all old).
    /// Event processing: "loss" (percent, cause, node), "latency-high" (p99 ms), "queue-high" (events). Data quality: "coverage-low" (percent,
    /// what is missing), "silent-nodes" (nodes, first node), "accuracy-low" and "false-positives-high" ("drill", "field" or "recordings", percent).
    /// System health: "pods-bad" (pods, worst pod, state), "cpu-high" (entity, percent),
    /// "memory-high" (entity, percent), "disk-high" (mount, percent). Business: "insights-open" (insights, rule of the worst),
    /// "api-slow" (operation, p95 ms).
    std::string key;
    std::vector<std::string> arguments; ///< data to fill it, numbers as plain decimals
};

/// What the counters name as lost, by any cause, of what was seen in the same readings.
struct RecentLoss {
    std::uint64_t lost = 0, seen = 0;
};

/// What an agent costs its node as it measures itself: its process, and its programs in the kernel where that measures them.
struct AgentCost {
    std::string node;
    std::optional<double> cpuPercent; ///< of one core, over about a minute; empty until there are two readings
    std::optional<double> rssBytes;
    std::optional<double> kernelPercent{}; ///< what of cpuPercent its programs in the kernel take; empty = not measured, not in it
};

struct OverviewSnapshot {
    std::array<PanelSnapshot, panelCount> panels;
    std::array<GroupSummary, 4> groups;
    /// Of the last minute, when the range ends now and its readings are fine enough to say so.
    std::optional<RecentLoss> lastMinute;
    Scope scope;                         ///< as it was chosen; each panel has what it is of
    std::vector<std::string> namespaces; ///< seen in the range on any node, sorted
    std::vector<AgentCost> agentCosts;   ///< at the end of the range, of the nodes with a reading near it; by name
};

} // namespace tapio::console
