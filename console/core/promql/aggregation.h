// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "console/core/promql/budget.h"
#include "console/core/promql/value.h"

namespace tapio::promql {

/// What an aggregation makes of rows; `parameter` has one number for each step, or is empty. Of topk and bottomk at a single step the rows
/// come by rank. Private to console/core/promql. Errors: InvalidArgument (a k that is no whole number), those of Budget.
Result<Rows> aggregated(const Aggregate &aggregate, const Rows &rows, const std::vector<double> &parameter, std::size_t steps,
                        Budget &budget);

} // namespace tapio::promql
