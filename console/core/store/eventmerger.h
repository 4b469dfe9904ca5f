// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "console/core/store/eventwriter.h"

namespace tapio::console {

/// Housekeeping of chunks, one bounded step at a time: small chunks become bigger ones, chunks are sealed in order, and sealed
/// ones get an index for text search. Event numbers stay as they are, so that every EventId keeps its meaning. Store thread only.
class EventMerger {
public:
    EventMerger(Database &database, Compressor &compressor, Decompressor &decompressor, EventWriter &events)
        : m_database(database), m_compressor(compressor), m_decompressor(decompressor), m_events(events)
    {}

    /// True: something was done, ask again. Errors: those of writing; the file is then as it was.
    Result<bool> mergeSlice();
    Result<bool> indexSlice();

private:
    struct Source {
        std::int64_t writtenNs = 0;
        std::uint32_t taken = 0; ///< chunks that went in
    };
    Status sealOne();
    Result<bool> merge(std::size_t first, std::size_t count, bool seal);
    Result<Source> readRows(std::size_t first, std::size_t count, EventRows &rows);
    Status replace(const ChunkRow &row, const Bloom &pids);
    Status readChunk(std::int64_t id, std::size_t rows, std::optional<EventChunk> &out);

    Database &m_database;
    Compressor &m_compressor;
    Decompressor &m_decompressor;
    EventWriter &m_events;
};

} // namespace tapio::console
