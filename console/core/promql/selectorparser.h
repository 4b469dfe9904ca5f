// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "console/core/promql/expression.h"
#include "console/core/promql/tokenstream.h"

/// The parts of a query that name series and times; private to console/core/promql.
namespace tapio::promql {

/// "expected WANTED, not WHAT IS THERE".
std::string expectedHere(const TokenStream &stream, const std::string &wanted);
/// Keywords that are no names of metrics by themselves.
bool isReserved(std::string_view lower) noexcept;

/// What is in braces, if there are any; `name` was read before them.
Parsed<VectorSelector> readSelector(TokenStream &stream, const std::optional<Token> &name);
/// (a, b), sorted, each once.
Parsed<std::vector<std::string>> readLabelList(TokenStream &stream);
/// on (..), ignoring (..), group_left (..), group_right (..), as far as they are there.
Parsed<Matching> readMatching(TokenStream &stream);

struct BracketRange {
    std::int64_t rangeMs = 0, stepMs = 0;
    bool isSubquery = false;
};
/// [5m], [5m:1m] or [5m:]
Parsed<BracketRange> readBracketRange(TokenStream &stream);
/// offset 5m, offset -5m, @ 1609746000, @ start(), @ end()
Parsed<void> readModifier(TokenStream &stream, Modifiers &modifiers);

} // namespace tapio::promql
