// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "console/core/metrics/panel.h"
#include "console/core/promql/query.h"

/// What a query came to, to be drawn. Pure; any thread.
namespace tapio::console {

inline constexpr std::size_t mostDrawn = 50; ///< lines that are told apart

/// What each series is called beside the others: what all of them have in common is left out. Empty: it has no labels.
std::vector<std::string> seriesNames(const std::vector<promql::ResultSeries> &series);

/// The plot of a query over a range of times. Of more than mostDrawn series those with the largest values, in the order of the answer. Infinite and no
/// numbers are gaps, for no axis has them; so is a time without a sample. Its buckets are the steps.
PanelSnapshot queryPlot(const promql::QueryResult &result, const promql::QueryTimes &times);

/// One series in figures; NaN where it has no values.
struct SeriesSummary {
    std::string name; ///< with all its labels; empty = it has none
    double last = 0, least = 0, average = 0, largest = 0;
    std::size_t samples = 0;
};

/// All that a view shows of an answer, so that it need not look at millions of values itself.
struct QueryPicture {
    PanelSnapshot plot;              ///< of a range of times
    std::vector<SeriesSummary> rows; ///< in the order of the answer; a text is a row with a name alone
    std::uint64_t values = 0;
};
QueryPicture pictureOf(const promql::QueryResult &result, const promql::QueryTimes &times, bool isRange);

} // namespace tapio::console
