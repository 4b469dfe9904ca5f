// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "console/core/dashboards/dashboard.h"
#include "protocol/base/result.h"

/// Dashboards of Grafana, as it exports them ("dashboard JSON model", schemaVersion 16 of 2018 and later), and back. Pure; any thread.
/// Source: grafana.com/docs/grafana/latest/dashboards/build-dashboards/view-dashboard-json-model, and the panels' own options in its packages/grafana-schema.
namespace tapio::console {

inline constexpr std::size_t mostGrafanaBytes = 16u << 20;

/// What came of one, and what did not: each a sentence that names the panel or variable.
struct Carried {
    Dashboard dashboard;
    std::vector<std::string> left;
};
/// `source`: of console.toml, whom its queries are to be asked of; empty: the store. Errors: Malformed (no JSON, no dashboard, of a Grafana before 5,
/// none of its panels can be carried over), NoSpace (larger than mostGrafanaBytes, or more than mostPanels).
Result<Carried> fromGrafana(std::string_view json, const std::string &source);

/// As Grafana imports it: it asks for the Prometheus that the queries are for.
struct GrafanaText {
    std::string json;
    std::vector<std::string> left;
};
GrafanaText toGrafana(const Dashboard &dashboard);

} // namespace tapio::console
