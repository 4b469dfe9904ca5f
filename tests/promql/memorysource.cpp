// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/promql/memorysource.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <sstream>

#include "console/core/promql/numbertext.h"
#include "console/core/promql/parser.h"

namespace tapio::test {

using namespace promql;

namespace {

[[noreturn]] void refuse(const std::string &what)
{
    std::fprintf(stderr, "the test's own series cannot be read: %s\n", what.c_str());
    std::abort();
}

Labels labelsOf(const std::string &selector)
{
    const auto parsed = parseQuery(selector);
    const auto *vector = parsed ? (*parsed)->as<VectorSelector>() : nullptr;
    if (vector == nullptr)
        refuse(selector);
    std::vector<Label> labels;
    for (const Matcher &one : vector->matchers)
        labels.push_back({one.name(), one.value()});
    return Labels(std::move(labels));
}

double number(const std::string &text)
{
    const auto value = text == "stale" ? staleMarker() : readNumber(text);
    if (!value)
        refuse(text);
    return *value;
}

/// "0+10x5", "7x3" or one value.
void append(const std::string &word, std::int64_t stepMs, std::int64_t &atMs, std::vector<Sample> &samples)
{
    const std::size_t times = word.find('x');
    const std::string expression = word.substr(0, times);
    const std::size_t sign = expression.find_first_of("+-", 1);
    const bool isRising = times != std::string::npos && sign != std::string::npos;
    const double first = number(isRising ? expression.substr(0, sign) : expression);
    const double rise = isRising ? number(expression.substr(sign)) : 0;
    const int more = times == std::string::npos ? 0 : std::atoi(word.c_str() + times + 1);
    for (int i = 0; i <= more; ++i) {
        samples.push_back({atMs, isRising ? first + rise * i : first});
        atMs += stepMs;
    }
}

} // namespace

MemorySource::MemorySource(std::string_view lines, std::int64_t stepMs)
{
    std::istringstream all{std::string(lines)};
    for (std::string line; std::getline(all, line);) {
        if (line.find_first_not_of(' ') == std::string::npos)
            continue;
        const std::size_t brace = line.find('}');
        const std::size_t split = line.find(' ', brace == std::string::npos ? line.find_first_not_of(' ') : brace);
        ResultSeries series{labelsOf(line.substr(0, split)), {}};
        std::istringstream words(split == std::string::npos ? std::string() : line.substr(split));
        std::int64_t atMs = 0;
        for (std::string word; words >> word;) {
            if (word == "_")
                atMs += stepMs;
            else
                append(word, stepMs, atMs, series.samples);
        }
        m_series.push_back(std::move(series));
    }
}

Status MemorySource::select(const Selection &selection, const Take &take, std::stop_token stop) const
{
    for (const ResultSeries &series : m_series) {
        if (stop.stop_requested())
            return fail(Errc::Cancelled, "the query was cancelled");
        if (!matchesAll(selection.matchers, series.labels))
            continue;
        const auto before = [](const Sample &sample, std::int64_t timeMs) { return sample.timeMs < timeMs; };
        const auto after = [](std::int64_t timeMs, const Sample &sample) { return timeMs < sample.timeMs; };
        const auto from = std::lower_bound(series.samples.begin(), series.samples.end(), selection.fromMs, before);
        const auto to = std::upper_bound(from, series.samples.end(), selection.toMs, after);
        if (from != to && !take(series.labels, {from, to}))
            break;
    }
    return {};
}

std::string text(const QueryResult &result)
{
    if (result.type == ValueType::String)
        return result.text;
    std::string all;
    for (const ResultSeries &series : result.series) {
        all += (all.empty() ? "" : "\n") + series.labels.text();
        for (const Sample &sample : series.samples) {
            all += " " + numberText(sample.value);
            if (result.type == ValueType::Matrix)
                all += "@" + numberText(static_cast<double>(sample.timeMs) / 1000);
        }
    }
    return all;
}

} // namespace tapio::test
