// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/core/store/eventscan.h"

#include <algorithm>
#include <atomic>
#include <thread>

namespace tapio::console {

namespace {

constexpr std::size_t threadLimit = 4;

bool among(const std::vector<std::int64_t> &sorted, std::int64_t id) { return std::binary_search(sorted.begin(), sorted.end(), id); }

Error cancelled() { return Error(Errc::Cancelled, "the query was cancelled"); }

} // namespace

Status EventScan::run()
{
    if (m_filter.nothing)
        return {};
    if (m_filter.minSeverity >= static_cast<std::int64_t>(wire::Severity::Warning) && m_filter.text.empty())
        return scanHot();
    Status status = m_progress ? countTotal() : Status();
    return status ? scanChunks() : status;
}

std::vector<Hit> EventScan::takeHits()
{
    std::sort(m_hits.begin(), m_hits.end(), [this](const Hit &a, const Hit &b) { return m_bounds.before(a, b); });
    return std::move(m_hits);
}

/// No event of a chunk with these times can be wanted any more.
bool EventScan::doneBefore(const Zone &zone) const
{
    return full() && (m_bounds.newestFirst ? zone.t1 < m_hits.front().timeNs : zone.t0 > m_hits.front().timeNs);
}

void EventScan::push(const Hit &hit)
{
    const auto order = [this](const Hit &a, const Hit &b) { return m_bounds.before(a, b); };
    if (full()) {
        if (!order(hit, m_hits.front()))
            return;
        std::pop_heap(m_hits.begin(), m_hits.end(), order);
        m_hits.pop_back();
    }
    m_hits.push_back(hit);
    std::push_heap(m_hits.begin(), m_hits.end(), order);
}

Status EventScan::countTotal()
{
    Statement sum = m_database.statement("SELECT coalesce(sum(n), 0) FROM event_zone WHERE t1 >= ?1 AND t0 < ?2");
    const Result<bool> row = sum.bind(m_bounds.fromNs, m_bounds.toNs).step();
    if (!row)
        return fail(row.error());
    m_total = static_cast<std::uint64_t>(sum.integer(0));
    return {};
}

Status EventScan::scanHot()
{
    const std::string order = m_bounds.newestFirst ? "t DESC, event DESC" : "t, event";
    // A file from before there were amendments has no `seq` either.
    const std::string seq = m_filter.amendments.empty() ? "0" : "seq";
    Statement rows = m_database.statement("SELECT t, event, severity, type, stream, origin, pid, " + seq
                                          + " FROM event_hot WHERE t >= ?1 AND t < ?2 ORDER BY " + order);
    rows.bind(m_bounds.fromNs, m_bounds.toNs);
    Result<bool> row = rows.step();
    for (; row && *row && !full(); row = rows.step()) {
        if ((++m_scanned & 0xfff) == 0 && m_stop.stop_requested())
            return fail(cancelled());
        const Hit hit{rows.integer(0), rows.integer(1), 0};
        if (m_bounds.allow(hit) && rows.integer(2) >= m_filter.minSeverity && m_filter.typeMatches(rows.integer(3))
            && (!m_filter.streams || among(*m_filter.streams, rows.integer(4)))
            && (!m_filter.origins
                || among(*m_filter.origins, m_filter.amendments.originOf(rows.integer(4), rows.integer(7), rows.integer(5))))
            && (!m_filter.pid || rows.integer(6) == *m_filter.pid))
            push(hit);
    }
    return row ? Status() : fail(row.error());
}

/// Empty when the chunk has none yet.
Result<Blob> EventScan::indexOf(std::string_view sql, std::int64_t chunk)
{
    Statement query = m_database.statement(sql);
    const Result<bool> row = query.bind(chunk).step();
    if (!row)
        return fail(row.error());
    return *row ? Blob(query.blob(0).begin(), query.blob(0).end()) : Blob();
}

Result<bool> EventScan::mayMatch(const Zone &zone)
{
    if (!m_filter.mayMatch(zone))
        return false;
    if (m_filter.pid) {
        const Result<Blob> bits = indexOf("SELECT bits FROM event_pids WHERE id=?1", zone.id);
        if (!bits || !m_filter.mayMatchPids(Bloom(*bits)))
            return bits ? Result<bool>(false) : fail(bits.error());
    }
    if (m_filter.grams.empty())
        return true;
    const Result<Blob> bits = indexOf("SELECT bits FROM event_grams WHERE id=?1", zone.id);
    return bits ? Result<bool>(m_filter.mayMatchText(zone, GramIndex(*bits))) : fail(bits.error());
}

Status EventScan::readTask(Task &task)
{
    const bool frontIsEnough = m_filter.text.empty() && !m_filter.needsSeqs(task.zone);
    return m_fronts.read(task.zone.id, frontIsEnough ? task.zone.frontBytes : SIZE_MAX, task.data);
}

Status EventScan::matchTasks(std::vector<Task> &tasks)
{
    const std::optional<Hit> worst = full() ? std::optional(m_hits.front()) : std::nullopt;
    std::atomic<std::size_t> next = 0;
    const auto work = [&](ChunkMatcher &matcher) {
        for (std::size_t i = next++; i < tasks.size() && !m_stop.stop_requested(); i = next++)
            tasks[i].hits = matcher.match(tasks[i].zone, std::move(tasks[i].data), worst);
    };
    {
        std::vector<std::jthread> helpers;
        for (std::size_t n = 1; n < std::min<std::size_t>({tasks.size(), threadLimit, std::thread::hardware_concurrency()}); ++n)
            helpers.emplace_back([&] {
                ChunkMatcher matcher(m_filter, m_bounds);
                work(matcher);
            });
        work(m_matcher);
    }
    for (const Task &task : tasks) {
        if (!task.hits)
            return fail(task.hits.error().within("store '" + m_database.file().string() + "': chunk " + std::to_string(task.zone.id)));
        for (const Hit &hit : *task.hits)
            push(hit);
        m_scanned += task.zone.n;
    }
    tasks.clear();
    return m_stop.stop_requested() ? fail(cancelled()) : Status();
}

Status EventScan::scanChunks()
{
    const std::string order = m_bounds.newestFirst ? "t1 DESC" : "t0";
    Statement zones =
        m_database.statement("SELECT " + std::string(zoneColumns) + " FROM event_zone WHERE t1 >= ?1 AND t0 < ?2 ORDER BY " + order);
    zones.bind(m_bounds.fromNs, m_bounds.toNs);
    // Without a text one at a time; with one more and more at a time, since the first may have all that the page needs.
    std::size_t together = 1;
    std::vector<Task> tasks;
    Result<bool> row = zones.step();
    for (; row && *row; row = zones.step()) {
        if (m_stop.stop_requested())
            return fail(cancelled());
        const Result<Zone> zone = zoneFrom(zones);
        if (!zone)
            return fail(zone.error().within("store '" + m_database.file().string() + "'"));
        if (doneBefore(*zone))
            break;
        const Result<bool> wanted = mayMatch(*zone);
        if (!wanted)
            return fail(wanted.error());
        Status status;
        if (*wanted) {
            tasks.push_back({*zone, {}});
            status = readTask(tasks.back());
        }
        if (status && tasks.size() >= together) {
            status = matchTasks(tasks);
            together = m_filter.text.empty() ? 1 : std::min(together * 2, 4 * threadLimit);
        }
        if (!status)
            return status;
        m_passed += zone->n;
        if (m_progress)
            m_progress(m_passed, std::max(m_total, m_passed));
    }
    if (!row)
        return fail(row.error());
    return matchTasks(tasks);
}

} // namespace tapio::console
