// SPDX-License-Identifier: GPL-3.0-or-later
#include "protocol/base/tomlguard.h"

#include <algorithm>
#include <cstddef>
#include <vector>

namespace tapio {

namespace {

unsigned headerWithoutName(std::string_view text)
{
    constexpr std::string_view byteOrderMark = "\xef\xbb\xbf";
    constexpr std::string_view blank = " \t";
    constexpr std::string_view beginsName = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_\"'";
    if (text.starts_with(byteOrderMark))
        text.remove_prefix(byteOrderMark.size());
    for (unsigned line = 1; !text.empty(); ++line) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        std::string_view rest = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        rest.remove_prefix(std::min(rest.find_first_not_of(blank), rest.size()));
        if (!rest.starts_with('['))
            continue;
        rest.remove_prefix(rest.starts_with("[[") ? 2 : 1);
        rest.remove_prefix(std::min(rest.find_first_not_of(blank), rest.size()));
        if (rest.empty() || beginsName.find(rest.front()) == std::string_view::npos)
            return line;
    }
    return 0;
}

/// Walks over the text as far as it takes to know where a value has to be.
class ValueScan {
public:
    explicit ValueScan(std::string_view text) : m_text(text) {}

    /// Something that stands for a value and is none, or a name of too many parts, each of which takes room on the stack.
    std::optional<TomlHazard> next()
    {
        for (; m_at < m_text.size(); ++m_at) {
            const char c = m_text[m_at];
            if (c == '\n')
                ++m_line;
            if (isNone(c))
                return TomlHazard{m_line, "no value where one has to be"};
            if (c == '.' && ++m_parts > mostParts)
                return TomlHazard{m_line, "a name of too many parts"};
            if (endsName(c))
                m_parts = 0;
            if (c == '#')
                m_at = std::min(m_text.find('\n', m_at), m_text.size()) - 1;
            else if (c == '"' || c == '\'')
                skipText(c);
            else
                step(c);
        }
        return std::nullopt;
    }

private:
    static constexpr unsigned mostParts = 64;
    static bool endsName(char c) { return c == '\n' || c == '=' || c == '[' || c == ']' || c == '{' || c == '}' || c == ','; }

    enum class Wants : unsigned char { Nothing, AfterEquals, InArray };

    bool isNone(char c) const
    {
        if (m_wants == Wants::AfterEquals)
            return c == '}' || c == ']' || c == ',' || c == '#';
        return m_wants == Wants::InArray && c == '}';
    }
    bool isInArray() const { return !m_open.empty() && m_open.back() == '['; }
    void step(char c)
    {
        if (c == ' ' || c == '\t' || c == '\r' || (c == '\n' && isInArray()))
            return;
        if (c == '=') {
            m_wants = Wants::AfterEquals;
            return;
        }
        const bool opens = (c == '[' && m_wants != Wants::Nothing) || c == '{'; // else it is a table's header
        if (opens)
            m_open.push_back(c);
        else if ((c == ']' || c == '}') && !m_open.empty())
            m_open.pop_back();
        m_wants = (opens && c == '[') || (c == ',' && isInArray()) ? Wants::InArray : Wants::Nothing;
    }
    /// To the last byte of it.
    void skipText(char quote)
    {
        m_wants = Wants::Nothing;
        const std::string_view three = m_text.substr(m_at, 3);
        const bool isLong = three.size() == 3 && three[1] == quote && three[2] == quote;
        m_at += isLong ? 3 : 1;
        for (; m_at < m_text.size(); ++m_at) {
            const char c = m_text[m_at];
            if (c == '\\' && quote == '"')
                ++m_at;
            else if (c == '\n' && !isLong)
                break; // it is not closed
            else if (c == quote && (!isLong || m_text.substr(m_at, 3) == three))
                break;
            if (m_at < m_text.size() && m_text[m_at] == '\n')
                ++m_line;
        }
        if (m_at < m_text.size() && m_text[m_at] == '\n')
            ++m_line;
        m_at += isLong && m_at < m_text.size() ? 2 : 0;
    }

    std::string_view m_text;
    std::size_t m_at = 0;
    unsigned m_line = 1, m_parts = 0;
    Wants m_wants = Wants::Nothing;
    std::vector<char> m_open;
};

} // namespace

std::optional<TomlHazard> tomlHazard(std::string_view text)
{
    if (const unsigned line = headerWithoutName(text); line != 0)
        return TomlHazard{line, "a table without a name"};
    return ValueScan(text).next();
}

} // namespace tapio
