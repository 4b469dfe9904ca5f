// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/core/promql/query.h"

#include <algorithm>

#include "console/core/promql/evaluator.h"

namespace tapio::promql {

namespace {

std::vector<ResultSeries> seriesOf(const Rows &rows, const Steps &steps)
{
    std::vector<ResultSeries> series;
    for (const Row &row : rows) {
        ResultSeries one{row.labels, {}};
        for (std::size_t i = 0; i < steps.count; ++i) {
            if (!isAbsent(row.values[i]))
                one.samples.push_back({steps.at(i), row.values[i]});
        }
        if (!one.samples.empty())
            series.push_back(std::move(one));
    }
    return series;
}

bool isInOrder(const Expression &query) noexcept
{
    const Expression &inside = bare(query);
    if (const auto *call = inside.as<Call>())
        return call->function->kind == FunctionKind::Sort || call->function->kind == FunctionKind::SortDescending;
    const auto *aggregate = inside.as<Aggregate>();
    return aggregate && (aggregate->op == AggregateOperator::TopK || aggregate->op == AggregateOperator::BottomK);
}

void byLabels(std::vector<ResultSeries> &series)
{
    std::stable_sort(series.begin(), series.end(), [](const ResultSeries &a, const ResultSeries &b) { return a.labels < b.labels; });
}

/// The samples themselves of a range vector, which has no steps.
Status readRange(Evaluator &evaluator, const Expression &query, const Steps &steps, const QueryOptions &options, QueryResult &result)
{
    const Window window = evaluator.windowAt(partsOf(query), steps, 0);
    std::uint64_t held = 0;
    Status read = evaluator.eachSeries(query, steps, [&](const Labels &labels, std::span<const Sample> samples) {
        ResultSeries one{labels, {}};
        std::copy_if(samples.begin(), samples.end(), std::back_inserter(one.samples),
                     [&](const Sample &sample) { return sample.timeMs >= window.fromMs && sample.timeMs <= window.toMs; });
        held += one.samples.size();
        if (!one.samples.empty())
            result.series.push_back(std::move(one));
        return held <= options.mostSamples;
    });
    if (read && held > options.mostSamples)
        return fail(Errc::NoSpace, "the query gives more than " + std::to_string(options.mostSamples)
                                       + " samples: ask for fewer series or a shorter range");
    byLabels(result.series);
    return read;
}

Result<QueryResult> resultOf(Evaluator &evaluator, const Expression &query, const Steps &steps)
{
    Result<Value> value = evaluator.evaluate(query, steps);
    if (!value)
        return fail(value.error());
    QueryResult result;
    result.type = query.type;
    result.text = std::move(value->text);
    if (query.type == ValueType::Scalar)
        value->rows = {Row{{}, std::move(value->scalars)}};
    result.series = seriesOf(value->rows, steps);
    if (steps.count > 1 || !isInOrder(query))
        byLabels(result.series);
    return result;
}

} // namespace

Result<QueryResult> evaluateAt(const Expression &query, std::int64_t timeMs, const SampleSource &source, const QueryOptions &options,
                               std::stop_token stop)
{
    const Steps steps{timeMs, 1, 1};
    Evaluator evaluator(source, options, {timeMs, timeMs, 1}, std::move(stop));
    Result<QueryResult> result;
    if (query.type == ValueType::Matrix) {
        result->type = ValueType::Matrix;
        if (Status read = readRange(evaluator, query, steps, options, *result); !read)
            return fail(read.error());
    } else {
        result = resultOf(evaluator, query, steps);
    }
    if (result) {
        result->readSeries = evaluator.readSeries();
        result->readSamples = evaluator.readSamples();
    }
    return result;
}

Result<QueryResult> evaluateRange(const Expression &query, const QueryTimes &times, const SampleSource &source, const QueryOptions &options,
                                  std::stop_token stop)
{
    if (query.type != ValueType::Scalar && query.type != ValueType::Vector)
        return fail(Errc::InvalidArgument,
                    "a query over a range of times is of an instant vector or a scalar, not of a " + std::string(typeName(query.type)));
    if (times.stepMs < 1 || times.endMs < times.startMs)
        return fail(Errc::InvalidArgument, "a range of times ends after its start, and its step is at least a millisecond");
    const auto count = static_cast<std::uint64_t>((times.endMs - times.startMs) / times.stepMs) + 1;
    if (count > options.mostSteps)
        return fail(Errc::InvalidArgument, "the range has " + std::to_string(count) + " steps, more than "
                                               + std::to_string(options.mostSteps) + ": take a longer step");
    const Steps steps{times.startMs, times.stepMs, static_cast<std::size_t>(count)};
    Evaluator evaluator(source, options, times, std::move(stop));
    Result<QueryResult> result = resultOf(evaluator, query, steps);
    if (!result)
        return result;
    result->type = ValueType::Matrix;
    result->readSeries = evaluator.readSeries();
    result->readSamples = evaluator.readSamples();
    byLabels(result->series);
    return result;
}

} // namespace tapio::promql
