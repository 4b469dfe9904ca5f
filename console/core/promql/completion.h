// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "console/core/promql/queryerror.h"

/// What may be written next in a query that is not finished. Pure; any thread.
namespace tapio::promql {

struct CompletionPlace {
    enum class What : std::uint8_t {
        Nothing,    ///< a text, a number, a comment, or what is known by nobody
        Expression, ///< a function, an aggregation, a metric, a word between two expressions
        Label,      ///< the name of a label: in braces, or after by (
        Duration,   ///< in brackets
    };
    What what = What::Nothing;
    Span word; ///< bytes that are there of it, up to the cursor and beyond; from == to: none yet

    bool operator==(const CompletionPlace &) const = default;
};

/// `cursor`: in bytes, at most query.size().
CompletionPlace completionPlace(std::string_view query, std::size_t cursor);

/// Functions and aggregations, each with the parenthesis that follows it, and the words between expressions; sorted. Not those outside of the subset.
std::vector<std::string> queryWords();

} // namespace tapio::promql
