// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <iosfwd>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "console/core/metrics/export.h"
#include "console/core/metrics/verdictbook.h"

/// Insights as text for other programs, as export.h has events. Any thread.
namespace tapio::console {

/// With its chain, and with the verdict in force and all that were given; times as RFC 3339, null where not known.
nlohmann::json insightJson(const InsightView &view, const VerdictBook &verdicts);
nlohmann::json verdictJson(const Verdict &verdict);

/// RFC 4180: a header row, then one row per insight. An empty cell is "not known", or "no verdict".
void writeInsightCsvHeader(std::ostream &out, const CsvOptions &options = {});
/// `state`: see stateWord().
void writeInsightCsv(std::ostream &out, const InsightView &view, const VerdictBook &verdicts, std::string_view state,
                     const CsvOptions &options = {});

} // namespace tapio::console
