// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <stop_token>

#include "console/core/store/eventscan.h"

namespace tapio::console {

/// Event queries. Filter columns are looked at first, in chunks that their zone row does not exclude; whole events are put
/// together only for the rows of the page. One thread; inside the caller's read transaction.
class EventReader {
public:
    EventReader(Database &database, Decompressor &decompressor, NameLookup &names)
        : m_database(database), m_decompressor(decompressor), m_names(names)
    {}

    Result<EventPage> page(const EventQuery &query, std::optional<EventId> after, std::stop_token stop,
                           const StoreReader::Progress &progress);
    Result<StoredEvent> event(EventId id);
    Result<std::vector<StoreReader::TypeCount>> countByType(std::int64_t fromNs, std::int64_t toNs, std::int64_t stepNs,
                                                            std::stop_token stop);

private:
    Result<std::optional<Hit>> locate(EventId id);
    Result<Hit> continuation(const EventQuery &query, EventId after);
    Status findChunks(std::vector<Hit> &hits);
    Result<EventChunk> wholeChunk(std::int64_t id);
    Result<StoredEvent> stored(EventChunk &chunk, std::int64_t chunkId, std::uint32_t row, bool anyAmended);
    Status materialise(const std::vector<Hit> &hits, std::vector<StoredEvent> &out, const std::stop_token &stop);
    Result<std::uint64_t> lostEvents(const EventQuery &query);

    Database &m_database;
    Decompressor &m_decompressor;
    NameLookup &m_names;
};

/// Events have one running number each, whatever chunk holds them now; an EventId is that number in two parts.
EventId idOf(std::int64_t number) noexcept;
std::int64_t numberOf(EventId id) noexcept;

} // namespace tapio::console
