// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include <tl/expected.hpp>

#include "console/core/promql/query.h"
#include "console/core/promql/queryerror.h"
#include "protocol/base/result.h"

namespace tapio::console {

struct Question {
    std::string expression;   ///< PromQL
    promql::QueryTimes times; ///< UTC
    bool isRange = false;     ///< a value for each step; else once, at times.endMs
};

struct QueryAnswer {
    promql::QueryResult result;
    std::vector<std::string> warnings; ///< what the source says beside it: a part of it that did not answer, what was left out
};

/// Why there is no answer.
struct Unanswered {
    Error error;
    std::optional<promql::QueryError> at; ///< what is wrong with the query, where it was read here
};

/// Who answers queries: the embedded store, or a server. One thread at a time; what it waits for ends soon after the stop is requested.
class QuerySource {
public:
    virtual ~QuerySource() = default;
    /// Where the data came from, for people: "store /home/a/console.tapio", "https://prometheus.example".
    virtual std::string name() const = 0;
    virtual tl::expected<QueryAnswer, Unanswered> ask(const Question &question, std::stop_token stop) = 0;
};

} // namespace tapio::console
