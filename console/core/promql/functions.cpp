// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/core/promql/functions.h"

#include <algorithm>

#include "console/core/promql/ofvalue.h"
#include "console/core/promql/overrange.h"

/// What functions PromQL has, and their arguments: promql/parser/functions.go of Prometheus 2.42.
namespace tapio::promql {

namespace {

constexpr ValueType S = ValueType::Scalar, V = ValueType::Vector, M = ValueType::Matrix, T = ValueType::String;

constexpr Function over(std::string_view name, RangeFunction function, bool keepsName = false)
{
    return {name, FunctionKind::OverRange, {M}, 1, 0, V, function, nullptr, nullptr, false, keepsName};
}
constexpr Function each(std::string_view name, ValueFunction function)
{
    return {name, FunctionKind::OfValue, {V}, 1, 0, V, nullptr, function, nullptr, false, false};
}
constexpr Function ofTime(std::string_view name, ValueFunction function)
{
    return {name, FunctionKind::OfTime, {V}, 1, 1, V, nullptr, function, nullptr, false, false};
}
constexpr Function special(std::string_view name, FunctionKind kind, std::array<ValueType, 5> arguments, std::uint8_t count,
                           std::int8_t optional = 0, ValueType returns = V)
{
    return {name, kind, arguments, count, optional, returns, nullptr, nullptr, nullptr, false, false};
}
constexpr Function beyond(std::string_view name, std::array<ValueType, 5> arguments, std::uint8_t count)
{
    return special(name, FunctionKind::NeedsPrometheus, arguments, count);
}

using K = FunctionKind;
constexpr std::array functions{
    each("abs", ofvalue::abs),
    special("absent", K::Absent, {V}, 1),
    special("absent_over_time", K::AbsentOverTime, {M}, 1),
    each("acos", ofvalue::acos),
    each("acosh", ofvalue::acosh),
    each("asin", ofvalue::asin),
    each("asinh", ofvalue::asinh),
    each("atan", ofvalue::atan),
    each("atanh", ofvalue::atanh),
    over("avg_over_time", overrange::avg),
    each("ceil", ofvalue::ceil),
    over("changes", overrange::changes),
    Function{"clamp", K::Clamp, {V, S, S}, 3, 0, V, nullptr, ofvalue::clamp, nullptr, false, false},
    Function{"clamp_max", K::OfValue, {V, S}, 2, 0, V, nullptr, ofvalue::clampMax, nullptr, false, false},
    Function{"clamp_min", K::OfValue, {V, S}, 2, 0, V, nullptr, ofvalue::clampMin, nullptr, false, false},
    each("cos", ofvalue::cos),
    each("cosh", ofvalue::cosh),
    over("count_over_time", overrange::count),
    ofTime("day_of_month", ofvalue::dayOfMonth),
    ofTime("day_of_week", ofvalue::dayOfWeek),
    ofTime("day_of_year", ofvalue::dayOfYear),
    ofTime("days_in_month", ofvalue::daysInMonth),
    each("deg", ofvalue::degrees),
    over("delta", overrange::delta),
    over("deriv", overrange::deriv),
    each("exp", ofvalue::exp),
    each("floor", ofvalue::floor),
    beyond("histogram_count", {V}, 1),
    beyond("histogram_fraction", {S, S, V}, 3),
    special("histogram_quantile", K::HistogramQuantile, {S, V}, 2),
    beyond("histogram_sum", {V}, 1),
    Function{"holt_winters", K::OverRange, {M, S, S}, 3, 0, V, overrange::holtWinters, nullptr, overrange::checkHoltWinters, false, false},
    ofTime("hour", ofvalue::hour),
    over("idelta", overrange::idelta),
    over("increase", overrange::increase),
    over("irate", overrange::irate),
    special("label_join", K::LabelJoin, {V, T, T, T}, 4, -1),
    special("label_replace", K::LabelReplace, {V, T, T, T, T}, 5),
    over("last_over_time", overrange::last, true),
    each("ln", ofvalue::ln),
    each("log10", ofvalue::log10),
    each("log2", ofvalue::log2),
    over("max_over_time", overrange::max),
    over("min_over_time", overrange::min),
    ofTime("minute", ofvalue::minute),
    ofTime("month", ofvalue::month),
    special("pi", K::Pi, {}, 0, 0, S),
    Function{"predict_linear", K::OverRange, {M, S}, 2, 0, V, overrange::predictLinear, nullptr, nullptr, true, false},
    over("present_over_time", overrange::present),
    Function{"quantile_over_time", K::OverRange, {S, M}, 2, 0, V, overrange::quantile, nullptr, nullptr, false, false},
    each("rad", ofvalue::radians),
    over("rate", overrange::rate),
    over("resets", overrange::resets),
    Function{"round", K::OfValue, {V, S}, 2, 1, V, nullptr, ofvalue::round, nullptr, false, false},
    special("scalar", K::Scalar, {V}, 1, 0, S),
    each("sgn", ofvalue::sign),
    each("sin", ofvalue::sin),
    each("sinh", ofvalue::sinh),
    special("sort", K::Sort, {V}, 1),
    special("sort_desc", K::SortDescending, {V}, 1),
    each("sqrt", ofvalue::sqrt),
    over("stddev_over_time", overrange::stddev),
    over("stdvar_over_time", overrange::stdvar),
    over("sum_over_time", overrange::sum),
    each("tan", ofvalue::tan),
    each("tanh", ofvalue::tanh),
    special("time", K::Time, {}, 0, 0, S),
    special("timestamp", K::Timestamp, {V}, 1),
    special("vector", K::Vector, {S}, 1),
    ofTime("year", ofvalue::year),
};

constexpr bool isSorted()
{
    for (std::size_t i = 1; i < functions.size(); ++i) {
        if (functions[i - 1].name >= functions[i].name)
            return false;
    }
    return true;
}
static_assert(isSorted());

} // namespace

const Function *findFunction(std::string_view name) noexcept
{
    const auto *found =
        std::lower_bound(functions.begin(), functions.end(), name, [](const Function &a, std::string_view b) { return a.name < b; });
    return found != functions.end() && found->name == name ? found : nullptr;
}

std::span<const Function> allFunctions() noexcept { return functions; }

} // namespace tapio::promql
