// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/core/metrics/historymodel.h"

#include <algorithm>
#include <array>
#include <unordered_map>

#include "console/core/metrics/proofsreader.h"

namespace tapio::console {

namespace {

constexpr std::int64_t tenSeconds = 10 * nsPerSecond;
constexpr std::int64_t sixtySeconds = 60 * nsPerSecond;
constexpr std::size_t mostVerdicts = 20'000;
constexpr std::int64_t hour = 3600 * nsPerSecond;
/// Counter reports are read in slices so that a day of them is never in memory at once.
constexpr std::int64_t sliceNs = hour;

/// A family of figures and whether each reading matters: a peak must not vanish in a coarse bucket.
struct Family {
    const char *prefix;
    bool everyReading;
};
constexpr std::int64_t longestFineNs = 24 * hour; ///< up to here every reading is read
constexpr std::array<Family, 10> families{{{"receive.", false},
                                           {"loss.", false},
                                           {"latency.", true},
                                           {"clock.", false},
                                           {"queue.", true},
                                           {"attribution.", false},
                                           {"agent.", false},
                                           {"coverage.", false},
                                           {"signal.", false},
                                           {"api.", false}}};

Status takeFigures(Result<std::vector<Figure>> read, FigureMap &figures)
{
    if (!read)
        return fail(read.error());
    for (const Figure &figure : *read)
        figures[figure.name][figure.label].push_back({figure.timeNs, figure.value});
    return {};
}

/// To the second, as the 0 before a rule's first insight is no ten seconds older; of a range of days only the last hour, which the headline counts.
Status readInsights(const StoreReader &reader, OverviewInput &input, std::int64_t fromNs, const std::stop_token &stop)
{
    const bool fine = input.toNs - input.fromNs <= longestFineNs;
    const std::int64_t toNs = input.toNs + 1, hourNs = toNs - hour - sixtySeconds;
    const std::int64_t fineNs = fine ? std::min(fromNs, hourNs) : hourNs;
    if (!fine) {
        auto coarse = reader.figures("insight.", fromNs, toNs, input.figureBucketNs, stop);
        if (coarse)
            std::erase_if(*coarse, [fineNs](const Figure &figure) { return figure.timeNs >= fineNs; });
        if (Status status = takeFigures(std::move(coarse), input.figures); !status)
            return status;
    }
    return takeFigures(reader.figures("insight.", fineNs, toNs, nsPerSecond, stop), input.figures);
}

Status readAllFigures(const StoreReader &reader, OverviewInput &input, std::int64_t fromNs, const std::stop_token &stop,
                      const std::function<void()> &advance)
{
    const std::int64_t toNs = input.toNs + 1; // the last reading of the live view is at its end
    const bool fine = input.toNs - input.fromNs <= longestFineNs;
    for (const Family &family : families) {
        const bool extremes = family.everyReading && !fine;
        const std::int64_t step = family.everyReading && fine ? tenSeconds : input.figureBucketNs;
        auto read = extremes ? reader.figureExtremes(family.prefix, fromNs, toNs, step, stop)
                             : reader.figures(family.prefix, fromNs, toNs, step, stop);
        if (Status status = takeFigures(std::move(read), input.figures); !status)
            return status;
        advance();
    }
    // The pods' figures look an hour back from the end, however long the range is.
    auto pods = reader.figures("pod.", toNs - hour - sixtySeconds, toNs, nsPerSecond, stop);
    if (Status status = takeFigures(std::move(pods), input.figures); !status)
        return status;
    advance();
    if (Status status = readInsights(reader, input, fromNs, stop); !status)
        return status;
    advance();
    return {};
}

Status readCounters(const StoreReader &reader, const OverviewInput &input, std::int64_t fromNs, std::stop_token stop,
                    std::vector<CounterTrack> &tracks, const std::function<void()> &advance)
{
    std::unordered_map<std::string, std::size_t> index;
    for (std::int64_t sliceFrom = fromNs; sliceFrom < input.toNs; sliceFrom += sliceNs) {
        const auto read = reader.counters(sliceFrom, std::min(sliceFrom + sliceNs, input.toNs), stop);
        if (!read)
            return fail(read.error());
        for (const StoreReader::StoredCounters &stored : *read) {
            for (const wire::SourceCounters &source : stored.report.sources) {
                if (!source.countsEvents())
                    continue;
                const auto [entry, fresh] = index.try_emplace(stored.node + '\n' + source.source, tracks.size());
                if (fresh)
                    tracks.push_back({stored.node, source.source, {}});
                auto &readings = tracks[entry->second].readings;
                const CounterTrack::Reading reading{stored.report.timeNs, stored.streamId, source.counters};
                const bool sameBucket = !readings.empty() && readings.back().streamId == stored.streamId
                                        && readings.back().timeNs / input.sampleBucketNs == reading.timeNs / input.sampleBucketNs;
                if (sameBucket)
                    readings.back() = reading;
                else if (readings.empty() || readings.back().timeNs <= reading.timeNs)
                    readings.push_back(reading);
            }
        }
        advance();
    }
    return {};
}

/// What was said after the range does not judge it.
Status readJudged(const StoreReader &reader, OverviewInput &input, const std::stop_token &stop)
{
    auto verdicts = reader.verdicts(mostVerdicts);
    if (!verdicts)
        return fail(verdicts.error());
    std::erase_if(*verdicts, [&input](const Verdict &verdict) { return verdict.timeNs > input.toNs; });
    input.verdicts = VerdictBook(*verdicts);
    auto proofs = readProofs(reader, input.toNs, stop);
    if (!proofs)
        return fail(proofs.error());
    input.proofs = std::move(*proofs);
    return {};
}

} // namespace

Result<StoredNodes> readNodes(const StoreReader &reader, std::int64_t untilNs)
{
    StoredNodes nodes;
    auto agents = reader.agents();
    if (!agents)
        return fail(agents.error());
    nodes.agents = std::move(*agents);
    for (const wire::AgentState &agent : nodes.agents) {
        auto reports = reader.hookReports(agent.node);
        if (!reports)
            return fail(reports.error());
        std::erase_if(*reports, [untilNs](const wire::HookReport &report) { return report.timeNs > untilNs; });
        const auto newest =
            std::max_element(reports->begin(), reports->end(), [](const auto &a, const auto &b) { return a.timeNs < b.timeNs; });
        if (newest != reports->end())
            nodes.hooks[agent.node] = std::move(*newest);
    }
    return nodes;
}

Result<OverviewInput> readHistory(const StoreReader &reader, const HistoryRange &range, std::stop_token stop, const ReadProgress &progress)
{
    OverviewInput input;
    input.fromNs = range.fromNs;
    input.toNs = std::max(range.fromNs, std::min(range.toNs, range.nowNs));
    input.nowNs = range.nowNs;
    const std::int64_t length = input.toNs - input.fromNs;
    input.figureBucketNs = niceBucketNs(length, tenSeconds);
    input.sampleBucketNs = niceBucketNs(length, 5 * nsPerSecond);
    // The first bucket's rate needs the reading before it.
    const std::int64_t fromNs = input.fromNs - std::max(60 * nsPerSecond, 3 * input.figureBucketNs);
    const std::int64_t toNs = input.toNs + 1;

    const std::size_t slices = static_cast<std::size_t>((toNs - fromNs) / sliceNs) + 1;
    const std::size_t parts = families.size() + slices + 6;
    std::size_t done = 0;
    const auto advance = [&] {
        ++done;
        if (progress)
            progress(std::min(done, parts), parts);
    };
    auto nodes = readNodes(reader, input.toNs); // what was reported after the range says nothing of it
    if (!nodes)
        return fail(nodes.error());
    input.agents = std::move(nodes->agents);
    input.hooks = std::move(nodes->hooks);
    advance();
    if (const Status status = readAllFigures(reader, input, fromNs, stop, advance); !status)
        return fail(status.error());
    if (const Status status = readCounters(reader, input, fromNs, stop, input.counters, advance); !status)
        return fail(status.error());
    auto read = reader.seriesAtMost(range.maxSeries, overviewMetrics(), fromNs, toNs, input.sampleBucketNs, stop);
    if (!read)
        return fail(read.error());
    input.series = std::move(read->series);
    input.seriesRefused = read->refused;
    advance();
    auto actions = reader.actions(std::min(input.fromNs, toNs - hour), toNs);
    if (!actions)
        return fail(actions.error());
    input.actions = std::move(*actions);
    advance();
    if (const Status status = readJudged(reader, input, stop); !status)
        return fail(status.error());
    advance();
    if (stop.stop_requested())
        return fail(Errc::Cancelled, "overview");
    return input;
}

} // namespace tapio::console
