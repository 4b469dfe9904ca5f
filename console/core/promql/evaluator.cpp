// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/core/promql/evaluator.h"

#include "console/core/promql/aggregation.h"
#include "console/core/promql/binary.h"

namespace tapio::promql {

namespace {

Value vectorOf(Rows rows)
{
    Value made;
    made.rows = std::move(rows);
    return made;
}

Value scalarOfAll(double value, const Steps &steps)
{
    Value made;
    made.type = ValueType::Scalar;
    made.scalars.assign(steps.count, value);
    return made;
}

Result<Value> asValue(Result<Rows> rows)
{
    if (!rows)
        return fail(rows.error());
    return vectorOf(std::move(*rows));
}

/// What a selector reads at each step of one series: the newest sample that is not too old, nothing where the series had ended.
class NewestSample {
public:
    NewestSample(std::span<const Sample> samples, std::int64_t lookbackMs) : m_samples(samples), m_lookbackMs(lookbackMs) {}

    /// Times must not go back. Null: there is none.
    const Sample *at(std::int64_t timeMs) noexcept
    {
        while (m_next < m_samples.size() && m_samples[m_next].timeMs <= timeMs)
            ++m_next;
        if (m_next == 0)
            return nullptr;
        const Sample &newest = m_samples[m_next - 1];
        return isStale(newest.value) || newest.timeMs < timeMs - m_lookbackMs ? nullptr : &newest;
    }

private:
    std::span<const Sample> m_samples;
    std::int64_t m_lookbackMs;
    std::size_t m_next = 0;
};

} // namespace

std::int64_t Evaluator::readAt(const Modifiers &modifiers, std::int64_t stepMs) const noexcept
{
    if (!modifiers.at)
        return stepMs - modifiers.offsetMs;
    switch (modifiers.at->kind) {
    case AtTime::Kind::Start: return m_times.startMs - modifiers.offsetMs;
    case AtTime::Kind::End: return m_times.endMs - modifiers.offsetMs;
    case AtTime::Kind::Time: break;
    }
    return modifiers.at->ms - modifiers.offsetMs;
}

Result<Value> Evaluator::evaluate(const Expression &expression, const Steps &steps)
{
    if (Status fits = m_budget.take(expression.type == ValueType::Scalar ? steps.count : 0); !fits)
        return fail(fits.error());
    if (const auto *number = expression.as<NumberLiteral>())
        return scalarOfAll(number->value, steps);
    if (const auto *text = expression.as<StringLiteral>()) {
        Value made;
        made.type = ValueType::String;
        made.text = text->text;
        return made;
    }
    if (const auto *selector = expression.as<VectorSelector>())
        return selected(*selector, steps, false);
    if (const auto *sign = expression.as<Sign>())
        return signedValue(*sign, steps);
    if (const auto *inside = expression.as<Parentheses>())
        return evaluate(*inside->inner, steps);
    if (const auto *both = expression.as<Binary>())
        return operated(*both, steps);
    if (const auto *all = expression.as<Aggregate>())
        return aggregatedValue(*all, steps);
    if (const auto *call = expression.as<Call>())
        return called(*call, steps);
    return fail(Errc::Internal, "a range vector was evaluated as an instant vector");
}

Result<Value> Evaluator::selected(const VectorSelector &selector, const Steps &steps, bool isTimestamps)
{
    Selection selection{selector.matchers, readAt(selector.modifiers, steps.startMs) - m_options.lookbackMs,
                        readAt(selector.modifiers, steps.last())};
    Rows rows;
    Status within;
    const auto take = [&](const Labels &labels, std::span<const Sample> samples) {
        ++m_readSeries;
        m_readSamples += samples.size();
        Row row{labels, std::vector<double>(steps.count, absentValue())};
        NewestSample newest(samples, m_options.lookbackMs);
        bool isThere = false;
        for (std::size_t i = 0; i < steps.count; ++i) {
            if (const Sample *sample = newest.at(readAt(selector.modifiers, steps.at(i)))) {
                row.values[i] = isTimestamps ? static_cast<double>(sample->timeMs) / 1000 : sample->value;
                isThere = true;
            }
        }
        if (isThere)
            rows.push_back(std::move(row));
        within = m_budget.take(isThere ? steps.count : 0);
        return within.has_value();
    };
    if (Status read = m_source.select(selection, take, m_budget.stopToken()); !read)
        return fail(read.error());
    if (!within)
        return fail(within.error());
    return vectorOf(std::move(rows));
}

Result<Value> Evaluator::signedValue(const Sign &sign, const Steps &steps)
{
    Result<Value> value = evaluate(*sign.inner, steps);
    if (!value || !sign.isNegative)
        return value;
    for (double &scalar : value->scalars)
        scalar = -scalar;
    for (Row &row : value->rows) {
        row.labels = row.labels.without(metricName);
        for (double &one : row.values) {
            if (!isAbsent(one))
                one = -one;
        }
    }
    if (Status unique = refuseSame(value->rows); !unique)
        return fail(unique.error());
    return value;
}

Result<Value> Evaluator::operated(const Binary &binary, const Steps &steps)
{
    Result<Value> left = evaluate(*binary.left, steps);
    if (!left)
        return left;
    Result<Value> right = evaluate(*binary.right, steps);
    if (!right)
        return right;
    const bool isLeftScalar = left->type == ValueType::Scalar, isRightScalar = right->type == ValueType::Scalar;
    if (isLeftScalar && isRightScalar) {
        for (std::size_t i = 0; i < steps.count; ++i)
            left->scalars[i] = arithmetic(binary.op, left->scalars[i], right->scalars[i]);
        return left;
    }
    if (isLeftScalar)
        return asValue(withScalar(binary, std::move(right->rows), left->scalars, true));
    if (isRightScalar)
        return asValue(withScalar(binary, std::move(left->rows), right->scalars, false));
    return asValue(combined(binary, std::move(left->rows), std::move(right->rows), steps.count, m_budget));
}

Result<Value> Evaluator::aggregatedValue(const Aggregate &aggregate, const Steps &steps)
{
    std::vector<double> parameter;
    if (aggregate.parameter && aggregate.parameter->type == ValueType::Scalar) {
        Result<Value> value = evaluate(*aggregate.parameter, steps);
        if (!value)
            return value;
        parameter = std::move(value->scalars);
    }
    Result<Value> inner = evaluate(*aggregate.inner, steps);
    if (!inner)
        return inner;
    return asValue(aggregated(aggregate, inner->rows, parameter, steps.count, m_budget));
}

} // namespace tapio::promql
