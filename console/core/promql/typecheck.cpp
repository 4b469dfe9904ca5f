// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/core/promql/typecheck.h"

#include <algorithm>

#include "console/core/promql/functions.h"

namespace tapio::promql {

namespace {

tl::unexpected<QueryError> refuse(Span at, std::string text, bool needsPrometheus = false)
{
    return tl::unexpected<QueryError>(QueryError{at, std::move(text), needsPrometheus});
}

Parsed<void> expectType(const Expression &expression, ValueType wanted, const std::string &where)
{
    if (expression.type == wanted)
        return {};
    return refuse(expression.at, where + " takes " + std::string(wanted == ValueType::Vector ? "an " : "a ") + std::string(typeName(wanted))
                                     + ", this is " + std::string(expression.type == ValueType::Vector ? "an " : "a ")
                                     + std::string(typeName(expression.type)));
}

std::string counted(std::size_t count) { return std::to_string(count) + (count == 1 ? " argument" : " arguments"); }

Parsed<void> checkCount(const Call &call, Span at)
{
    const Function &function = *call.function;
    const std::size_t given = call.arguments.size();
    const std::size_t least = function.optional == 0 ? function.count : function.count - 1U;
    const std::string name = std::string(function.name) + "()";
    if (function.optional == 0 && given != function.count)
        return refuse(at, name + " takes " + counted(function.count) + ", not " + std::to_string(given));
    if (given < least)
        return refuse(at, name + " takes at least " + counted(least) + ", not " + std::to_string(given));
    if (function.optional > 0 && given > least + static_cast<std::size_t>(function.optional))
        return refuse(at, name + " takes at most " + counted(least + static_cast<std::size_t>(function.optional)) + ", not "
                              + std::to_string(given));
    return {};
}

} // namespace

Parsed<void> checkCall(const Call &call, Span at)
{
    const Function &function = *call.function;
    if (function.kind == FunctionKind::NeedsPrometheus)
        return refuse(at, std::string(function.name) + "() is of native histograms, which are not kept here: it needs a Prometheus server",
                      true);
    if (const auto fits = checkCount(call, at); !fits)
        return fits;
    for (std::size_t i = 0; i < call.arguments.size(); ++i) {
        const ValueType wanted = function.arguments[std::min<std::size_t>(i, function.count - 1U)];
        if (const auto fits = expectType(*call.arguments[i], wanted, std::string(function.name) + "()"); !fits)
            return fits;
    }
    return {};
}

Parsed<void> checkAggregate(const Aggregate &aggregate, Span at)
{
    const std::string name = std::string(textOf(aggregate.op)) + "()";
    if (const auto fits = expectType(*aggregate.inner, ValueType::Vector, name); !fits)
        return fits;
    if (!aggregate.parameter)
        return {};
    const bool isText = aggregate.op == AggregateOperator::CountValues;
    if (const auto fits = expectType(*aggregate.parameter, isText ? ValueType::String : ValueType::Scalar, name); !fits)
        return fits;
    const auto *text = bare(*aggregate.parameter).as<StringLiteral>();
    if (isText && text && !isLabelName(text->text))
        return refuse(at, quoted(text->text) + " is no name of a label");
    return {};
}

Parsed<void> checkBinary(const Binary &binary, Span at)
{
    const ValueType left = binary.left->type, right = binary.right->type;
    const std::string name = "\"" + std::string(textOf(binary.op)) + "\"";
    for (const Expression *side : {binary.left.get(), binary.right.get()}) {
        if (side->type != ValueType::Scalar && side->type != ValueType::Vector)
            return refuse(side->at, name + " takes scalars and instant vectors, this is a " + std::string(typeName(side->type)));
    }
    const bool areScalars = left == ValueType::Scalar && right == ValueType::Scalar;
    const bool areVectors = left == ValueType::Vector && right == ValueType::Vector;
    if (binary.returnsBool && !isComparison(binary.op))
        return refuse(at, "bool belongs to comparisons, " + name + " is none");
    if (isComparison(binary.op) && areScalars && !binary.returnsBool)
        return refuse(at, "a comparison of scalars needs bool: " + std::string(textOf(binary.op)) + " bool");
    if (isSetOperator(binary.op) && !areVectors)
        return refuse(at, name + " takes instant vectors on both sides, not a scalar");
    if (!binary.matching.labels.empty() && !areVectors)
        return refuse(at, "on() and ignoring() match series: they need instant vectors on both sides");
    if (binary.matching.group != Matching::Group::OneToOne) {
        if (isSetOperator(binary.op))
            return refuse(at, name + " has no group_left and group_right: each series is taken or left");
        for (const std::string &label : binary.matching.include) {
            if (binary.matching.isOn
                && std::find(binary.matching.labels.begin(), binary.matching.labels.end(), label) != binary.matching.labels.end())
                return refuse(at, "label " + quoted(label) + " is in on() and in the group as well");
        }
    }
    return {};
}

} // namespace tapio::promql
