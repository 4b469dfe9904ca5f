// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "console/core/promql/lexer.h"

namespace tapio::promql {

/// The words of a query, one after the other; the last one is End and stays. Private to console/core/promql.
class TokenStream {
public:
    explicit TokenStream(std::vector<Token> tokens) : m_tokens(std::move(tokens)) {}

    const Token &peek(std::size_t ahead = 0) const noexcept { return m_tokens[std::min(m_at + ahead, m_tokens.size() - 1)]; }
    const Token &take() noexcept
    {
        const Token &taken = peek();
        m_at = std::min(m_at + 1, m_tokens.size() - 1);
        return taken;
    }
    bool isNext(TokenKind kind) const noexcept { return peek().kind == kind; }
    bool takeIf(TokenKind kind) noexcept
    {
        const bool is = isNext(kind);
        if (is)
            take();
        return is;
    }
    /// Keywords are read in any case.
    bool isNextWord(std::string_view lower, std::size_t ahead = 0) const
    {
        return peek(ahead).kind == TokenKind::Word && lowered(peek(ahead).text) == lower;
    }
    bool isNextOperator(std::string_view text) const noexcept { return isNext(TokenKind::Operator) && peek().text == text; }
    std::size_t lastEnd() const noexcept { return m_at == 0 ? 0 : m_tokens[m_at - 1].at.to; }

    static std::string lowered(std::string text)
    {
        std::transform(text.begin(), text.end(), text.begin(),
                       [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
        return text;
    }

private:
    std::vector<Token> m_tokens;
    std::size_t m_at = 0;
};

} // namespace tapio::promql
