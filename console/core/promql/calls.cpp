// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "console/core/promql/evaluator.h"
#include "console/core/promql/histogram.h"
#include "console/core/promql/relabel.h"

/// Calls of functions.
namespace tapio::promql {

namespace {

Value scalars(std::vector<double> values)
{
    Value made;
    made.type = ValueType::Scalar;
    made.scalars = std::move(values);
    return made;
}

Value vectorOf(Rows rows)
{
    Value made;
    made.rows = std::move(rows);
    return made;
}

/// Of a Result that failed.
template <typename T> tl::unexpected<Error> pass(Result<T> &failed) { return fail(std::move(failed.error())); }

const Expression &rangeOf(const Call &call)
{
    return **std::find_if(call.arguments.begin(), call.arguments.end(),
                          [](const ExpressionPtr &one) { return one->type == ValueType::Matrix; });
}

void parametersAt(const std::vector<std::vector<double>> &all, std::size_t step, std::vector<double> &into)
{
    into.clear();
    for (const std::vector<double> &one : all)
        into.push_back(one[step]);
}

/// A window that moves on over the samples of one series; its ends never go back.
class Sliding {
public:
    explicit Sliding(std::span<const Sample> samples) : m_samples(samples) {}

    std::span<const Sample> within(std::int64_t fromMs, std::int64_t toMs) noexcept
    {
        while (m_end < m_samples.size() && m_samples[m_end].timeMs <= toMs)
            ++m_end;
        while (m_begin < m_end && m_samples[m_begin].timeMs < fromMs)
            ++m_begin;
        return m_samples.subspan(m_begin, m_end - m_begin);
    }

private:
    std::span<const Sample> m_samples;
    std::size_t m_begin = 0, m_end = 0;
};

/// What a selector says by its name alone: the labels that its series would have.
Labels labelsOf(const Expression &expression)
{
    const std::vector<Matcher> *matchers = nullptr;
    if (const auto *vector = bare(expression).as<VectorSelector>())
        matchers = &vector->matchers;
    else if (const auto *matrix = bare(expression).as<MatrixSelector>())
        matchers = &matrix->selector.matchers;
    if (!matchers)
        return {};
    Labels labels;
    std::vector<std::string> seen;
    for (const Matcher &one : *matchers) {
        if (one.name() == metricName)
            continue;
        const bool isFirst = std::find(seen.begin(), seen.end(), one.name()) == seen.end();
        if (one.kind() == MatchKind::Equal && isFirst) {
            labels = labels.with(one.name(), one.value());
            seen.push_back(one.name());
        } else {
            labels = labels.without(one.name());
        }
    }
    return labels;
}

/// 1 where nothing was found.
Value absentRow(const Labels &labels, const std::vector<bool> &found)
{
    Row row{labels, std::vector<double>(found.size(), absentValue())};
    for (std::size_t i = 0; i < found.size(); ++i) {
        if (!found[i])
            row.values[i] = 1;
    }
    Rows rows{std::move(row)};
    dropEmpty(rows);
    return vectorOf(std::move(rows));
}

Result<Value> withoutNames(Rows rows)
{
    for (Row &row : rows)
        row.labels = row.labels.without(metricName);
    if (Status merged = mergeSame(rows); !merged)
        return fail(merged.error());
    return vectorOf(std::move(rows));
}

} // namespace

Result<Value> Evaluator::called(const Call &call, const Steps &steps)
{
    if (Status fits = m_budget.take(steps.count); !fits) // what one row of a result needs
        return fail(fits.error());
    switch (call.function->kind) {
    case FunctionKind::OverRange: return overRange(call, steps);
    case FunctionKind::OfValue:
    case FunctionKind::OfTime:
    case FunctionKind::Clamp: return ofValue(call, steps);
    case FunctionKind::Absent: return absent(call, steps);
    case FunctionKind::AbsentOverTime: return absentOverTime(call, steps);
    case FunctionKind::HistogramQuantile: return quantileOfHistogram(call, steps);
    case FunctionKind::LabelReplace:
    case FunctionKind::LabelJoin: return relabelled(call, steps);
    case FunctionKind::Sort:
    case FunctionKind::SortDescending: return sorted(call, steps);
    case FunctionKind::Scalar: return scalarOf(call, steps);
    case FunctionKind::Timestamp: return timestamps(call, steps);
    case FunctionKind::Vector: {
        Result<Value> value = evaluate(*call.arguments.front(), steps);
        return value ? Result<Value>(vectorOf({Row{{}, std::move(value->scalars)}})) : value;
    }
    case FunctionKind::Pi: return scalars(std::vector<double>(steps.count, std::numbers::pi));
    case FunctionKind::Time: {
        std::vector<double> times;
        for (std::size_t i = 0; i < steps.count; ++i)
            times.push_back(static_cast<double>(steps.at(i)) / 1000);
        return scalars(std::move(times));
    }
    case FunctionKind::NeedsPrometheus: break;
    }
    return fail(Errc::Unsupported, std::string(call.function->name) + "() needs a Prometheus server");
}

Result<std::vector<std::vector<double>>> Evaluator::scalarArguments(const Call &call, const Steps &steps)
{
    std::vector<std::vector<double>> all;
    for (const ExpressionPtr &argument : call.arguments) {
        if (argument->type != ValueType::Scalar)
            continue;
        Result<Value> value = evaluate(*argument, steps);
        if (!value)
            return pass(value);
        all.push_back(std::move(value->scalars));
    }
    return all;
}

Status Evaluator::overWindows(const Function &function, const RangeParts &parts, const std::vector<std::vector<double>> &parameters,
                              std::span<const Sample> samples, const Steps &steps, std::vector<double> &values)
{
    Sliding sliding(samples);
    std::vector<double> now, before;
    for (std::size_t i = 0; i < steps.count; ++i) {
        Window window = windowAt(parts, steps, i);
        window.samples = sliding.within(window.fromMs, window.toMs);
        if (window.samples.empty())
            continue;
        parametersAt(parameters, i, now);
        if (parts.modifiers.at && !function.usesTime && i > 0 && now == before) { // the same window for ever
            values[i] = values[i - 1];
            continue;
        }
        if (const char *wrong = function.check ? function.check(now) : nullptr)
            return fail(Errc::InvalidArgument, wrong);
        if (Status going = m_budget.checkStop(); !going)
            return going;
        if (double result = 0; function.overRange(window, now, result))
            values[i] = result;
        before = now;
    }
    return {};
}

Result<Value> Evaluator::overRange(const Call &call, const Steps &steps)
{
    const Function &function = *call.function;
    auto parameters = scalarArguments(call, steps);
    if (!parameters)
        return pass(parameters);
    const Expression &range = rangeOf(call);
    const RangeParts parts = partsOf(range);
    Rows rows;
    Status within;
    const auto take = [&](const Labels &labels, std::span<const Sample> samples) {
        within = m_budget.take(steps.count);
        if (!within)
            return false;
        Row row{function.keepsName ? labels : labels.without(metricName), std::vector<double>(steps.count, absentValue())};
        within = overWindows(function, parts, *parameters, samples, steps, row.values);
        if (within && !std::all_of(row.values.begin(), row.values.end(), isAbsent))
            rows.push_back(std::move(row));
        return within.has_value();
    };
    if (Status read = eachSeries(range, steps, take); !read)
        return fail(read.error());
    if (!within)
        return fail(within.error());
    if (Status unique = refuseSame(rows); !unique)
        return fail(unique.error());
    return vectorOf(std::move(rows));
}

Result<Value> Evaluator::ofValue(const Call &call, const Steps &steps)
{
    const Function &function = *call.function;
    if (call.arguments.empty()) { // of a time, where none is given: that of the evaluation
        Row row{{}, {}};
        for (std::size_t i = 0; i < steps.count; ++i)
            row.values.push_back(function.ofValue(std::floor(static_cast<double>(steps.at(i)) / 1000), {}));
        return vectorOf({std::move(row)});
    }
    Result<Value> value = evaluate(*call.arguments.front(), steps);
    if (!value)
        return value;
    auto parameters = scalarArguments(call, steps);
    if (!parameters)
        return pass(parameters);
    std::vector<double> now;
    for (std::size_t i = 0; i < steps.count; ++i) {
        parametersAt(*parameters, i, now);
        const bool isNothing = function.kind == FunctionKind::Clamp && now[1] < now[0];
        for (Row &row : value->rows) {
            if (!isAbsent(row.values[i]))
                row.values[i] = isNothing ? absentValue() : function.ofValue(row.values[i], now);
        }
    }
    dropEmpty(value->rows);
    return withoutNames(std::move(value->rows));
}

Result<Value> Evaluator::absent(const Call &call, const Steps &steps)
{
    Result<Value> value = evaluate(*call.arguments.front(), steps);
    if (!value)
        return value;
    std::vector<bool> found(steps.count, false);
    for (const Row &row : value->rows) {
        for (std::size_t i = 0; i < steps.count; ++i)
            found[i] = found[i] || !isAbsent(row.values[i]);
    }
    return absentRow(labelsOf(*call.arguments.front()), found);
}

Result<Value> Evaluator::absentOverTime(const Call &call, const Steps &steps)
{
    const Expression &range = rangeOf(call);
    std::vector<bool> found(steps.count, false);
    const RangeParts parts = partsOf(range);
    const auto take = [&](const Labels &, std::span<const Sample> samples) {
        Sliding sliding(samples);
        for (std::size_t i = 0; i < steps.count; ++i) {
            const Window window = windowAt(parts, steps, i);
            found[i] = !sliding.within(window.fromMs, window.toMs).empty() || found[i];
        }
        return true;
    };
    if (Status read = eachSeries(range, steps, take); !read)
        return fail(read.error());
    return absentRow(labelsOf(range), found);
}

Result<Value> Evaluator::quantileOfHistogram(const Call &call, const Steps &steps)
{
    auto parameters = scalarArguments(call, steps);
    if (!parameters)
        return pass(parameters);
    Result<Value> value = evaluate(*call.arguments.back(), steps);
    if (!value)
        return value;
    return vectorOf(histogramQuantiles(value->rows, parameters->front()));
}

Result<Value> Evaluator::relabelled(const Call &call, const Steps &steps)
{
    std::vector<std::string> texts;
    for (const ExpressionPtr &argument : call.arguments) {
        if (const auto *text = bare(*argument).as<StringLiteral>())
            texts.push_back(text->text);
    }
    Result<Value> value = evaluate(*call.arguments.front(), steps);
    if (!value)
        return value;
    const bool isReplace = call.function->kind == FunctionKind::LabelReplace;
    if (Status changed = isReplace ? replaceLabel(value->rows, texts) : joinLabels(value->rows, texts); !changed)
        return fail(changed.error());
    if (Status merged = mergeSame(value->rows); !merged)
        return fail(merged.error());
    return value;
}

Result<Value> Evaluator::sorted(const Call &call, const Steps &steps)
{
    Result<Value> value = evaluate(*call.arguments.front(), steps);
    if (!value || steps.count != 1)
        return value; // a range of times is in the order of its labels
    const bool isDescending = call.function->kind == FunctionKind::SortDescending;
    std::stable_sort(value->rows.begin(), value->rows.end(), [isDescending](const Row &a, const Row &b) {
        const double left = a.values.front(), right = b.values.front();
        if (std::isnan(left) || std::isnan(right))
            return !std::isnan(left) && std::isnan(right); // NaN comes last
        return isDescending ? left > right : left < right;
    });
    return value;
}

Result<Value> Evaluator::scalarOf(const Call &call, const Steps &steps)
{
    Result<Value> value = evaluate(*call.arguments.front(), steps);
    if (!value)
        return value;
    std::vector<double> only(steps.count, std::numeric_limits<double>::quiet_NaN());
    std::vector<std::size_t> there(steps.count, 0);
    for (const Row &row : value->rows) {
        for (std::size_t i = 0; i < steps.count; ++i) {
            if (!isAbsent(row.values[i]))
                only[i] = ++there[i] == 1 ? row.values[i] : std::numeric_limits<double>::quiet_NaN();
        }
    }
    return scalars(std::move(only));
}

Result<Value> Evaluator::timestamps(const Call &call, const Steps &steps)
{
    if (const auto *selector = bare(*call.arguments.front()).as<VectorSelector>()) {
        Result<Value> value = selected(*selector, steps, true);
        return value ? withoutNames(std::move(value->rows)) : value;
    }
    Result<Value> value = evaluate(*call.arguments.front(), steps);
    if (!value)
        return value;
    for (Row &row : value->rows) {
        for (std::size_t i = 0; i < steps.count; ++i) {
            if (!isAbsent(row.values[i]))
                row.values[i] = static_cast<double>(steps.at(i)) / 1000;
        }
    }
    return withoutNames(std::move(value->rows));
}

} // namespace tapio::promql
