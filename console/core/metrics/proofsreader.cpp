// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/core/metrics/proofsreader.h"

#include <algorithm>
#include <functional>

#include "console/core/metrics/eachevent.h"

namespace tapio::console {

Result<DetectionProofs> readProofs(const StoreReader &reader, std::int64_t toNs, const std::stop_token &stop)
{
    DetectionProofs proofs;
    using Take = std::function<void(const StoredEvent &)>;
    const Take take = [&proofs](const StoredEvent &stored) { proofs.onEvent(stored.node, stored.event, stored.origin.cgroupPath); };
    const Take beside = [&proofs](const StoredEvent &stored) {
        proofs.onInsightBeside(stored.node, stored.event, stored.origin.cgroupPath);
    };
    EventQuery labels;
    labels.fromNs = toNs - DetectionProofs::windowNs;
    labels.toNs = toNs + 1;
    labels.filter.types = {wire::EventType::DrillLabel};
    if (const Status read = eachEvent(reader, labels, stop, take); !read)
        return fail(read.error());
    for (const DetectionProofs::Window &window : proofs.windows(toNs)) {
        EventQuery insights;
        insights.fromNs = window.fromNs - DetectionProofs::longestLifeNs;
        insights.toNs = std::min(window.toNs + DetectionProofs::longestLifeNs, toNs) + 1;
        insights.filter.types = {wire::EventType::Insight};
        insights.filter.nodes = {window.node};
        const auto takeOf = [&](const StoredEvent &stored) {
            const bool isInside = stored.event.timeNs >= window.fromNs && stored.event.timeNs <= window.toNs;
            (isInside ? take : beside)(stored);
        };
        if (const Status read = eachEvent(reader, insights, stop, takeOf); !read)
            return fail(read.error());
    }
    return proofs;
}

} // namespace tapio::console
