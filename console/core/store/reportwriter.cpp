// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/core/store/reportwriter.h"

#include <algorithm>

#include "console/core/store/verdicttable.h"

namespace tapio::console {

namespace {

/// Beyond this the disk has been failing for long; callers keep or drop what is theirs.
constexpr std::size_t waitingLimit = 10'000;

/// Events that waited for the link and were dropped, twice told: by the agent's heartbeat as one number, and by source in
/// the counter reports that follow it.
constexpr std::string_view agentDrops = "ring";
/// Told by the server: neither received nor held by the agent; received, and let go before this console had read it.
constexpr std::string_view transit = "transit", consoleQueue = "console-queue";
bool isDrop(std::string_view cause) { return cause == agentDrops || cause == counterName(Counter::QDrop); }

BlobView view(const wire::Bytes &bytes) { return {reinterpret_cast<const std::uint8_t *>(bytes.data()), bytes.size()}; }

} // namespace

Status ReportWriter::load()
{
    Statement totals = m_database.statement("SELECT stream, source, cause, events FROM loss_total");
    Result<bool> row = totals.step();
    for (; row && *row; row = totals.step()) {
        const auto events = static_cast<std::uint64_t>(totals.integer(3));
        if (totals.text(2) == consoleQueue)
            continue; // of a session that has ended
        m_totals[{totals.integer(0), totals.text(1), totals.text(2)}] = events;
        if (isDrop(totals.text(2)))
            growDrops(totals.integer(0), totals.text(2), events);
    }
    return row ? Status() : fail(row.error());
}

Status ReportWriter::putAgent(const Catalog::Stream *stream, std::int64_t node, const wire::AgentState &state, std::int64_t nowNs)
{
    Result<wire::Bytes> data = wire::encode(state);
    if (!data)
        return fail(data.error());
    m_agents[node] = {nowNs, std::move(*data)};
    if (stream != nullptr) {
        // The agent's own count is of this stream; what the server says is of all streams of the node that it has seen.
        if (state.heartbeat.id != 0)
            noteTotal(*stream, "link", agentDrops, state.heartbeat.droppedEvents, nowNs);
        // The server counts what this console did not read into what it lacks; here the two are told apart.
        const std::uint64_t unread = std::min(state.loss.consoleEvents, state.loss.transitEvents);
        const bool fromTheBeginning = stream->whole && state.sessions <= 1;
        noteNodeTotal(*stream, transit, state.loss.transitEvents - unread, fromTheBeginning, nowNs);
        noteNodeTotal(*stream, consoleQueue, unread, true, nowNs);
    }
    return {};
}

Status ReportWriter::putNotice(const wire::LinkNotice &notice)
{
    if (m_notices.size() >= waitingLimit)
        return fail(Errc::Busy, "the store cannot be written and its list of link notices is full");
    Result<wire::Bytes> data = wire::encode(notice);
    if (!data)
        return fail(data.error());
    m_notices.push_back({notice.timeNs, std::move(*data)});
    return {};
}

Status ReportWriter::putAction(const OperatorAction &action)
{
    if (m_actions.size() >= waitingLimit)
        return fail(Errc::Busy, "the store cannot be written and its list of operator actions is full");
    m_actions.push_back(action);
    return {};
}

Status ReportWriter::putVerdict(const Verdict &verdict)
{
    if (m_verdicts.size() >= waitingLimit)
        return fail(Errc::Busy, "the store cannot be written and its list of verdicts is full");
    if (Status status = checkVerdict(verdict); !status)
        return status;
    m_verdicts.push_back(verdict);
    return {};
}

void ReportWriter::putHooks(const Catalog::Stream &stream, const wire::Frame &frame, const wire::HookReport &report)
{
    // It came through the decoder's limits, so it fits the encoder's.
    if (Result<wire::Bytes> data = wire::encode(frame); data)
        m_hooks[stream.id] = {report.timeNs, std::move(*data)};
}

void ReportWriter::putCounters(const Catalog::Stream &stream, const wire::CounterReport &report)
{
    for (const wire::SourceCounters &source : report.sources) {
        if (!source.countsEvents())
            continue; // the table has events
        for (const Counter cause : {Counter::Lost, Counter::Shed, Counter::QDrop})
            noteTotal(stream, source.source, counterName(cause), source.counters[cause], report.timeNs);
    }
}

void ReportWriter::noteTotal(const Catalog::Stream &stream, const std::string &source, std::string_view cause, std::uint64_t total,
                             std::int64_t timeNs)
{
    const TotalKey key{stream.id, source, std::string(cause)};
    // What was lost before this store knew the stream has no time here: counted only when the stream is known from its beginning.
    const auto [known, added] = m_totals.try_emplace(key, stream.whole ? 0 : total);
    const std::uint64_t before = known->second;
    std::uint64_t growth = total > before ? total - before : 0;
    if (isDrop(cause)) {
        const std::uint64_t news = growDrops(stream.id, cause, added ? total : total - before);
        growth = added && !stream.whole ? 0 : news;
    }
    if (growth > 0)
        m_losses.push_back({timeNs, stream.id, std::string(cause), growth});
    if (added || total != before)
        m_movedTotals[key] = known->second = total;
}

/// The server's counts begin anew with it, and those of the console's queue with each session.
void ReportWriter::noteNodeTotal(const Catalog::Stream &stream, std::string_view cause, std::uint64_t total, bool fromTheBeginning,
                                 std::int64_t timeNs)
{
    const TotalKey key{-stream.node, "node", std::string(cause)};
    const auto [known, added] = m_totals.try_emplace(key, fromTheBeginning ? 0 : total);
    if (total > known->second)
        m_losses.push_back({timeNs, stream.id, std::string(cause), total - known->second});
    if (added || total != known->second)
        m_movedTotals[key] = known->second = total;
}

std::uint64_t ReportWriter::growDrops(std::int64_t stream, std::string_view cause, std::uint64_t by)
{
    Drops &drops = m_drops[stream];
    const std::uint64_t before = std::max(drops.byAgent, drops.bySource);
    (cause == agentDrops ? drops.byAgent : drops.bySource) += by; // a count that fell wraps, and falls here too
    const std::uint64_t now = std::max(drops.byAgent, drops.bySource);
    return now > before ? now - before : 0;
}

bool ReportWriter::empty() const noexcept
{
    return m_agents.empty() && m_hooks.empty() && m_notices.empty() && m_actions.empty() && m_verdicts.empty() && m_losses.empty()
           && m_movedTotals.empty();
}

Status ReportWriter::write()
{
    Status status;
    for (auto it = m_agents.begin(); status && it != m_agents.end(); ++it)
        status = m_database.statement("INSERT OR REPLACE INTO agent(node, t, data) VALUES(?1, ?2, ?3)")
                     .bind(it->first, it->second.timeNs, view(it->second.data))
                     .run();
    for (auto it = m_hooks.begin(); status && it != m_hooks.end(); ++it)
        status = m_database.statement("INSERT OR REPLACE INTO hook_report(stream, t, data) VALUES(?1, ?2, ?3)")
                     .bind(it->first, it->second.timeNs, view(it->second.data))
                     .run();
    for (auto it = m_notices.begin(); status && it != m_notices.end(); ++it)
        status = m_database.statement("INSERT INTO link_notice(t, data) VALUES(?1, ?2)").bind(it->timeNs, view(it->data)).run();
    for (auto it = m_actions.begin(); status && it != m_actions.end(); ++it)
        status = m_database.statement("INSERT INTO action(t, kind, detail, user) VALUES(?1, ?2, ?3, ?4)")
                     .bind(it->timeNs, it->kind, it->detail, it->user)
                     .run();
    for (auto it = m_verdicts.begin(); status && it != m_verdicts.end(); ++it)
        status = insertVerdict(m_database, *it);
    for (auto it = m_losses.begin(); status && it != m_losses.end(); ++it)
        status = m_database.statement("INSERT INTO loss(t, stream, cause, events) VALUES(?1, ?2, ?3, ?4)")
                     .bind(it->timeNs, it->stream, it->cause, it->events)
                     .run();
    for (auto it = m_movedTotals.begin(); status && it != m_movedTotals.end(); ++it) {
        const auto &[stream, source, cause] = it->first;
        status = m_database.statement("INSERT OR REPLACE INTO loss_total(stream, source, cause, events) VALUES(?1, ?2, ?3, ?4)")
                     .bind(stream, source, cause, it->second)
                     .run();
    }
    return status;
}

void ReportWriter::committed()
{
    m_agents.clear();
    m_hooks.clear();
    m_notices.clear();
    m_actions.clear();
    m_verdicts.clear();
    m_losses.clear();
    m_movedTotals.clear();
}

} // namespace tapio::console
