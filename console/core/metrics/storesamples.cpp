// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/core/metrics/storesamples.h"

#include <algorithm>
#include <array>
#include <limits>
#include <map>
#include <unordered_map>

#include "console/core/metrics/metricnames.h"

namespace tapio::console {

namespace {

/// The last millisecond of a selection is in it, whole.
std::int64_t fromNs(const promql::Selection &selection) { return storeTimeNs(selection.fromMs); }
std::int64_t toNs(const promql::Selection &selection) { return storeTimeNs(selection.toMs + 1); }

bool mayBeNamed(const promql::Selection &selection, const std::vector<std::string> &names)
{
    if (names.empty())
        return true; // not known before the series is
    return std::any_of(names.begin(), names.end(), [&](const std::string &name) {
        return std::all_of(selection.matchers.begin(), selection.matchers.end(),
                           [&](const promql::Matcher &one) { return one.name() != promql::metricName || one.matches(name); });
    });
}

/// Readings of one millisecond are one sample: the last.
void append(std::vector<promql::Sample> &samples, std::int64_t timeNs, double value)
{
    const std::int64_t timeMs = timeNs / nsPerMs - (timeNs % nsPerMs < 0 ? 1 : 0);
    if (!samples.empty() && samples.back().timeMs == timeMs)
        samples.back().value = value;
    else
        samples.push_back({timeMs, value});
}

/// The buckets of one histogram, each counted by itself.
using Buckets = std::array<std::vector<StoredReading>, wire::histogramBuckets>;

/// At each time at which any bucket was read: how many are in it and in those below. They are read together; one that was not has counted nothing.
std::array<std::vector<promql::Sample>, wire::histogramBuckets> cumulative(const Buckets &buckets)
{
    std::map<std::int64_t, std::array<double, wire::histogramBuckets>> byTime;
    for (std::size_t bucket = 0; bucket < buckets.size(); ++bucket) {
        for (const StoredReading &reading : buckets[bucket])
            byTime[reading.timeNs][bucket] = reading.value;
    }
    std::array<std::vector<promql::Sample>, wire::histogramBuckets> out;
    for (const auto &[timeNs, counts] : byTime) {
        double sum = 0;
        for (std::size_t bucket = 0; bucket < counts.size(); ++bucket) {
            sum += counts[bucket];
            append(out[bucket], timeNs, sum);
        }
    }
    return out;
}

} // namespace

std::int64_t storeTimeNs(std::int64_t timeMs) noexcept
{
    constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max() / nsPerMs;
    return std::clamp(timeMs, -most, most) * nsPerMs;
}

Status StoreSamples::select(const promql::Selection &selection, const Take &take, std::stop_token stop) const
{
    bool isEnough = false;
    for (const SeriesKind kind : {SeriesKind::Sample, SeriesKind::SourceCounter, SeriesKind::RuleCounter, SeriesKind::Figure}) {
        if (Status status = selectPlain(kind, selection, take, isEnough, stop); !status || isEnough)
            return status;
    }
    return selectHistograms(selection, take, isEnough, stop);
}

Status StoreSamples::selectPlain(SeriesKind kind, const promql::Selection &selection, const Take &take, bool &isEnough,
                                 std::stop_token stop) const
{
    const auto wanted = [&](const StoredSeries &series) {
        return mayBeNamed(selection, namesOf(kind, series.code)) && promql::matchesAll(selection.matchers, nameSeries(series).labels);
    };
    std::vector<promql::Sample> samples;
    return m_reader.eachSeries(
        kind, wanted, fromNs(selection), toNs(selection),
        [&](const StoredSeries &series, const std::vector<StoredReading> &readings) {
            const NamedSeries named = nameSeries(series);
            samples.clear();
            for (const StoredReading &reading : readings)
                append(samples, reading.timeNs, reading.value / named.divisor);
            isEnough = !take(named.labels, samples);
            return !isEnough;
        },
        std::move(stop));
}

/// A bucket is of use with those below it, so all of a histogram's are read before any is taken.
Status StoreSamples::selectHistograms(const promql::Selection &selection, const Take &take, bool &isEnough, std::stop_token stop) const
{
    const auto wanted = [&](const StoredSeries &series) {
        if (!mayBeNamed(selection, namesOf(series.kind, series.code)))
            return false;
        const promql::Labels labels = nameSeries(series).labels;
        return std::all_of(selection.matchers.begin(), selection.matchers.end(),
                           [&](const promql::Matcher &one) { return one.name() == "le" || one.matches(labels.get(one.name())); });
    };
    std::unordered_map<promql::Labels, Buckets> histograms;
    const auto keep = [&](const StoredSeries &series, const std::vector<StoredReading> &readings) {
        histograms[nameSeries(series).labels.without("le")][std::min<std::size_t>(series.bucket, wire::histogramBuckets - 1)] = readings;
        return true;
    };
    if (Status status = m_reader.eachSeries(SeriesKind::HistogramBucket, wanted, fromNs(selection), toNs(selection), keep, std::move(stop));
        !status)
        return status;
    for (const auto &[labels, buckets] : histograms) {
        const auto sums = cumulative(buckets);
        for (std::size_t bucket = 0; bucket < sums.size(); ++bucket) {
            const promql::Labels named = labels.with("le", histogramBounds()[bucket]);
            if (sums[bucket].empty() || !promql::matchesAll(selection.matchers, named))
                continue;
            isEnough = !take(named, sums[bucket]);
            if (isEnough)
                return {};
        }
    }
    return {};
}

} // namespace tapio::console
