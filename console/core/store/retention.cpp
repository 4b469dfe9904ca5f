// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/core/store/retention.h"

#include <algorithm>

#include "protocol/base/clock.h"

namespace tapio::console {

namespace {

constexpr std::int64_t chunksPerSlice = 16;
constexpr std::int64_t blocksPerSlice = 256;
constexpr std::int64_t reportsPerSlice = 5000;
constexpr std::int64_t pagesPerSlice = 250;
constexpr std::int64_t sweepEveryNs = 3600 * nsPerSecond;
/// `seen` of a name may lag by the hour in which it is not written again.
constexpr std::int64_t seenLagNs = 2 * 3600 * nsPerSecond;

constexpr std::string_view oldestChunk = "SELECT written FROM event_zone ORDER BY id LIMIT 1";
/// They may concern what was never stored, so it is not only the removing of chunks that they go with.
constexpr const char *amendmentsOfNone =
    "DELETE FROM amendment WHERE before <= coalesce((SELECT min(id) FROM event_zone), 9223372036854775807)";
/// Merged, a chunk is as new as its newest part.
constexpr std::string_view oldestEvent = "SELECT min(t0) FROM event_zone";
constexpr std::string_view oldestBlock = "SELECT min(written) FROM sample_block";

} // namespace

Result<std::int64_t> Retention::usedBytes()
{
    return m_database.integer(
        "SELECT (page_count - freelist_count) * page_size FROM pragma_page_count, pragma_freelist_count, pragma_page_size");
}

namespace {

Status runBound(Database &database, std::string_view sql, std::int64_t before)
{
    Statement statement = database.statement(sql);
    if (sql.find('?') != std::string_view::npos)
        statement.bind(before);
    return statement.run();
}

} // namespace

/// INT64_MAX when there is none.
Result<std::int64_t> Retention::oldestWritten(std::string_view sql)
{
    Statement query = m_database.statement(sql);
    const Result<bool> row = query.step();
    if (!row)
        return fail(row.error());
    return *row && !query.isNull(0) ? query.integer(0) : INT64_MAX;
}

Result<bool> Retention::removeSlice(std::int64_t nowNs)
{
    const Result<std::int64_t> used = usedBytes();
    const Result<std::int64_t> chunk = oldestWritten(oldestChunk);
    const Result<std::int64_t> block = oldestWritten(oldestBlock);
    if (!used || !chunk || !block)
        return fail(!used ? used.error() : !chunk ? chunk.error() : block.error());
    std::int64_t before = nowNs - m_limits.maxAgeNs;
    // Over the size: what was written up to the oldest of all goes, so that events and readings reach equally far back.
    const std::int64_t oldest = std::min(*chunk, *block);
    if (*used > m_limits.maxBytes && oldest != INT64_MAX)
        before = std::max(before, oldest + 1);
    if (*chunk < before)
        return removeChunks(before);
    if (*block < before)
        return removeBlocks(before);
    return removeReports(before);
}

Result<bool> Retention::removeChunks(std::int64_t writtenBefore)
{
    struct Row {
        std::int64_t id, n, t0, t1;
    };
    std::vector<Row> rows;
    Statement query = m_database.statement("SELECT id, n, t0, t1, written FROM event_zone ORDER BY id LIMIT ?1");
    Result<bool> row = query.bind(chunksPerSlice).step();
    for (; row && *row && query.integer(4) < writtenBefore; row = query.step())
        rows.push_back({query.integer(0), query.integer(1), query.integer(2), query.integer(3)});
    query.reset();
    if (!row)
        return fail(row.error());
    Transaction transaction(m_database);
    Status status = transaction.begin();
    std::uint64_t events = 0;
    for (const Row &chunk : rows) {
        events += static_cast<std::uint64_t>(chunk.n);
        if (status)
            status = m_database.statement("DELETE FROM event_hot WHERE t BETWEEN ?1 AND ?2 AND event BETWEEN ?3 AND ?4")
                         .bind(chunk.t0, chunk.t1, chunk.id, chunk.id + chunk.n - 1)
                         .run();
        for (const char *sql : {"DELETE FROM event_zone WHERE id=?1", "DELETE FROM event_chunk WHERE id=?1",
                                "DELETE FROM event_pids WHERE id=?1", "DELETE FROM event_grams WHERE id=?1"}) {
            if (status)
                status = m_database.statement(sql).bind(chunk.id).run();
        }
    }
    if (status && !rows.empty())
        status = m_database.execute(amendmentsOfNone);
    if (status)
        status = transaction.commit();
    if (!status)
        return fail(status.error());
    m_deletedEvents += events;
    if (!rows.empty())
        m_events.removedUpTo(rows.back().id);
    return !rows.empty();
}

Result<bool> Retention::removeBlocks(std::int64_t writtenBefore)
{
    const Status status =
        m_database
            .statement("DELETE FROM sample_block WHERE id IN (SELECT id FROM sample_block WHERE written < ?1 ORDER BY written LIMIT ?2)")
            .bind(writtenBefore, blocksPerSlice)
            .run();
    if (!status)
        return fail(status.error());
    return m_database.changes() > 0;
}

Result<bool> Retention::removeReports(std::int64_t before)
{
    for (const char *sql : {"DELETE FROM loss WHERE id IN (SELECT id FROM loss WHERE t < ?1 ORDER BY t LIMIT ?2)",
                            "DELETE FROM link_notice WHERE id IN (SELECT id FROM link_notice WHERE t < ?1 ORDER BY t LIMIT ?2)",
                            "DELETE FROM agent WHERE node IN (SELECT node FROM agent WHERE t < ?1 LIMIT ?2)"}) {
        if (Status status = m_database.statement(sql).bind(before, reportsPerSlice).run(); !status)
            return fail(status.error());
        if (m_database.changes() > 0)
            return true;
    }
    return false;
}

Result<std::int64_t> Retention::sweepNames(std::int64_t nowNs)
{
    if (nowNs - m_sweptNs < sweepEveryNs)
        return INT64_MIN;
    const Result<std::int64_t> chunk = oldestWritten(oldestChunk);
    const Result<std::int64_t> block = oldestWritten(oldestBlock);
    const Result<std::int64_t> event = oldestWritten(oldestEvent);
    if (!chunk || !event || !block)
        return fail(!chunk ? chunk.error() : !event ? event.error() : block.error());
    const std::int64_t before = std::min({*chunk, *event, *block, nowNs}) - seenLagNs;
    // The highest number of each stays, so that numbers are not given twice.
    std::int64_t removed = 0;
    Transaction transaction(m_database);
    Status status = transaction.begin();
    for (const char *sql : {amendmentsOfNone, "DELETE FROM origin WHERE seen < ?1 AND id < (SELECT max(id) FROM origin)",
                            ("DELETE FROM series_group WHERE seen < ?1 AND id < (SELECT max(id) FROM series_group)"
                             " AND NOT EXISTS (SELECT 1 FROM sample_block b WHERE b.grp = series_group.id)"),
                            "DELETE FROM series WHERE grp NOT IN (SELECT id FROM series_group)",
                            "DELETE FROM stream WHERE seen < ?1 AND id < (SELECT max(id) FROM stream)",
                            "DELETE FROM loss_total WHERE stream > 0 AND stream NOT IN (SELECT id FROM stream)",
                            "DELETE FROM hook_report WHERE stream NOT IN (SELECT id FROM stream)"}) {
        if (status)
            status = runBound(m_database, sql, before);
        removed += m_database.changes();
    }
    if (status)
        status = transaction.commit();
    if (!status)
        return fail(status.error());
    m_sweptNs = nowNs;
    return removed > 0 ? before : INT64_MIN;
}

Result<bool> Retention::vacuumSlice()
{
    Statement query = m_database.statement(
        "SELECT page_count, freelist_count, page_size FROM pragma_page_count, pragma_freelist_count, pragma_page_size");
    const Result<bool> row = query.step();
    if (!row)
        return fail(row.error());
    const std::int64_t pages = query.integer(0);
    const std::int64_t unused = query.integer(1);
    const bool tooBig = pages * query.integer(2) > m_limits.maxBytes;
    query.reset();
    // Free pages are used again by what is written next: only many of them, or a file over its limit, are worth moving pages.
    if (unused == 0 || (!tooBig && unused * 10 < pages))
        return false;
    if (Status status = m_database.execute("PRAGMA incremental_vacuum(" + std::to_string(pagesPerSlice) + ")"); !status)
        return fail(status.error());
    return true;
}

} // namespace tapio::console
