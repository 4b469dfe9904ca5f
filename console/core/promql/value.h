// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "console/core/promql/expression.h"
#include "console/core/promql/samplesource.h"

/// What an expression comes to at each of the times that were asked for; private to console/core/promql.
namespace tapio::promql {

/// Times of evaluation, at equal distances.
struct Steps {
    std::int64_t startMs = 0;
    std::int64_t stepMs = 1;
    std::size_t count = 1;

    std::int64_t at(std::size_t index) const noexcept { return startMs + static_cast<std::int64_t>(index) * stepMs; }
    std::int64_t last() const noexcept { return at(count - 1); }
};

/// One series' values, one for each step. Where it has none there is the staleness marker, which no arithmetic makes.
struct Row {
    Labels labels;
    std::vector<double> values;
};
inline bool isAbsent(double value) noexcept { return isStale(value); }
inline double absentValue() noexcept { return staleMarker(); }

using Rows = std::vector<Row>;

/// By its type: rows of a vector, one number for each step of a scalar, the text of a string.
struct Value {
    ValueType type = ValueType::Vector;
    Rows rows;
    std::vector<double> scalars;
    std::string text;
};

/// Without those that have no value at all.
void dropEmpty(Rows &rows);
/// Rows of one name become one. Errors: InvalidArgument (two of them have a value at one step).
Status mergeSame(Rows &rows);
/// Errors: InvalidArgument (two rows have one name, at whatever steps).
Status refuseSame(const Rows &rows);

} // namespace tapio::promql
