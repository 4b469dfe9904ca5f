// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <tl/expected.hpp>

namespace tapio::promql {

/// Bytes of a query, the end excluded.
struct Span {
    std::size_t from = 0, to = 0;

    bool operator==(const Span &) const = default;
};

/// What is wrong with a query, and where.
struct QueryError {
    Span at;
    std::string text;             ///< one English sentence
    bool needsPrometheus = false; ///< PromQL, but outside of the subset: a Prometheus server can answer it

    /// "line 1, column 5: TEXT"; columns count bytes from 1.
    std::string located(std::string_view query) const;
};

template <typename T> using Parsed = tl::expected<T, QueryError>;

} // namespace tapio::promql
