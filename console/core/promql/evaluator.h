// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <functional>
#include <stop_token>

#include "console/core/promql/budget.h"
#include "console/core/promql/functions.h"
#include "console/core/promql/query.h"
#include "console/core/promql/value.h"

namespace tapio::promql {

/// What a range vector is a range of.
struct RangeParts {
    const Modifiers &modifiers;
    std::int64_t rangeMs;
};
RangeParts partsOf(const Expression &range) noexcept;

/// One evaluation of one query; private to console/core/promql. All steps of an expression at once, series by series. One thread.
class Evaluator {
public:
    Evaluator(const SampleSource &source, const QueryOptions &options, const QueryTimes &times, std::stop_token stop)
        : m_source(source), m_options(options), m_times(times), m_budget(options.mostSamples, std::move(stop))
    {}

    Result<Value> evaluate(const Expression &expression, const Steps &steps);

    /// The samples of each series of a range vector that any of its windows needs, without staleness markers.
    using TakeSamples = std::function<bool(const Labels &labels, std::span<const Sample> samples)>;
    Status eachSeries(const Expression &range, const Steps &steps, const TakeSamples &take);
    /// The window that a range vector has at a step, still without samples.
    Window windowAt(const RangeParts &range, const Steps &steps, std::size_t index) const;

    std::uint64_t readSeries() const noexcept { return m_readSeries; }
    std::uint64_t readSamples() const noexcept { return m_readSamples; }

private:
    Result<Value> selected(const VectorSelector &selector, const Steps &steps, bool isTimestamps);
    Status eachOfSubquery(const Subquery &subquery, const Steps &steps, const TakeSamples &take);
    Result<Value> signedValue(const Sign &sign, const Steps &steps);
    Result<Value> operated(const Binary &binary, const Steps &steps);
    Result<Value> aggregatedValue(const Aggregate &aggregate, const Steps &steps);

    Result<Value> called(const Call &call, const Steps &steps);
    Result<Value> overRange(const Call &call, const Steps &steps);
    Status overWindows(const Function &function, const RangeParts &parts, const std::vector<std::vector<double>> &parameters,
                       std::span<const Sample> samples, const Steps &steps, std::vector<double> &values);
    Result<Value> ofValue(const Call &call, const Steps &steps);
    Result<Value> absent(const Call &call, const Steps &steps);
    Result<Value> absentOverTime(const Call &call, const Steps &steps);
    Result<Value> quantileOfHistogram(const Call &call, const Steps &steps);
    Result<Value> relabelled(const Call &call, const Steps &steps);
    Result<Value> sorted(const Call &call, const Steps &steps);
    Result<Value> scalarOf(const Call &call, const Steps &steps);
    Result<Value> timestamps(const Call &call, const Steps &steps);

    /// One number for each step of each scalar argument.
    Result<std::vector<std::vector<double>>> scalarArguments(const Call &call, const Steps &steps);
    /// The time that a selector with these modifiers reads at.
    std::int64_t readAt(const Modifiers &modifiers, std::int64_t stepMs) const noexcept;

    const SampleSource &m_source;
    const QueryOptions &m_options;
    const QueryTimes m_times;
    Budget m_budget;
    std::uint64_t m_readSeries = 0, m_readSamples = 0;
};

/// Where the steps of an inner evaluation lie: at whole multiples of the step, whatever the outer ones are.
Steps subquerySteps(std::int64_t fromMs, std::int64_t toMs, std::int64_t stepMs);

} // namespace tapio::promql
