// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "console/core/promql/budget.h"
#include "console/core/promql/value.h"

/// What binary operators make of two sides; private to console/core/promql.
namespace tapio::promql {

/// Of numbers. A comparison gives 1 or 0.
double arithmetic(BinaryOperator op, double left, double right) noexcept;

/// One number for each step on one side, a vector on the other; `isScalarLeft` says where. Errors: those of mergeSame.
Result<Rows> withScalar(const Binary &binary, Rows rows, const std::vector<double> &scalars, bool isScalarLeft);

/// Of two vectors, by how their series match. Errors: InvalidArgument (several match where one may; two results of one name), those of Budget.
Result<Rows> combined(const Binary &binary, Rows left, Rows right, std::size_t steps, Budget &budget);

} // namespace tapio::promql
