// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "console/core/promql/query.h"

/// What a Prometheus-compatible server answers (prometheus.io/docs/prometheus/2.42/querying/api), from any bytes. Pure.
namespace tapio::console {

struct PrometheusAnswer {
    promql::QueryResult result;
    std::vector<std::string> warnings; ///< at most mostWarnings of the server's, and two of what is missing
    std::string errorType, error;      ///< both empty: it is a success
};

inline constexpr std::size_t mostWarnings = 16;

/// No tree is made of it: it costs the memory of its samples. Native histograms are left out, with a warning that says how many series have
/// some. Errors: Malformed (no JSON, or another one, with its place: "data.result[3].values[17]: ..."), NoSpace (more than `mostSamples`).
Result<PrometheusAnswer> readPrometheusAnswer(std::string_view json, std::size_t mostSamples);

} // namespace tapio::console
