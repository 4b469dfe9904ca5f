// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/core/promql/relabel.h"

#include <re2/re2.h>

#include <algorithm>
#include <charconv>
#include <memory>

namespace tapio::promql {

namespace {

Status checkName(const std::string &function, const std::string &name)
{
    if (isLabelName(name))
        return {};
    return fail(Errc::InvalidArgument, function + ": " + quoted(name) + " is no name of a label");
}

constexpr std::size_t longestValue = 64 << 10; ///< bytes: nested calls double a value each

Status checkValue(const std::string &function, const std::string &value)
{
    if (value.size() <= longestValue)
        return {};
    return fail(Errc::NoSpace, function + ": a label becomes longer than " + std::to_string(longestValue) + " bytes");
}

bool isNamePart(char c) noexcept { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'; }

/// The name of a group that a template has after its "$", and how many bytes that took; empty: there is none.
struct GroupName {
    std::string_view name;
    std::size_t length = 0;
};
GroupName groupName(std::string_view text) noexcept
{
    const bool isBraced = !text.empty() && text.front() == '{';
    if (isBraced)
        text.remove_prefix(1);
    std::size_t length = 0;
    while (length < text.size() && isNamePart(text[length]))
        ++length;
    if (length == 0 || (isBraced && (length >= text.size() || text[length] != '}')))
        return {};
    return {text.substr(0, length), length + (isBraced ? 2 : 0)};
}

class Replacement {
public:
    Replacement(std::shared_ptr<const re2::RE2> regex, std::string pattern)
        : m_regex(std::move(regex)), m_template(std::move(pattern)),
          m_groups(static_cast<std::size_t>(m_regex->NumberOfCapturingGroups()) + 1)
    {}

    /// False: the expression is not of this value.
    bool apply(std::string_view value, std::string &out)
    {
        const re2::StringPiece text(value.data(), value.size());
        if (!m_regex->Match(text, 0, text.size(), re2::RE2::ANCHOR_BOTH, m_groups.data(), static_cast<int>(m_groups.size())))
            return false;
        out.clear();
        for (std::size_t at = 0; at < m_template.size();) {
            if (m_template[at] != '$') {
                out += m_template[at++];
                continue;
            }
            at += expand(std::string_view(m_template).substr(at + 1), out);
        }
        return true;
    }

private:
    /// What a "$" stands for, as Go's Regexp.Expand has it; returns how many bytes of the template it took.
    std::size_t expand(std::string_view rest, std::string &out) const
    {
        if (!rest.empty() && rest.front() == '$') {
            out += '$';
            return 2;
        }
        const GroupName group = groupName(rest);
        if (group.length == 0) {
            out += '$';
            return 1;
        }
        if (const std::size_t index = indexOf(group.name); index < m_groups.size() && m_groups[index].data() != nullptr)
            out.append(m_groups[index].data(), m_groups[index].size());
        return 1 + group.length;
    }

    std::size_t indexOf(std::string_view name) const
    {
        std::size_t number = 0;
        const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
        const bool isNumber = error == std::errc() && end == name.data() + name.size();
        if (isNumber && (name.size() == 1 || name.front() != '0')) // Go has no group "01"
            return number;
        const auto &names = m_regex->NamedCapturingGroups();
        const auto found = names.find(std::string(name));
        return found == names.end() ? m_groups.size() : static_cast<std::size_t>(found->second);
    }

    std::shared_ptr<const re2::RE2> m_regex;
    std::string m_template;
    std::vector<re2::StringPiece> m_groups;
};

} // namespace

Status replaceLabel(Rows &rows, const std::vector<std::string> &texts)
{
    const std::string &destination = texts[0], &source = texts[2];
    std::string why;
    auto regex = compileRegex(texts[3], why);
    if (!regex)
        return fail(Errc::InvalidArgument, "label_replace(): no regular expression: " + quoted(texts[3]) + ": " + why);
    if (Status named = checkName("label_replace()", destination); !named)
        return named;
    Replacement replacement(std::move(regex), texts[1]);
    std::string value;
    for (Row &row : rows) {
        if (!replacement.apply(row.labels.get(source), value))
            continue;
        if (Status fits = checkValue("label_replace()", value); !fits)
            return fits;
        row.labels = row.labels.with(destination, value);
    }
    return {};
}

Status joinLabels(Rows &rows, const std::vector<std::string> &texts)
{
    for (std::size_t i = 0; i < texts.size(); ++i) {
        if (i == 1)
            continue; // the separator
        if (Status named = checkName("label_join()", texts[i]); !named)
            return named;
    }
    for (Row &row : rows) {
        std::string value;
        for (std::size_t i = 2; i < texts.size(); ++i)
            value += (i > 2 ? texts[1] : std::string()) + std::string(row.labels.get(texts[i]));
        if (Status fits = checkValue("label_join()", value); !fits)
            return fits;
        row.labels = row.labels.with(texts[0], value);
    }
    return {};
}

} // namespace tapio::promql
