// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <algorithm>

#include "console/core/metrics/figurenames.h"
#include "console/core/metrics/overviewinput.h"

namespace tapio::test {

/// Seconds since the beginning of the test's time: 2026-03-01T12:00:00Z, a multiple of every bucket.
inline constexpr std::int64_t startNs = 1'772'366'400 * nsPerSecond;
constexpr std::int64_t at(double seconds) { return startNs + static_cast<std::int64_t>(seconds * 1e9); }

/// An OverviewInput of fifteen minutes, [at(0), at(900)], filled by hand.
struct InputBuilder {
    console::OverviewInput input;

    InputBuilder()
    {
        input.fromNs = at(0);
        input.toNs = input.nowNs = at(900);
        input.figureBucketNs = nsPerSecond;
        input.sampleBucketNs = 5 * nsPerSecond;
    }

    InputBuilder &agent(const std::string &node, bool alive = true)
    {
        wire::AgentState state;
        state.node = node;
        state.streamId = 1;
        state.state = alive ? wire::LinkState::Connected : wire::LinkState::Silent;
        input.agents.push_back(state);
        return figure(console::figure::agentAlive, node, {{900, alive ? 1. : 0.}});
    }

    InputBuilder &figure(std::string_view name, const std::string &label, std::vector<std::pair<double, double>> readings)
    {
        console::Track &track = input.figures[std::string(name)][label];
        for (const auto &[seconds, value] : readings)
            track.push_back({at(seconds), value});
        return *this;
    }

    /// A reading each `step` seconds in [from, to]: start + perSecond * (t - from).
    InputBuilder &ramp(std::string_view name, const std::string &label, double from, double to, double step, double start, double perSecond)
    {
        for (double t = from; t <= to; t += step)
            figure(name, label, {{t, start + perSecond * (t - from)}});
        return *this;
    }

    static wire::Origin host() { return cgroup("/"); }
    static wire::Origin cgroup(const std::string &path)
    {
        wire::Origin origin;
        origin.cgroupPath = path;
        return origin;
    }
    static wire::Origin pod(const std::string &name, const std::string &container = {})
    {
        wire::Origin origin = cgroup("/kubepods/pod-" + name + (container.empty() ? "" : "/" + container));
        origin.podUid = "uid-" + name;
        origin.podName = name;
        origin.namespaceName = "shop";
        origin.containerId = container;
        origin.containerName = container.empty() ? "" : "app";
        return origin;
    }

    /// One sample each five seconds in [from, to].
    InputBuilder &samples(const std::string &node, wire::Metric metric, const wire::Origin &origin, double from, double to, double start,
                          double perSecond, const std::string &label = {})
    {
        console::SeriesData data{{node, metric, origin, label}, {}};
        for (double t = from; t <= to; t += 5) {
            const auto value = static_cast<std::int64_t>(start + perSecond * (t - from));
            data.buckets.push_back({at(t), 1, value, value, value, value, at(t), at(t)});
        }
        input.series.push_back(std::move(data));
        return *this;
    }

    /// Counters that grow steadily: one reading each five seconds in [from, to].
    InputBuilder &counters(const std::string &node, const std::string &source, std::vector<std::pair<Counter, double>> perSecond,
                           double from = 0, double to = 900)
    {
        console::CounterTrack track{node, source, {}};
        for (double t = from; t <= to; t += 5) {
            CounterSet set;
            for (const auto &[counter, rate] : perSecond)
                set[counter] = static_cast<std::uint64_t>(rate * (t - from));
            track.readings.push_back({at(t), 1, set});
        }
        input.counters.push_back(std::move(track));
        return *this;
    }

    InputBuilder &hooks(const std::string &node, std::vector<std::pair<wire::HookState, std::string>> states)
    {
        wire::HookReport report;
        for (const auto &[state, reason] : states)
            report.hooks.push_back({"tcp", "hook-" + std::to_string(report.hooks.size()), state, "tp_btf", reason, 0, 0});
        input.hooks[node] = report;
        return *this;
    }

    console::PanelSnapshot panel(console::PanelId id) const
    {
        return console::computeOverview(input, 1).panels[static_cast<std::size_t>(id)];
    }
    console::GroupSummary group(std::size_t index) const { return console::computeOverview(input, 1).groups[index]; }
};

inline const console::Fact *fact(const console::PanelSnapshot &panel, std::string_view key, std::string_view label = {})
{
    const auto found = std::find_if(panel.facts.begin(), panel.facts.end(),
                                    [&](const console::Fact &each) { return each.key == key && (label.empty() || each.label == label); });
    return found == panel.facts.end() ? nullptr : &*found;
}

inline const console::PlotSeries *series(const console::PanelSnapshot &panel, std::string_view key)
{
    const auto found =
        std::find_if(panel.series.begin(), panel.series.end(), [&](const console::PlotSeries &each) { return each.key == key; });
    return found == panel.series.end() ? nullptr : &*found;
}

} // namespace tapio::test
