// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "protocol/base/result.h"
#include "protocol/wire/message.h"

/// Messages to bytes and back. Any thread; no state.
namespace tapio::wire {

using Bytes = std::vector<std::byte>;

/// Limits on bytes from outside. Exceeding one is Errc::Malformed with the name of the limit.
struct DecodeLimits {
    std::size_t messageBytes = 1u << 20;  ///< on the wire
    std::size_t expandedBytes = 8u << 20; ///< after decompression, and the traversal limit
    int nestingLevels = 16;
    std::size_t listElements = 65'536; ///< of any one list
    std::size_t textBytes = 16'384;    ///< of any one text
    /// What the values may occupy in memory, as a multiple of the message before compression. Encoded honestly they occupy at
    /// most four times as much (an empty text: a pointer of 8 bytes, a string of 32); the rest is room for structures to grow.
    /// More comes of many pointers to one text, or of elements without size.
    std::size_t expansion = 8;
    // What the kernel gives, each byte of which may have become a replacement character of three bytes (event.h).
    std::size_t commBytes = 3 * 15;
    std::size_t filenameBytes = 3 * 255;
    std::size_t argumentBytes = 3 * 512; ///< of all arguments of one program
    std::size_t arguments = 512;         ///< of one program
    bool zstd = true;                    ///< false: format 2 is refused unread, since it was not agreed on
};

struct EncodeOptions {
    bool zstd = false; ///< only when the peer's capabilities have "zstd"
};

/// Errors: Errc::InvalidArgument when the result would exceed the default DecodeLimits (the caller must split).
Result<Bytes> encode(const Message &message, EncodeOptions options = {});
/// Validates everything: indexes into origins and labels, text lengths, list lengths; texts are made valid UTF-8.
/// Unknown enum numbers are kept, an event detail of an unknown kind becomes monostate.
/// Errors: Errc::Malformed; Errc::VersionMismatch (another format byte); Errc::Unsupported (well-formed, but a message or
/// frame body that this version does not know).
Result<Message> decode(std::span<const std::byte> bytes, const DecodeLimits &limits = {});
/// The message's size before compression, which is what credit counts. For format 2 it is what the message says of itself:
/// true of whatever decode() takes.
std::size_t plainBytes(std::span<const std::byte> bytes) noexcept;

} // namespace tapio::wire
