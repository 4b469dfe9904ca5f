// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string_view>

namespace tapio::correlation {

struct Hash128 {
    std::uint64_t low = 0, high = 0;
};

/// XXH3 (https://github.com/Cyan4973/xxHash), the same on every machine; a few nanoseconds for a name. `seed` makes another one of it. Any thread.
Hash128 hash128(std::string_view bytes, std::uint64_t seed = 0) noexcept;

} // namespace tapio::correlation
