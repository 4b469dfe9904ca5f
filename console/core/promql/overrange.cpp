// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/core/promql/overrange.h"

#include <algorithm>
#include <limits>
#include <vector>

#include "console/core/promql/arithmetic.h"

namespace tapio::promql {

double quantileOf(double which, std::vector<double> &values)
{
    constexpr double infinity = std::numeric_limits<double>::infinity();
    if (values.empty() || std::isnan(which))
        return std::numeric_limits<double>::quiet_NaN();
    if (which < 0 || which > 1)
        return which < 0 ? -infinity : infinity;
    std::sort(values.begin(), values.end(), [](double a, double b) { return std::isnan(a) ? !std::isnan(b) : a < b; });
    const auto n = static_cast<double>(values.size());
    const double rank = which * (n - 1);
    const double lower = std::max(0.0, std::floor(rank));
    const double upper = std::min(n - 1, lower + 1);
    const double weight = rank - std::floor(rank);
    return values[static_cast<std::size_t>(lower)] * (1 - weight) + values[static_cast<std::size_t>(upper)] * weight;
}

namespace overrange {

namespace {

double seconds(std::int64_t ms) noexcept { return static_cast<double>(ms) / 1000; }

enum class Growth { Rate, Increase, Delta };

/// What the samples grew by, and what they would have if they reached the ends of the window: up to a sample's distance and a tenth,
/// else half of a distance; and a counter no further back than to where it was 0.
bool extrapolated(const Window &window, Growth growth, double &result)
{
    const std::span<const Sample> samples = window.samples;
    if (samples.size() < 2)
        return false;
    const bool isCounter = growth != Growth::Delta;
    const Sample &first = samples.front(), &last = samples.back();
    double grown = last.value - first.value;
    if (isCounter) {
        double before = 0;
        for (const Sample &sample : samples) {
            if (sample.value < before)
                grown += before;
            before = sample.value;
        }
    }
    double toStart = seconds(first.timeMs - window.fromMs);
    const double toEnd = seconds(window.toMs - last.timeMs);
    const double sampled = seconds(last.timeMs - first.timeMs);
    const double distance = sampled / static_cast<double>(samples.size() - 1);
    if (isCounter && grown > 0 && first.value >= 0)
        toStart = std::min(toStart, sampled * (first.value / grown));
    const double threshold = distance * 1.1;
    double interval = sampled;
    interval += toStart < threshold ? toStart : distance / 2;
    interval += toEnd < threshold ? toEnd : distance / 2;
    double factor = interval / sampled;
    if (growth == Growth::Rate)
        factor /= seconds(window.toMs - window.fromMs);
    result = grown * factor;
    return true;
}

bool instant(const Window &window, bool isRate, double &result)
{
    const std::span<const Sample> samples = window.samples;
    if (samples.size() < 2)
        return false;
    const Sample &before = samples[samples.size() - 2], &last = samples.back();
    if (last.timeMs == before.timeMs)
        return false;
    const bool wasReset = isRate && last.value < before.value;
    result = wasReset ? last.value : last.value - before.value;
    if (isRate)
        result /= seconds(last.timeMs - before.timeMs);
    return true;
}

struct Line {
    double slope = 0, intercept = 0;
};

/// Least squares, with times relative to `originMs`.
Line regression(std::span<const Sample> samples, std::int64_t originMs)
{
    CompensatedSum x, y, xy, xx;
    const double firstValue = samples.front().value;
    bool isConstant = true;
    for (const Sample &sample : samples) {
        isConstant = isConstant && sample.value == firstValue;
        const double at = seconds(sample.timeMs - originMs); // both are within what '@' may say: selectorparser.cpp
        x.add(at);
        y.add(sample.value);
        xy.add(at * sample.value);
        xx.add(at * at);
    }
    if (isConstant) {
        constexpr double none = std::numeric_limits<double>::quiet_NaN();
        return std::isinf(firstValue) ? Line{none, none} : Line{0, firstValue};
    }
    const auto n = static_cast<double>(samples.size());
    const double sumX = x.corrected(), sumY = y.corrected();
    const double covariance = xy.corrected() - sumX * sumY / n;
    const double variance = xx.corrected() - sumX * sumX / n;
    const double slope = covariance / variance;
    return {slope, sumY / n - slope * sumX / n};
}

double variance(std::span<const Sample> samples)
{
    double count = 0;
    CompensatedSum mean, squares;
    for (const Sample &sample : samples) {
        ++count;
        const double off = sample.value - mean.corrected();
        mean.add(off / count);
        squares.add(off * (sample.value - mean.corrected()));
    }
    return squares.corrected() / count;
}

double extreme(std::span<const Sample> samples, bool isMaximum)
{
    double found = samples.front().value;
    for (const Sample &sample : samples) {
        if (std::isnan(found) || (isMaximum ? sample.value > found : sample.value < found))
            found = sample.value;
    }
    return found;
}

} // namespace

bool rate(const Window &window, std::span<const double> /*parameters*/, double &result)
{
    return extrapolated(window, Growth::Rate, result);
}
bool increase(const Window &window, std::span<const double> /*parameters*/, double &result)
{
    return extrapolated(window, Growth::Increase, result);
}
bool delta(const Window &window, std::span<const double> /*parameters*/, double &result)
{
    return extrapolated(window, Growth::Delta, result);
}
bool irate(const Window &window, std::span<const double> /*parameters*/, double &result) { return instant(window, true, result); }
bool idelta(const Window &window, std::span<const double> /*parameters*/, double &result) { return instant(window, false, result); }

bool deriv(const Window &window, std::span<const double> /*parameters*/, double &result)
{
    if (window.samples.size() < 2)
        return false;
    // Times near the values' own, so that no digits are lost.
    result = regression(window.samples, window.samples.front().timeMs).slope;
    return true;
}

bool predictLinear(const Window &window, std::span<const double> parameters, double &result)
{
    if (window.samples.size() < 2)
        return false;
    const Line line = regression(window.samples, window.atMs);
    result = line.slope * parameters.front() + line.intercept;
    return true;
}

bool holtWinters(const Window &window, std::span<const double> parameters, double &result)
{
    if (window.samples.size() < 2)
        return false;
    const double smoothing = parameters[0], trend = parameters[1];
    double before = 0, level = window.samples[0].value, slope = window.samples[1].value - window.samples[0].value;
    for (std::size_t i = 1; i < window.samples.size(); ++i) {
        const double scaled = smoothing * window.samples[i].value;
        if (i > 1)
            slope = trend * (level - before) + (1 - trend) * slope;
        const double rest = (1 - smoothing) * (level + slope);
        before = level;
        level = scaled + rest;
    }
    result = level;
    return true;
}

const char *checkHoltWinters(std::span<const double> parameters)
{
    const auto isFactor = [](double factor) { return !(factor <= 0 || factor >= 1); };
    return isFactor(parameters[0]) && isFactor(parameters[1])
               ? nullptr
               : "holt_winters() takes factors between 0 and 1, neither of which they may be";
}

bool changes(const Window &window, std::span<const double> /*parameters*/, double &result)
{
    result = 0;
    double before = window.samples.front().value;
    for (const Sample &sample : window.samples) {
        if (sample.value != before && !(std::isnan(sample.value) && std::isnan(before)))
            ++result;
        before = sample.value;
    }
    return true;
}

bool resets(const Window &window, std::span<const double> /*parameters*/, double &result)
{
    result = 0;
    double before = window.samples.front().value;
    for (const Sample &sample : window.samples) {
        if (sample.value < before)
            ++result;
        before = sample.value;
    }
    return true;
}

bool avg(const Window &window, std::span<const double> /*parameters*/, double &result)
{
    double count = 0;
    CompensatedSum mean;
    for (const Sample &sample : window.samples) {
        ++count;
        if (!isMeanSettled(mean.plain(), sample.value))
            mean.add(sample.value / count - mean.plain() / count);
    }
    result = mean.total();
    return true;
}

bool sum(const Window &window, std::span<const double> /*parameters*/, double &result)
{
    CompensatedSum all;
    for (const Sample &sample : window.samples)
        all.add(sample.value);
    result = all.total();
    return true;
}

bool min(const Window &window, std::span<const double> /*parameters*/, double &result)
{
    result = extreme(window.samples, false);
    return true;
}

bool max(const Window &window, std::span<const double> /*parameters*/, double &result)
{
    result = extreme(window.samples, true);
    return true;
}

bool count(const Window &window, std::span<const double> /*parameters*/, double &result)
{
    result = static_cast<double>(window.samples.size());
    return true;
}

bool last(const Window &window, std::span<const double> /*parameters*/, double &result)
{
    result = window.samples.back().value;
    return true;
}

bool present(const Window & /*window*/, std::span<const double> /*parameters*/, double &result)
{
    result = 1;
    return true;
}

bool stddev(const Window &window, std::span<const double> /*parameters*/, double &result)
{
    result = std::sqrt(variance(window.samples));
    return true;
}

bool stdvar(const Window &window, std::span<const double> /*parameters*/, double &result)
{
    result = variance(window.samples);
    return true;
}

bool quantile(const Window &window, std::span<const double> parameters, double &result)
{
    std::vector<double> values;
    values.reserve(window.samples.size());
    for (const Sample &sample : window.samples)
        values.push_back(sample.value);
    result = quantileOf(parameters.front(), values);
    return true;
}

} // namespace overrange

} // namespace tapio::promql
