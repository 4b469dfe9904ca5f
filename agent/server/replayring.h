// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "protocol/wire/message.h"

namespace tapio::server {

/// Bytes that a delivery occupies in memory, with all its texts; the allocator's overhead aside.
std::uint64_t footprint(const wire::Delivery &delivery) noexcept;

/// The recent deliveries of all nodes in the order of arrival, bounded by their bytes in memory, and by their age where somebody says so. Consoles read it by position:
/// positions only grow, and one that was let go reads as the oldest that is left. One thread.
class ReplayRing {
public:
    using Position = std::uint64_t;

    explicit ReplayRing(std::uint64_t maxBytes, std::int64_t maxAgeNs = 0) : m_maxBytes(maxBytes), m_maxAgeNs(maxAgeNs) {}

    /// Lets the oldest go where a limit asks for it; the newest always stays. `nowNs`: on a clock that never steps back.
    void append(std::shared_ptr<const wire::Delivery> delivery, std::int64_t nowNs);
    /// Takes effect at once; ages are counted back from the newest. maxAgeNs: 0 = however old they get.
    void setLimits(std::uint64_t maxBytes, std::int64_t maxAgeNs);

    Position begin() const noexcept { return m_first; }
    Position end() const noexcept { return m_first + m_entries.size(); }
    /// begin() <= position < end().
    const std::shared_ptr<const wire::Delivery> &at(Position position) const { return m_entries[position - m_first].delivery; }
    /// The last frame of a stream that was let go; 0 = none.
    std::uint64_t letGoUpTo(const std::string &node, std::uint64_t streamId) const;
    /// The delivery of the same stream before the one at `position`; empty = there is none, or it was let go.
    std::optional<Position> previousOfStream(Position position) const;
    /// The number of each stream's newest event, of the streams that are remembered.
    std::map<std::pair<std::string, std::uint64_t>, std::uint64_t> newestEvents() const;
    /// Bytes of all entries from `position` on.
    std::uint64_t bytesFrom(Position position) const noexcept;
    std::uint64_t bytes() const noexcept { return bytesFrom(m_first); }

private:
    struct Entry {
        std::shared_ptr<const wire::Delivery> delivery;
        std::uint64_t startByte = 0; ///< of all bytes ever appended
        std::int64_t arrivedNs = 0;
        std::optional<Position> previous; ///< of the same stream
    };
    struct Stream {
        std::uint64_t letGoUpTo = 0;
        std::uint64_t newestEvent = 0;
        std::optional<Position> newest;
    };

    Stream &streamOf(const wire::Delivery &delivery);
    bool isTooMuch() const noexcept;
    void shrink();

    std::uint64_t m_maxBytes;
    std::int64_t m_maxAgeNs;
    std::deque<Entry> m_entries;
    Position m_first = 0;
    std::uint64_t m_endByte = 0;
    std::map<std::pair<std::string, std::uint64_t>, Stream> m_streams; ///< by node and stream; bounded
};

} // namespace tapio::server
