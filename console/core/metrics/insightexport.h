// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <iosfwd>
#include <optional>
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
/// What is said of an insight beside what was told of it.
struct InsightStanding {
    std::string_view state; ///< see stateWord()
    std::optional<std::uint64_t> under =
        {}; ///< id of the one that it stands under: see groupByCause(); none where it is the first or alone
};
void writeInsightCsv(std::ostream &out, const InsightView &view, const VerdictBook &verdicts, const InsightStanding &standing,
                     const CsvOptions &options = {});
/// With "state", and "under".
nlohmann::json insightJson(const InsightView &view, const VerdictBook &verdicts, const InsightStanding &standing);

} // namespace tapio::console
