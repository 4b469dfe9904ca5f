// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/core/promql/matcher.h"

#include <re2/re2.h>

#include <algorithm>

namespace tapio::promql {

std::string_view textOf(MatchKind kind) noexcept
{
    switch (kind) {
    case MatchKind::Equal: return "=";
    case MatchKind::NotEqual: return "!=";
    case MatchKind::Regex: return "=~";
    case MatchKind::NotRegex: return "!~";
    }
    return "=";
}

std::shared_ptr<const re2::RE2> compileRegex(const std::string &expression, std::string &why)
{
    re2::RE2::Options options;
    options.set_log_errors(false);
    options.set_max_mem(8 << 20);
    auto regex = std::make_shared<const re2::RE2>(expression, options);
    if (regex->ok())
        return regex;
    why = regex->error();
    return nullptr;
}

Result<Matcher> Matcher::make(MatchKind kind, std::string name, std::string value)
{
    Matcher made;
    if (kind == MatchKind::Regex || kind == MatchKind::NotRegex) {
        std::string why;
        made.m_regex = compileRegex(value, why);
        if (!made.m_regex)
            return fail(Errc::InvalidArgument, "no regular expression: " + quoted(value) + ": " + why);
    }
    made.m_kind = kind;
    made.m_name = std::move(name);
    made.m_value = std::move(value);
    return made;
}

bool Matcher::matches(std::string_view value) const
{
    switch (m_kind) {
    case MatchKind::Equal: return value == m_value;
    case MatchKind::NotEqual: return value != m_value;
    case MatchKind::Regex: return re2::RE2::FullMatch({value.data(), value.size()}, *m_regex);
    case MatchKind::NotRegex: return !re2::RE2::FullMatch({value.data(), value.size()}, *m_regex);
    }
    return false;
}

bool matchesAll(const std::vector<Matcher> &matchers, const Labels &labels)
{
    return std::all_of(matchers.begin(), matchers.end(), [&](const Matcher &one) { return one.matches(labels.get(one.name())); });
}

} // namespace tapio::promql
