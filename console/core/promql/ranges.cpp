// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>

#include "console/core/promql/evaluator.h"

/// Range vectors: which samples each window has, of a selector or of a subquery.
namespace tapio::promql {

namespace {

/// The samples of a row that has values at some of its steps.
std::vector<Sample> samplesOf(const Row &row, const Steps &steps)
{
    std::vector<Sample> samples;
    for (std::size_t i = 0; i < steps.count; ++i) {
        if (!isAbsent(row.values[i]))
            samples.push_back({steps.at(i), row.values[i]});
    }
    return samples;
}

} // namespace

RangeParts partsOf(const Expression &range) noexcept
{
    const Expression &inside = bare(range);
    if (const auto *subquery = inside.as<Subquery>())
        return {subquery->modifiers, subquery->rangeMs};
    const auto *matrix = inside.as<MatrixSelector>(); // the type check lets nothing else through
    return {matrix->selector.modifiers, matrix->rangeMs};
}

Steps subquerySteps(std::int64_t fromMs, std::int64_t toMs, std::int64_t stepMs)
{
    Steps steps;
    steps.stepMs = stepMs;
    steps.startMs = stepMs * (fromMs / stepMs);
    if (steps.startMs < fromMs)
        steps.startMs += stepMs;
    steps.count = toMs < steps.startMs ? 0 : static_cast<std::size_t>((toMs - steps.startMs) / stepMs) + 1;
    return steps;
}

Window Evaluator::windowAt(const RangeParts &range, const Steps &steps, std::size_t index) const
{
    const std::int64_t endMs = readAt(range.modifiers, steps.at(index));
    return {{}, endMs - range.rangeMs, endMs, steps.at(index)};
}

Status Evaluator::eachSeries(const Expression &range, const Steps &steps, const TakeSamples &take)
{
    if (const auto *subquery = bare(range).as<Subquery>())
        return eachOfSubquery(*subquery, steps, take);
    const auto *matrix = bare(range).as<MatrixSelector>();
    if (matrix == nullptr)
        return fail(Errc::Internal, "an instant vector was evaluated as a range vector");
    const Selection selection{matrix->selector.matchers, windowAt(partsOf(range), steps, 0).fromMs,
                              windowAt(partsOf(range), steps, steps.count - 1).toMs};
    std::vector<Sample> living;
    return m_source.select(
        selection,
        [&](const Labels &labels, std::span<const Sample> samples) {
            ++m_readSeries;
            m_readSamples += samples.size();
            if (std::none_of(samples.begin(), samples.end(), [](const Sample &one) { return isStale(one.value); }))
                return take(labels, samples);
            living.clear();
            std::copy_if(samples.begin(), samples.end(), std::back_inserter(living), [](const Sample &one) { return !isStale(one.value); });
            return living.empty() || take(labels, living);
        },
        m_budget.stopToken());
}

Status Evaluator::eachOfSubquery(const Subquery &subquery, const Steps &steps, const TakeSamples &take)
{
    const std::int64_t stepMs = subquery.stepMs > 0 ? subquery.stepMs : m_options.subqueryStepMs;
    const std::int64_t fromMs = readAt(subquery.modifiers, steps.startMs) - subquery.rangeMs;
    const Steps inner = subquerySteps(fromMs, readAt(subquery.modifiers, steps.last()), stepMs);
    if (inner.count == 0)
        return {};
    if (Status fits = m_budget.take(inner.count); !fits) // before as much memory is asked for
        return fits;
    Result<Value> value = evaluate(*subquery.inner, inner);
    if (!value)
        return fail(value.error());
    for (const Row &row : value->rows) {
        const std::vector<Sample> samples = samplesOf(row, inner);
        if (Status fits = m_budget.take(samples.size()); !fits)
            return fits;
        if (!samples.empty() && !take(row.labels, samples))
            break;
    }
    return {};
}

} // namespace tapio::promql
