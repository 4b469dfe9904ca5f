// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/core/metrics/queryplot.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "console/core/metrics/storesamples.h"

namespace tapio::console {

namespace {

/// Labels that all series have with one value. Of one series none: nothing needs to be told apart.
std::vector<promql::Label> common(const std::vector<promql::ResultSeries> &series)
{
    if (series.size() < 2)
        return {};
    std::vector<promql::Label> shared = series.front().labels.all();
    for (const promql::ResultSeries &one : series)
        std::erase_if(shared, [&one](const promql::Label &label) { return one.labels.get(label.name) != label.value; });
    return shared;
}

/// Below all others where it has no number.
double largest(const promql::ResultSeries &series) noexcept
{
    double most = -std::numeric_limits<double>::infinity();
    for (const promql::Sample &sample : series.samples) {
        if (std::isfinite(sample.value))
            most = std::max(most, sample.value);
    }
    return most;
}

/// Which are drawn, in their order.
std::vector<std::size_t> drawn(const std::vector<promql::ResultSeries> &series)
{
    std::vector<std::size_t> which(series.size());
    std::iota(which.begin(), which.end(), std::size_t(0));
    if (which.size() <= mostDrawn)
        return which;
    std::vector<double> sizes;
    for (const promql::ResultSeries &one : series)
        sizes.push_back(largest(one));
    const auto end = which.begin() + static_cast<std::ptrdiff_t>(mostDrawn);
    std::partial_sort(which.begin(), end, which.end(),
                      [&sizes](std::size_t a, std::size_t b) { return sizes[a] != sizes[b] ? sizes[a] > sizes[b] : a < b; });
    which.resize(mostDrawn);
    std::sort(which.begin(), which.end());
    return which;
}

} // namespace

std::vector<std::string> seriesNames(const std::vector<promql::ResultSeries> &series)
{
    const std::vector<promql::Label> shared = common(series);
    std::vector<std::string> names;
    for (const promql::ResultSeries &one : series) {
        std::vector<promql::Label> own = one.labels.all();
        std::erase_if(own,
                      [&shared](const promql::Label &label) { return std::find(shared.begin(), shared.end(), label) != shared.end(); });
        const promql::Labels labels(own.empty() ? one.labels.all() : own);
        names.push_back(labels.empty() ? std::string() : labels.text());
    }
    return names;
}

PanelSnapshot queryPlot(const promql::QueryResult &result, const promql::QueryTimes &times)
{
    PanelSnapshot panel;
    panel.state = PanelState::Ready;
    panel.fromNs = storeTimeNs(times.startMs);
    panel.toNs = std::max(storeTimeNs(times.endMs), panel.fromNs + 1);
    panel.bucketNs = storeTimeNs(times.stepMs);
    const std::vector<std::size_t> which = drawn(result.series);
    std::vector<promql::ResultSeries> shown;
    for (const std::size_t index : which)
        shown.push_back(result.series[index]);
    const std::vector<std::string> names = seriesNames(shown);
    for (std::size_t i = 0; i < shown.size(); ++i) {
        PlotSeries series;
        series.key = names[i].empty() ? "value" : shown[i].labels.text(); // which is its name then
        series.label = names[i];
        for (const promql::Sample &sample : shown[i].samples)
            series.points.push_back(
                {storeTimeNs(sample.timeMs), std::isfinite(sample.value) ? sample.value : std::numeric_limits<double>::quiet_NaN()});
        panel.series.push_back(std::move(series));
    }
    return panel;
}

namespace {

SeriesSummary summaryOf(const promql::ResultSeries &series)
{
    SeriesSummary row;
    if (!series.labels.empty())
        row.name = series.labels.text();
    row.samples = series.samples.size();
    row.last = row.least = row.average = row.largest = std::numeric_limits<double>::quiet_NaN();
    double sum = 0;
    for (const promql::Sample &sample : series.samples) {
        row.least = std::fmin(row.least, sample.value); // of a number and none the number
        row.largest = std::fmax(row.largest, sample.value);
        sum += sample.value;
        row.last = sample.value;
    }
    if (row.samples > 0)
        row.average = sum / static_cast<double>(row.samples);
    return row;
}

} // namespace

QueryPicture pictureOf(const promql::QueryResult &result, const promql::QueryTimes &times, bool isRange)
{
    QueryPicture picture;
    if (isRange)
        picture.plot = queryPlot(result, times);
    if (result.type == promql::ValueType::String)
        picture.rows.emplace_back().name = result.text;
    for (const promql::ResultSeries &series : result.series) {
        picture.rows.push_back(summaryOf(series));
        picture.values += series.samples.size();
    }
    return picture;
}

} // namespace tapio::console
