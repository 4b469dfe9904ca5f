// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

/// Text from outside: kernel task names, arguments and paths are any bytes. Pure functions, any thread.
namespace tapio::wire {

/// Well-formed UTF-8 by RFC 3629 (no surrogates, no overlong forms, at most U+10FFFF).
bool isValidUtf8(std::string_view text) noexcept;
/// A copy in which each byte that belongs to no well-formed sequence is U+FFFD.
std::string toValidUtf8(std::string_view text);
/// The longest prefix of at most `maxBytes` that does not cut a sequence. `text` must be valid UTF-8.
std::string_view truncateUtf8(std::string_view text, std::size_t maxBytes) noexcept;
/// Appends `text` (any bytes) so that it cannot leave its line or disguise its order: control characters (C0, DEL, C1) and
/// line separators become a space, bidirectional controls (Unicode UAX 9, section 2) U+FFFD, invalid bytes U+FFFD.
void appendLine(std::string &line, std::string_view text);
/// The same as a value, of at most `maxBytes` of the text: a stranger's words, fit for a log or a table.
std::string toLine(std::string_view text, std::size_t maxBytes);

} // namespace tapio::wire
