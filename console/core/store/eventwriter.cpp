// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/core/store/eventwriter.h"

#include <algorithm>

namespace tapio::console {

namespace {

Digest digestFrom(BlobView bytes)
{
    Digest digest{};
    std::copy_n(bytes.begin(), std::min(bytes.size(), digest.size()), digest.begin());
    return digest;
}

/// A chunk this full is not worth waiting for more.
constexpr std::size_t sealAtOnceRows = chunkRows / 2;

} // namespace

Status insertChunk(Database &database, const ChunkRow &row, const Bloom &pids)
{
    const Zone &zone = row.zone;
    const Blob counts = encodeTypeCounts(zone);
    Statement insert = database.statement("INSERT INTO event_zone(id, n, t0, t1, level, types, severities, streams, origins, type_counts, "
                                          "front, size, written, digest, previous, hash)"
                                          " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)");
    const BlobView digest(row.digest);
    const std::uint64_t front = row.chunk.frontBytes;
    const std::uint64_t size = row.chunk.blob.size();
    Status status;
    if (row.hash != nullptr)
        insert.bind(zone.id, zone.n, zone.t0, zone.t1, zone.level, zone.types, zone.severities, zone.streams.encoded(),
                    zone.origins.encoded(), counts, front, size, row.writtenNs, digest, BlobView(*row.previous), BlobView(*row.hash));
    else
        insert.bind(zone.id, zone.n, zone.t0, zone.t1, zone.level, zone.types, zone.severities, zone.streams.encoded(),
                    zone.origins.encoded(), counts, front, size, row.writtenNs, digest, nullptr, nullptr);
    status = insert.run();
    if (status)
        status = database.statement("INSERT INTO event_chunk(id, data) VALUES(?1, ?2)").bind(zone.id, row.chunk.blob).run();
    if (status)
        status = database.statement("INSERT INTO event_pids(id, bits) VALUES(?1, ?2)").bind(zone.id, pids.bits()).run();
    return status;
}

Status EventWriter::load()
{
    const Result<std::int64_t> next = m_database.integer("SELECT value FROM meta WHERE key='next_event'");
    if (!next)
        return fail(next.error());
    m_nextEvent = std::max<std::int64_t>(*next, 1);
    Statement sealed = m_database.statement("SELECT hash FROM event_zone WHERE hash IS NOT NULL ORDER BY id DESC LIMIT 1");
    Result<bool> row = sealed.step();
    if (!row)
        return fail(row.error());
    if (*row)
        m_lastHash = digestFrom(sealed.blob(0));
    Statement open = m_database.statement("SELECT id, n, level, digest FROM event_zone WHERE id > (SELECT coalesce(max(id), 0) FROM "
                                          "event_zone WHERE hash IS NOT NULL) ORDER BY id");
    for (row = open.step(); row && *row; row = open.step())
        m_open.push_back(
            {open.integer(0), static_cast<std::uint32_t>(open.integer(1)), static_cast<int>(open.integer(2)), digestFrom(open.blob(3))});
    return row ? Status() : fail(row.error());
}

void EventWriter::push(const EventRows::Place &place, const wire::Event &event)
{
    if (m_pending.empty() || m_pending.back().rows.full() || !m_pending.back().encoded.blob.empty())
        m_pending.emplace_back();
    m_pending.back().rows.push(place, event);
    ++m_bufferedEvents;
}

std::size_t EventWriter::bufferedBytes() const noexcept
{
    std::size_t bytes = 0;
    for (const Pending &pending : m_pending)
        bytes += pending.rows.memoryBytes();
    return bytes;
}

Status EventWriter::writeHot(const EventRows &rows, std::int64_t firstEvent)
{
    Statement insert = m_database.statement(
        "INSERT INTO event_hot(t, event, severity, type, stream, origin, pid, seq) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)");
    for (std::size_t i = 0; i < rows.size(); ++i) {
        if (rows.m_severity[i] < static_cast<std::int64_t>(wire::Severity::Warning))
            continue;
        insert.bind(rows.m_time[i], firstEvent + static_cast<std::int64_t>(i), rows.m_severity[i], rows.m_type[i], rows.m_stream[i],
                    rows.m_origin[i], rows.m_pid[static_cast<std::size_t>(rows.m_process[i])], rows.m_seq[i]);
        if (Status status = insert.run(); !status)
            return status;
    }
    return {};
}

Status EventWriter::write(std::int64_t nowNs)
{
    m_written.clear();
    m_newHash = m_lastHash;
    std::int64_t next = m_nextEvent;
    m_sealedDirectly = m_open.empty();
    for (Pending &pending : m_pending) {
        const std::size_t n = pending.rows.size();
        if (pending.encoded.blob.empty()) {
            pending.encoded = encodeChunk(pending.rows, m_compressor);
            pending.digest = chunkDigest(pending.encoded.blob, next, static_cast<std::uint32_t>(n));
        }
        Zone zone = Zone::of(pending.rows, next, 0);
        ChunkRow row{zone, pending.encoded, pending.digest, nullptr, nullptr, nowNs};
        const Digest previous = m_newHash;
        m_sealedDirectly = m_sealedDirectly && n >= sealAtOnceRows;
        if (m_sealedDirectly) {
            m_newHash = chainHash(previous, pending.digest);
            row.previous = &previous;
            row.hash = &m_newHash;
        } else {
            m_written.push_back({next, static_cast<std::uint32_t>(n), 0, pending.digest});
        }
        if (Status status = insertChunk(m_database, row, pidBloom(pending.rows)); !status)
            return status;
        if (Status status = writeHot(pending.rows, next); !status)
            return status;
        next += static_cast<std::int64_t>(n);
    }
    if (m_pending.empty())
        return {};
    return m_database.statement("UPDATE meta SET value=?1 WHERE key='next_event'").bind(next).run();
}

void EventWriter::committed()
{
    m_nextEvent += static_cast<std::int64_t>(m_bufferedEvents);
    m_open.insert(m_open.end(), m_written.begin(), m_written.end());
    m_lastHash = m_newHash;
    m_written.clear();
    m_pending.clear();
    m_bufferedEvents = 0;
}

void EventWriter::rolledBack()
{
    m_written.clear();
    // A chunk that can still grow is encoded again, so that failing for long does not leave a trail of small chunks.
    if (!m_pending.empty() && !m_pending.back().rows.full())
        m_pending.back().encoded = {};
}

void EventWriter::replaceOpen(std::size_t first, std::size_t count, const OpenChunk &merged)
{
    const auto begin = m_open.begin() + static_cast<std::ptrdiff_t>(first);
    *begin = merged;
    m_open.erase(begin + 1, begin + static_cast<std::ptrdiff_t>(count));
}

void EventWriter::removedUpTo(std::int64_t id)
{
    std::erase_if(m_open, [id](const OpenChunk &chunk) { return chunk.id <= id; });
}

void EventWriter::sealFront(std::size_t count, const Digest &hash)
{
    m_open.erase(m_open.begin(), m_open.begin() + static_cast<std::ptrdiff_t>(count));
    m_lastHash = hash;
}

} // namespace tapio::console
