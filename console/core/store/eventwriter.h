// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <deque>

#include "console/core/store/catalog.h"
#include "console/core/store/chunkcodec.h"
#include "console/core/store/digest.h"
#include "console/core/store/zone.h"

namespace tapio::console {

/// The tail of the file's chunks that are not sealed yet. Chunks are sealed in order: a sealed chunk never changes again,
/// and its hash covers the one before, so that a hash quoted somewhere vouches for everything older.
struct OpenChunk {
    std::int64_t id = 0;
    std::uint32_t n = 0;
    int level = 0;
    Digest digest{};
};

/// Buffers events, and writes them as chunks inside the caller's transaction. Store thread only.
class EventWriter {
public:
    EventWriter(Database &database, Compressor &compressor) : m_database(database), m_compressor(compressor) {}
    Status load();

    void push(const EventRows::Place &place, const wire::Event &event);
    std::size_t bufferedEvents() const noexcept { return m_bufferedEvents; }
    std::size_t bufferedBytes() const noexcept;
    bool chunkFull() const noexcept { return m_pending.size() > 1; }

    Status write(std::int64_t nowNs);
    void committed();
    void rolledBack();

    /// What can be merged or sealed now; see EventMerger.
    const std::vector<OpenChunk> &openChunks() const noexcept { return m_open; }
    const Digest &lastHash() const noexcept { return m_lastHash; }
    std::int64_t nextEvent() const noexcept { return m_nextEvent; }
    /// After a merge was committed: the chunks [first, first + count) became `merged`, or were sealed (then `hash`).
    void replaceOpen(std::size_t first, std::size_t count, const OpenChunk &merged);
    void sealFront(std::size_t count, const Digest &hash);
    /// Retention removed all chunks up to this one.
    void removedUpTo(std::int64_t id);

private:
    struct Pending {
        EventRows rows;
        EncodedChunk encoded; ///< kept when a transaction failed, so that trying again costs little
        Digest digest{};
    };
    Status writeHot(const EventRows &rows, std::int64_t firstEvent);

    Database &m_database;
    Compressor &m_compressor;
    std::deque<Pending> m_pending;
    std::size_t m_bufferedEvents = 0;
    std::int64_t m_nextEvent = 1;
    std::vector<OpenChunk> m_open;
    Digest m_lastHash{};
    // What the running transaction would change.
    std::vector<OpenChunk> m_written;
    bool m_sealedDirectly = false;
    Digest m_newHash{};
};

/// Writes one chunk and its zone row. `hash` is null for a chunk that is not sealed yet.
struct ChunkRow {
    const Zone &zone;
    const EncodedChunk &chunk;
    const Digest &digest;
    const Digest *previous = nullptr;
    const Digest *hash = nullptr;
    std::int64_t writtenNs = 0;
};
Status insertChunk(Database &database, const ChunkRow &row, const Bloom &pids);

} // namespace tapio::console
