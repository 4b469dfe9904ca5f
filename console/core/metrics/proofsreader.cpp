// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/core/metrics/proofsreader.h"

#include <algorithm>

namespace tapio::console {

namespace {

constexpr std::size_t pageEvents = 1000;

Status readInto(DetectionProofs &proofs, const StoreReader &reader, EventQuery query, const std::stop_token &stop)
{
    query.limit = pageEvents;
    query.newestFirst = false;
    std::optional<EventId> after;
    for (bool more = true; more;) {
        const auto page = reader.events(query, after, stop);
        if (!page)
            return fail(page.error());
        if (stop.stop_requested())
            return fail(Errc::Cancelled, "drills");
        for (const StoredEvent &stored : page->events)
            proofs.onEvent(stored.node, stored.event, stored.origin.cgroupPath);
        more = page->more;
        query = page->next;
        after = page->nextAfter;
    }
    return {};
}

} // namespace

Result<DetectionProofs> readProofs(const StoreReader &reader, std::int64_t toNs, const std::stop_token &stop)
{
    DetectionProofs proofs;
    EventQuery labels;
    labels.fromNs = toNs - DetectionProofs::windowNs;
    labels.toNs = toNs + 1;
    labels.filter.types = {wire::EventType::DrillLabel};
    if (const Status read = readInto(proofs, reader, labels, stop); !read)
        return fail(read.error());
    for (const DetectionProofs::Window &window : proofs.windows(toNs)) {
        EventQuery insights;
        insights.fromNs = window.fromNs;
        insights.toNs = std::min(window.toNs, toNs) + 1;
        insights.filter.types = {wire::EventType::Insight};
        insights.filter.nodes = {window.node};
        if (const Status read = readInto(proofs, reader, insights, stop); !read)
            return fail(read.error());
    }
    return proofs;
}

} // namespace tapio::console
