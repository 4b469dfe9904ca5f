// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/server/batchfilter.h"

#include <algorithm>
#include <iterator>
#include <utility>
#include <vector>

#include "protocol/wire/filter.h"

namespace tapio::server {

namespace {

/// Indexes of the wanted events, ascending.
std::vector<std::uint32_t> wantedEvents(const wire::EventFilter &filter, const wire::EventBatch &batch)
{
    std::vector<bool> origins(batch.origins.size());
    std::transform(batch.origins.begin(), batch.origins.end(), origins.begin(),
                   [&](const wire::Origin &origin) { return wire::wantsOrigin(filter, origin); });
    std::vector<std::uint32_t> indexes;
    for (std::uint32_t i = 0; i < batch.events.size(); ++i) {
        if (origins[batch.events[i].origin] && wire::wantsEvent(filter, batch.events[i]))
            indexes.push_back(i);
    }
    return indexes;
}

/// Of events that the console may have, or would have had if it had been known whose they are.
std::vector<wire::OriginAmendment> wantedAmendments(const wire::EventFilter &filter, const wire::EventBatch &batch)
{
    std::vector<wire::OriginAmendment> wanted;
    std::copy_if(batch.amendments.begin(), batch.amendments.end(), std::back_inserter(wanted), [&](const wire::OriginAmendment &one) {
        const auto isWanted = [&](std::uint32_t origin) { return wire::wantsOrigin(filter, batch.origins[origin]); };
        return isWanted(one.was) || isWanted(one.told) || isWanted(one.now);
    });
    return wanted;
}

std::shared_ptr<const wire::Delivery> withEvents(const wire::Delivery &delivery, const wire::EventBatch &batch,
                                                 const std::vector<std::uint32_t> &indexes, std::vector<wire::OriginAmendment> &&amendments)
{
    wire::EventBatch some;
    some.firstSeq = indexes.empty() ? batch.firstSeq : batch.seqOf(indexes.front());
    some.origins = batch.origins;
    some.amendments = std::move(amendments);
    for (const std::uint32_t index : indexes) {
        some.events.push_back(batch.events[index]);
        some.seqOffsets.push_back(static_cast<std::uint32_t>(batch.seqOf(index) - some.firstSeq));
    }
    const wire::Frame &frame = delivery.frame;
    return std::make_shared<const wire::Delivery>(
        wire::Delivery{delivery.node, delivery.receivedNs, delivery.clockOffsetNs, delivery.clockUncertaintyNs,
                       wire::Frame{frame.streamId, frame.frameSeq, frame.sealedNs, std::move(some)}});
}

} // namespace

std::shared_ptr<const wire::Delivery> wanted(const Interest &interest, const std::shared_ptr<const wire::Delivery> &delivery)
{
    if (!wire::wantsNode(interest.filter, delivery->node))
        return nullptr;
    const auto *batch = std::get_if<wire::EventBatch>(&delivery->frame.body);
    if (batch == nullptr) {
        const bool samples = std::holds_alternative<wire::SampleBatch>(delivery->frame.body);
        return (samples ? interest.samples : interest.reports) ? delivery : nullptr;
    }
    if (wire::wantsEverything(interest.filter))
        return delivery;
    const auto indexes = wantedEvents(interest.filter, *batch);
    auto amendments = wantedAmendments(interest.filter, *batch);
    if (indexes.empty() && amendments.empty())
        return nullptr;
    const bool isAll = indexes.size() == batch->events.size() && amendments.size() == batch->amendments.size();
    return isAll ? delivery : withEvents(*delivery, *batch, indexes, std::move(amendments));
}

std::uint64_t eventCount(const wire::Frame &frame) noexcept
{
    const auto *batch = std::get_if<wire::EventBatch>(&frame.body);
    return batch == nullptr ? 0 : batch->events.size();
}

std::uint64_t amendmentCount(const wire::Frame &frame) noexcept
{
    const auto *batch = std::get_if<wire::EventBatch>(&frame.body);
    return batch == nullptr ? 0 : batch->amendments.size();
}

} // namespace tapio::server
