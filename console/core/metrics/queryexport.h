// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <iosfwd>

#include <nlohmann/json_fwd.hpp>

#include "console/core/promql/query.h"

/// What a query came to, as text for other programs. Any thread.
namespace tapio::console {

/// A query's time as the store's; those beyond what 64 bits of nanoseconds hold are the nearest that they do.
std::int64_t nanoseconds(std::int64_t timeMs) noexcept;

/// As Prometheus's HTTP API has it: {"resultType": "vector", "result": [{"metric": {..}, "value": [seconds, "3"]}]}.
nlohmann::json queryJson(const promql::QueryResult &result);
/// RFC 4180: a row for each sample; its time (RFC 3339, UTC), its value, and a column for each label that any series has.
void writeCsv(std::ostream &out, const promql::QueryResult &result);

} // namespace tapio::console
