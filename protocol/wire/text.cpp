// SPDX-License-Identifier: GPL-3.0-or-later
#include "protocol/wire/text.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace tapio::wire {

namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";

std::uint8_t byteAt(std::string_view text, std::size_t at) noexcept { return static_cast<std::uint8_t>(text[at]); }

std::size_t asciiPrefix(std::string_view text) noexcept
{
    std::size_t at = 0;
    for (; at + sizeof(std::uint64_t) <= text.size(); at += sizeof(std::uint64_t)) {
        std::uint64_t block = 0;
        std::memcpy(&block, text.data() + at, sizeof block);
        if ((block & 0x8080808080808080ULL) != 0)
            break;
    }
    while (at < text.size() && byteAt(text, at) < 0x80)
        ++at;
    return at;
}

struct Sequence {
    std::size_t length = 0; ///< 0: not well formed
    char32_t code = 0;
};

/// The sequence that begins at `at`; table 3-7 of the Unicode standard, which RFC 3629 section 4 restates.
Sequence sequenceAt(std::string_view text, std::size_t at) noexcept
{
    const std::uint8_t lead = byteAt(text, at);
    if (lead < 0x80)
        return {1, lead};
    const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    if (lead < 0xC2 || lead > 0xF4 || at + length > text.size())
        return {};
    std::uint8_t low = 0x80;
    std::uint8_t high = 0xBF;
    switch (lead) {
    case 0xE0: low = 0xA0; break;
    case 0xED: high = 0x9F; break;
    case 0xF0: low = 0x90; break;
    case 0xF4: high = 0x8F; break;
    default: break;
    }
    char32_t code = lead & (0xFFU >> (length + 1));
    for (std::size_t i = 1; i < length; ++i) {
        const std::uint8_t next = byteAt(text, at + i);
        if (next < low || next > high)
            return {};
        code = (code << 6) | (next & 0x3FU);
        low = 0x80;
        high = 0xBF;
    }
    return {length, code};
}

bool breaksLine(char32_t code) noexcept { return code < 0x20 || (code >= 0x7F && code <= 0x9F) || code == 0x2028 || code == 0x2029; }

bool reorders(char32_t code) noexcept
{
    return code == 0x061C || code == 0x200E || code == 0x200F || (code >= 0x202A && code <= 0x202E) || (code >= 0x2066 && code <= 0x2069);
}

/// How many bytes of ASCII that is printed it begins with.
std::size_t plainBytes(std::string_view text)
{
    const auto isPlain = [](char byte) { return byte >= ' ' && byte < '\x7f'; };
    // Eight at a time, as https://graphics.stanford.edu/~seander/bithacks.html has it ("Determine if a word has a byte less than n").
    constexpr std::uint64_t each = 0x0101010101010101ULL, high = 0x80 * each;
    std::size_t at = 0;
    for (; at + sizeof(std::uint64_t) <= text.size(); at += sizeof(std::uint64_t)) {
        std::uint64_t block = 0;
        std::memcpy(&block, text.data() + at, sizeof block);
        const std::uint64_t isDelete = block ^ 0x7f * each;
        if (((block | ((block - ' ' * each) & ~block) | ((isDelete - each) & ~isDelete)) & high) != 0)
            break;
    }
    const auto rest = text.substr(at);
    return at + static_cast<std::size_t>(std::find_if_not(rest.begin(), rest.end(), isPlain) - rest.begin());
}

} // namespace

bool isValidUtf8(std::string_view text) noexcept
{
    for (std::size_t at = asciiPrefix(text); at < text.size();) {
        const std::size_t length = sequenceAt(text, at).length;
        if (length == 0)
            return false;
        at += length;
    }
    return true;
}

std::string toValidUtf8(std::string_view text)
{
    if (isValidUtf8(text))
        return std::string(text);
    std::string valid;
    valid.reserve(text.size() + 2 * replacement.size());
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t length = sequenceAt(text, at).length;
        valid += length == 0 ? replacement : text.substr(at, length);
        at += length == 0 ? 1 : length;
    }
    return valid;
}

std::string_view truncateUtf8(std::string_view text, std::size_t maxBytes) noexcept
{
    if (text.size() <= maxBytes)
        return text;
    std::size_t end = maxBytes;
    while (end > 0 && (byteAt(text, end) & 0xC0U) == 0x80)
        --end;
    return text.substr(0, end);
}

void appendLine(std::string &line, std::string_view text)
{
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t plain = plainBytes(text.substr(at)); // nearly all of nearly every text
        line += text.substr(at, plain);
        at += plain;
        if (at == text.size())
            return;
        const Sequence sequence = sequenceAt(text, at);
        if (sequence.length == 0 || reorders(sequence.code))
            line += replacement;
        else if (breaksLine(sequence.code))
            line += ' ';
        else
            line += text.substr(at, sequence.length);
        at += sequence.length == 0 ? 1 : sequence.length;
    }
}

std::string toLine(std::string_view text, std::size_t maxBytes)
{
    std::string line;
    appendLine(line, truncateUtf8(text, maxBytes));
    return line;
}

} // namespace tapio::wire
