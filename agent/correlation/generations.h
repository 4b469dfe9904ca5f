// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <unordered_map>
#include <utility>

namespace tapio::correlation {

/// A hash map of at most so many that costs no more than its entries: of two halves the one that was not used lately goes when the other one is full.
/// The same calls leave the same in it.
template <typename Key, typename Value> class Generations {
public:
    /// `most` is above 2.
    explicit Generations(std::size_t most) : m_half(most / 2) {}

    /// Where it is, made where it was not there, which the second says. Valid until the next call.
    std::pair<Value *, bool> at(const Key &key)
    {
        if (const auto known = m_young.find(key); known != m_young.end())
            return {&known->second, false};
        auto kept = m_old.extract(key);
        const bool isNew = kept.empty();
        Value *value = isNew ? &m_young.try_emplace(key).first->second : &m_young.insert(std::move(kept)).position->second;
        if (m_young.size() >= m_half)
            m_old = std::exchange(m_young, {});
        return {value, isNew};
    }
    std::size_t size() const noexcept { return m_young.size() + m_old.size(); }

private:
    std::size_t m_half;
    std::unordered_map<Key, Value> m_young, m_old;
};

} // namespace tapio::correlation
