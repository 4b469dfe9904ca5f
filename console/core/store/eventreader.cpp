// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/core/store/eventreader.h"

#include <algorithm>
#include <map>

#include "console/core/store/seriescodec.h"

namespace tapio::console {

namespace {

constexpr std::size_t pageLimit = 100'000;

Error in(const Database &database, const Error &error) { return error.within("store '" + database.file().string() + "'"); }

} // namespace

EventId idOf(std::int64_t number) noexcept
{
    return {number / static_cast<std::int64_t>(chunkRows), static_cast<std::uint32_t>(number % static_cast<std::int64_t>(chunkRows))};
}

std::int64_t numberOf(EventId id) noexcept
{
    constexpr auto rows = static_cast<std::int64_t>(chunkRows);
    if (id.chunk < 0 || id.chunk > INT64_MAX / rows - 1 || id.row >= chunkRows)
        return 0;
    return id.chunk * rows + static_cast<std::int64_t>(id.row);
}

Result<std::optional<Hit>> EventReader::locate(EventId id)
{
    const std::int64_t number = numberOf(id);
    Statement query = m_database.statement("SELECT id, n FROM event_zone WHERE id <= ?1 ORDER BY id DESC LIMIT 1");
    const Result<bool> row = query.bind(number).step();
    if (!row)
        return fail(row.error());
    if (!*row || number >= query.integer(0) + query.integer(1))
        return std::nullopt;
    return Hit{0, number, query.integer(0)};
}

Result<Hit> EventReader::continuation(const EventQuery &query, EventId after)
{
    // When retention has taken the event meanwhile, its time is still the bound that its page left in the query.
    Hit hit{query.newestFirst ? query.toNs - 1 : query.fromNs, numberOf(after), 0};
    const Result<std::optional<Hit>> place = locate(after);
    if (!place)
        return fail(place.error());
    if (!*place)
        return hit;
    Result<EventChunk> chunk = wholeChunk((*place)->chunk);
    if (!chunk)
        return fail(chunk.error());
    const Result<std::vector<std::int64_t>> times = chunk->times();
    if (!times)
        return fail(in(m_database, times.error()));
    hit.timeNs = (*times)[static_cast<std::size_t>(hit.number - (*place)->chunk)];
    return hit;
}

Result<EventChunk> EventReader::wholeChunk(std::int64_t id)
{
    Statement query = m_database.statement("SELECT z.n, c.data FROM event_zone z JOIN event_chunk c ON c.id = z.id WHERE z.id=?1");
    const Result<bool> row = query.bind(id).step();
    if (!row)
        return fail(row.error());
    if (!*row)
        return fail(Errc::Corrupt, "store '" + m_database.file().string() + "': chunk " + std::to_string(id) + " is missing");
    const BlobView data = query.blob(1);
    Result<EventChunk> chunk = EventChunk::open(Blob(data.begin(), data.end()), static_cast<std::size_t>(query.integer(0)), m_decompressor);
    if (!chunk)
        return fail(in(m_database, chunk.error().within("chunk " + std::to_string(id))));
    return chunk;
}

Result<StoredEvent> EventReader::stored(EventChunk &chunk, std::int64_t chunkId, std::uint32_t row, bool anyAmended)
{
    const Result<const NameLookup::Stream *> stream = m_names.stream(chunk.stream(row));
    if (!stream)
        return fail(stream.error());
    const Result<std::int64_t> known =
        anyAmended ? m_names.amended(chunk.stream(row), chunk.seq(row), chunk.origin(row)) : chunk.origin(row);
    if (!known)
        return fail(known.error());
    const Result<const wire::Origin *> origin = m_names.origin(*known);
    if (!origin)
        return fail(origin.error());
    return StoredEvent{idOf(chunkId + row),         (*stream)->node,    chunk.seq(row), **origin, chunk.event(row),
                       *known != chunk.origin(row), (*stream)->streamId};
}

Result<StoredEvent> EventReader::event(EventId id)
{
    const Result<std::optional<Hit>> hit = locate(id);
    if (!hit)
        return fail(hit.error());
    if (!*hit)
        return fail(Errc::NotFound, "store '" + m_database.file().string() + "' has no event e-" + std::to_string(id.chunk) + "-"
                                        + std::to_string(id.row) + ": it was removed by retention, or never stored here");
    std::vector<StoredEvent> events;
    if (Status status = materialise({**hit}, events, {}); !status)
        return fail(status.error());
    return std::move(events.front());
}

Status EventReader::materialise(const std::vector<Hit> &hits, std::vector<StoredEvent> &out, const std::stop_token &stop)
{
    std::map<std::int64_t, std::vector<std::size_t>> byChunk;
    for (std::size_t i = 0; i < hits.size(); ++i)
        byChunk[hits[i].chunk].push_back(i);
    const Result<bool> anyAmended = m_names.anyAmended();
    if (!anyAmended)
        return fail(anyAmended.error());
    out.resize(hits.size());
    for (const auto &[chunkId, wanted] : byChunk) {
        if (stop.stop_requested())
            return fail(Errc::Cancelled, "the query was cancelled");
        Result<EventChunk> chunk = wholeChunk(chunkId);
        if (!chunk)
            return fail(chunk.error());
        std::vector<std::uint32_t> rows;
        for (const std::size_t i : wanted)
            rows.push_back(static_cast<std::uint32_t>(hits[i].number - chunkId));
        if (Status status = chunk->loadDetails(rows); !status)
            return fail(in(m_database, status.error().within("chunk " + std::to_string(chunkId))));
        for (std::size_t i = 0; i < wanted.size(); ++i) {
            Result<StoredEvent> event = stored(*chunk, chunkId, rows[i], *anyAmended);
            if (!event)
                return fail(event.error());
            out[wanted[i]] = std::move(*event);
        }
    }
    return {};
}

Result<std::uint64_t> EventReader::lostEvents(const EventQuery &query)
{
    std::uint64_t lost = 0;
    const std::vector<std::string> everyNode{""};
    for (const std::string &node : query.filter.nodes.empty() ? everyNode : query.filter.nodes) {
        Statement sum = m_database.statement("SELECT coalesce(sum(events), 0) FROM loss WHERE t >= ?1 AND t < ?2 AND (?3 = '' OR stream IN"
                                             " (SELECT s.id FROM stream s JOIN node n ON n.id = s.node WHERE n.name = ?3))");
        const Result<bool> row = sum.bind(query.fromNs, query.toNs, node).step();
        if (!row)
            return fail(row.error());
        lost += static_cast<std::uint64_t>(sum.integer(0));
    }
    return lost;
}

/// Rows of event_hot do not say in which chunk the event is by now.
Status EventReader::findChunks(std::vector<Hit> &hits)
{
    for (Hit &hit : hits) {
        if (hit.chunk != 0)
            continue;
        const Result<std::optional<Hit>> place = locate(idOf(hit.number));
        if (!place)
            return fail(place.error());
        if (!*place)
            return fail(Errc::Corrupt, "store '" + m_database.file().string() + "': an event of high severity is in no chunk");
        hit.chunk = (*place)->chunk;
    }
    return {};
}

Result<EventPage> EventReader::page(const EventQuery &query, std::optional<EventId> after, std::stop_token stop,
                                    const StoreReader::Progress &progress)
{
    if (query.limit == 0 || query.limit > pageLimit)
        return fail(Errc::InvalidArgument, "a page has 1 to " + std::to_string(pageLimit) + " events");
    const Result<CompiledFilter> filter = CompiledFilter::of(query, m_names);
    if (!filter)
        return fail(filter.error());
    PageBounds bounds{query.fromNs, query.toNs, query.newestFirst, query.limit + 1, {}};
    if (after) {
        const Result<Hit> from = continuation(query, *after);
        if (!from)
            return fail(from.error());
        bounds.after = *from;
    }
    EventScan scan(m_database, *filter, bounds, stop, progress);
    Status status = scan.run();
    std::vector<Hit> hits = scan.takeHits();
    EventPage page;
    page.next = query;
    page.more = hits.size() > query.limit;
    hits.resize(std::min(hits.size(), query.limit));
    if (status)
        status = findChunks(hits);
    if (status)
        status = materialise(hits, page.events, stop);
    if (!status)
        return fail(status.error());
    if (!hits.empty()) {
        page.nextAfter = page.events.back().id;
        (query.newestFirst ? page.next.toNs : page.next.fromNs) = hits.back().timeNs + (query.newestFirst ? 1 : 0);
    }
    page.scannedEvents = scan.scannedEvents();
    const Result<std::uint64_t> lost = lostEvents(query);
    if (!lost)
        return fail(lost.error());
    page.lostEvents = *lost;
    return page;
}

Result<std::vector<StoreReader::TypeCount>> EventReader::countByType(std::int64_t fromNs, std::int64_t toNs, std::int64_t stepNs,
                                                                     std::stop_token stop)
{
    if (stepNs <= 0 || fromNs < INT64_MIN + stepNs)
        return fail(Errc::InvalidArgument, "a bucket is longer than 0 ns, and a time range begins after the year 1677");
    std::map<std::pair<std::int64_t, std::int64_t>, std::uint64_t> counts;
    const auto startOf = [stepNs](std::int64_t timeNs) { return bucketStart(timeNs, stepNs); };
    BlobReader fronts(m_database, "event_chunk", "data");
    Statement zones =
        m_database.statement("SELECT " + std::string(zoneColumns) + " FROM event_zone WHERE t1 >= ?1 AND t0 < ?2 ORDER BY t0");
    zones.bind(fromNs, toNs);
    Result<bool> row = zones.step();
    for (; row && *row; row = zones.step()) {
        if (stop.stop_requested())
            return fail(Errc::Cancelled, "the query was cancelled");
        const Result<Zone> zone = zoneFrom(zones);
        if (!zone)
            return fail(in(m_database, zone.error()));
        if (zone->t0 >= fromNs && zone->t1 < toNs && startOf(zone->t0) == startOf(zone->t1)) {
            for (const auto &[type, count] : zone->typeCounts)
                counts[{startOf(zone->t0), type}] += count;
            continue;
        }
        Blob front;
        if (Status status = fronts.read(zone->id, zone->frontBytes, front); !status)
            return fail(status.error());
        Result<EventChunk> chunk = EventChunk::open(std::move(front), zone->n, m_decompressor);
        const Result<std::vector<std::int64_t>> times = chunk ? chunk->times() : fail(chunk.error());
        const Result<std::vector<std::int64_t>> types = chunk ? chunk->types() : fail(chunk.error());
        if (!times || !types)
            return fail(in(m_database, (!times ? times.error() : types.error()).within("chunk " + std::to_string(zone->id))));
        for (std::size_t i = 0; i < times->size(); ++i) {
            if ((*times)[i] >= fromNs && (*times)[i] < toNs)
                ++counts[{startOf((*times)[i]), (*types)[i]}];
        }
    }
    if (!row)
        return fail(row.error());
    std::vector<StoreReader::TypeCount> out;
    for (const auto &[key, count] : counts)
        out.push_back({key.first, static_cast<wire::EventType>(key.second), count});
    return out;
}

} // namespace tapio::console
