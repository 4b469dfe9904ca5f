// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/correlation/hash128.h"

#define XXH_INLINE_ALL // NOLINT: its authors' way to have it compiled into what uses it, with nothing to be linked
#include <xxhash.h>

namespace tapio::correlation {

Hash128 hash128(std::string_view bytes, std::uint64_t seed) noexcept
{
    const XXH128_hash_t hash = XXH3_128bits_withSeed(bytes.data(), bytes.size(), seed);
    return {hash.low64, hash.high64};
}

} // namespace tapio::correlation
