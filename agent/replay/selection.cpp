// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/replay/selection.h"

#include <algorithm>
#include <limits>
#include <map>
#include <utility>

namespace tapio::replay {

namespace {

bool isOf(const Selection &selection, const wire::Origin &origin)
{
    const auto &spaces = selection.namespaces;
    const bool isOfCgroup = std::any_of(selection.cgroups.begin(), selection.cgroups.end(),
                                        [&](const std::string &prefix) { return origin.cgroupPath.starts_with(prefix); });
    return isOfCgroup || std::find(spaces.begin(), spaces.end(), origin.namespaceName) != spaces.end();
}

/// What an agent found in a cgroup may name what it saw elsewhere on its node.
bool isWanted(const Selection &selection, const wire::Event &event, const wire::Origin &origin)
{
    switch (event.type) {
    case wire::EventType::Insight: return false;
    case wire::EventType::DrillLabel: return true;
    case wire::EventType::AgentNotice: return origin.cgroupPath == "/" || isOf(selection, origin);
    default: return isOf(selection, origin);
    }
}

/// Origins that are left, by the number they had.
class Origins {
public:
    explicit Origins(const std::vector<wire::Origin> &all) : m_all(all) {}
    std::uint32_t keep(std::uint32_t was)
    {
        const auto [at, isNew] = m_numbers.try_emplace(was, static_cast<std::uint32_t>(m_kept.size()));
        if (isNew)
            m_kept.push_back(m_all[was]);
        return at->second;
    }
    std::vector<wire::Origin> take() { return std::move(m_kept); }

private:
    const std::vector<wire::Origin> &m_all;
    std::map<std::uint32_t, std::uint32_t> m_numbers;
    std::vector<wire::Origin> m_kept;
};

wire::EventBatch wantedOf(const Selection &selection, wire::EventBatch &batch)
{
    wire::EventBatch kept;
    kept.firstSeq = batch.firstSeq;
    Origins origins(batch.origins);
    for (std::size_t i = 0; i < batch.events.size(); ++i) {
        wire::Event &event = batch.events[i];
        if (!isWanted(selection, event, batch.origins[event.origin]))
            continue;
        event.origin = origins.keep(event.origin);
        kept.events.push_back(std::move(event));
        kept.seqOffsets.push_back(static_cast<std::uint32_t>(batch.seqOf(i) - batch.firstSeq));
    }
    for (wire::OriginAmendment amendment : batch.amendments) {
        if (!isOf(selection, batch.origins[amendment.was]) && !isOf(selection, batch.origins[amendment.now]))
            continue;
        amendment.was = origins.keep(amendment.was);
        amendment.told = origins.keep(amendment.told);
        amendment.now = origins.keep(amendment.now);
        kept.amendments.push_back(amendment);
    }
    kept.origins = origins.take();
    return kept;
}

bool isWanted(const Selection &selection, const wire::SampleBatch &batch, std::uint32_t origin, std::uint32_t label)
{
    const std::string &path = batch.origins[origin].cgroupPath;
    if (path == "/")
        return batch.labels[label].empty() || batch.labels[label] == "/";
    return isOf(selection, batch.origins[origin]);
}

wire::SampleBatch wantedOf(const Selection &selection, const wire::SampleBatch &batch)
{
    wire::SampleBatch kept;
    kept.timeNs = batch.timeNs;
    Origins origins(batch.origins);
    std::map<std::uint32_t, std::uint32_t> labels{{0, 0}};
    const auto take = [&](auto one, auto &into) {
        if (!isWanted(selection, batch, one.origin, one.label))
            return;
        one.origin = origins.keep(one.origin);
        const auto [at, isNew] = labels.try_emplace(one.label, static_cast<std::uint32_t>(kept.labels.size()));
        if (isNew)
            kept.labels.push_back(batch.labels[one.label]);
        one.label = at->second;
        into.push_back(std::move(one));
    };
    for (const wire::Sample &sample : batch.samples)
        take(sample, kept.samples);
    for (const wire::Histogram &histogram : batch.histograms)
        take(histogram, kept.histograms);
    kept.origins = origins.take();
    return kept;
}

/// What was sent empty is nothing either.
Selected wanted(const Selection &selection, wire::Delivery delivery)
{
    if (auto *samples = std::get_if<wire::SampleBatch>(&delivery.frame.body)) {
        if (selection.isOfSome())
            *samples = wantedOf(selection, *samples);
        const bool isEmpty = samples->samples.empty() && samples->histograms.empty();
        return {isEmpty ? std::nullopt : std::optional(std::move(delivery)), 0};
    }
    auto *batch = std::get_if<wire::EventBatch>(&delivery.frame.body);
    if (batch == nullptr)
        return {};
    const std::size_t all = batch->events.size();
    if (selection.isOfSome())
        *batch = wantedOf(selection, *batch);
    const std::uint64_t leftOut = all - batch->events.size();
    if (batch->events.empty() && batch->amendments.empty())
        return {std::nullopt, leftOut};
    return {std::move(delivery), leftOut};
}

} // namespace

Selected select(const Selection &selection, wire::Delivery delivery)
{
    const auto &nodes = selection.nodes;
    if (nodes.empty() || std::find(nodes.begin(), nodes.end(), delivery.node) != nodes.end())
        return wanted(selection, std::move(delivery));
    const auto *batch = std::get_if<wire::EventBatch>(&delivery.frame.body);
    return {std::nullopt, batch == nullptr ? 0 : batch->events.size()};
}

} // namespace tapio::replay
