// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <memory>
#include <unordered_map>
#include <utility>

#include "console/core/store/seriescodec.h"
#include "console/core/store/sqlite.h"

namespace tapio::console {

/// What a series is, in the store's own numbers.
struct SeriesId {
    SeriesClass kind = SeriesClass::Sample;
    std::int64_t owner = 0; ///< node; of counters the stream; of figures 0
    std::int64_t code = 0;  ///< metric; of histograms kind * 32 + bucket; of counters whether of a rule
    std::int64_t place = 0; ///< of the origin; of counters which of them
    std::string label;      ///< of counters the source or the rule; of figures name, NUL, label
    bool operator==(const SeriesId &) const = default;
};

inline constexpr std::size_t blockTimes = 120;

/// A block of tier 0 grows up: written small, merged to full, then its buckets are in a block of tier 1. Part of the format.
enum class BlockState : std::uint8_t { Small = 0, Full = 1, Tiered = 2 };

struct BlockRow {
    std::int64_t group = 0;
    int tier = 0;
    std::int64_t t0 = 0, t1 = 0;
    std::size_t readings = 0;
    std::size_t times = 0;
    BlockState state = BlockState::Small;
    std::int64_t writtenNs = 0;
};
Status insertBlock(Database &database, const BlockRow &block, const Blob &data);

/// Buffers readings and writes them inside the caller's transaction: all as one recent row, and the groups that have enough
/// as blocks, a bounded number of them at each flush so that none takes long. Store thread only.
class SeriesWriter {
public:
    SeriesWriter(Database &database, Compressor &compressor, Decompressor &decompressor)
        : m_database(database), m_compressor(compressor), m_decompressor(decompressor)
    {}
    /// Reads back what was not in blocks yet when the file was last closed.
    Status load(std::int64_t bootNs);

    /// `originId` is what is known of the place by now. Errors: those of reading the file.
    Status push(const SeriesId &id, std::int64_t originId, std::int64_t timeNs, std::int64_t value);
    std::size_t bufferedBytes() const noexcept { return m_pending.size() * sizeof(Reading) * 2; }
    bool empty() const noexcept { return m_pending.empty(); }

    Status write(std::int64_t nowNs, std::int64_t bootNs);
    void committed(std::int64_t bootNs);
    void rolledBack();
    /// Groups and series were deleted by retention.
    void forget();
    /// Groups that got a block since the last call.
    std::vector<std::int64_t> takeClosedGroups() { return std::exchange(m_closedGroups, {}); }

private:
    struct Group {
        std::int64_t id = 0;
        SeriesClass kind = SeriesClass::Sample;
        std::int64_t owner = 0;
        std::int64_t code = 0;
        std::uint32_t slots = 0;
        std::int64_t done = 0; ///< recent rows up to this one are in blocks
        std::int64_t seenNs = 0;
        bool isNew = false;
        std::vector<Reading> head; ///< not in a block yet
        std::size_t times = 0;     ///< distinct times in head, as they came
        std::int64_t lastTime = INT64_MIN;
        std::int64_t firstRecent = 0; ///< the recent row that has the first of head
        std::int64_t openedNs = 0;    ///< boot time
        bool closing = false;         ///< the running transaction has it in a block
    };
    struct Series {
        Group *group = nullptr;
        std::uint32_t slot = 0;
        std::int64_t origin = 0;
    };
    struct NewSeries {
        SeriesId id;
        std::int64_t group = 0;
        std::uint32_t slot = 0;
        std::int64_t origin = 0;
        bool existing = false; ///< only its origin changed
    };
    struct Hash {
        std::size_t operator()(const SeriesId &id) const noexcept;
    };

    Result<Group *> group(std::int64_t id);
    Result<Group *> openGroup(const SeriesId &id);
    Result<Series *> series(const SeriesId &id, std::int64_t originId);
    void addToHead(Group &group, const Reading &reading, std::int64_t recentId);
    Status writeCatalog(std::int64_t nowNs);
    Status writeBlocks(std::int64_t nowNs, std::int64_t bootNs);
    Status writeBlock(Group &group, std::int64_t nowNs);
    bool due(const Group &group, std::int64_t bootNs) const noexcept;
    std::int64_t oldestNeeded() const noexcept;

    Database &m_database;
    Compressor &m_compressor;
    Decompressor &m_decompressor;
    std::unordered_map<std::int64_t, std::unique_ptr<Group>> m_groups;
    std::unordered_map<SeriesId, Series, Hash> m_series;
    std::unordered_map<SeriesId, Group *, Hash> m_openGroups; ///< by class, owner and code
    std::vector<NewSeries> m_newSeries;
    std::vector<Reading> m_pending;
    std::vector<Group *> m_closing;
    std::vector<std::int64_t> m_closedGroups;
    std::int64_t m_nextGroup = 1;
    std::int64_t m_nextRecent = 1;
    std::int64_t m_nowBootNs = 0;
};

} // namespace tapio::console
