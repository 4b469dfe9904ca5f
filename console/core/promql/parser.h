// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string_view>

#include "console/core/promql/expression.h"

namespace tapio::promql {

inline constexpr std::size_t longestQuery = 64 << 10; ///< bytes

/// Reads a query and checks its types, as Prometheus 2.42 does (promql/parser). Pure; any thread.
/// Errors: at which bytes, what is wrong, and whether it is PromQL all the same that a Prometheus server can answer.
Parsed<ExpressionPtr> parseQuery(std::string_view query);

} // namespace tapio::promql
