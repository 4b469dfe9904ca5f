// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <iosfwd>

#include <nlohmann/json_fwd.hpp>

#include "console/core/promql/query.h"

/// What a query came to, as text for other programs. Any thread.
namespace tapio::console {

/// As Prometheus's HTTP API has it: {"resultType": "vector", "result": [{"metric": {..}, "value": [seconds, "3"]}]}.
nlohmann::json queryJson(const promql::QueryResult &result);
/// RFC 4180: a row for each sample; its time (RFC 3339, UTC), its value, and a column for each label that any series has.
void writeCsv(std::ostream &out, const promql::QueryResult &result);

} // namespace tapio::console
