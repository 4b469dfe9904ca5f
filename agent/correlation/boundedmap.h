// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <unordered_map>
#include <utility>

namespace tapio::correlation {

/// A hash map of at most so many: beyond that what was used longest ago goes, and is counted. The same calls leave the same in it.
template <typename Key, typename Value, typename Hash = std::hash<Key>> class BoundedMap {
public:
    /// `most` is above 0.
    explicit BoundedMap(std::size_t most) : m_most(most) {}

    /// Null: it is not there. Valid until the next call of at(). Counts as a use.
    Value *find(const Key &key)
    {
        const auto known = m_byKey.find(key);
        if (known == m_byKey.end())
            return nullptr;
        m_entries.splice(m_entries.begin(), m_entries, known->second);
        return &known->second->second;
    }
    /// Made anew where it was not there.
    Value &at(const Key &key)
    {
        if (Value *known = find(key))
            return *known;
        m_entries.emplace_front(key, Value());
        m_byKey.emplace(key, m_entries.begin());
        if (m_entries.size() > m_most) {
            m_byKey.erase(m_entries.back().first);
            m_entries.pop_back();
            ++m_evicted;
        }
        return m_entries.front().second;
    }
    /// That another one would push out; nullptr: there is room.
    const Value *nextToGo() const noexcept { return m_entries.size() < m_most ? nullptr : &m_entries.back().second; }
    std::size_t size() const noexcept { return m_entries.size(); }
    std::uint64_t evicted() const noexcept { return m_evicted; }
    /// Last used first.
    const std::list<std::pair<Key, Value>> &entries() const noexcept { return m_entries; }
    std::list<std::pair<Key, Value>> &entries() noexcept { return m_entries; }

private:
    std::size_t m_most;
    std::list<std::pair<Key, Value>> m_entries;
    std::unordered_map<Key, typename std::list<std::pair<Key, Value>>::iterator, Hash> m_byKey;
    std::uint64_t m_evicted = 0;
};

} // namespace tapio::correlation
