// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "console/core/promql/expression.h"
#include "console/core/promql/samplesource.h"

namespace tapio::promql {

/// What a function of a range vector works on: the samples of one series within a window, by time, without staleness markers.
struct Window {
    std::span<const Sample> samples;   ///< never empty
    std::int64_t fromMs = 0, toMs = 0; ///< both included
    std::int64_t atMs = 0;             ///< of the result; not toMs where an offset or "@" says otherwise
};
/// False: no result.
using RangeFunction = bool (*)(const Window &window, std::span<const double> parameters, double &result);
/// What is wrong with the parameters; null: nothing.
using CheckParameters = const char *(*)(std::span<const double> parameters);
using ValueFunction = double (*)(double value, std::span<const double> parameters);

enum class FunctionKind : std::uint8_t {
    OverRange, ///< of one series within a window, with scalar parameters: rate, quantile_over_time ...
    OfValue,   ///< of one value, with scalar parameters: abs, clamp ...
    OfTime,    ///< of a value that is a time, or of the time of evaluation: hour ...
    Clamp,     ///< as OfValue, and no result at all where its bounds are the wrong way round
    Absent,
    AbsentOverTime,
    HistogramQuantile,
    LabelReplace,
    LabelJoin,
    Sort,
    SortDescending,
    Scalar,
    Vector,
    Time,
    Timestamp,
    Pi,
    NeedsPrometheus, ///< in PromQL, not in the subset
};

struct Function {
    std::string_view name;
    FunctionKind kind = FunctionKind::NeedsPrometheus;
    std::array<ValueType, 5> arguments{};
    std::uint8_t count = 0;   ///< of arguments that are described
    std::int8_t optional = 0; ///< 0: exactly these. n: the last may be missing, or be there up to n times; -1: however often
    ValueType returns = ValueType::Vector;
    RangeFunction overRange = nullptr;
    ValueFunction ofValue = nullptr;
    CheckParameters check = nullptr; ///< null: any parameters do
    bool usesTime = false;           ///< the result depends on when it is evaluated, not on its window alone
    bool keepsName = false;          ///< the result is still of that metric: last_over_time
};

/// Null: there is no such function in PromQL.
const Function *findFunction(std::string_view name) noexcept;
/// All of them, by name.
std::span<const Function> allFunctions() noexcept;

} // namespace tapio::promql
