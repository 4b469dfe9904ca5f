// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/correlation/clusterscope.h"

#include <algorithm>
#include <set>
#include <utility>

#include "protocol/wire/text.h"

namespace tapio::correlation {

namespace {

/// Of a node whose clock nobody has compared yet: nothing of it is before or after anything elsewhere.
constexpr std::int64_t unknownClockNs = 3600LL * 1'000'000'000;
constexpr std::int64_t latestNs = std::int64_t{1} << 62; ///< leaves room for any offset

RuleSetPtr ofCluster(RuleSet rules)
{
    std::erase_if(rules, [](const Rule &rule) { return rule.scope != RuleScope::Cluster; });
    return std::make_shared<const RuleSet>(std::move(rules));
}

/// Nothing arrives before it happens: of a clock that is ahead, and not compared yet, the arrival is the better time. One event of tomorrow
/// would else be what all later ones are late for.
std::int64_t offsetOf(const wire::Event &event, std::int64_t offsetNs, std::int64_t receivedNs)
{
    const bool isTimely = event.timeNs >= 0 && event.timeNs <= latestNs && receivedNs > 0;
    return isTimely ? std::min(offsetNs, receivedNs - event.timeNs) : offsetNs;
}

Topic topicOf(wire::KubernetesFactKind kind)
{
    switch (kind) {
    case wire::KubernetesFactKind::NodeNotReady: return Topic::NodeNotReady;
    case wire::KubernetesFactKind::NodeReady: return Topic::NodeReady;
    case wire::KubernetesFactKind::NodeRemoved: return Topic::NodeRemoved;
    default: return Topic::None; // of pods, which agents tell of
    }
}

wire::Severity severityOf(wire::KubernetesFactKind kind)
{
    return kind == wire::KubernetesFactKind::NodeNotReady ? wire::Severity::Error : wire::Severity::Info;
}

/// Whether the last evidence's origin says where the insight belongs.
bool hasPlace(wire::EntityKind root) { return root != wire::EntityKind::Cluster && root != wire::EntityKind::Node; }

} // namespace

ClusterScope::ClusterScope(std::string server, RuleSet rules, EngineLimits limits)
    : m_server(std::move(server)), m_engine(ofCluster(std::move(rules)), limits, *this), m_nodes(*this),
      m_links(*this, [this](const std::string &node) { return m_nodes.isLost(node); }), m_losses(*this), m_map(this)
{}

void ClusterScope::onDelivery(const wire::Delivery &delivery)
{
    const bool isOwn = delivery.node.starts_with(wire::serverNodePrefix);
    if (const auto *report = std::get_if<wire::CounterReport>(&delivery.frame.body); report != nullptr && !isOwn)
        m_losses.onReport(delivery.node, delivery.frame.streamId, *report, delivery.receivedNs);
    const auto *batch = std::get_if<wire::EventBatch>(&delivery.frame.body);
    if (batch == nullptr)
        return;
    const bool isKnown = delivery.clockUncertaintyNs >= 0 && delivery.clockUncertaintyNs <= unknownClockNs;
    const std::int64_t offsetNs = isKnown ? delivery.clockOffsetNs : 0;
    EventPlace place{delivery.node, delivery.frame.streamId, 0, isKnown ? delivery.clockUncertaintyNs : unknownClockNs, offsetNs};
    for (std::size_t i = 0; i < batch->events.size(); ++i) {
        place.seq = batch->seqOf(i);
        place.offsetNs = offsetOf(batch->events[i], offsetNs, delivery.receivedNs);
        onEvent(batch->events[i], batch->origins[batch->events[i].origin], place);
    }
    for (const wire::OriginAmendment &one : batch->amendments) {
        ++m_counters.amendments;
        m_engine.onAmendment(batch->origins[one.told], batch->origins[one.now], delivery.node);
        if (one.was != one.told)
            m_engine.onAmendment(batch->origins[one.was], batch->origins[one.now], delivery.node);
    }
}

void ClusterScope::onEvent(const wire::Event &event, const wire::Origin &origin, const EventPlace &place)
{
    if (event.type == wire::EventType::Insight) {
        ++m_counters.insights;
        return;
    }
    if (event.timeNs < 0 || event.timeNs > latestNs || event.timeNs + place.offsetNs < 0) {
        ++m_counters.untimely;
        return;
    }
    ++m_counters.events;
    if (place.node.starts_with(wire::serverNodePrefix)) {
        onOwn(event, origin, place);
        return;
    }
    m_engine.onEvent(event, origin, place);
    m_links.onEvent(event, origin, place);
    m_map.onEvent(event, origin, place);
}

/// Of a server's own stream: agents cannot say what Kubernetes says of nodes, whatever they send.
void ClusterScope::onOwn(const wire::Event &event, const wire::Origin &origin, const EventPlace &place)
{
    const auto *fact = std::get_if<wire::Boxed<wire::KubernetesFact>>(&event.detail);
    const Topic topic = fact == nullptr ? Topic::None : topicOf((*fact)->kind);
    if (topic == Topic::None)
        return;
    if (topic == Topic::NodeRemoved)
        m_nodes.onRemoved((*fact)->node);
    const Party node{wire::EntityKind::Node, (*fact)->node, (*fact)->node};
    const std::string told = wire::summary(event);
    Observation seen{topic, event, origin, place};
    seen.subject = &node;
    seen.told = told;
    onFact(seen);
}

void ClusterScope::onNodes(std::vector<wire::KubernetesFact> &&facts)
{
    for (wire::KubernetesFact &fact : facts) {
        ++m_counters.found;
        wire::Event event;
        event.timeNs = m_nowNs + 1; // it is heard after what the last advance() told, and is in that order
        event.type = wire::EventType::KubernetesFact;
        event.severity = severityOf(fact.kind);
        event.detail = std::move(fact);
        m_found.push_back({std::move(event), nullptr});
    }
}

void ClusterScope::onAgent(const wire::AgentState &state)
{
    m_nodes.onAgent(state);
    m_losses.onAgent(state);
}

void ClusterScope::advance(std::int64_t nowNs)
{
    if (nowNs < m_nowNs - Engine::longestStepBackNs)
        m_map.beginAnew();
    m_nowNs = nowNs;
    m_nodes.advance(nowNs);
    m_engine.advance(nowNs);
}

void ClusterScope::setRules(RuleSet rules) { m_engine.setRules(ofCluster(std::move(rules)), m_nowNs); }

ScopeCounters ClusterScope::counters() const noexcept
{
    ScopeCounters counters = m_counters;
    counters.forgotten = m_engine.evicted() + m_engine.forgotten() + m_links.forgotten() + m_map.counters().forgotten + m_nodes.unwatched()
                         + m_losses.unwatched();
    return counters;
}

std::vector<ClusterScope::Found> ClusterScope::take() { return std::exchange(m_found, {}); }

void ClusterScope::onFact(const Observation &fact)
{
    ++m_counters.facts;
    m_engine.onFact(fact);
}

void ClusterScope::onFinding(Finding &&finding)
{
    ++m_counters.found;
    wire::Event event;
    event.timeNs = finding.timeNs;
    event.type = wire::EventType::Insight;
    event.severity = finding.severity;
    const std::string by = " (found across nodes by the server " + m_server + ")";
    wire::Insight &insight = finding.insight;
    insight.text = wire::toLine(insight.text, wire::Insight::textBytes - std::min(by.size(), wire::Insight::textBytes / 2)) + by;
    const bool isSomewhere = hasPlace(insight.rootKind);
    event.detail = std::move(insight);
    m_found.push_back({std::move(event), isSomewhere ? std::move(finding.origin) : nullptr});
}

std::vector<wire::EventType> ClusterScope::wantedBy(const RuleSet &rules)
{
    std::set<wire::EventType> types;
    for (const Rule &rule : rules) {
        if (rule.scope != RuleScope::Cluster)
            continue;
        for (const Step &step : rule.steps) {
            const wire::EventType type = seenIn(step.topic);
            if (type != wire::EventType::Unknown)
                types.insert(type);
            else if (isOfCalls(step.topic))
                types.insert({wire::EventType::TcpConnection, wire::EventType::HttpRequest});
        }
    }
    return {types.begin(), types.end()};
}

} // namespace tapio::correlation
