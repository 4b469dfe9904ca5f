// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/core/metrics/insightsreader.h"

#include "console/core/metrics/eachevent.h"
#include "console/core/metrics/insightlife.h"

namespace tapio::console {

Result<InsightTracker> readInsightsSoFar(const StoreReader &reader, std::int64_t nowNs, const std::stop_token &stop)
{
    InsightTracker tracker;
    EventQuery query;
    query.fromNs = nowNs - InsightTracker::longestSilenceNs;
    query.toNs = nowNs + 1;
    query.filter.types = {wire::EventType::Insight, wire::EventType::AgentNotice};
    StreamsSeen streams;
    const Status read = eachEvent(reader, query, stop, [&](const StoredEvent &stored) {
        streams.add(stored);
        const std::int64_t toldNs = stored.event.timeNs; // the server's already
        if (const wire::Insight *insight = wire::insightOf(stored.event.detail))
            tracker.onInsight({stored.node, stored.streamId, stored.seq, toldNs, 0, toldNs, stored.event.severity, true}, *insight);
    });
    if (!read)
        return fail(read.error());
    for (const auto &[node, streamId] : streams.with({})) {
        if (node.starts_with(wire::serverNodePrefix)) // of agents their state tells it
            tracker.onStream(node, streamId);
    }
    tracker.age(nowNs);
    return tracker;
}

} // namespace tapio::console
