// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <vector>

#include "console/core/promql/value.h"

namespace tapio::promql {

/// histogram_quantile() of rows of buckets, whose label "le" is their upper bound; `which` has one number for each step. Rows whose bound is no
/// number are left out. promql/quantile.go of Prometheus 2.42. Private to console/core/promql.
Rows histogramQuantiles(const Rows &buckets, const std::vector<double> &which);

} // namespace tapio::promql
