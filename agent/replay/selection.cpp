// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/replay/selection.h"

#include <algorithm>
#include <limits>
#include <map>
#include <utility>

namespace tapio::replay {

using recording::Received;

namespace {

bool isBeginning(std::string_view prefix, const std::string &node, const std::string &path)
{
    const auto parts = cgroupPrefixOf(prefix);
    return parts && (parts->node.empty() || parts->node == node) && path.starts_with(parts->path);
}

bool isOf(const Selection &selection, const std::string &node, const wire::Origin &origin)
{
    const auto &spaces = selection.namespaces;
    const bool isOfCgroup = std::any_of(selection.cgroups.begin(), selection.cgroups.end(),
                                        [&](const std::string &prefix) { return isBeginning(prefix, node, origin.cgroupPath); });
    return isOfCgroup || std::find(spaces.begin(), spaces.end(), origin.namespaceName) != spaces.end();
}

/// What an agent found in a cgroup may name what it saw elsewhere on its node.
bool isWanted(const Selection &selection, const std::string &node, const wire::Event &event, const wire::Origin &origin)
{
    switch (event.type) {
    case wire::EventType::Insight: return false;
    case wire::EventType::DrillLabel: return true;
    case wire::EventType::KubernetesFact:
        if (node.starts_with(wire::serverNodePrefix)) // of nodes: it belongs to what is known of their links
            return true;
        break;
    case wire::EventType::AgentNotice: return origin.cgroupPath == "/" || isOf(selection, node, origin);
    default: break;
    }
    const auto &types = selection.hostTypes;
    const bool isOfHost = origin.cgroupPath == "/" && std::find(types.begin(), types.end(), event.type) != types.end();
    return isOfHost || isOf(selection, node, origin);
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

wire::EventBatch wantedOf(const Selection &selection, const std::string &node, wire::EventBatch &batch)
{
    wire::EventBatch kept;
    kept.firstSeq = batch.firstSeq;
    Origins origins(batch.origins);
    for (std::size_t i = 0; i < batch.events.size(); ++i) {
        wire::Event &event = batch.events[i];
        if (!isWanted(selection, node, event, batch.origins[event.origin]))
            continue;
        event.origin = origins.keep(event.origin);
        kept.events.push_back(std::move(event));
        kept.seqOffsets.push_back(static_cast<std::uint32_t>(batch.seqOf(i) - batch.firstSeq));
    }
    for (wire::OriginAmendment amendment : batch.amendments) {
        if (!isOf(selection, node, batch.origins[amendment.was]) && !isOf(selection, node, batch.origins[amendment.now]))
            continue;
        amendment.was = origins.keep(amendment.was);
        amendment.told = origins.keep(amendment.told);
        amendment.now = origins.keep(amendment.now);
        kept.amendments.push_back(amendment);
    }
    kept.origins = origins.take();
    return kept;
}

/// "vda" stands for "vda read", too.
bool isHostLabel(const Selection &selection, const std::string &label)
{
    const auto isOf = [&label](const std::string &wanted) { return label == wanted || label.starts_with(wanted + ' '); };
    return label.empty() || label == "/" || std::any_of(selection.hostLabels.begin(), selection.hostLabels.end(), isOf);
}

bool isWanted(const Selection &selection, const std::string &node, const wire::SampleBatch &batch, std::uint32_t origin,
              std::uint32_t label)
{
    const std::string &path = batch.origins[origin].cgroupPath;
    if (path == "/")
        return isHostLabel(selection, batch.labels[label]);
    return isOf(selection, node, batch.origins[origin]);
}

wire::SampleBatch wantedOf(const Selection &selection, const std::string &node, const wire::SampleBatch &batch)
{
    wire::SampleBatch kept;
    kept.timeNs = batch.timeNs;
    Origins origins(batch.origins);
    std::map<std::uint32_t, std::uint32_t> labels{{0, 0}};
    const auto take = [&](auto one, auto &into) {
        if (!isWanted(selection, node, batch, one.origin, one.label))
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
            *samples = wantedOf(selection, delivery.node, *samples);
        const bool isEmpty = samples->samples.empty() && samples->histograms.empty();
        return {isEmpty ? std::nullopt : std::optional<Received>(std::move(delivery)), 0};
    }
    if (std::holds_alternative<wire::CounterReport>(delivery.frame.body))
        return {std::move(delivery), 0};
    auto *batch = std::get_if<wire::EventBatch>(&delivery.frame.body);
    if (batch == nullptr)
        return {};
    const std::size_t all = batch->events.size();
    if (selection.isOfSome())
        *batch = wantedOf(selection, delivery.node, *batch);
    const std::uint64_t leftOut = all - batch->events.size();
    if (batch->events.empty() && batch->amendments.empty())
        return {std::nullopt, leftOut};
    return {std::move(delivery), leftOut};
}

/// What rules ask of it. Where the agent runs and by which certificate it is known is nobody's business.
wire::AgentState linkOf(wire::AgentState &&state)
{
    wire::AgentState link;
    link.node = std::move(state.node);
    link.state = state.state;
    link.sinceNs = state.sinceNs;
    link.lastHeartbeatNs = state.lastHeartbeatNs;
    link.streamId = state.streamId;
    link.sessions = state.sessions;
    link.receivedEvents = state.receivedEvents;
    // What was lost on the way to who recorded is not lost to the server; of frames it is not known which.
    link.loss = {0, state.loss.droppedEvents, state.loss.transitEvents - std::min(state.loss.consoleEvents, state.loss.transitEvents),
                 state.loss.duplicateFrames, 0};
    link.saidBye = state.saidBye;
    link.toldNs = state.toldNs;
    return link;
}

} // namespace

std::optional<CgroupPrefix> cgroupPrefixOf(std::string_view text) noexcept
{
    if (text.starts_with('/'))
        return CgroupPrefix{{}, text};
    const auto colon = text.find(':');
    if (colon == std::string_view::npos || colon == 0 || !text.substr(colon + 1).starts_with('/'))
        return std::nullopt;
    return CgroupPrefix{text.substr(0, colon), text.substr(colon + 1)};
}

Selected select(const Selection &selection, Received received)
{
    const auto &nodes = selection.nodes;
    if (!nodes.empty() && std::find(nodes.begin(), nodes.end(), recording::nodeOf(received)) == nodes.end()) {
        const wire::EventBatch *events = recording::eventsOf(received);
        return {std::nullopt, events == nullptr ? 0 : events->events.size()};
    }
    if (auto *delivery = std::get_if<wire::Delivery>(&received))
        return wanted(selection, std::move(*delivery));
    return {linkOf(std::move(*std::get_if<wire::AgentState>(&received))), 0};
}

} // namespace tapio::replay
