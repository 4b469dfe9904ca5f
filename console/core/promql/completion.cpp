// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/core/promql/completion.h"

#include <algorithm>
#include <array>

#include "console/core/promql/expression.h"
#include "console/core/promql/functions.h"

namespace tapio::promql {

namespace {

using What = CompletionPlace::What;

constexpr std::array<std::string_view, 6> beforeLabels{"by", "without", "on", "ignoring", "group_left", "group_right"};
constexpr std::array<std::string_view, 13> between{"and",    "bool", "by (", "end()",   "group_left (", "group_right (", "ignoring (",
                                                   "offset", "on (", "or",   "start()", "unless",       "without ("};

bool isOfWord(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == ':'; }
bool isBlank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

/// Reads a query up to the cursor, whatever is wrong with it.
class PlaceReader {
public:
    PlaceReader(std::string_view query, std::size_t cursor) : m_query(query), m_cursor(std::min(cursor, query.size())) {}

    CompletionPlace read()
    {
        while (m_at < m_cursor) {
            const char c = m_query[m_at];
            if (c == '#' ? !passUntil('\n', false) : (c == '"' || c == '\'' || c == '`') && !passText(c))
                return {};
            if (m_at < m_cursor)
                take(m_query[m_at]);
        }
        return place();
    }

private:
    /// Past the end of a comment or text; false: the cursor is in it.
    bool passUntil(char end, bool hasEscapes)
    {
        for (++m_at; m_at < m_cursor; ++m_at) {
            if (hasEscapes && m_query[m_at] == '\\')
                ++m_at;
            else if (m_query[m_at] == end)
                return true;
        }
        return false;
    }
    bool passText(char quote) { return passUntil(quote, quote != '`'); }

    /// `c` is no comment and begins no text; it may be what ends one.
    void take(char c)
    {
        ++m_at;
        if (isOfWord(c)) {
            if (!m_isInWord)
                m_word = m_at - 1;
            m_isInWord = true;
            return;
        }
        if (m_isInWord)
            m_before = m_query.substr(m_word, m_at - 1 - m_word);
        m_isInWord = false;
        if (c == '(' || c == '{' || c == '[')
            m_open.push_back(c == '(' && isBeforeLabels() ? 'l' : c);
        else if ((c == ')' || c == '}' || c == ']') && !m_open.empty())
            m_open.pop_back();
        if (!isBlank(c)) {
            m_last = c;
            m_before = {};
        }
    }

    bool isBeforeLabels() const { return std::find(beforeLabels.begin(), beforeLabels.end(), m_before) != beforeLabels.end(); }

    CompletionPlace place() const
    {
        const char open = m_open.empty() ? ' ' : m_open.back();
        const std::size_t from = m_isInWord ? m_word : m_cursor;
        std::size_t to = m_cursor;
        while (m_isInWord && to < m_query.size() && isOfWord(m_query[to]))
            ++to;
        if (open == '[')
            return {What::Duration, {from, to}};
        const bool isNumber = m_isInWord && m_query[from] >= '0' && m_query[from] <= '9';
        if (isNumber || (!m_isInWord && !m_before.empty() && open != '(' && open != ' '))
            return {};
        if (open == '{' || open == 'l')
            return m_last == '{' || m_last == '(' || m_last == ',' ? CompletionPlace{What::Label, {from, to}} : CompletionPlace{};
        return {What::Expression, {from, to}};
    }

    std::string_view m_query;
    std::size_t m_cursor, m_at = 0, m_word = 0;
    bool m_isInWord = false;
    char m_last = ' ';         ///< the last one that is neither blank nor of a word
    std::string_view m_before; ///< the word that ended last, with nothing but blanks after it
    std::vector<char> m_open;  ///< brackets that are not closed; 'l': one that labels are in
};

} // namespace

CompletionPlace completionPlace(std::string_view query, std::size_t cursor) { return PlaceReader(query, cursor).read(); }

std::vector<std::string> queryWords()
{
    std::vector<std::string> words(between.begin(), between.end());
    for (const Function &function : allFunctions())
        if (function.kind != FunctionKind::NeedsPrometheus)
            words.push_back(std::string(function.name) + '(');
    for (int op = 0; op <= static_cast<int>(AggregateOperator::Quantile); ++op)
        words.push_back(std::string(textOf(static_cast<AggregateOperator>(op))) + '(');
    std::sort(words.begin(), words.end());
    return words;
}

} // namespace tapio::promql
