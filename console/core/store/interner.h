// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <bit>
#include <cstdint>
#include <functional>
#include <vector>

namespace tapio::console {

/// Gives equal things the same small number, in order of first appearance. The things themselves stay with the caller,
/// who compares: open addressing over their numbers, with no allocation per thing. One thread.
class Interner {
public:
    explicit Interner(std::size_t expected = 64) : m_slots(std::bit_ceil(expected * 2 + 16), Slot{0, none}) {}

    struct Found {
        std::uint32_t index = 0;
        bool added = false;
    };

    /// `equals(index)` compares with the thing that got that number. When `added`, the caller keeps the new thing.
    template <typename Equals> Found intern(std::size_t hash, Equals &&equals)
    {
        if (m_count * 2 >= m_slots.size())
            grow();
        std::size_t at = mixed(hash) & (m_slots.size() - 1);
        for (;; at = (at + 1) & (m_slots.size() - 1)) {
            if (m_slots[at].index == none)
                break;
            if (m_slots[at].hash == hash && equals(m_slots[at].index))
                return {m_slots[at].index, false};
        }
        m_slots[at] = {hash, static_cast<std::uint32_t>(m_count)};
        return {static_cast<std::uint32_t>(m_count++), true};
    }
    std::size_t size() const noexcept { return m_count; }

private:
    struct Slot {
        std::size_t hash;
        std::uint32_t index;
    };
    static constexpr std::uint32_t none = UINT32_MAX;

    static std::size_t mixed(std::size_t hash) noexcept { return (hash ^ hash >> 29) * 0x9e3779b97f4a7c15u >> 16; }

    void grow()
    {
        std::vector<Slot> old(m_slots.size() * 2, Slot{0, none});
        old.swap(m_slots);
        for (const Slot &slot : old) {
            if (slot.index == none)
                continue;
            std::size_t at = mixed(slot.hash) & (m_slots.size() - 1);
            while (m_slots[at].index != none)
                at = (at + 1) & (m_slots.size() - 1);
            m_slots[at] = slot;
        }
    }

    std::vector<Slot> m_slots;
    std::size_t m_count = 0;
};

} // namespace tapio::console
