// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "console/core/metrics/detectionproofs.h"
#include "console/core/metrics/ruleboard.h"
#include "console/core/metrics/timeseries.h"
#include "console/core/store/store.h"
#include "protocol/base/counters.h"
#include "protocol/wire/message.h"

/// What the formulas of the sixteen panels work on, whoever gathered it: the live model keeps one up to date, the history
/// model reads one from the store. Values; all lists sorted by time.
namespace tapio::console {

/// Counters of one agent and source. Readings of a new stream begin at 0.
struct CounterTrack {
    struct Reading {
        std::int64_t timeNs = 0;
        std::uint64_t streamId = 0;
        CounterSet counters;
    };
    std::string node;
    std::string source;
    std::vector<Reading> readings;
};

/// Readings by label.
using LabelledTracks = std::map<std::string, Track, std::less<>>;
using FigureMap = std::map<std::string, LabelledTracks, std::less<>>;

struct OverviewInput {
    std::int64_t fromNs = 0;
    std::int64_t toNs = 0; ///< end of the range; the headline is as of then
    std::int64_t nowNs = 0;
    std::int64_t figureBucketNs = nsPerSecond;
    std::int64_t sampleBucketNs = 5 * nsPerSecond;

    std::vector<wire::AgentState> agents;
    std::map<std::string, wire::HookReport> hooks; ///< by node
    std::vector<CounterTrack> counters;
    std::vector<SeriesData> series;
    FigureMap figures;
    std::vector<OperatorAction> actions;
    VerdictBook verdicts;   ///< none that was given after the range
    DetectionProofs proofs; ///< drills and insights of the days before, too
    SuiteScore suite;       ///< of the shipped recordings; as it is made while nobody has scored them

    std::uint64_t seriesRefused = 0; ///< series that did not fit in memory and are in no figure
    std::string failure;             ///< the store's error when nothing could be read
};

/// Sampled series in memory, of now or of a range; what does not fit is counted and said.
inline constexpr std::size_t maxOverviewSeries = 16'384;

/// Metrics that the Overview reads; others need not be kept in memory nor read from the store.
const std::vector<wire::Metric> &overviewMetrics();
/// Bounds of the duration buckets of api.heat, ns: bucket i is [bounds[i], bounds[i + 1]).
const std::vector<double> &apiHeatBoundsNs();

/// A heartbeat within this time means that the agent is alive (metrics, panel 8).
inline constexpr std::int64_t heartbeatFreshNs = 30 * nsPerSecond;
/// Hooks that an agent should have (not switched off by configuration) and those that are attached.
struct HookCount {
    std::uint32_t active = 0, wanted = 0;
};
HookCount countHooks(const wire::HookReport &report) noexcept;
/// Coverage in percent: (agents alive / nodes known) x mean(attached / wanted hooks). Empty without a node.
std::optional<double> coveragePercent(std::size_t alive, std::size_t known, const std::map<std::string, wire::HookReport> &hooks);

/// What is shown while a range is read: every panel with its place, no figure, `have` of `need` parts read (need 0 = not known).
OverviewSnapshot loadingOverview(std::int64_t fromNs, std::int64_t toNs, double have, double need);

/// The one set of formulas. Pure; `revision` is copied into each panel. Each panel is narrowed to as much of the scope as its
/// figure exists for, and says which of it that was not; what is of the whole overview is of all nodes.
OverviewSnapshot computeOverview(const OverviewInput &input, std::uint64_t revision, const Scope &scope = {});

} // namespace tapio::console
