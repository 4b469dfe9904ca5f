// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/core/store/eventreader.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "console/core/store/seriescodec.h"

namespace tapio::console {

namespace {

constexpr std::size_t pageLimit = 100'000;

bool among(const std::vector<std::int64_t> &sorted, std::int64_t id) { return std::binary_search(sorted.begin(), sorted.end(), id); }

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

/// The best `limit` hits in the order of the page, as a heap with the worst on top.
class EventReader::Collector {
public:
    Collector(bool newestFirst, std::size_t limit) : m_newestFirst(newestFirst), m_limit(limit) {}

    /// a comes before b on the page.
    bool before(const Hit &a, const Hit &b) const
    {
        return m_newestFirst ? std::tie(a.timeNs, a.number) > std::tie(b.timeNs, b.number) : std::tie(a.timeNs, a.number) < std::tie(b.timeNs, b.number);
    }
    bool full() const { return m_hits.size() >= m_limit; }
    bool wants(const Hit &hit) const { return !full() || before(hit, m_hits.front()); }
    /// No event of a chunk with these times can be wanted any more.
    bool doneBefore(const Zone &zone) const
    {
        return full() && (m_newestFirst ? zone.t1 < m_hits.front().timeNs : zone.t0 > m_hits.front().timeNs);
    }
    void push(const Hit &hit)
    {
        if (!wants(hit))
            return;
        const auto order = [this](const Hit &a, const Hit &b) { return before(a, b); };
        if (full()) {
            std::pop_heap(m_hits.begin(), m_hits.end(), order);
            m_hits.pop_back();
        }
        m_hits.push_back(hit);
        std::push_heap(m_hits.begin(), m_hits.end(), order);
    }
    std::vector<Hit> sorted()
    {
        std::sort(m_hits.begin(), m_hits.end(), [this](const Hit &a, const Hit &b) { return before(a, b); });
        return std::move(m_hits);
    }

private:
    bool m_newestFirst;
    std::size_t m_limit;
    std::vector<Hit> m_hits;
};

struct EventReader::Scan {
    const EventQuery &query;
    CompiledFilter filter;
    Collector hits;
    std::optional<Hit> after;
    std::stop_token stop;
    const StoreReader::Progress &progress;
    std::int64_t fromNs = 0;
    std::int64_t toNs = 0;
    BlobReader fronts; ///< here and not longer: an open blob keeps the file's state from being forgotten
    std::uint64_t scanned = 0;
    std::uint64_t passed = 0; ///< scanned, or skipped by the zone row
    std::uint64_t total = 0;

    bool inRange(const Hit &hit) const
    {
        return hit.timeNs >= fromNs && hit.timeNs < toNs && (!after || hits.before(*after, hit));
    }
};

Result<std::optional<EventReader::Hit>> EventReader::locate(EventId id)
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

Result<EventReader::Hit> EventReader::continuation(const EventQuery &query, EventId after)
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

Result<StoredEvent> EventReader::stored(EventChunk &chunk, std::int64_t chunkId, std::uint32_t row)
{
    const Result<const NameLookup::Stream *> stream = m_names.stream(chunk.stream(row));
    if (!stream)
        return fail(stream.error());
    const Result<const wire::Origin *> origin = m_names.origin(chunk.origin(row));
    if (!origin)
        return fail(origin.error());
    return StoredEvent{idOf(chunkId + row), (*stream)->node, chunk.seq(row), **origin, chunk.event(row)};
}

Result<StoredEvent> EventReader::event(EventId id)
{
    const Result<std::optional<Hit>> hit = locate(id);
    if (!hit)
        return fail(hit.error());
    if (!*hit)
        return fail(Errc::NotFound, "store '" + m_database.file().string() + "' has no event e-" + std::to_string(id.chunk) + "-" + std::to_string(id.row)
                                        + ": it was removed by retention, or never stored here");
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
            Result<StoredEvent> event = stored(*chunk, chunkId, rows[i]);
            if (!event)
                return fail(event.error());
            out[wanted[i]] = std::move(*event);
        }
    }
    return {};
}

Status EventReader::keepText(Scan &scan, const Zone &zone, EventChunk &chunk, const std::vector<std::int64_t> &times, std::vector<std::uint32_t> &rows)
{
    const Result<Texts> comms = chunk.comms();
    const Result<std::vector<std::int64_t>> processes = chunk.processes();
    const Result<std::vector<std::int64_t>> origins = chunk.origins();
    if (!comms || !processes || !origins)
        return fail(!comms ? comms.error() : !processes ? processes.error() : origins.error());
    std::vector<bool> commHas(comms->distinctCount());
    for (std::size_t i = 0; i < comms->distinctCount(); ++i)
        commHas[i] = scan.filter.text.in(comms->value(i));
    Result<EventChunk> whole = wholeChunk(zone.id);
    if (!whole)
        return fail(whole.error());
    if (Status status = whole->loadDetails(rows); !status)
        return status;
    const auto hitOf = [&](std::uint32_t row) { return Hit{times[row], zone.id + row, zone.id}; };
    // Best first, so that the search can end as soon as nothing better can come.
    std::sort(rows.begin(), rows.end(), [&](std::uint32_t a, std::uint32_t b) { return scan.hits.before(hitOf(a), hitOf(b)); });
    for (const std::uint32_t row : rows) {
        const Hit hit = hitOf(row);
        if (!scan.hits.wants(hit))
            break;
        if (commHas[comms->distinct(static_cast<std::size_t>((*processes)[row]))] || among(scan.filter.textOrigins, (*origins)[row])
            || scan.filter.text.in(wire::summary(whole->event(row))))
            scan.hits.push(hit);
    }
    rows.clear();
    return {};
}

Status EventReader::keepRows(Scan &scan, const Zone &zone, EventChunk &chunk, std::vector<std::uint32_t> &rows)
{
    const CompiledFilter &filter = scan.filter;
    const auto keep = [&rows](const Result<std::vector<std::int64_t>> &values, auto &&wanted) -> Status {
        if (!values)
            return fail(values.error());
        std::erase_if(rows, [&](std::uint32_t row) { return !wanted((*values)[row]); });
        return {};
    };
    Status status;
    if (filter.needsTypes(zone))
        status = keep(chunk.types(), [&](std::int64_t type) { return filter.typeMatches(type); });
    if (status && !rows.empty() && filter.needsSeverities(zone))
        status = keep(chunk.severities(), [&](std::int64_t severity) { return severity >= filter.minSeverity; });
    if (status && !rows.empty() && filter.streams)
        status = keep(chunk.streams(), [&](std::int64_t stream) { return among(*filter.streams, stream); });
    if (status && !rows.empty() && filter.origins)
        status = keep(chunk.origins(), [&](std::int64_t origin) { return among(*filter.origins, origin); });
    if (status && !rows.empty() && filter.pid) {
        const Result<std::vector<std::int64_t>> pids = chunk.pids();
        if (!pids)
            return fail(pids.error());
        status = keep(chunk.processes(), [&](std::int64_t process) { return (*pids)[static_cast<std::size_t>(process)] == *filter.pid; });
    }
    return status;
}

Status EventReader::scanChunk(Scan &scan, const Zone &zone)
{
    Blob front;
    if (Status status = scan.fronts.read(zone.id, zone.frontBytes, front); !status)
        return status;
    Result<EventChunk> chunk = EventChunk::open(std::move(front), zone.n, m_decompressor);
    if (!chunk)
        return fail(chunk.error());
    const Result<std::vector<std::int64_t>> times = chunk->times();
    if (!times)
        return fail(times.error());
    std::vector<std::uint32_t> rows;
    for (std::uint32_t row = 0; row < zone.n; ++row) {
        const Hit hit{(*times)[row], zone.id + row, zone.id};
        if (scan.inRange(hit) && scan.hits.wants(hit))
            rows.push_back(row);
    }
    scan.scanned += zone.n;
    Status status;
    if (!rows.empty())
        status = keepRows(scan, zone, *chunk, rows);
    if (status && !rows.empty() && !scan.filter.text.empty())
        status = keepText(scan, zone, *chunk, *times, rows);
    if (!status)
        return status;
    for (const std::uint32_t row : rows)
        scan.hits.push({(*times)[row], zone.id + row, zone.id});
    return {};
}

Result<bool> EventReader::mayMatch(const Scan &scan, const Zone &zone)
{
    const CompiledFilter &filter = scan.filter;
    if (!filter.mayMatch(zone))
        return false;
    if (filter.pid) {
        const Result<Blob> bits = indexOf("SELECT bits FROM event_pids WHERE id=?1", zone.id);
        if (!bits || !filter.mayMatchPids(Bloom(*bits)))
            return bits ? Result<bool>(false) : fail(bits.error());
    }
    if (filter.grams.empty())
        return true;
    const Result<Blob> bits = indexOf("SELECT bits FROM event_grams WHERE id=?1", zone.id);
    return bits ? Result<bool>(filter.mayMatchText(zone, GramIndex(*bits))) : fail(bits.error());
}

/// Empty when the chunk has none yet.
Result<Blob> EventReader::indexOf(std::string_view sql, std::int64_t chunk)
{
    Statement query = m_database.statement(sql);
    const Result<bool> row = query.bind(chunk).step();
    if (!row)
        return fail(row.error());
    return *row ? Blob(query.blob(0).begin(), query.blob(0).end()) : Blob();
}

Status EventReader::scanChunks(Scan &scan)
{
    const std::string order = scan.query.newestFirst ? "t1 DESC" : "t0";
    Statement zones = m_database.statement("SELECT " + std::string(zoneColumns) + " FROM event_zone WHERE t1 >= ?1 AND t0 < ?2 ORDER BY " + order);
    zones.bind(scan.fromNs, scan.toNs);
    Result<bool> row = zones.step();
    for (; row && *row; row = zones.step()) {
        const Result<Zone> zone = zoneFrom(zones);
        if (!zone)
            return fail(in(m_database, zone.error()));
        if (scan.hits.doneBefore(*zone))
            break;
        if (scan.stop.stop_requested())
            return fail(Errc::Cancelled, "the query was cancelled");
        const Result<bool> wanted = mayMatch(scan, *zone);
        if (!wanted)
            return fail(wanted.error());
        if (*wanted) {
            if (Status status = scanChunk(scan, *zone); !status)
                return status.error().code() == Errc::Corrupt ? fail(in(m_database, status.error().within("chunk " + std::to_string(zone->id)))) : status;
        }
        scan.passed += zone->n;
        if (scan.progress)
            scan.progress(scan.passed, std::max(scan.total, scan.passed));
    }
    return row ? Status() : fail(row.error());
}

Status EventReader::scanHot(Scan &scan)
{
    const std::string order = scan.query.newestFirst ? "t DESC, event DESC" : "t, event";
    Statement rows = m_database.statement("SELECT t, event, severity, type, stream, origin, pid FROM event_hot WHERE t >= ?1 AND t < ?2 ORDER BY " + order);
    rows.bind(scan.fromNs, scan.toNs);
    const CompiledFilter &filter = scan.filter;
    Result<bool> row = rows.step();
    for (; row && *row; row = rows.step()) {
        if ((++scan.scanned & 0xfff) == 0 && scan.stop.stop_requested())
            return fail(Errc::Cancelled, "the query was cancelled");
        const Hit hit{rows.integer(0), rows.integer(1), 0};
        if (!scan.hits.wants(hit))
            break;
        if (scan.inRange(hit) && rows.integer(2) >= filter.minSeverity && filter.typeMatches(rows.integer(3))
            && (!filter.streams || among(*filter.streams, rows.integer(4))) && (!filter.origins || among(*filter.origins, rows.integer(5)))
            && (!filter.pid || rows.integer(6) == *filter.pid))
            scan.hits.push(hit);
    }
    return row ? Status() : fail(row.error());
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

Result<EventPage> EventReader::page(const EventQuery &query, std::optional<EventId> after, std::stop_token stop, const StoreReader::Progress &progress)
{
    if (query.limit == 0 || query.limit > pageLimit)
        return fail(Errc::InvalidArgument, "a page has 1 to " + std::to_string(pageLimit) + " events");
    Result<CompiledFilter> filter = CompiledFilter::of(query, m_names);
    if (!filter)
        return fail(filter.error());
    Scan scan{query, std::move(*filter), Collector(query.newestFirst, query.limit + 1), {}, std::move(stop), progress, query.fromNs, query.toNs,
              BlobReader(m_database, "event_chunk", "data")};
    if (after) {
        const Result<Hit> from = continuation(query, *after);
        if (!from)
            return fail(from.error());
        scan.after = *from;
    }
    if (progress) {
        Statement sum = m_database.statement("SELECT coalesce(sum(n), 0) FROM event_zone WHERE t1 >= ?1 AND t0 < ?2");
        const Result<bool> row = sum.bind(scan.fromNs, scan.toNs).step();
        if (!row)
            return fail(row.error());
        scan.total = static_cast<std::uint64_t>(sum.integer(0));
    }
    EventPage page;
    page.next = query;
    Status status;
    if (!scan.filter.nothing) {
        const bool hot = query.filter.minSeverity >= wire::Severity::Warning && scan.filter.text.empty();
        status = hot ? scanHot(scan) : scanChunks(scan);
    }
    std::vector<Hit> hits = scan.hits.sorted();
    page.more = hits.size() > query.limit;
    hits.resize(std::min(hits.size(), query.limit));
    for (Hit &hit : hits) {
        if (!status || hit.chunk != 0)
            continue;
        const Result<std::optional<Hit>> place = locate(idOf(hit.number));
        if (!place)
            return fail(place.error());
        if (!*place)
            return fail(Errc::Corrupt, "store '" + m_database.file().string() + "': an event of high severity is in no chunk");
        hit.chunk = (*place)->chunk;
    }
    if (status)
        status = materialise(hits, page.events, scan.stop);
    if (!status)
        return fail(status.error());
    if (!hits.empty()) {
        page.nextAfter = page.events.back().id;
        (query.newestFirst ? page.next.toNs : page.next.fromNs) = hits.back().timeNs + (query.newestFirst ? 1 : 0);
    }
    page.scannedEvents = scan.scanned;
    const Result<std::uint64_t> lost = lostEvents(query);
    if (!lost)
        return fail(lost.error());
    page.lostEvents = *lost;
    return page;
}

Result<std::vector<StoreReader::TypeCount>> EventReader::countByType(std::int64_t fromNs, std::int64_t toNs, std::int64_t stepNs, std::stop_token stop)
{
    if (stepNs <= 0 || fromNs < INT64_MIN + stepNs)
        return fail(Errc::InvalidArgument, "a bucket is longer than 0 ns, and a time range begins after the year 1677");
    std::map<std::pair<std::int64_t, std::int64_t>, std::uint64_t> counts;
    const auto startOf = [stepNs](std::int64_t timeNs) { return bucketStart(timeNs, stepNs); };
    BlobReader fronts(m_database, "event_chunk", "data");
    Statement zones = m_database.statement("SELECT " + std::string(zoneColumns) + " FROM event_zone WHERE t1 >= ?1 AND t0 < ?2 ORDER BY t0");
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
