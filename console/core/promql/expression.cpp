// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/core/promql/expression.h"

#include <array>

namespace tapio::promql {

std::string_view typeName(ValueType type) noexcept
{
    switch (type) {
    case ValueType::Scalar: return "scalar";
    case ValueType::Vector: return "instant vector";
    case ValueType::Matrix: return "range vector";
    case ValueType::String: return "string";
    }
    return "unknown";
}

std::string_view textOf(BinaryOperator op) noexcept
{
    static constexpr std::array<std::string_view, 16> texts{
        "or", "and", "unless", "==", "!=", "<", ">", "<=", ">=", "+", "-", "*", "/", "%", "atan2", "^"};
    return texts[static_cast<std::size_t>(op)];
}

bool isComparison(BinaryOperator op) noexcept { return op >= BinaryOperator::Equal && op <= BinaryOperator::GreaterEqual; }
bool isSetOperator(BinaryOperator op) noexcept { return op <= BinaryOperator::Unless; }

std::string_view textOf(AggregateOperator op) noexcept
{
    static constexpr std::array<std::string_view, 12> texts{"sum",    "avg",    "count", "min",     "max",          "group",
                                                            "stddev", "stdvar", "topk",  "bottomk", "count_values", "quantile"};
    return texts[static_cast<std::size_t>(op)];
}

const Expression &bare(const Expression &expression) noexcept
{
    const Expression *at = &expression;
    while (const auto *inside = at->as<Parentheses>())
        at = inside->inner.get();
    return *at;
}

} // namespace tapio::promql
