// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "console/core/metrics/panel.h"
#include "console/core/promql/query.h"

/// What a query came to, to be drawn. Pure; any thread.
namespace tapio::console {

inline constexpr std::size_t mostDrawn = 50; ///< lines that are told apart

/// What each series is called beside the others: what all of them have in common is left out. `unnamed` is for one without labels.
std::vector<std::string> seriesNames(const std::vector<promql::ResultSeries> &series, const std::string &unnamed);

/// How big a series is: its largest number; below all others where it has none.
double largest(const promql::ResultSeries &series) noexcept;

/// The plot of a query over a range of times. Of more than mostDrawn series those that are largest, in the order of the answer. Infinite and no numbers are gaps, for no axis has them; so is a time without a sample. Its buckets are the steps.
PanelSnapshot queryPlot(const promql::QueryResult &result, const promql::QueryTimes &times, const std::string &unnamed);

} // namespace tapio::console
