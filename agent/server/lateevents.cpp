// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/server/lateevents.h"

#include <algorithm>
#include <functional>
#include <limits>
#include <string>
#include <unordered_map>
#include <utility>

#include "protocol/wire/filter.h"
#include "protocol/wire/footprint.h"

namespace tapio::server {

namespace {

// What an agent sends decides how long the search is. Honest ones amend within a minute, and seal a batch each 100 ms or when it is full.
constexpr std::size_t mostBatches = 2048;
constexpr std::size_t mostDeliveries = 4 * mostBatches; ///< of the stream, whatever they are
constexpr std::size_t mostRanges = 8;                   ///< of one origin in one batch

struct Range {
    std::uint64_t first = 0, last = 0;
    std::uint32_t now = 0;
};

struct Hash {
    std::size_t operator()(const wire::Origin *origin) const noexcept
    {
        return std::hash<std::uint64_t>()(origin->cgroupId) ^ std::hash<std::string>()(origin->cgroupPath);
    }
};
struct Same {
    bool operator()(const wire::Origin *a, const wire::Origin *b) const { return *a == *b; }
};

class Search {
public:
    Search(const wire::EventFilter &filter, const wire::EventBatch &amending, std::uint64_t before) : m_filter(filter), m_before(before)
    {
        const auto isWanted = [&](std::uint32_t origin) { return wire::wantsOrigin(filter, amending.origins[origin]); };
        for (const wire::OriginAmendment &one : amending.amendments) {
            if (isWanted(one.was) || isWanted(one.told) || !isWanted(one.now))
                continue;
            m_named += one.events;
            // Of a range that is from before and after, as many as it can have after.
            if (one.lastSeq > before)
                m_owed += std::min<std::uint64_t>(one.events,
                                                  one.lastSeq - std::max(before, one.firstSeq - std::min<std::uint64_t>(one.firstSeq, 1)));
            std::vector<Range> &ranges = m_ranges[&amending.origins[one.was]];
            if (ranges.size() >= mostRanges)
                continue;
            ranges.push_back({one.firstSeq, one.lastSeq, one.now});
            m_first = std::min(m_first, one.firstSeq);
        }
    }

    bool isOver() const noexcept { return m_found >= m_named || m_batches == mostBatches; }
    /// False: what lies before it has none.
    bool look(const wire::EventBatch &batch)
    {
        ++m_batches;
        std::vector<const std::vector<Range> *> origins;
        for (const wire::Origin &origin : batch.origins) {
            const auto known = m_ranges.find(&origin);
            origins.push_back(known == m_ranges.end() ? nullptr : &known->second);
        }
        for (std::size_t i = batch.events.size(); i-- > 0;) {
            if (const std::vector<Range> *ranges = origins[batch.events[i].origin])
                take(batch.events[i], batch.seqOf(i), *ranges);
        }
        return batch.firstSeq > m_first;
    }
    LateEvents result() &&
    {
        m_late.outOfRing = m_owed - std::min(m_foundAfter, m_owed);
        return std::move(m_late);
    }

private:
    void take(const wire::Event &event, std::uint64_t seq, const std::vector<Range> &ranges)
    {
        const auto range =
            std::find_if(ranges.begin(), ranges.end(), [seq](const Range &one) { return one.first <= seq && seq <= one.last; });
        if (range == ranges.end())
            return;
        ++m_found;
        m_foundAfter += seq > m_before ? 1 : 0;
        if (!wire::wantsEvent(m_filter, event))
            return;
        m_bytes += sizeof(event) + wire::heapBytes(event);
        if (m_bytes > mostLateBytes)
            ++m_late.outOfRoom;
        else
            m_late.events.push_back({seq, range->now, &event});
    }

    const wire::EventFilter &m_filter;
    std::uint64_t m_before;
    std::unordered_map<const wire::Origin *, std::vector<Range>, Hash, Same> m_ranges; ///< by what its events were of
    std::uint64_t m_first = std::numeric_limits<std::uint64_t>::max();
    std::uint64_t m_named = 0, m_found = 0;
    std::uint64_t m_owed = 0, m_foundAfter = 0; ///< of these the ones since the console is there
    std::size_t m_batches = 0, m_bytes = 0;
    LateEvents m_late;
};

} // namespace

bool mayHaveLate(const Interest &interest, const wire::Delivery &delivery)
{
    const auto *batch = std::get_if<wire::EventBatch>(&delivery.frame.body);
    const bool takesAllOrigins = interest.filter.namespaces.empty() && interest.filter.pods.empty();
    return batch != nullptr && !batch->amendments.empty() && !takesAllOrigins && wire::wantsNode(interest.filter, delivery.node);
}

LateEvents lateEvents(const Interest &interest, const ReplayRing &ring, ReplayRing::Position position, std::uint64_t before)
{
    const wire::Delivery &amending = *ring.at(position);
    if (!mayHaveLate(interest, amending))
        return {};
    Search search(interest.filter, std::get<wire::EventBatch>(amending.frame.body), before);
    std::optional<ReplayRing::Position> at = position;
    for (std::size_t looked = 0; at && looked < mostDeliveries && !search.isOver(); ++looked, at = ring.previousOfStream(*at)) {
        const auto *events = std::get_if<wire::EventBatch>(&ring.at(*at)->frame.body);
        if (events != nullptr && !search.look(*events))
            break;
    }
    return std::move(search).result();
}

std::shared_ptr<const wire::Delivery> withLate(const std::shared_ptr<const wire::Delivery> &delivery, const LateEvents &late)
{
    if (delivery == nullptr || late.events.empty())
        return delivery;
    const auto &batch = std::get<wire::EventBatch>(delivery->frame.body);
    std::vector<LateEvents::One> all = late.events;
    for (std::size_t i = 0; i < batch.events.size(); ++i)
        all.push_back({batch.seqOf(i), batch.events[i].origin, &batch.events[i]});
    std::sort(all.begin(), all.end(), [](const auto &a, const auto &b) { return a.seq < b.seq; });
    // No stream of an honest agent has a number twice, or numbers so far apart within a ring; a batch cannot say either.
    all.erase(std::unique(all.begin(), all.end(), [](const auto &a, const auto &b) { return a.seq == b.seq; }), all.end());
    if (all.back().seq - all.front().seq > std::numeric_limits<std::uint32_t>::max())
        return delivery;
    wire::EventBatch more;
    more.firstSeq = all.front().seq;
    more.origins = batch.origins;
    more.amendments = batch.amendments;
    for (const LateEvents::One &one : all) {
        more.events.push_back(*one.event);
        more.events.back().origin = one.origin;
        more.seqOffsets.push_back(static_cast<std::uint32_t>(one.seq - more.firstSeq));
    }
    const wire::Frame &frame = delivery->frame;
    return std::make_shared<const wire::Delivery>(
        wire::Delivery{delivery->node, delivery->receivedNs, delivery->clockOffsetNs, delivery->clockUncertaintyNs,
                       wire::Frame{frame.streamId, frame.frameSeq, frame.sealedNs, std::move(more)}});
}

} // namespace tapio::server
