// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "console/core/promql/query.h"

namespace tapio::test {

/// Where the made-up samples lie: 2026-01-01T00:00:00Z, three hours of them.
inline constexpr std::int64_t madeFromMs = 1'767'225'600'000, madeToMs = madeFromMs + 3 * 3'600'000;

/// Series of each kind that queries meet: counters that begin anew, gauges with NaN and infinities, gaps, a series that ends, histograms, times
/// that are not quite regular. The same for the same seed. Times are multiples of 250 ms: others are cut by the text format they travel in.
std::vector<promql::ResultSeries> madeSeries(std::uint32_t seed);

/// Queries of these series, all that PromQL can say, by chance: most are answered, some are refused.
class QueryGenerator {
public:
    explicit QueryGenerator(std::uint32_t seed) : m_random(seed) {}
    std::string next() { return vector(3); }

private:
    std::uint32_t below(std::uint32_t count) { return static_cast<std::uint32_t>(m_random() % count); }
    bool chance(std::uint32_t percent) { return below(100) < percent; }
    template <std::size_t N> const char *one(const char *const (&all)[N]) { return all[below(N)]; }

    std::string selector();
    std::string modifiers();
    std::string range();
    std::string matrix(int depth);
    std::string scalar(int depth);
    std::string vector(int depth);
    std::string aggregation(int depth);
    std::string binary(int depth);
    std::string matching();
    std::string overRange(int depth);
    std::string function(int depth);
    std::string labels();

    std::mt19937 m_random;
};

} // namespace tapio::test
