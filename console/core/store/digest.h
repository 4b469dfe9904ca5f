// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstdint>

#include "console/core/store/bytes.h"

namespace tapio::console {

/// SHA-256 (FIPS 180-4).
using Digest = std::array<std::uint8_t, 32>;

/// What a zone row vouches for: the chunk's bytes and which events they are.
Digest chunkDigest(BlobView chunk, std::int64_t id, std::uint32_t n);
/// The next link of the chain of sealed chunks.
Digest chainHash(const Digest &previous, const Digest &chunk);

} // namespace tapio::console
