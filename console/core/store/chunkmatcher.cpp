// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/core/store/chunkmatcher.h"

#include <algorithm>

namespace tapio::console {

namespace {

bool among(const std::vector<std::int64_t> &sorted, std::int64_t id) { return std::binary_search(sorted.begin(), sorted.end(), id); }

} // namespace

Status ChunkMatcher::keepByColumns(const Zone &zone, EventChunk &chunk, Rows &rows) const
{
    const auto keep = [&rows](const Result<std::vector<std::int64_t>> &values, auto &&wanted) -> Status {
        if (!values)
            return fail(values.error());
        std::erase_if(rows, [&](std::uint32_t row) { return !wanted((*values)[row]); });
        return {};
    };
    Status status;
    if (m_filter.needsTypes(zone))
        status = keep(chunk.types(), [&](std::int64_t type) { return m_filter.typeMatches(type); });
    if (status && !rows.empty() && m_filter.needsSeverities(zone))
        status = keep(chunk.severities(), [&](std::int64_t severity) { return severity >= m_filter.minSeverity; });
    if (status && !rows.empty() && m_filter.streams)
        status = keep(chunk.streams(), [&](std::int64_t stream) { return among(*m_filter.streams, stream); });
    if (status && !rows.empty() && m_filter.origins)
        status = keepByOrigins(zone, chunk, rows);
    if (status && !rows.empty() && m_filter.pid) {
        const Result<std::vector<std::int64_t>> pids = chunk.pids();
        if (!pids)
            return fail(pids.error());
        status = keep(chunk.processes(), [&](std::int64_t process) { return (*pids)[static_cast<std::size_t>(process)] == *m_filter.pid; });
    }
    return status;
}

Status ChunkMatcher::keepByOrigins(const Zone &zone, EventChunk &chunk, Rows &rows) const
{
    const Result<std::vector<std::int64_t>> origins = chunk.origins();
    if (!origins)
        return fail(origins.error());
    std::erase_if(rows, [&](std::uint32_t row) { return !among(m_filter.storedOrigins, (*origins)[row]); });
    if (rows.empty() || !m_filter.needsSeqs(zone))
        return {};
    const Result<std::vector<std::int64_t>> streams = chunk.streams();
    const Result<std::vector<std::int64_t>> seqs = chunk.seqs();
    if (!streams || !seqs)
        return fail(!streams ? streams.error() : seqs.error());
    std::erase_if(rows, [&](std::uint32_t row) {
        return !among(*m_filter.origins, m_filter.amendments.originOf((*streams)[row], (*seqs)[row], (*origins)[row]));
    });
    return {};
}

Status ChunkMatcher::keepByText(EventChunk &chunk, const std::vector<Hit> &candidates, std::vector<Hit> &hits)
{
    const Result<Texts> comms = chunk.comms();
    const Result<std::vector<std::int64_t>> processes = chunk.processes();
    if (!comms || !processes)
        return fail(!comms ? comms.error() : processes.error());
    std::vector<bool> commHas(comms->distinctCount());
    for (std::size_t i = 0; i < comms->distinctCount(); ++i)
        commHas[i] = m_text.in(comms->value(i));
    Rows rows;
    for (const Hit &hit : candidates)
        rows.push_back(static_cast<std::uint32_t>(hit.number - hit.chunk));
    if (Status status = chunk.loadDetails(rows); !status)
        return status;
    const auto originNow = [&](std::uint32_t row) {
        return m_filter.amendments.originOf(chunk.stream(row), static_cast<std::int64_t>(chunk.seq(row)), chunk.origin(row));
    };
    for (std::size_t i = 0; i < rows.size() && hits.size() < m_bounds.limit; ++i) {
        const std::uint32_t row = rows[i];
        if (commHas[comms->distinct(static_cast<std::size_t>((*processes)[row]))] || among(m_filter.textOrigins, originNow(row))
            || m_text.in(wire::summary(chunk.event(row))))
            hits.push_back(candidates[i]);
    }
    return {};
}

Result<std::vector<Hit>> ChunkMatcher::match(const Zone &zone, Blob data, const std::optional<Hit> &worst)
{
    Result<EventChunk> chunk = EventChunk::open(std::move(data), zone.n, m_decompressor);
    if (!chunk)
        return fail(chunk.error());
    const Result<std::vector<std::int64_t>> times = chunk->times();
    if (!times)
        return fail(times.error());
    const auto hitOf = [&](std::uint32_t row) { return Hit{(*times)[row], zone.id + row, zone.id}; };
    Rows rows;
    for (std::uint32_t row = 0; row < zone.n; ++row) {
        if (const Hit hit = hitOf(row); m_bounds.allow(hit) && (!worst || m_bounds.before(hit, *worst)))
            rows.push_back(row);
    }
    if (Status status = keepByColumns(zone, *chunk, rows); !status)
        return fail(status.error());
    std::vector<Hit> hits;
    for (const std::uint32_t row : rows)
        hits.push_back(hitOf(row));
    if (m_text.empty() || hits.empty())
        return hits;
    // Best first, so that the search ends once there is a page full of them.
    std::sort(hits.begin(), hits.end(), [this](const Hit &a, const Hit &b) { return m_bounds.before(a, b); });
    std::vector<Hit> found;
    if (Status status = keepByText(*chunk, hits, found); !status)
        return fail(status.error());
    return found;
}

} // namespace tapio::console
