// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/core/store/eventmerger.h"

#include <algorithm>
#include <numeric>

#include "console/core/store/textindex.h"

namespace tapio::console {

namespace {

/// So many neighbours of one level become one of the next: an idle system's chunks stay few, and each event is rewritten seldom.
constexpr std::size_t mergeWidth = 16;

struct Run {
    std::size_t first = 0;
    std::size_t count = 0;
};

/// How many of the first chunks fill one chunk; 0 while there is room for more.
std::size_t fullPrefix(const std::vector<OpenChunk> &open)
{
    std::size_t events = 0;
    for (std::size_t i = 0; i < open.size(); ++i) {
        events += open[i].n;
        if (events > chunkRows)
            return std::max<std::size_t>(i, 1);
        if (events == chunkRows)
            return i + 1;
    }
    return 0;
}

Run equalLevels(const std::vector<OpenChunk> &open)
{
    Run run;
    for (std::size_t i = 0; i < open.size(); ++i) {
        if (run.count == 0 || open[i].level != open[run.first].level)
            run = {i, 0};
        if (++run.count == mergeWidth)
            return run;
    }
    return {};
}

std::vector<std::uint32_t> everyRow(std::size_t rows)
{
    std::vector<std::uint32_t> all(rows);
    std::iota(all.begin(), all.end(), 0u);
    return all;
}

} // namespace

Result<bool> EventMerger::mergeSlice()
{
    const std::vector<OpenChunk> &open = m_events.openChunks();
    const std::size_t full = fullPrefix(open);
    const Run run = full == 0 ? equalLevels(open) : Run{0, full};
    if (run.count == 0)
        return false;
    Result<bool> done = run.count == 1 ? Result<bool>(false) : merge(run.first, run.count, full != 0);
    if (!done && done.error().code() != Errc::Corrupt)
        return done;
    if (done && *done)
        return true;
    // One that is full by itself, or one that cannot be read: the chain says so to whoever verifies it, and the rest goes on.
    if (Status status = sealOne(); !status)
        return fail(status.error());
    return true;
}

Status EventMerger::sealOne()
{
    const OpenChunk chunk = m_events.openChunks().front();
    const Digest previous = m_events.lastHash();
    const Digest hash = chainHash(previous, chunk.digest);
    Status status = m_database.statement("UPDATE event_zone SET previous=?2, hash=?3 WHERE id=?1")
                        .bind(chunk.id, BlobView(previous), BlobView(hash))
                        .run();
    if (status)
        m_events.sealFront(1, hash);
    return status;
}

Status EventMerger::readChunk(std::int64_t id, std::size_t rows, std::optional<EventChunk> &out)
{
    Statement query = m_database.statement("SELECT data FROM event_chunk WHERE id=?1");
    const Result<bool> row = query.bind(id).step();
    if (!row)
        return fail(row.error());
    if (!*row)
        return fail(Errc::Corrupt, "store '" + m_database.file().string() + "': chunk " + std::to_string(id) + " is missing");
    const BlobView data = query.blob(0);
    Result<EventChunk> chunk = EventChunk::open(Blob(data.begin(), data.end()), rows, m_decompressor);
    if (!chunk)
        return fail(chunk.error());
    Status status = chunk->loadDetails(everyRow(rows));
    if (status)
        out = std::move(*chunk);
    return status;
}

Result<EventMerger::Source> EventMerger::readRows(std::size_t first, std::size_t count, EventRows &rows)
{
    Source source;
    for (std::size_t i = first; i < first + count && !rows.full(); ++i) {
        const OpenChunk &open = m_events.openChunks()[i];
        std::optional<EventChunk> chunk;
        if (Status status = readChunk(open.id, open.n, chunk); !status)
            return fail(status.error());
        for (std::uint32_t row = 0; row < open.n; ++row)
            rows.push({chunk->stream(row), chunk->seq(row), chunk->origin(row)}, chunk->event(row));
        ++source.taken;
    }
    Statement written = m_database.statement("SELECT max(written) FROM event_zone WHERE id BETWEEN ?1 AND ?2");
    const std::int64_t last = m_events.openChunks()[first + source.taken - 1].id;
    const Result<bool> row = written.bind(m_events.openChunks()[first].id, last).step();
    if (!row)
        return fail(row.error());
    source.writtenNs = written.integer(0);
    return source;
}

Status EventMerger::replace(const ChunkRow &row, const Bloom &pids)
{
    Transaction transaction(m_database);
    Status status = transaction.begin();
    const std::int64_t last = row.zone.id + row.zone.n - 1;
    for (const char *sql : {"DELETE FROM event_zone WHERE id BETWEEN ?1 AND ?2", "DELETE FROM event_chunk WHERE id BETWEEN ?1 AND ?2",
                            "DELETE FROM event_pids WHERE id BETWEEN ?1 AND ?2"}) {
        if (status)
            status = m_database.statement(sql).bind(row.zone.id, last).run();
    }
    if (status)
        status = insertChunk(m_database, row, pids);
    if (status)
        status = transaction.commit();
    return status;
}

Result<bool> EventMerger::merge(std::size_t first, std::size_t count, bool seal)
{
    EventRows rows;
    const Result<Source> source = readRows(first, count, rows);
    if (!source)
        return fail(source.error());
    if (source->taken < 2)
        return false;
    const OpenChunk &begin = m_events.openChunks()[first];
    OpenChunk merged{begin.id, static_cast<std::uint32_t>(rows.size()), begin.level + 1, {}};
    const EncodedChunk chunk = encodeChunk(rows, m_compressor);
    merged.digest = chunkDigest(chunk.blob, merged.id, merged.n);
    const Digest previous = m_events.lastHash();
    const Digest hash = chainHash(previous, merged.digest);
    const Zone zone = Zone::of(rows, merged.id, merged.level);
    ChunkRow row{zone, chunk, merged.digest, nullptr, nullptr, source->writtenNs};
    if (seal) {
        row.previous = &previous;
        row.hash = &hash;
    }
    if (Status status = replace(row, pidBloom(rows)); !status)
        return fail(status.error());
    if (seal)
        m_events.sealFront(source->taken, hash);
    else
        m_events.replaceOpen(first, source->taken, merged);
    return true;
}

Result<bool> EventMerger::indexSlice()
{
    // Oldest first, so that the newest index says how far it is.
    Statement query = m_database.statement("SELECT id, n FROM event_zone WHERE id > (SELECT coalesce(max(id), 0) FROM event_grams)"
                                           " AND hash IS NOT NULL ORDER BY id LIMIT 1");
    const Result<bool> row = query.step();
    if (!row)
        return fail(row.error());
    if (!*row)
        return false;
    const std::int64_t id = query.integer(0);
    const auto rows = static_cast<std::size_t>(query.integer(1));
    query.reset();
    std::optional<EventChunk> chunk;
    if (const Status read = readChunk(id, rows, chunk); !read && read.error().code() != Errc::Corrupt)
        return fail(read.error());
    GramIndex index; // of a chunk that cannot be read: excludes nothing
    if (chunk)
        index = GramIndex(chunk->rows());
    for (std::uint32_t i = 0; chunk && i < chunk->rows(); ++i)
        index.add(chunk->event(i));
    if (Status status = m_database.statement("INSERT INTO event_grams(id, bits) VALUES(?1, ?2)").bind(id, index.bits()).run(); !status)
        return fail(status.error());
    return true;
}

} // namespace tapio::console
