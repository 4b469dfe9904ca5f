// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "console/core/promql/queryerror.h"

/// The words of PromQL (promql/parser/lex.go of Prometheus 2.42 says what they are); private to console/core/promql.
namespace tapio::promql {

enum class TokenKind : std::uint8_t {
    End,
    Word,
    Number,
    Duration,
    String,
    OpenParen,
    CloseParen,
    OpenBrace,
    CloseBrace,
    OpenBracket,
    CloseBracket,
    Comma,
    Colon,
    At,
    Operator,
};

struct Token {
    TokenKind kind = TokenKind::End;
    Span at;
    std::string text;            ///< a string's contents; else as written
    double number = 0;           ///< of Number
    std::int64_t durationMs = 0; ///< of Duration
};

/// All words, the last one End. Words and operators are as written; `text` of a Word may be a keyword, whatever its case.
Parsed<std::vector<Token>> tokenize(std::string_view query);

} // namespace tapio::promql
