// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <bit>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <string_view>
#include <utility>

#include "agent/correlation/generations.h"
#include "agent/correlation/hash128.h"

namespace tapio::correlation {

/// For this process alone.
inline std::uint64_t quickHash(std::string_view text) noexcept { return std::hash<std::string_view>()(text); }

/// Of a name in parts: where it is, and whether it is the same. Two hashes, so that who chooses a name does not choose another one's place.
struct NameHashes {
    std::uint64_t key = 0, check = 0;
};

inline NameHashes hashesOf(std::initializer_list<std::string_view> name) noexcept
{
    constexpr std::uint64_t multiplier =
        0x9e3779b97f4a7c15; ///< 2^64 by the golden ratio: what one name ends with and another begins with differs
    NameHashes hashes;
    for (const std::string_view part : name) {
        const Hash128 hash = hash128(part);
        hashes.key = std::rotl(hashes.key, 23) * multiplier ^ hash.low;
        hashes.check = std::rotl(hashes.check, 29) * multiplier ^ hash.high;
    }
    return hashes;
}

/// Where it is, alone: for what may be in another one's place without harm.
inline std::uint64_t keyOf(std::initializer_list<std::string_view> name) noexcept { return hashesOf(name).key; }

/// And whether it is new, which what takes the place of another one with the same key is too. `Value` has a `check`.
template <typename Value> std::pair<Value *, bool> placeOf(Generations<std::uint64_t, Value> &all, const NameHashes &hashes)
{
    auto [place, isNew] = all.at(hashes.key);
    isNew = isNew || place->check != hashes.check;
    if (isNew) {
        *place = Value();
        place->check = hashes.check;
    }
    return {place, isNew};
}

} // namespace tapio::correlation
