// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/core/promql/lexer.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "console/core/promql/duration.h"
#include "console/core/promql/stringliteral.h"

namespace tapio::promql {

namespace {

bool isLetter(char c) noexcept { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool isDigit(char c) noexcept { return c >= '0' && c <= '9'; }
bool isHexDigit(char c) noexcept { return isDigit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

constexpr std::array<std::string_view, 15> operators{"==", "!=", "=~", "!~", ">=", "<=", "=", ">", "<", "+", "-", "*", "/", "%", "^"};

std::optional<TokenKind> punctuation(char c) noexcept
{
    switch (c) {
    case '(': return TokenKind::OpenParen;
    case ')': return TokenKind::CloseParen;
    case '{': return TokenKind::OpenBrace;
    case '}': return TokenKind::CloseBrace;
    case '[': return TokenKind::OpenBracket;
    case ']': return TokenKind::CloseBracket;
    case ',': return TokenKind::Comma;
    case '@': return TokenKind::At;
    default: return std::nullopt;
    }
}

/// Of a number that is beyond what there is: too near to 0, not too far from it.
bool isTiny(std::string_view text) noexcept
{
    const std::size_t exponent = text.find_first_of("eE");
    return exponent == std::string_view::npos ? text.front() == '0' || text.front() == '.' : text.substr(exponent + 1).starts_with('-');
}

/// An integer with a leading 0 is octal, one with 0x hexadecimal, as Go reads them; all others are decimal, with a fraction or not.
std::optional<double> numberOf(std::string_view text) noexcept
{
    const bool isHex = text.size() > 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
    const bool isOctal =
        text.size() > 1 && text[0] == '0' && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '7'; });
    if (isHex || isOctal) {
        const std::string_view digits = text.substr(isHex ? 2 : 1);
        std::int64_t value = 0;
        const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, isHex ? 16 : 8);
        if (error == std::errc() && end == digits.data() + digits.size())
            return static_cast<double>(value);
        if (isHex)
            return std::nullopt;
    }
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error == std::errc::result_out_of_range && isTiny(text))
        return 0;
    if (error != std::errc() || end != text.data() + text.size())
        return std::nullopt;
    return value;
}

class Lexer {
public:
    explicit Lexer(std::string_view query) : m_query(query) {}

    Parsed<std::vector<Token>> run()
    {
        for (;;) {
            skipSpace();
            Parsed<Token> token = next();
            if (!token)
                return tl::unexpected<QueryError>(std::move(token.error()));
            m_tokens.push_back(std::move(*token));
            if (m_tokens.back().kind == TokenKind::End)
                return std::move(m_tokens);
        }
    }

private:
    char peek(std::size_t ahead = 0) const noexcept { return m_at + ahead < m_query.size() ? m_query[m_at + ahead] : '\0'; }

    void skipSpace() noexcept
    {
        while (m_at < m_query.size()) {
            const char c = m_query[m_at];
            if (c == '#')
                m_at = std::min(m_query.find('\n', m_at), m_query.size());
            else if (c == ' ' || c == '\t' || c == '\n' || c == '\r')
                ++m_at;
            else
                return;
        }
    }

    Token token(TokenKind kind, std::size_t length)
    {
        Token made;
        made.kind = kind;
        made.at = {m_at, m_at + length};
        made.text = std::string(m_query.substr(m_at, length));
        m_at += length;
        return made;
    }
    tl::unexpected<QueryError> refuse(std::size_t length, std::string text) const
    {
        return tl::unexpected<QueryError>(QueryError{{m_at, std::min(m_at + length, m_query.size())}, std::move(text), false});
    }

    Parsed<Token> next()
    {
        if (m_at >= m_query.size())
            return token(TokenKind::End, 0);
        const char c = peek();
        if (isDigit(c) || (c == '.' && isDigit(peek(1))))
            return numberOrDuration();
        if (c == '"' || c == '\'' || c == '`')
            return string();
        if (c == ':' && m_inBrackets)
            return token(TokenKind::Colon, 1);
        if (isLetter(c) || c == ':')
            return word();
        if (const auto kind = punctuation(c)) {
            m_inBrackets = *kind == TokenKind::OpenBracket || (m_inBrackets && *kind != TokenKind::CloseBracket);
            return token(*kind, 1);
        }
        for (const std::string_view one : operators) {
            if (m_query.substr(m_at, one.size()) == one)
                return token(TokenKind::Operator, one.size());
        }
        return refuse(1, "unexpected character " + quoted(c));
    }

    static std::string quoted(char c)
    {
        const auto byte = static_cast<unsigned char>(c);
        return byte >= 0x20 && byte < 0x7f ? std::string("'") + c + "'" : "of code " + std::to_string(byte);
    }

    Token word()
    {
        std::size_t length = 0;
        while (isLetter(peek(length)) || isDigit(peek(length)) || (peek(length) == ':' && !m_inBrackets))
            ++length;
        return token(TokenKind::Word, length);
    }

    Parsed<Token> string()
    {
        std::string contents;
        const StringRead read = readString(m_query.substr(m_at), contents);
        if (!read.error.empty())
            return refuse(read.length, std::string(read.error));
        Token made = token(TokenKind::String, read.length);
        made.text = std::move(contents);
        return made;
    }

    /// How long a number is that begins here; 0 = none, or something follows it that makes it none.
    std::size_t numberLength() const noexcept
    {
        std::size_t length = 0;
        if (peek() == '0' && (peek(1) == 'x' || peek(1) == 'X') && isHexDigit(peek(2))) {
            length = 2;
            while (isHexDigit(peek(length)))
                ++length;
        } else {
            while (isDigit(peek(length)))
                ++length;
            if (peek(length) == '.')
                ++length;
            while (isDigit(peek(length)))
                ++length;
            if (peek(length) == 'e' || peek(length) == 'E') {
                const std::size_t sign = peek(length + 1) == '+' || peek(length + 1) == '-' ? 1 : 0;
                if (!isDigit(peek(length + 1 + sign)))
                    return 0;
                length += 1 + sign;
                while (isDigit(peek(length)))
                    ++length;
            }
        }
        return isLetter(peek(length)) || isDigit(peek(length)) ? 0 : length;
    }

    Parsed<Token> numberOrDuration()
    {
        if (const std::size_t length = numberLength(); length > 0) {
            const auto value = numberOf(m_query.substr(m_at, length));
            if (!value)
                return refuse(length, "no number, or one that is out of range");
            Token made = token(TokenKind::Number, length);
            made.number = *value;
            return made;
        }
        std::size_t length = 0;
        while (isDigit(peek(length)) || isLetter(peek(length)))
            ++length;
        const auto duration = parseDuration(m_query.substr(m_at, length));
        if (!duration)
            return refuse(std::max<std::size_t>(length, 1), "neither a number nor a duration such as 1h30m");
        Token made = token(TokenKind::Duration, length);
        made.durationMs = *duration;
        return made;
    }

    std::string_view m_query;
    std::size_t m_at = 0;
    bool m_inBrackets = false;
    std::vector<Token> m_tokens;
};

} // namespace

Parsed<std::vector<Token>> tokenize(std::string_view query) { return Lexer(query).run(); }

std::string QueryError::located(std::string_view query) const
{
    const std::string_view before = query.substr(0, std::min(at.from, query.size()));
    const auto line = std::count(before.begin(), before.end(), '\n') + 1;
    const std::size_t lineStart = before.rfind('\n') == std::string_view::npos ? 0 : before.rfind('\n') + 1;
    return "line " + std::to_string(line) + ", column " + std::to_string(before.size() - lineStart + 1) + ": " + text;
}

} // namespace tapio::promql
