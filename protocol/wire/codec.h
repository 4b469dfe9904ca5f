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
    std::size_t messageBytes = 1u << 20;       ///< on the wire
    std::size_t expandedBytes = 8u << 20;      ///< after decompression and unpacking, and the traversal limit
    int nestingLevels = 16;
    std::size_t listElements = 65'536;         ///< of any one list
    std::size_t textBytes = 16'384;            ///< of any one text
};

struct EncodeOptions {
    bool zstd = false;                          ///< only when the peer's capabilities have "zstd"
};

/// Errors: Errc::InvalidArgument when the result would exceed the default DecodeLimits (the caller must split).
Result<Bytes> encode(const Message &message, EncodeOptions options = {});
/// Validates everything: indexes into origins and labels, text lengths, list lengths; texts are made valid UTF-8.
/// Unknown enum numbers are kept, an event detail of an unknown kind becomes monostate.
/// Errors: Errc::Malformed; Errc::VersionMismatch (another format byte); Errc::Unsupported (well-formed, but a message or
/// frame body that this version does not know).
Result<Message> decode(std::span<const std::byte> bytes, const DecodeLimits &limits = {});

} // namespace tapio::wire
