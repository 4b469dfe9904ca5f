// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "console/core/promql/matcher.h"
#include "console/core/promql/queryerror.h"

/// A query as it was read. Values; nothing here evaluates.
namespace tapio::promql {

enum class ValueType : std::uint8_t { Scalar, Vector, Matrix, String };
std::string_view typeName(ValueType type) noexcept; ///< as Prometheus calls it: "instant vector"

struct Expression;
using ExpressionPtr = std::unique_ptr<Expression>;

/// "@": the time at which a selector is read, whatever the query's own.
struct AtTime {
    enum class Kind : std::uint8_t { Time, Start, End } kind = Kind::Time;
    std::int64_t ms = 0; ///< of Time
};
struct Modifiers {
    std::int64_t offsetMs = 0;
    bool hasOffset = false;
    std::optional<AtTime> at;
};

struct NumberLiteral {
    double value = 0;
};
struct StringLiteral {
    std::string text;
};
struct VectorSelector {
    std::vector<Matcher> matchers;
    Modifiers modifiers;
};
struct MatrixSelector {
    VectorSelector selector;
    std::int64_t rangeMs = 0;
};
struct Subquery {
    ExpressionPtr inner;
    std::int64_t rangeMs = 0;
    std::int64_t stepMs = 0; ///< 0 = the query's default
    Modifiers modifiers;
};
struct Sign {
    ExpressionPtr inner;
    bool isNegative = false;
};
struct Parentheses {
    ExpressionPtr inner;
};

enum class BinaryOperator : std::uint8_t {
    Or,
    And,
    Unless,
    Equal,
    NotEqual,
    Less,
    Greater,
    LessEqual,
    GreaterEqual,
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulo,
    Atan2,
    Power,
};
std::string_view textOf(BinaryOperator op) noexcept;
bool isComparison(BinaryOperator op) noexcept;
bool isSetOperator(BinaryOperator op) noexcept;

/// Which series of two sides belong together.
struct Matching {
    bool isOn = false; ///< labels are those that count; else those that do not
    std::vector<std::string> labels;
    enum class Group : std::uint8_t { OneToOne, ManyToOne, OneToMany } group = Group::OneToOne;
    std::vector<std::string> include; ///< taken over from the "one" side
    bool isGiven = false;             ///< on() or ignoring() was written
};
struct Binary {
    BinaryOperator op = BinaryOperator::Add;
    ExpressionPtr left, right;
    bool returnsBool = false;
    Matching matching;
};

enum class AggregateOperator : std::uint8_t { Sum, Avg, Count, Min, Max, Group, Stddev, Stdvar, TopK, BottomK, CountValues, Quantile };
std::string_view textOf(AggregateOperator op) noexcept;
struct Aggregate {
    AggregateOperator op = AggregateOperator::Sum;
    ExpressionPtr inner, parameter; ///< parameter: of TopK, BottomK, CountValues and Quantile, else null
    std::vector<std::string> grouping;
    bool isWithout = false;
};

struct Function;
struct Call {
    const Function *function = nullptr; ///< of the table in functions.h
    std::vector<ExpressionPtr> arguments;
};

/// Deeper queries are refused: each level costs stack where it is read, evaluated and freed.
inline constexpr std::uint16_t deepest = 256;

struct Expression {
    using Node =
        std::variant<NumberLiteral, StringLiteral, VectorSelector, MatrixSelector, Subquery, Sign, Parentheses, Binary, Aggregate, Call>;

    Span at;
    Node node;
    ValueType type = ValueType::Scalar;
    std::uint16_t depth = 1; ///< of the tree below; at most deepest

    template <typename T> const T *as() const noexcept { return std::get_if<T>(&node); }
    template <typename T> T *as() noexcept { return std::get_if<T>(&node); }
};

/// What is inside of any parentheses.
const Expression &bare(const Expression &expression) noexcept;

} // namespace tapio::promql
