// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/core/promql/stringliteral.h"

#include <charconv>
#include <cstdint>

namespace tapio::promql {

namespace {

constexpr std::string_view unknownEscape = "unknown escape in a string: \\\\ stands for a backslash";

void appendUtf8(std::uint32_t code, std::string &out)
{
    const auto continued = [&](unsigned shift) { out += static_cast<char>(0x80 | ((code >> shift) & 0x3f)); };
    if (code < 0x80) {
        out += static_cast<char>(code);
    } else if (code < 0x800) {
        out += static_cast<char>(0xc0 | (code >> 6));
        continued(0);
    } else if (code < 0x10000) {
        out += static_cast<char>(0xe0 | (code >> 12));
        continued(6);
        continued(0);
    } else {
        out += static_cast<char>(0xf0 | (code >> 18));
        continued(12);
        continued(6);
        continued(0);
    }
}

bool readCode(std::string_view digits, std::size_t count, int base, std::uint32_t &code) noexcept
{
    if (digits.size() < count)
        return false;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + count, code, base);
    return error == std::errc() && end == digits.data() + count;
}

/// Of a letter that stands for one byte; 0: of none.
char plainEscape(char letter, char quote) noexcept
{
    switch (letter) {
    case 'a': return '\a';
    case 'b': return '\b';
    case 'f': return '\f';
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    case 'v': return '\v';
    case '\\': return '\\';
    default: return letter == quote ? quote : '\0';
    }
}

/// What follows a backslash; 0: no escape. Returns how many bytes it took.
std::size_t readEscape(std::string_view text, char quote, std::string &out)
{
    if (text.empty())
        return 0;
    if (const char plain = plainEscape(text.front(), quote); plain != '\0') {
        out += plain;
        return 1;
    }
    std::uint32_t code = 0;
    if (text.front() >= '0' && text.front() <= '7') {
        if (!readCode(text, 3, 8, code) || code > 255)
            return 0;
        out += static_cast<char>(code);
        return 3;
    }
    const std::size_t count = text.front() == 'x' ? 2 : text.front() == 'u' ? 4 : text.front() == 'U' ? 8 : 0;
    if (count == 0 || !readCode(text.substr(1), count, 16, code))
        return 0;
    if (count == 2)
        out += static_cast<char>(code);
    else if (code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
        return 0;
    else
        appendUtf8(code, out);
    return 1 + count;
}

} // namespace

StringRead readString(std::string_view text, std::string &contents)
{
    const char quote = text.front();
    for (std::size_t at = 1; at < text.size();) {
        const char c = text[at];
        if (c == quote)
            return {at + 1, {}};
        if (c == '\n' && quote != '`')
            break;
        if (c == '\\' && quote != '`') {
            const std::size_t taken = readEscape(text.substr(at + 1), quote, contents);
            if (taken == 0)
                return {at + 2, unknownEscape};
            at += 1 + taken;
            continue;
        }
        contents += c;
        ++at;
    }
    return {text.size(), "a string that does not end: its closing quote is missing"};
}

} // namespace tapio::promql
