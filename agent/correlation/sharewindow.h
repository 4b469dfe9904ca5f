// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

namespace tapio::correlation {

/// How many of those seen within a window were hits, to an eighth of the window. What is older than it is not taken.
class ShareWindow {
public:
    void add(std::int64_t timeNs, std::int64_t windowNs, std::uint32_t weight, bool hit) noexcept
    {
        const std::int64_t slot = timeNs / (windowNs / slots + 1);
        if (slot > m_newest)
            m_newest = slot;
        if (m_newest - slot >= slots)
            return;
        Slot &at = m_slots[static_cast<std::size_t>(slot % slots)];
        if (at.number != slot)
            at = {slot, 0, 0};
        at.total += weight;
        at.hits += hit ? weight : 0;
    }

    /// What another saw of the same.
    void merge(const ShareWindow &other) noexcept
    {
        for (const Slot &slot : other.m_slots)
            m_newest = std::max(m_newest, slot.number);
        for (const Slot &slot : other.m_slots) {
            if (slot.number < 0 || m_newest - slot.number >= slots)
                continue;
            Slot &at = m_slots[static_cast<std::size_t>(slot.number % slots)];
            if (at.number != slot.number)
                at = {slot.number, 0, 0};
            at.total += slot.total;
            at.hits += slot.hits;
        }
    }

    bool reaches(double share, std::uint32_t leastOf) const noexcept
    {
        std::uint64_t hits = 0, total = 0;
        for (const Slot &at : m_slots) {
            const bool isIn = m_newest - at.number < slots;
            hits += isIn ? at.hits : 0;
            total += isIn ? at.total : 0;
        }
        return total >= leastOf && total > 0 && static_cast<double>(hits) >= share * static_cast<double>(total);
    }

private:
    static constexpr std::int64_t slots = 8;
    struct Slot {
        std::int64_t number = -slots;
        std::uint32_t hits = 0, total = 0;
    };
    std::array<Slot, slots> m_slots{};
    std::int64_t m_newest = 0;
};

} // namespace tapio::correlation
