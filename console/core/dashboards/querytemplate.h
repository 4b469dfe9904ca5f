// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/base/result.h"

/// Variables in queries, written as Grafana has them: $name, ${name}, ${name:regex}. Pure; any thread.
namespace tapio::console {

/// What a variable stands for: one value, or several of which any will do.
struct VariableValue {
    std::vector<std::string> values;
    bool isAll = false;     ///< whatever there is: as a regular expression ".*"; the values are those known
    bool isPattern = false; ///< it stands after =~ or !~, and one value is escaped for that
};

struct TemplateValues {
    std::map<std::string, VariableValue, std::less<>> variables;
    std::int64_t stepMs = 1000; ///< from one value to the next: $__interval
    std::int64_t rangeMs = 0;   ///< from the first to the last: $__range
};

/// The names that a query uses, each once, in order; those that everybody has (__interval ...) as well.
std::vector<std::string> variablesIn(std::string_view expression);
/// Whether it is one that every query has: __interval, __interval_ms, __rate_interval, __range, __range_s, __range_ms.
bool isOfEveryQuery(std::string_view name) noexcept;

/// The query with values instead of variables. One value stands as it is, with quotes and backslashes escaped as in a text of PromQL; several,
/// all, a pattern, and ":regex" stand as a regular expression, each value escaped; ":raw" and ":pipe" as they are, with "|" between.
/// What is escaped is right between double quotes. Errors: NotFound (a variable that is not there), InvalidArgument (a format that is
/// not known, a brace that is not closed).
Result<std::string> filledIn(std::string_view expression, const TemplateValues &values);

/// What $__rate_interval is: long enough that a rate has two samples at each step. Samples are taken to be 15 s apart at most, as Grafana does.
std::int64_t rateIntervalMs(std::int64_t stepMs) noexcept;

} // namespace tapio::console
