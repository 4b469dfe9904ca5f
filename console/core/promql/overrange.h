// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <span>

#include "console/core/promql/functions.h"

/// Functions of one series within a window, as Prometheus 2.42 defines them (promql/functions.go): what is extrapolated, which samples are
/// compensated for rounding, what a NaN does. Pure; private to console/core/promql.
namespace tapio::promql::overrange {

bool rate(const Window &window, std::span<const double> parameters, double &result);
bool increase(const Window &window, std::span<const double> parameters, double &result);
bool delta(const Window &window, std::span<const double> parameters, double &result);
bool irate(const Window &window, std::span<const double> parameters, double &result);
bool idelta(const Window &window, std::span<const double> parameters, double &result);
bool deriv(const Window &window, std::span<const double> parameters, double &result);
bool predictLinear(const Window &window, std::span<const double> parameters, double &result); ///< parameter: seconds ahead
bool holtWinters(const Window &window, std::span<const double> parameters, double &result);   ///< smoothing and trend factor
const char *checkHoltWinters(std::span<const double> parameters);
bool changes(const Window &window, std::span<const double> parameters, double &result);
bool resets(const Window &window, std::span<const double> parameters, double &result);

bool avg(const Window &window, std::span<const double> parameters, double &result);
bool sum(const Window &window, std::span<const double> parameters, double &result);
bool min(const Window &window, std::span<const double> parameters, double &result);
bool max(const Window &window, std::span<const double> parameters, double &result);
bool count(const Window &window, std::span<const double> parameters, double &result);
bool last(const Window &window, std::span<const double> parameters, double &result);
bool present(const Window &window, std::span<const double> parameters, double &result);
bool stddev(const Window &window, std::span<const double> parameters, double &result);
bool stdvar(const Window &window, std::span<const double> parameters, double &result);
bool quantile(const Window &window, std::span<const double> parameters, double &result); ///< parameter: which, 0 to 1

} // namespace tapio::promql::overrange
