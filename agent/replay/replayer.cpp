// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/replay/replayer.h"

#include <algorithm>
#include <set>
#include <utility>

#include "agent/correlation/clusterscope.h"
#include "protocol/base/clock.h"

namespace tapio::replay {

namespace {

constexpr std::size_t mostNodes = 1024; ///< each has an engine
/// A gap longer than this passes at once: nothing that rules keep needs to be looked at each second of it.
constexpr std::int64_t longestTickedNs = 4 * 3600 * nsPerSecond;

/// By the node's own clock; whatever a file says of that clock, a time.
std::int64_t arrivalOf(const wire::Delivery &delivery) noexcept
{
    std::int64_t arrivedNs = 0;
    if (__builtin_sub_overflow(delivery.receivedNs, delivery.clockOffsetNs, &arrivedNs))
        return delivery.receivedNs;
    return std::max<std::int64_t>(arrivedNs, 0);
}

/// Time as agents and servers let it pass: once in each second.
class Seconds {
public:
    template <typename Advance> void passUntil(std::int64_t toNs, Advance &&advance)
    {
        if (m_nowNs == 0)
            m_nowNs = toNs;
        if (toNs - m_nowNs > longestTickedNs) {
            advance(toNs);
            m_nowNs = toNs;
        }
        for (std::int64_t second = (m_nowNs / nsPerSecond + 1) * nsPerSecond; second <= toNs; second += nsPerSecond)
            advance(second);
        m_nowNs = std::max(m_nowNs, toNs);
    }

private:
    std::int64_t m_nowNs = 0;
};

/// What a server knows of its links, and no event says.
bool isOfLinks(correlation::Topic topic)
{
    return topic == correlation::Topic::NodeLost || topic == correlation::Topic::NodeBack || topic == correlation::Topic::StreamLoss;
}

} // namespace

/// A node's engine, with that node's time.
class Replayer::Node final : private correlation::FindingSink {
public:
    Node(std::string name, Replayer &owner) : m_name(std::move(name)), m_owner(owner), m_engine(owner.m_rules, owner.m_limits, *this) {}

    void onEvent(const wire::Event &event, const wire::Origin &origin, std::uint64_t streamId, std::uint64_t seq)
    {
        m_engine.onEvent(event, origin, {m_name, streamId, seq, 0}); // of one node, whose clock is one
    }
    void onSamples(const wire::SampleBatch &batch, std::uint64_t streamId) { m_engine.onSamples(batch, {m_name, streamId, 0, 0}); }
    void onAmendment(const wire::Origin &told, const wire::Origin &now) { m_engine.onAmendment(told, now, m_name); }

    void advance(std::int64_t toNs)
    {
        m_seconds.passUntil(toNs, [this](std::int64_t nowNs) { m_engine.advance(nowNs); });
    }

private:
    void onFinding(correlation::Finding &&finding) override { m_owner.tell(m_name, std::move(finding)); }

    std::string m_name;
    Replayer &m_owner;
    correlation::Engine m_engine;
    Seconds m_seconds;
};

/// The engine of all nodes, with the time of who received.
class Replayer::Cluster {
public:
    Cluster(const correlation::RuleSet &rules, Replayer &owner) : m_owner(owner), m_scope("replay", rules, owner.m_limits) {}

    void onDelivery(const wire::Delivery &delivery)
    {
        advance(delivery.receivedNs);
        m_scope.onDelivery(delivery);
        tell();
    }
    void onAgent(const wire::AgentState &state)
    {
        advance(state.toldNs);
        // What was gone before the recording began was found before.
        if (state.state == wire::LinkState::Gone && !m_seen.contains(state.node))
            return;
        m_seen.insert(state.node);
        m_scope.onAgent(state);
        tell();
    }
    void advance(std::int64_t toNs)
    {
        m_seconds.passUntil(toNs, [this](std::int64_t nowNs) { m_scope.advance(nowNs); });
        tell();
    }

private:
    void tell()
    {
        for (correlation::ClusterScope::Found &found : m_scope.take()) {
            const wire::Insight *insight = wire::insightOf(found.event.detail);
            m_owner.tell(serverName, {*insight, found.event.severity, found.event.timeNs, std::move(found.origin)});
        }
    }

    Replayer &m_owner;
    std::set<std::string> m_seen; ///< nodes that were there
    correlation::ClusterScope m_scope;
    Seconds m_seconds;
};

Replayable replayable(const correlation::RuleSet &rules)
{
    const auto needsSamples = [](const correlation::Rule &rule) {
        return std::any_of(rule.steps.begin(), rule.steps.end(), [](const correlation::Step &step) {
            return step.role == correlation::StepRole::Required && correlation::isFigure(step.topic);
        });
    };
    const auto needsLinks = [](const correlation::Rule &rule) {
        return std::any_of(rule.steps.begin(), rule.steps.end(),
                           [](const correlation::Step &step) { return correlation::isNeeded(step) && isOfLinks(step.topic); });
    };
    auto ofEvents = std::make_shared<correlation::RuleSet>(), withSamples = std::make_shared<correlation::RuleSet>();
    auto acrossNodes = std::make_shared<correlation::RuleSet>(), withLinks = std::make_shared<correlation::RuleSet>();
    Replayable all;
    for (const correlation::Rule &rule : rules) {
        if (rule.scope != correlation::RuleScope::Node) {
            withLinks->push_back(rule);
            if (needsLinks(rule))
                all.onlyWithLinks.push_back(rule.id);
            else
                acrossNodes->push_back(rule);
            continue;
        }
        withSamples->push_back(rule);
        if (needsSamples(rule))
            all.onlyWithSamples.push_back(rule.id);
        else
            ofEvents->push_back(rule);
    }
    all.ofEvents = std::move(ofEvents);
    all.withSamples = std::move(withSamples);
    all.acrossNodes = std::move(acrossNodes);
    all.withLinks = std::move(withLinks);
    return all;
}

Replayer::Replayer(correlation::RuleSetPtr rules, Found found, correlation::EngineLimits limits, const correlation::RuleSetPtr &acrossNodes)
    : m_rules(std::move(rules)), m_found(std::move(found)), m_limits(limits),
      m_cluster(acrossNodes && !acrossNodes->empty() ? std::make_unique<Cluster>(*acrossNodes, *this) : nullptr)
{}

Replayer::~Replayer() = default;

Result<Replayer::Node *> Replayer::nodeOf(const std::string &name)
{
    const auto found = m_nodes.find(name);
    if (found != m_nodes.end())
        return found->second.get();
    if (m_nodes.size() >= mostNodes)
        return fail(Errc::Malformed, "there are more than " + std::to_string(mostNodes) + " nodes");
    return m_nodes.emplace(name, std::make_unique<Node>(name, *this)).first->second.get();
}

void Replayer::tell(const std::string &node, correlation::Finding &&finding)
{
    ++m_counters.told;
    m_counters.opened += finding.insight.state == wire::InsightState::Open ? 1 : 0;
    m_found(node, std::move(finding));
}

Status Replayer::onReceived(const recording::Received &received)
{
    if (const auto *delivery = std::get_if<wire::Delivery>(&received))
        return onDelivery(*delivery);
    ++m_counters.links;
    if (m_cluster)
        m_cluster->onAgent(*std::get_if<wire::AgentState>(&received));
    return {};
}

Status Replayer::onDelivery(const wire::Delivery &delivery)
{
    const auto node = nodeOf(delivery.node);
    if (!node)
        return fail(node.error());
    if (const Status fed = feed(**node, delivery); !fed)
        return fed;
    if (m_cluster)
        m_cluster->onDelivery(delivery);
    return {};
}

Status Replayer::feed(Node &node, const wire::Delivery &delivery)
{
    ++m_counters.deliveries;
    if (const auto *batch = std::get_if<wire::EventBatch>(&delivery.frame.body))
        return feedEvents(node, delivery, *batch);
    if (const auto *samples = std::get_if<wire::SampleBatch>(&delivery.frame.body)) {
        ++m_counters.sampleBatches;
        node.advance(std::min(samples->timeNs, arrivalOf(delivery)));
        node.onSamples(*samples, delivery.frame.streamId);
        return {};
    }
    if (std::holds_alternative<wire::CounterReport>(delivery.frame.body)) // rules of one node ask for none
        return {};
    return fail(Errc::Malformed, "a delivery that is of neither events nor samples nor counters");
}

Status Replayer::feedEvents(Node &node, const wire::Delivery &delivery, const wire::EventBatch &batch)
{
    // An event cannot be of later than it arrived: one that says so has not stopped the node's clock until then.
    const std::int64_t arrivedNs = arrivalOf(delivery);
    for (std::size_t i = 0; i < batch.events.size(); ++i) {
        const wire::Event &event = batch.events[i];
        node.advance(std::min(event.timeNs, arrivedNs));
        if (event.type == wire::EventType::Insight) {
            ++m_counters.insights;
            continue;
        }
        ++m_counters.events;
        node.onEvent(event, batch.origins[event.origin], delivery.frame.streamId, batch.seqOf(i));
    }
    for (const wire::OriginAmendment &amendment : batch.amendments) {
        ++m_counters.amendments;
        node.onAmendment(batch.origins[amendment.told], batch.origins[amendment.now]);
    }
    return {};
}

void Replayer::finish(std::int64_t nowNs)
{
    for (const auto &[name, node] : m_nodes)
        node->advance(nowNs);
    if (m_cluster)
        m_cluster->advance(nowNs);
}

} // namespace tapio::replay
