// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <stop_token>
#include <string>
#include <vector>

#include "console/core/promql/expression.h"
#include "console/core/promql/samplesource.h"

namespace tapio::promql {

struct QueryOptions {
    std::int64_t lookbackMs = 5 * 60 * 1000; ///< how old a sample may be that stands for now
    std::int64_t subqueryStepMs = 60 * 1000; ///< of a subquery that says none
    std::uint64_t mostSamples = 50'000'000;  ///< made in all, as numbers of series at steps
    std::size_t mostSteps = 11'000;          ///< of a range: what no screen is too narrow for
};

/// When a query is evaluated: once where both are equal, else at each step from the one to the other.
struct QueryTimes {
    std::int64_t startMs = 0, endMs = 0; ///< UTC, both included
    std::int64_t stepMs = 1;             ///< > 0
};

struct ResultSeries {
    Labels labels;
    std::vector<Sample> samples; ///< by time; of an instant vector one

    bool operator==(const ResultSeries &) const = default;
};

struct QueryResult {
    ValueType type = ValueType::Vector; ///< of a range of times always Matrix
    std::vector<ResultSeries> series; ///< by labels, but for what sort(), topk() and bottomk() put in order; a scalar is one without labels
    std::string text;                 ///< of a string
    std::uint64_t readSeries = 0, readSamples = 0;
};

/// At one time. On whichever thread may wait for the source. Errors: InvalidArgument (what the query's data does not allow, in a sentence),
/// NoSpace (too many samples), Cancelled, those of the source.
Result<QueryResult> evaluateAt(const Expression &query, std::int64_t timeMs, const SampleSource &source, const QueryOptions &options = {},
                               std::stop_token stop = {});
/// As evaluateAt, at each step. Errors: also InvalidArgument (times the wrong way round, too many steps, a query of ranges or texts).
Result<QueryResult> evaluateRange(const Expression &query, const QueryTimes &times, const SampleSource &source,
                                  const QueryOptions &options = {}, std::stop_token stop = {});

} // namespace tapio::promql
