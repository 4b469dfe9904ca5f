// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "console/core/metrics/panel.h"
#include "console/core/promql/query.h"

/// What a query came to, to be drawn. Pure; any thread.
namespace tapio::console {

inline constexpr std::size_t mostDrawn = 50; ///< lines that are told apart

/// What each series is called beside the others: what all of them have in common is left out. Empty: it has no labels.
std::vector<std::string> seriesNames(const std::vector<promql::ResultSeries> &series);

/// "{{pod}} of {{node}}" of one series; a label that it has not is left out.
std::string legendOf(std::string_view pattern, const promql::Labels &labels);

/// How an answer is drawn.
struct PictureStyle {
    enum class Shape : std::uint8_t { Lines, Areas, Stack, Bars, Heat };
    Shape shape = Shape::Lines;
    std::string legend;     ///< a pattern of legendOf; empty: what tells the series apart
    Unit unit = Unit::None; ///< of the values, once they are multiplied
    double factor = 1;
};

/// The plot of a query over a range of times. Of more than mostDrawn series those with the largest values, in the order of the answer. Infinite and no
/// numbers are gaps, for no axis has them; so is a time without a sample. Its buckets are the steps.
/// Bars, and the columns of a heat map, are of the step that ends at their time; rows of a heat map are between the bounds of "le", of which the last,
/// "+Inf", has its twice.
PanelSnapshot queryPlot(const promql::QueryResult &result, const promql::QueryTimes &times, const PictureStyle &style = {});

/// One series in figures; NaN where it has no values.
struct SeriesSummary {
    std::string name; ///< with all its labels, or as the legend has it; empty = it has none
    double last = 0, least = 0, average = 0, largest = 0;
    std::size_t samples = 0;
    std::int64_t lastMs = 0; ///< when `last` was; UTC
};

/// All that a view shows of an answer, so that it need not look at millions of values itself.
struct QueryPicture {
    PanelSnapshot plot;              ///< of a range of times
    std::vector<SeriesSummary> rows; ///< in the order of the answer; a text is a row with a name alone
    std::uint64_t values = 0;
};
QueryPicture pictureOf(const promql::QueryResult &result, const promql::QueryTimes &times, bool isRange, const PictureStyle &style = {});

} // namespace tapio::console
