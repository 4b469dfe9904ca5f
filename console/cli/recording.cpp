// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/cli/recording.h"

#include <algorithm>
#include <limits>
#include <map>
#include <utility>

#include "agent/replay/scenario.h"
#include "protocol/recording/reader.h"

namespace tapio::console {

namespace {

constexpr std::size_t pageEvents = 1000;
constexpr std::size_t batchEvents = 256;
constexpr std::int64_t longestBatchNs = nsPerSecond; ///< so that replaying at the speed of then is smooth

/// Events of a store, put together to batches again: runs of one stream with rising numbers.
class Batches {
public:
    explicit Batches(RecordingFile &into) : m_into(into) {}

    Status add(StoredEvent stored)
    {
        auto *batch = std::get_if<wire::EventBatch>(&m_delivery.frame.body);
        const bool goesOn = !batch->events.empty() && batch->events.size() < batchEvents
                            && stored.event.timeNs - batch->events.front().timeNs < longestBatchNs && m_delivery.node == stored.node
                            && m_delivery.frame.streamId == stored.streamId && stored.seq > m_lastSeq
                            && stored.seq - batch->firstSeq <= std::numeric_limits<std::uint32_t>::max();
        if (!goesOn) {
            if (Status flushed = flush(); !flushed)
                return flushed;
            batch = std::get_if<wire::EventBatch>(&m_delivery.frame.body);
            m_delivery.node = stored.node;
            m_delivery.frame.streamId = stored.streamId;
            batch->firstSeq = stored.seq;
        }
        m_lastSeq = stored.seq;
        m_delivery.receivedNs = std::max(m_delivery.receivedNs, stored.event.timeNs);
        stored.event.origin = originOf(*batch, stored.origin);
        batch->seqOffsets.push_back(static_cast<std::uint32_t>(stored.seq - batch->firstSeq));
        batch->events.push_back(std::move(stored.event));
        return {};
    }

    Status flush()
    {
        if (std::get<wire::EventBatch>(m_delivery.frame.body).events.empty())
            return {};
        wire::Delivery next;
        next.frame.frameSeq = m_delivery.frame.frameSeq + 1;
        next.receivedNs = m_delivery.receivedNs;
        return m_into.add(std::exchange(m_delivery, std::move(next)));
    }

private:
    static std::uint32_t originOf(wire::EventBatch &batch, const wire::Origin &origin)
    {
        const auto known = std::find(batch.origins.begin(), batch.origins.end(), origin);
        const auto index = static_cast<std::uint32_t>(known - batch.origins.begin());
        if (known == batch.origins.end())
            batch.origins.push_back(origin);
        return index;
    }

    RecordingFile &m_into;
    wire::Delivery m_delivery;
    std::uint64_t m_lastSeq = 0;
};

/// A store's events arrived, for all that is known, with the last of their batch.
std::int64_t beginOf(const recording::Received &received)
{
    std::int64_t beginNs = recording::receivedNs(received);
    const wire::EventBatch *batch = recording::eventsOf(received);
    for (std::size_t i = 0; batch != nullptr && i < batch->events.size(); ++i)
        beginNs = std::min(beginNs, batch->events[i].timeNs);
    return beginNs;
}

} // namespace

Result<RecordingFile> RecordingFile::create(const std::filesystem::path &file, const recording::Header &header, replay::Selection selection)
{
    auto sink = recording::createFile(file);
    if (!sink)
        return fail(sink.error());
    auto writer = recording::Writer::begin(std::move(*sink), header);
    if (!writer)
        return fail(writer.error());
    return RecordingFile(std::move(*writer), std::move(selection));
}

Status RecordingFile::add(recording::Received received)
{
    replay::Selected selected = replay::select(m_selection, std::move(received));
    m_leftOut += selected.leftOut;
    if (!selected.received)
        return {};
    m_firstNs = isEmpty() ? beginOf(*selected.received) : m_firstNs;
    return m_writer.add(*selected.received);
}

Status recordStore(const StoreReader &reader, std::int64_t fromNs, std::int64_t toNs, std::stop_token stop, RecordingFile &into)
{
    EventQuery query;
    query.fromNs = fromNs;
    query.toNs = toNs;
    query.newestFirst = false;
    query.limit = pageEvents;
    Batches batches(into);
    std::optional<EventId> after;
    for (bool more = true; more;) {
        auto page = reader.events(query, after, stop);
        if (!page)
            return fail(page.error());
        if (!after) // of the range that is left: the first page's is of the whole
            into.setLost(page->lostEvents);
        for (StoredEvent &stored : page->events) {
            if (Status added = batches.add(std::move(stored)); !added)
                return added;
        }
        more = page->more;
        query = page->next;
        after = page->nextAfter;
    }
    return batches.flush();
}

Result<CutEnd> recordRecording(const std::filesystem::path &from, std::int64_t fromNs, std::int64_t toNs, std::stop_token stop,
                               RecordingFile &into)
{
    auto reader = recording::Reader::open(from);
    if (!reader)
        return fail(reader.error());
    while (!stop.stop_requested()) {
        auto next = reader->next();
        if (!next)
            return fail(next.error().within(from.native()));
        if (!*next) {
            if (reader->end())
                into.setLost(reader->end()->lost);
            CutEnd end{std::min(toNs, reader->end() ? reader->end()->endedNs : reader->lastReceivedNs()), {}};
            if (!reader->end() && reader->lastReceivedNs() < toNs)
                end.missingSince = replay::missingEnd(*reader);
            return end;
        }
        if (const std::int64_t receivedNs = recording::receivedNs(**next); receivedNs < fromNs || receivedNs >= toNs)
            continue;
        if (const Status added = into.add(std::move(**next)); !added)
            return fail(added.error());
    }
    return fail(Errc::Cancelled, "interrupted");
}

void NodeLosses::note(const wire::AgentState &state)
{
    if (!m_nodes.empty() && std::find(m_nodes.begin(), m_nodes.end(), state.node) == m_nodes.end())
        return;
    const wire::StreamLoss &loss = state.loss; // what this console did not read in time is told beside
    const std::uint64_t now = loss.droppedEvents + (loss.transitEvents - std::min(loss.consoleEvents, loss.transitEvents));
    const auto [last, isFirst] = m_last.try_emplace(state.node, now);
    if (!isFirst) // a server that began anew counts from 0
        m_total += now >= last->second ? now - last->second : now;
    last->second = now;
}

} // namespace tapio::console
