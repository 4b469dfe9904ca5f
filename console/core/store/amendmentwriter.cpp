// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/core/store/amendmentwriter.h"

#include <algorithm>
#include <utility>

#include "protocol/wire/codec.h"

namespace tapio::console {

namespace {

/// An agent amends a guess, or what lacks a name.
bool mayBeAmended(const wire::Origin &origin)
{
    const bool isGuess = origin.attribution == wire::Attribution::Unknown || origin.attribution == wire::Attribution::Inferred;
    const bool isContainer = !origin.containerId.empty() || !origin.podUid.empty();
    return isGuess || (isContainer && (origin.podName.empty() || origin.containerName.empty() || origin.workloadName.empty()));
}

/// After the last number that the batch's node can have given when it sent the batch: amendments are about the batch's events, and earlier ones. Of a batch
/// from which a server took events it says less, since those may have been its last.
std::uint64_t endOf(const wire::EventBatch &batch)
{
    const bool isWhole = !batch.events.empty() && batch.seqOffsets.empty();
    const std::uint64_t events = isWhole ? batch.events.size() : wire::DecodeLimits().listElements;
    return batch.firstSeq + std::min(events, UINT64_MAX - batch.firstSeq);
}

} // namespace

void AmendmentWriter::take(std::int64_t stream, std::uint64_t sinceSeq, const wire::EventBatch &batch,
                           const std::vector<Catalog::Origin> &origins)
{
    std::vector<Range> ranges(origins.size());
    for (std::size_t i = 0; i < batch.events.size(); ++i) {
        if (batch.events[i].origin >= ranges.size())
            continue;
        Range &range = ranges[batch.events[i].origin];
        range.last = batch.seqOf(i);
        range.first = range.first == 0 ? range.last : range.first;
    }
    for (std::size_t i = 0; i < ranges.size(); ++i) {
        if (ranges[i].first != 0 && mayBeAmended(batch.origins[i]))
            remember({stream, origins[i].id}, ranges[i]);
    }
    const std::uint64_t end = std::min<std::uint64_t>(endOf(batch), INT64_MAX);
    for (const wire::OriginAmendment &one : batch.amendments) {
        ++m_taken.all;
        if (one.was >= origins.size() || one.now >= origins.size() || one.lastSeq >= end) {
            ++m_taken.withoutEvents;
            ++m_taken.refused;
            continue;
        }
        const std::int64_t was = origins[one.was].id;
        // Its events may have come before the store was opened: whether there are any decides who reads them.
        m_taken.withoutEvents += one.firstSeq >= sinceSeq && !hasEvents({stream, was}, {one.firstSeq, one.lastSeq}) ? 1 : 0;
        m_buffered.push_back(
            {stream, was, static_cast<std::int64_t>(one.firstSeq), static_cast<std::int64_t>(one.lastSeq), origins[one.now].id});
    }
}

void AmendmentWriter::committed()
{
    m_buffered.clear();
    m_totals.all += m_taken.all;
    m_totals.withoutEvents += m_taken.withoutEvents;
    m_totals.refused += m_taken.refused;
    m_taken = {};
}

void AmendmentWriter::remember(const Key &key, const Range &range)
{
    const auto [known, isNew] = m_young.try_emplace(key, range);
    known->second.last = std::max(known->second.last, range.last);
    if (m_young.size() >= mostRemembered)
        m_old = std::exchange(m_young, {});
}

bool AmendmentWriter::hasEvents(const Key &key, const Range &range) const
{
    for (const Ranges *ranges : {&m_young, &m_old}) {
        const auto known = ranges->find(key);
        if (known != ranges->end() && known->second.first <= range.last && known->second.last >= range.first)
            return true;
    }
    return false;
}

Status AmendmentWriter::write(std::int64_t nextEvent)
{
    Statement insert =
        m_database.statement("INSERT INTO amendment(stream, was, first, last, now, before) VALUES(?1, ?2, ?3, ?4, ?5, ?6)"
                             " ON CONFLICT DO UPDATE SET last=max(last, excluded.last), now=excluded.now, before=excluded.before");
    for (const AmendmentRow &one : m_buffered) {
        if (Status status = insert.bind(one.stream, one.was, one.first, one.last, one.now, nextEvent).run(); !status)
            return status;
    }
    return {};
}

} // namespace tapio::console
