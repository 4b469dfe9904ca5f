// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/core/metrics/queryplot.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>

#include "console/core/metrics/storesamples.h"
#include "console/core/promql/numbertext.h"

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

std::string legendOf(std::string_view pattern, const promql::Labels &labels)
{
    std::string text;
    while (!pattern.empty()) {
        const std::size_t begin = pattern.find("{{");
        const std::size_t end = begin == std::string_view::npos ? begin : pattern.find("}}", begin);
        if (end == std::string_view::npos)
            break;
        text += pattern.substr(0, begin);
        std::string_view name = pattern.substr(begin + 2, end - begin - 2);
        while (name.starts_with(' '))
            name.remove_prefix(1);
        while (name.ends_with(' '))
            name.remove_suffix(1);
        text += labels.get(name);
        pattern.remove_prefix(end + 2);
    }
    return text += pattern;
}

namespace {

using Shape = PictureStyle::Shape;

double drawnValue(double value, double factor) { return std::isfinite(value) ? value * factor : std::numeric_limits<double>::quiet_NaN(); }

PlotSeries lineOf(const promql::ResultSeries &from, const PictureStyle &style, std::int64_t stepNs)
{
    PlotSeries series;
    series.unit = style.unit;
    series.stacked = style.shape == Shape::Stack;
    series.filled = style.shape == Shape::Areas;
    const std::int64_t back = style.shape == Shape::Bars ? stepNs : 0;
    for (const promql::Sample &sample : from.samples)
        series.points.push_back({storeTimeNs(sample.timeMs) - back, drawnValue(sample.value, style.factor)});
    return series;
}

constexpr std::size_t mostBounds = 100; ///< more are no more to see

/// How many are at most at each bound, which a histogram of Prometheus counts: so one of them says nothing of those before it, and may be left out.
using Bounded = std::map<double, std::vector<const promql::ResultSeries *>>;

Bounded byBound(const std::vector<promql::ResultSeries> &series)
{
    Bounded bounded;
    for (const promql::ResultSeries &one : series) {
        if (const auto bound = promql::readNumber(one.labels.get("le")); bound && *bound > 0)
            bounded[*bound].push_back(&one);
    }
    const std::size_t oneOf = (bounded.size() + mostBounds - 1) / mostBounds;
    std::size_t number = bounded.size();
    std::erase_if(bounded, [&](const auto &) { return oneOf > 1 && --number % oneOf != 0; }); // the last one stays
    return bounded;
}

HeatView heatOf(const std::vector<promql::ResultSeries> &series, const PictureStyle &style, std::int64_t stepNs)
{
    HeatView heat;
    std::map<std::int64_t, std::vector<double>> upTo; // by time, one for each bound
    const Bounded bounded = byBound(series);
    heat.boundsNs.push_back(0);
    for (const auto &[bound, all] : bounded) {
        const std::size_t row = heat.boundsNs.size() - 1;
        heat.boundsNs.push_back(std::isinf(bound) ? 2 * heat.boundsNs.back() : bound * style.factor);
        for (const promql::ResultSeries *one : all) {
            for (const promql::Sample &sample : one->samples) {
                std::vector<double> &counts = upTo[sample.timeMs];
                counts.resize(bounded.size(), 0);
                counts[row] += std::isfinite(sample.value) ? sample.value : 0;
            }
        }
    }
    for (const auto &[timeMs, counts] : upTo) {
        HeatColumn column{storeTimeNs(timeMs) - stepNs, {}};
        double below = 0;
        for (const double count : counts) { // what was extrapolated is no whole number
            column.counts.push_back(static_cast<std::uint64_t>(std::llround(std::clamp(count - below, 0., 1e18))));
            below = std::max(below, count);
        }
        heat.columns.push_back(std::move(column));
    }
    return heat;
}

} // namespace

PanelSnapshot queryPlot(const promql::QueryResult &result, const promql::QueryTimes &times, const PictureStyle &style)
{
    PanelSnapshot panel;
    panel.state = PanelState::Ready;
    panel.seriesTotal = result.series.size() > mostDrawn ? result.series.size() : 0;
    panel.fromNs = storeTimeNs(times.startMs);
    panel.toNs = std::max(storeTimeNs(times.endMs), panel.fromNs + 1);
    panel.bucketNs = storeTimeNs(times.stepMs);
    if (style.shape == Shape::Heat) {
        panel.seriesTotal = 0;
        panel.view = heatOf(result.series, style, panel.bucketNs);
        return panel;
    }
    if (style.shape == Shape::Bars)
        panel.view = BarsView{panel.bucketNs};
    const std::vector<std::size_t> which = drawn(result.series);
    std::vector<promql::ResultSeries> shown;
    for (const std::size_t index : which)
        shown.push_back(result.series[index]);
    const std::vector<std::string> names = seriesNames(shown);
    for (std::size_t i = 0; i < shown.size(); ++i) {
        PlotSeries series = lineOf(shown[i], style, panel.bucketNs);
        series.key = names[i].empty() ? "value" : shown[i].labels.text(); // which is its name then
        series.label = legendOf(style.legend, shown[i].labels);
        if (series.label.empty())
            series.label = names[i];
        panel.series.push_back(std::move(series));
    }
    return panel;
}

namespace {

SeriesSummary summaryOf(const promql::ResultSeries &series, const PictureStyle &style)
{
    SeriesSummary row;
    row.name = legendOf(style.legend, series.labels);
    if (row.name.empty() && !series.labels.empty())
        row.name = series.labels.text();
    row.samples = series.samples.size();
    row.last = row.least = row.average = row.largest = std::numeric_limits<double>::quiet_NaN();
    double sum = 0;
    for (const promql::Sample &sample : series.samples) {
        row.least = std::fmin(row.least, sample.value); // of a number and none the number
        row.largest = std::fmax(row.largest, sample.value);
        sum += sample.value;
        row.last = sample.value;
        row.lastMs = sample.timeMs;
    }
    if (row.samples > 0)
        row.average = sum / static_cast<double>(row.samples);
    for (double *figure : {&row.last, &row.least, &row.average, &row.largest})
        *figure *= style.factor;
    return row;
}

} // namespace

QueryPicture pictureOf(const promql::QueryResult &result, const promql::QueryTimes &times, bool isRange, const PictureStyle &style)
{
    QueryPicture picture;
    if (isRange)
        picture.plot = queryPlot(result, times, style);
    if (result.type == promql::ValueType::String)
        picture.rows.emplace_back().name = result.text;
    for (const promql::ResultSeries &series : result.series) {
        picture.rows.push_back(summaryOf(series, style));
        picture.values += series.samples.size();
    }
    return picture;
}

} // namespace tapio::console
