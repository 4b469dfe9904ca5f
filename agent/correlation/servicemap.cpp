// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/correlation/servicemap.h"

#include <algorithm>
#include <cstdio>
#include <tuple>
#include <utility>

#include "agent/correlation/addresskind.h"
#include "agent/correlation/selector.h"
#include "agent/correlation/toldtogether.h"
#include "protocol/wire/addresstext.h"

namespace tapio::correlation {

namespace {

using wire::EntityKind;
using wire::TcpDirection;
using wire::TcpOutcome;

constexpr std::uint32_t leastEdgeCalls = 5, leastEdgeSlow = 3, leastEdgeErrors = 2;
constexpr std::uint32_t endsRun = 3; ///< calls that are not slow, one after another

std::string percent(double share)
{
    char text[32];
    std::snprintf(text, sizeof text, "%.0f %%", share * 100);
    return text;
}

std::string times(double times)
{
    char text[32];
    std::snprintf(text, sizeof text, "%.1f times", times);
    return text;
}

void remember(std::vector<ServiceKey> &neighbours, ServiceKey one)
{
    if (neighbours.size() < ServiceMap::mostNeighbours && std::find(neighbours.begin(), neighbours.end(), one) == neighbours.end())
        neighbours.push_back(one);
}

/// It failed before it was one; given up by the client (Aborted) is no word of the callee.
bool isNever(const wire::TcpConnection &tcp)
{
    return tcp.outcome == TcpOutcome::Refused || tcp.outcome == TcpOutcome::TimedOut || tcp.outcome == TcpOutcome::Unreachable;
}

} // namespace

void ServiceMap::onEvent(const wire::Event &event, const wire::Origin &origin, const EventPlace &place)
{
    hear(event, origin, place, true);
}

void ServiceMap::learn(const wire::Event &event, const wire::Origin &origin, const EventPlace &place) { hear(event, origin, place, false); }

void ServiceMap::hear(const wire::Event &event, const wire::Origin &origin, const EventPlace &place, bool counts)
{
    const auto ignore = [&] { m_counters.ignored += counts ? 1 : 0; };
    const auto accept = [&](const Told &told) {
        const Heard heard = this->place(told);
        if (counts)
            take(told, heard);
    };
    const Observation seen{Topic::None, event, origin, place};
    const Call call{seen.timeNs(), 0, false};
    if (const auto *http = std::get_if<wire::HttpRequest>(&event.detail)) {
        Told told{seen, call, true, http->direction == TcpDirection::Outbound, false, http->local, http->remote};
        told.call.latencyNs = http->latencyNs;
        told.call.failed = http->status >= 500 || http->aborted || http->status == 0;
        http->direction == TcpDirection::Unknown ? ignore() : accept(told);
    } else if (const auto *tcp = std::get_if<wire::TcpConnection>(&event.detail)) {
        Told told{seen, call, false, tcp->direction == TcpDirection::Outbound, isNever(*tcp), tcp->local, tcp->remote};
        told.call.latencyNs = tcp->connectLatencyNs;
        told.call.count = isNever(*tcp) ? 1 : toldTogether(*tcp); // what failed is told by itself
        told.call.failed = told.isNever;
        const bool isCall = tcp->direction != TcpDirection::Unknown && (told.isNever ? told.isByCaller : tcp->established);
        isCall ? accept(told) : ignore();
    }
}

ServiceMap::Service &ServiceMap::serviceAt(ServiceKey key, std::int64_t nowNs)
{
    if (m_services.find(key) == nullptr) {
        if (const Service *next = m_services.nextToGo(); next != nullptr && nowNs - next->lastNs <= inUseNs)
            ++m_counters.forgotten;
    }
    Service &service = m_services.at(key);
    service.lastNs = std::max(service.lastNs, nowNs);
    return service;
}

ServiceKey ServiceMap::named(EntityKind kind, const std::string &id, const std::string &name, std::int64_t nowNs)
{
    const EntityKey entity = entityKey(kind, id);
    const ServiceKey key{entity.key, entity.check};
    Service &service = serviceAt(key, nowNs);
    if (service.party == nullptr)
        service.party = std::make_shared<const Party>(Party{kind, id, name});
    return key;
}

ServiceKey ServiceMap::own(const Observation &seen)
{
    const auto known = entityKey(Selector::Workload, seen);
    if (!known)
        return named(EntityKind::Node, std::string(seen.place.node), std::string(seen.place.node), seen.timeNs());
    const ServiceKey key{known->key, known->check};
    Service &service = serviceAt(key, seen.timeNs());
    if (service.party != nullptr)
        return key;
    const auto entity = select(Selector::Workload, seen);
    service.party = std::make_shared<const Party>(Party{entity->kind, entity->id, entity->name});
    if (entity->kind == EntityKind::Workload) {
        wire::Origin origin;
        origin.namespaceName = seen.origin.namespaceName;
        origin.workloadKind = seen.origin.workloadKind;
        origin.workloadName = seen.origin.workloadName;
        service.origin = std::make_shared<const wire::Origin>(std::move(origin));
    }
    return key;
}

ServiceKey ServiceMap::other(const Told &told)
{
    const std::string_view node = told.seen.place.node, podUid = told.seen.origin.podUid;
    const ServiceKey known = told.isByCaller ? m_book.listener(told.remote, node, podUid) : m_book.host(told.remote, node, podUid);
    if (known && m_services.find(known) != nullptr)
        return known;
    const std::string name = told.isByCaller ? wire::toString(told.remote) : wire::hostText(told.remote);
    const std::string id = scopeOf(told.remote, node, podUid) + name;
    return named(told.isByCaller ? EntityKind::Destination : EntityKind::Address, id, name, told.call.timeNs);
}

ServiceMap::EdgeState &ServiceMap::edge(ServiceKey caller, ServiceKey callee, std::int64_t nowNs)
{
    if (m_edges.find({caller, callee}) == nullptr) {
        if (const EdgeState *next = m_edges.nextToGo(); next != nullptr && nowNs - next->lastNs <= inUseNs)
            ++m_counters.forgotten;
    }
    EdgeState &edge = m_edges.at({caller, callee});
    if (edge.caller != nullptr)
        return edge;
    Service *from = m_services.find(caller), *to = m_services.find(callee);
    edge.caller = from->party;
    edge.callee = to->party;
    remember(from->callees, callee);
    remember(to->callers, caller);
    return edge;
}

/// Who they are, and what is known of the two from now on.
ServiceMap::Heard ServiceMap::place(const Told &told)
{
    const ServiceKey mine = own(told.seen);
    const AddressBook::End end{told.local, told.remote, told.seen.place.node, told.seen.origin.podUid, told.seen.timeNs(), mine};
    if (told.isByCaller)
        m_book.onCaller(end);
    else
        m_book.onCallee(end);
    const ServiceKey theirs = other(told);
    const ServiceKey caller = told.isByCaller ? mine : theirs, callee = told.isByCaller ? theirs : mine;
    EdgeState &at = edge(caller, callee, told.call.timeNs);
    at.isRequests = at.isRequests || told.isRequest;
    if (std::int64_t &last = at.callerToldNs[told.isRequest ? 1 : 0]; told.isByCaller)
        last = std::max(last, told.call.timeNs);
    return {caller, callee, &at};
}

void ServiceMap::take(const Told &told, const Heard &heard)
{
    EdgeState &at = *heard.edge;
    if (at.isRequests && !told.isRequest && !told.isNever) {
        m_counters.ignored += told.call.count; // what its requests say is more
        return;
    }
    const std::int64_t callerToldNs = at.callerToldNs[told.isRequest ? 1 : 0];
    if (!told.isByCaller && callerToldNs != 0 && told.call.timeNs - callerToldNs <= callerSilentNs) {
        m_counters.told += told.call.count;
        return;
    }
    m_counters.calls += told.call.count;
    at.calls += told.call.count;
    at.errors += told.call.failed ? told.call.count : 0;
    at.firstNs = at.firstNs == 0 ? told.call.timeNs : std::min(at.firstNs, told.call.timeNs);
    at.lastNs = std::max(at.lastNs, told.call.timeNs);
    if (told.call.latencyNs > 0)
        at.latencies.add(told.call.latencyNs, told.call.count);
    judge(told, heard.callee, at);
}

void ServiceMap::changeKind(Service &callee, CallKind kind)
{
    callee.kind = kind;
    callee.health = {};
    callee.firstSlow.timeNs = callee.rise.timeNs = 0;
    callee.fastCalls = 0;
}

/// One caller's requests are seen and another's are not, being encrypted: beside each other their times are no measure of anything. A service is
/// judged by its requests, where there are enough of them to be judged; a probe now and then is none.
void ServiceMap::settleKind(Told &told, Service &callee)
{
    const std::int64_t nowNs = told.call.timeNs, slot = nowNs / ServiceHealth::slotNs;
    if (told.isRequest) {
        callee.slotRequests = callee.requestSlot == slot ? callee.slotRequests + told.call.count : told.call.count;
        callee.requestSlot = slot;
        if (callee.slotRequests >= ServiceHealth::leastLatencies || callee.kind == CallKind::None)
            callee.manyRequestsNs = std::max(callee.manyRequestsNs, nowNs);
    }
    const CallKind kind = told.isRequest ? CallKind::Requests : CallKind::Connections;
    const bool isEnough =
        kind == CallKind::Requests ? callee.slotRequests >= ServiceHealth::leastLatencies : nowNs - callee.manyRequestsNs > fewRequestsNs;
    if (callee.kind == CallKind::None)
        callee.kind = kind;
    else if (callee.kind != kind && isEnough)
        changeKind(callee, kind);
    if (callee.kind != kind)
        told.call.latencyNs = 0;
}

void ServiceMap::judge(Told told, ServiceKey calleeKey, EdgeState &edge)
{
    Service &callee = *m_services.find(calleeKey);
    settleKind(told, callee);
    if (!callee.health.isInTime(told.call)) {
        m_counters.late += told.call.count;
        return;
    }
    const auto verdict = callee.health.take(told.call);
    noteRun(told, callee, verdict.isSlowCall);
    if (callee.health.slowSinceNs() == 0)
        callee.rise.timeNs = 0;
    if (verdict.isFailing) {
        tell(Topic::ServiceErrors, told.seen, callee, nullptr, verdict.errorShare,
             percent(verdict.errorShare) + " of the calls of " + callee.party->name + " fail");
    }
    judgeEdge(told, callee, edge, verdict.isSlowCall);
    if (verdict.isSlow && callee.firstSlow.timeNs != 0)
        onSlow(told.seen, callee, calleeKey, verdict.times);
}

/// Since when nearly every call is slow.
void ServiceMap::noteRun(const Told &told, Service &callee, bool isSlowCall)
{
    if (!isSlowCall) {
        if (callee.firstSlow.timeNs != 0 && told.call.timeNs < callee.firstSlow.timeNs)
            return; // from before, and only told later
        callee.fastCalls += told.call.latencyNs > 0 ? told.call.count : 0;
        if (callee.fastCalls >= endsRun)
            callee.firstSlow.timeNs = 0;
        return;
    }
    callee.fastCalls = 0;
    const EventPlace &place = told.seen.place;
    if (callee.firstSlow.timeNs == 0)
        callee.firstSlow = {std::string(place.node), place.streamId, place.seq, place.uncertaintyNs, told.call.timeNs};
}

void ServiceMap::judgeEdge(const Told &told, const Service &callee, EdgeState &edge, bool isSlowCall)
{
    const std::int64_t slot = told.call.timeNs / ServiceHealth::slotNs;
    if (edge.slot < slot) {
        edge.slot = slot;
        edge.slotCalls = edge.slotErrors = edge.slotSlow = 0;
        edge.isSaid = false;
    }
    edge.slotCalls += told.call.count;
    edge.slotErrors += told.call.failed ? told.call.count : 0;
    edge.slotSlow += isSlowCall ? told.call.count : 0;
    const double errors = static_cast<double>(edge.slotErrors) / static_cast<double>(edge.slotCalls);
    const bool isFailing = edge.slotCalls >= leastEdgeCalls && edge.slotErrors >= leastEdgeErrors && errors > ServiceHealth::mostErrors;
    const bool isSlow = edge.slotSlow >= leastEdgeSlow && 2 * edge.slotSlow > edge.slotCalls;
    const bool isOfItself = edge.caller == edge.callee; // who calls himself is no other that suffers
    if (edge.isSaid || isOfItself || (!isFailing && !isSlow))
        return;
    edge.isSaid = true;
    tell(Topic::CallerAffected, told.seen, callee, edge.caller.get(), isFailing ? errors : 0,
         edge.caller->name + (isFailing ? ": " + percent(errors) + " of its calls" : ": most of its calls") + " of " + callee.party->name
             + (isFailing ? " fail" : " take long"));
}

void ServiceMap::onSlow(const Observation &seen, Service &service, ServiceKey key, double slower)
{
    const std::string told = service.party->name + " takes " + times(slower) + " as long as it does else";
    if (service.rise.timeNs != 0) { // it goes on
        tell(Topic::ServiceSlow, seen, service, nullptr, slower, told);
        return;
    }
    service.rise = service.firstSlow;
    tellRise(Topic::ServiceSlow, service.rise, service, nullptr, slower, told);
    // Whoever rose first: what is told of it may come in any order.
    for (const ServiceKey &one : service.callees) {
        const Service *callee = one == key ? nullptr : m_services.find(one);
        if (callee != nullptr)
            tellHop(*callee, service);
    }
    for (const ServiceKey &one : service.callers) {
        const Service *caller = one == key ? nullptr : m_services.find(one);
        if (caller != nullptr)
            tellHop(service, *caller);
    }
}

void ServiceMap::tellHop(const Service &callee, const Service &caller)
{
    const std::int64_t apartNs = caller.rise.timeNs - callee.rise.timeNs;
    if (callee.rise.timeNs == 0 || caller.rise.timeNs == 0 || apartNs < 0 || apartNs > hopNs)
        return;
    tellRise(Topic::CallerSlow, caller.rise, callee, caller.party.get(), static_cast<double>(apartNs) * 1e-9,
             caller.party->name + " is slow after " + callee.party->name + ", which it calls");
}

/// At the call that it began with, whatever showed it.
void ServiceMap::tellRise(Topic topic, const Rise &at, const Service &about, const Party *peer, double value, const std::string &told)
{
    wire::Event event;
    event.timeNs = at.timeNs;
    event.severity = wire::Severity::Warning;
    const wire::Origin none;
    tell(topic, {topic, event, none, {at.node, at.streamId, at.seq, at.uncertaintyNs}}, about, peer, value, told);
}

void ServiceMap::tell(Topic topic, const Observation &seen, const Service &about, const Party *peer, double value, const std::string &told)
{
    if (m_sink == nullptr)
        return;
    const wire::Origin none;
    Observation fact{topic, seen.event, about.origin == nullptr ? none : *about.origin, seen.place};
    fact.subject = about.party.get();
    fact.peer = peer;
    fact.value = value;
    fact.told = told;
    m_sink->onFact(fact);
}

std::vector<ServiceMap::Edge> ServiceMap::edges() const
{
    std::vector<Edge> all;
    for (const auto &[key, edge] : m_edges.entries()) {
        if (edge.calls > 0)
            all.push_back({*edge.caller, *edge.callee, edge.isRequests, edge.callerToldNs[edge.isRequests ? 1 : 0] != 0, edge.calls,
                           edge.errors, edge.firstNs, edge.lastNs, edge.latencies.quantileNs(0.5), edge.latencies.quantileNs(0.99)});
    }
    std::sort(all.begin(), all.end(), [](const Edge &a, const Edge &b) {
        return std::tie(a.caller.name, a.callee.name, a.caller.id, a.callee.id)
               < std::tie(b.caller.name, b.callee.name, b.caller.id, b.callee.id);
    });
    return all;
}

ServiceMap::Counters ServiceMap::counters() const noexcept
{
    Counters counters = m_counters;
    counters.forgotten += m_book.forgotten();
    return counters;
}

void ServiceMap::beginAnew()
{
    for (auto &[key, service] : m_services.entries()) {
        changeKind(service, CallKind::None);
        service.requestSlot = service.manyRequestsNs = service.lastNs = 0;
    }
    for (auto &[key, edge] : m_edges.entries()) {
        edge.callerToldNs = {};
        edge.slot = 0;
    }
}

} // namespace tapio::correlation
