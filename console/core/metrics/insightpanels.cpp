// SPDX-License-Identifier: GPL-3.0-or-later
// Panels 13 and 14: insights that are open, and those that are new.
#include <algorithm>
#include <cmath>

#include "console/core/metrics/figurenames.h"
#include "console/core/metrics/panelbuilder.h"

namespace tapio::console {

namespace {

constexpr std::int64_t hour = 3600 * nsPerSecond;
/// Readings of one moment: the store keeps the last of each ten seconds.
constexpr std::int64_t togetherNs = 15 * nsPerSecond;

const Track &trackOf(const PanelContext &context, std::string_view name, std::string_view label)
{
    static const Track none;
    const LabelledTracks &tracks = context.tracks(name);
    const auto track = tracks.find(label);
    return track == tracks.end() ? none : track->second;
}

/// How many agents correlate, where that is the newest of the range; nothing when none does: then nobody counted to 0.
std::optional<PlotPoint> correlatingAgents(const PanelContext &context)
{
    const auto point = newest(trackOf(context, figure::insightAgents, {}), context.endNs, context.staleNs(context.figures));
    const bool inRange = point && point->timeNs >= context.input.fromNs - context.staleNs(context.figures);
    return inRange && point->value > 0 ? point : std::nullopt;
}

/// Why there are no insights to count: nothing was measured, the rules are refused, or nobody looks for any.
void setNotCorrelated(const PanelContext &context, PanelSnapshot &panel)
{
    bool isActive = false;
    std::string refused;
    for (const auto &[node, report] : context.input.hooks) {
        isActive |= correlates(report);
        for (const wire::Hook &hook : report.hooks) {
            if (hook.collector == "correlation" && hook.missing() && refused.empty())
                refused = node + ": " + hook.reason;
        }
    }
    setNoData(context, panel,
              isActive           ? NoDataReason::NoSamplesInRange
              : !refused.empty() ? NoDataReason::SourceUnavailable
                                 : NoDataReason::NotCorrelated);
    if (panel.reason == NoDataReason::SourceUnavailable)
        panel.detail = std::move(refused);
}

std::size_t severityRank(std::string_view name)
{
    std::size_t rank = 0;
    while (rank < static_cast<std::size_t>(wire::Severity::Critical) && wire::severityName(static_cast<wire::Severity>(rank)) != name)
        ++rank;
    return rank;
}

/// Worst first, then the oldest.
std::vector<GroupRow> openGroups(const PanelContext &context, std::int64_t asOfNs)
{
    std::vector<GroupRow> rows;
    for (const auto &[label, track] : context.tracks(figure::insightOpen)) {
        const auto open = newest(track, asOfNs, togetherNs);
        if (!open || open->value <= 0)
            continue;
        const std::size_t split = std::min(label.rfind('|'), label.size());
        const auto age = newest(trackOf(context, figure::insightOldest, label), asOfNs, togetherNs);
        rows.push_back({split < label.size() ? label.substr(split + 1) : "",
                        label.substr(0, split),
                        {},
                        age ? age->timeNs - static_cast<std::int64_t>(age->value) : 0,
                        static_cast<std::uint64_t>(open->value)});
    }
    std::sort(rows.begin(), rows.end(), [](const GroupRow &a, const GroupRow &b) {
        const std::size_t one = severityRank(a.severity), two = severityRank(b.severity);
        return one != two ? one > two : a.sinceNs != b.sinceNs ? a.sinceNs < b.sinceNs : a.title < b.title;
    });
    return rows;
}

/// Open insights in each bucket; 0 where agents correlated and had none. Added up at the moments of the agents' readings, of what was read together
/// with them: a group has no more readings after its end, so a value that is kept for a while would outlive it.
Dense openOverTime(const PanelContext &context)
{
    Track open = trackOf(context, figure::insightAgents, {});
    const std::int64_t fromNs = context.input.fromNs - context.staleNs(context.figures);
    std::erase_if(open, [fromNs](const PlotPoint &point) { return point.timeNs < fromNs; });
    for (PlotPoint &point : open)
        point.value = point.value > 0 ? 0 : noValue;
    for (const auto &[label, track] : context.tracks(figure::insightOpen)) {
        auto next = track.begin();
        for (PlotPoint &point : open) {
            while (next != track.end() && next->timeNs <= point.timeNs)
                ++next;
            if (next != track.begin() && point.timeNs - std::prev(next)->timeNs <= togetherNs)
                point.value += std::prev(next)->value;
        }
    }
    return lastValues(open, context.figures);
}

/// Increase in (fromNs, endNs].
double increaseBetween(const Track &track, std::int64_t fromNs, std::int64_t endNs)
{
    const Track unrolled = unroll(track);
    double base = 0, last = 0;
    for (const PlotPoint &point : unrolled) {
        if (point.timeNs > endNs)
            break;
        last = point.value;
        if (point.timeNs <= fromNs)
            base = point.value;
    }
    return last - base;
}

/// For how much of the hour before endNs some agent correlated.
double measuredNs(const PanelContext &context, std::int64_t endNs)
{
    const TimeGrid grid(endNs - hour, endNs, 60 * nsPerSecond);
    double sum = 0;
    for (const double ns : covered(trackOf(context, figure::insightAgents, {}), grid, endNs))
        sum += std::isnan(ns) ? 0 : ns;
    return std::min(sum, static_cast<double>(hour));
}

void setComputation(PanelSnapshot &panel, double agents) { panel.computation.inputs.push_back({"correlating", agents, Unit::Count, {}}); }

} // namespace

void activeCorrelations(const PanelContext &context, PanelSnapshot &panel)
{
    setRange(panel, context.figures);
    setLosses(context, panel);
    panel.view = GroupsView{};
    panel.computation.formulaKey = "active-correlations";
    const auto agents = correlatingAgents(context);
    if (!agents)
        return setNotCorrelated(context, panel);
    std::vector<GroupRow> rows = openGroups(context, agents->timeNs);
    std::uint64_t open = 0;
    std::int64_t sinceNs = agents->timeNs;
    for (const GroupRow &row : rows) {
        open += row.open;
        sinceNs = row.sinceNs > 0 ? std::min(sinceNs, row.sinceNs) : sinceNs;
        if (std::find(panel.computation.sources.begin(), panel.computation.sources.end(), row.title) == panel.computation.sources.end())
            panel.computation.sources.push_back(row.title);
    }
    setValue(context, panel, {"open", static_cast<double>(open), Unit::Count, {}}, agents->timeNs);
    if (open > 0)
        panel.facts.push_back({"oldest", static_cast<double>(agents->timeNs - sinceNs), Unit::Nanoseconds, {}});
    panel.computation.n = open;
    setComputation(panel, agents->value);
    const double displaced = increaseBetween(trackOf(context, figure::insightDisplaced, {}), context.input.fromNs, agents->timeNs);
    if (displaced > 0)
        panel.computation.inputs.push_back({"displaced", displaced, Unit::Count, {}});
    if (const auto unread = newest(trackOf(context, figure::insightUnread, {}), context.endNs, context.staleNs(context.figures));
        unread && unread->value > 0)
        panel.facts.push_back({"unread", unread->value, Unit::Count, {}});
    panel.series.push_back(makeSeries("open", {}, Unit::Count, openOverTime(context), context.figures));
    panel.view = GroupsView{std::move(rows)};
}

void insightsGenerated(const PanelContext &context, PanelSnapshot &panel)
{
    const TimeGrid grid(context.input.fromNs, context.input.toNs, barBucketNs(context.figures));
    setRange(panel, grid);
    setLosses(context, panel);
    panel.view = BarsView{grid.bucketNs()};
    panel.computation.formulaKey = "insights-generated";
    panel.computation.windowNs = hour;
    const auto agents = correlatingAgents(context);
    if (!agents)
        return setNotCorrelated(context, panel);
    double count = 0, inRange = 0;
    std::vector<Fact> byRule;
    std::vector<Line> lines;
    for (const auto &[rule, track] : context.tracks(figure::insightOpened)) {
        const double ofHour = increaseBetween(track, agents->timeNs - hour, agents->timeNs);
        count += ofHour;
        if (ofHour > 0)
            byRule.push_back({"rule", ofHour, Unit::PerHour, rule});
        Dense bars = increases(unroll(track), grid);
        double drawn = 0;
        for (const double bar : bars)
            drawn += std::isnan(bar) ? 0 : bar;
        inRange += drawn;
        if (drawn > 0)
            lines.push_back({rule, rule, std::move(bars)});
    }
    std::stable_sort(byRule.begin(), byRule.end(), [](const Fact &a, const Fact &b) { return a.value > b.value; });
    setValue(context, panel, {"insights", count, Unit::PerHour, {}}, agents->timeNs);
    panel.facts = {{"in-range", inRange, Unit::Count, {}}};
    panel.facts.insert(panel.facts.end(), byRule.begin(), byRule.end());
    panel.computation.n = static_cast<std::uint64_t>(count);
    setComputation(panel, agents->value);
    panel.computation.inputs.push_back({"elapsed", measuredNs(context, agents->timeNs), Unit::Nanoseconds, {}});
    panel.computation.inputs.insert(panel.computation.inputs.end(), byRule.begin(), byRule.end());
    drawTop(panel, std::move(lines), grid, Unit::Count, true);
}

} // namespace tapio::console
