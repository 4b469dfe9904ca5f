// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/core/metrics/callgraph.h"

#include <algorithm>
#include <set>
#include <tuple>

#include "agent/correlation/selector.h"
#include "agent/correlation/servicemap.h"

namespace tapio::console {

namespace {

using correlation::Selector;

constexpr std::size_t mostMembers = 16'384;

bool isCall(const wire::Event &event)
{
    return std::holds_alternative<wire::TcpConnection>(event.detail) || std::holds_alternative<wire::HttpRequest>(event.detail);
}

bool isInbound(const wire::Event &event)
{
    if (const auto *tcp = std::get_if<wire::TcpConnection>(&event.detail))
        return tcp->direction == wire::TcpDirection::Inbound;
    const auto *http = std::get_if<wire::HttpRequest>(&event.detail);
    return http != nullptr && http->direction == wire::TcpDirection::Inbound;
}

/// Feeds the map of services, and notes what else its services are called.
class Builder {
public:
    void count(const StoredEvent &stored) { m_map.onEvent(stored.event, stored.origin, placeOf(stored)); }

    void learn(const StoredEvent &stored)
    {
        const correlation::EventPlace place = placeOf(stored);
        m_map.learn(stored.event, stored.origin, place);
        const correlation::Observation seen{correlation::Topic::None, stored.event, stored.origin, place};
        const CallParty node{wire::EntityKind::Node, stored.node};
        const auto workload = correlation::select(Selector::Workload, seen);
        const CallParty own = workload ? CallParty{workload->kind, workload->name} : node;
        note(node, own);
        for (const Selector one : {Selector::Pod, Selector::Container}) {
            if (const auto entity = correlation::select(one, seen))
                note({entity->kind, entity->name}, own);
        }
        if (!isInbound(stored.event))
            return;
        if (const auto listens = correlation::select(Selector::Destination, seen))
            note({listens->kind, listens->name}, own);
    }

    CallGraph finish() const
    {
        CallGraph graph;
        const auto edges = m_map.edges();
        std::map<CallParty, std::size_t> index;
        for (const auto &edge : edges) {
            index.try_emplace({edge.caller.kind, edge.caller.name});
            index.try_emplace({edge.callee.kind, edge.callee.name});
        }
        for (auto &[party, at] : index) {
            at = graph.parties.size();
            graph.parties.push_back(party);
        }
        for (const auto &edge : edges)
            graph.edges.push_back({index.at({edge.caller.kind, edge.caller.name}), index.at({edge.callee.kind, edge.callee.name}),
                                   edge.isRequests, edge.isToldByCaller, edge.calls, edge.errors, edge.firstNs, edge.lastNs, edge.p50Ns,
                                   edge.p99Ns});
        std::sort(graph.edges.begin(), graph.edges.end(), [](const CallEdge &a, const CallEdge &b) {
            return std::tie(a.caller, a.callee, a.firstNs, a.calls) < std::tie(b.caller, b.callee, b.firstNs, b.calls);
        });
        for (const auto &[member, owner] : m_members) {
            if (const auto party = index.find(owner); party != index.end() && member != owner)
                graph.members.emplace(member, party->second);
        }
        return graph;
    }

private:
    static correlation::EventPlace placeOf(const StoredEvent &stored) { return {stored.node, stored.streamId, stored.seq, 0}; }

    void note(const CallParty &member, const CallParty &owner)
    {
        if (m_members.size() < mostMembers)
            m_members.insert({member, owner});
    }

    correlation::ServiceMap m_map{nullptr};
    std::set<std::pair<CallParty, CallParty>> m_members;
};

} // namespace

std::optional<CallParty> partyOf(std::string_view text)
{
    const auto space = text.find(' ');
    if (space == std::string_view::npos)
        return std::nullopt;
    const wire::EntityKind kind = wire::entityKindFromName(text.substr(0, space));
    if (kind == wire::EntityKind::Unknown || space + 1 == text.size())
        return std::nullopt;
    return CallParty{kind, std::string(text.substr(space + 1))};
}

std::vector<std::size_t> CallGraph::find(const CallParty &party) const
{
    std::vector<std::size_t> found;
    const auto same = std::lower_bound(parties.begin(), parties.end(), party);
    if (same != parties.end() && *same == party)
        found.push_back(static_cast<std::size_t>(same - parties.begin()));
    const auto [begin, end] = members.equal_range(party);
    for (auto member = begin; member != end; ++member)
        found.push_back(member->second);
    std::sort(found.begin(), found.end());
    found.erase(std::unique(found.begin(), found.end()), found.end());
    return found;
}

CallGraph callGraph(std::vector<StoredEvent> events, std::int64_t fromNs, std::int64_t toNs, const std::stop_token &stop)
{
    std::erase_if(events, [](const StoredEvent &stored) { return !isCall(stored.event); });
    // Whose an address is, is learnt as it was.
    std::stable_sort(events.begin(), events.end(),
                     [](const StoredEvent &a, const StoredEvent &b) { return a.event.timeNs < b.event.timeNs; });
    Builder builder;
    for (const auto pass : {&Builder::learn, &Builder::count}) {
        for (std::size_t i = 0; i < events.size() && !stop.stop_requested(); ++i)
            (builder.*pass)(events[i]);
    }
    CallGraph graph = builder.finish();
    graph.fromNs = fromNs;
    graph.toNs = toNs;
    graph.events = events.size();
    return graph;
}

} // namespace tapio::console
