// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "console/core/store/eventrows.h"
#include "console/core/store/sqlite.h"

/// Zone rows: what is known of a chunk without reading it, so that queries skip chunks that cannot have what they look for.
namespace tapio::console {

/// An exact set of non-negative numbers in as few bytes as fit: a bitmap where dense, else gaps. Value type.
class IdSet {
public:
    IdSet() = default;
    /// Bytes from the file; damaged ones make a set that may contain anything.
    explicit IdSet(Blob encoded) : m_bytes(std::move(encoded)) {}
    static IdSet of(std::vector<std::int64_t> values);

    const Blob &encoded() const noexcept { return m_bytes; }
    /// False only when surely none of `wanted` (sorted) is in the set.
    bool mayContainAny(const std::vector<std::int64_t> &wanted) const;

private:
    Blob m_bytes;
};

/// A Bloom filter over 64-bit hashes, two probes per item. No item that was added is ever denied.
class Bloom {
public:
    Bloom() = default;
    explicit Bloom(Blob bits) : m_bits(std::move(bits)) {}
    /// Sized for `items`, within these bytes.
    Bloom(std::size_t items, std::size_t maximumBytes);

    void add(std::uint64_t item) noexcept;
    bool mayContain(std::uint64_t item) const noexcept; ///< true when there is no filter
    const Blob &bits() const noexcept { return m_bits; }

private:
    Blob m_bits;
};

/// Masks of a zone row. Types above 62 share a bit, severities above Critical too.
std::uint64_t typeBit(std::int64_t type) noexcept;
std::uint64_t severityBit(std::int64_t severity) noexcept;

struct Zone {
    std::int64_t id = 0;         ///< number of the chunk's first event
    std::uint32_t n = 0;         ///< events; their numbers are id .. id + n - 1
    std::int64_t t0 = 0, t1 = 0; ///< earliest and latest event
    int level = 0;               ///< 0 = as flushed, more = merged
    std::uint64_t types = 0;
    std::uint64_t severities = 0;
    IdSet streams;
    IdSet origins;
    std::vector<std::pair<std::int64_t, std::uint32_t>> typeCounts;
    std::size_t frontBytes = 0;
    std::size_t size = 0; ///< of the chunk's blob

    static Zone of(const EventRows &rows, std::int64_t id, int level);
};

/// The columns of event_zone that make a Zone, in the order that zoneFrom() expects.
inline constexpr std::string_view zoneColumns = "id, n, t0, t1, level, types, severities, streams, origins, type_counts, front, size";
Result<Zone> zoneFrom(const Statement &row);
Blob encodeTypeCounts(const Zone &zone);

/// pids of the chunk's processes.
Bloom pidBloom(const EventRows &rows);

} // namespace tapio::console
