// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>

#include "agent/correlation/generations.h"
#include "protocol/wire/event.h"

namespace tapio::correlation {

/// What programs of an image do whenever they run: which privileges are gained in it by which program. Bounded; what was not seen lately is
/// forgotten first, and is news again. One thread.
class ImageHabits {
public:
    static constexpr std::uint32_t fewest = 3; ///< times that it was seen before,
    static constexpr std::int64_t longEnoughNs =
        3'600'000'000'000; ///< the first of them so long ago: what is done to all pods within minutes is no habit

    /// `most` is above 2.
    explicit ImageHabits(std::size_t most) : m_seen(most) {}
    /// Whether the image did so before, as often and as long ago as a habit takes. What is of no image is none.
    bool note(const wire::Origin &origin, const wire::PrivilegeGain &gain, std::int64_t timeNs);
    std::size_t size() const noexcept { return m_seen.size(); }

private:
    struct Seen {
        std::uint64_t check = 0;
        std::int64_t firstNs = 0;
        std::uint32_t times = 0;
    };
    Generations<std::uint64_t, Seen> m_seen;
};

} // namespace tapio::correlation
