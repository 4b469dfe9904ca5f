// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "console/core/promql/labels.h"
#include "protocol/base/result.h"

namespace re2 {
class RE2;
}

namespace tapio::promql {

enum class MatchKind : std::uint8_t { Equal, NotEqual, Regex, NotRegex };
std::string_view textOf(MatchKind kind) noexcept; ///< "=", "!=", "=~", "!~"

/// One condition of a selector. A label that a series does not have counts as an empty one. A value; copies share the expression. Any thread.
class Matcher {
public:
    /// Regular expressions are RE2's, as Prometheus's are, and of the whole value. Errors: InvalidArgument (what is wrong with it).
    static Result<Matcher> make(MatchKind kind, std::string name, std::string value);

    bool matches(std::string_view value) const;
    MatchKind kind() const noexcept { return m_kind; }
    const std::string &name() const noexcept { return m_name; }
    const std::string &value() const noexcept { return m_value; }

private:
    Matcher() = default;

    MatchKind m_kind = MatchKind::Equal;
    std::string m_name, m_value;
    std::shared_ptr<const re2::RE2> m_regex;
};

bool matchesAll(const std::vector<Matcher> &matchers, const Labels &labels);

/// How Prometheus reads expressions: RE2's syntax, no capture of what follows, a bounded machine. Null: what is wrong is in `why`.
std::shared_ptr<const re2::RE2> compileRegex(const std::string &expression, std::string &why);

} // namespace tapio::promql
