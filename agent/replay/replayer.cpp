// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/replay/replayer.h"

#include <algorithm>
#include <utility>

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

    /// As an agent does it: once in each second.
    void advance(std::int64_t toNs)
    {
        if (m_nowNs == 0)
            m_nowNs = toNs;
        if (toNs - m_nowNs > longestTickedNs) {
            m_engine.advance(toNs);
            m_nowNs = toNs;
        }
        for (std::int64_t second = (m_nowNs / nsPerSecond + 1) * nsPerSecond; second <= toNs; second += nsPerSecond)
            m_engine.advance(second);
        m_nowNs = std::max(m_nowNs, toNs);
    }

private:
    void onFinding(correlation::Finding &&finding) override
    {
        ++m_owner.m_counters.told;
        m_owner.m_counters.opened += finding.insight.state == wire::InsightState::Open ? 1 : 0;
        m_owner.m_found(m_name, std::move(finding));
    }

    std::string m_name;
    Replayer &m_owner;
    correlation::Engine m_engine;
    std::int64_t m_nowNs = 0;
};

Replayable replayable(const correlation::RuleSet &rules)
{
    const auto needsSamples = [](const correlation::Rule &rule) {
        return std::any_of(rule.steps.begin(), rule.steps.end(), [](const correlation::Step &step) {
            return step.role == correlation::StepRole::Required && correlation::isFigure(step.topic);
        });
    };
    auto ofEvents = std::make_shared<correlation::RuleSet>(), withSamples = std::make_shared<correlation::RuleSet>();
    Replayable all;
    for (const correlation::Rule &rule : rules) {
        if (rule.scope != correlation::RuleScope::Node) {
            all.others.push_back(rule.id);
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
    return all;
}

Replayer::Replayer(correlation::RuleSetPtr rules, Found found, correlation::EngineLimits limits)
    : m_rules(std::move(rules)), m_found(std::move(found)), m_limits(limits)
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

Status Replayer::onDelivery(const wire::Delivery &delivery)
{
    const auto *samples = std::get_if<wire::SampleBatch>(&delivery.frame.body);
    const auto *batch = std::get_if<wire::EventBatch>(&delivery.frame.body);
    if (batch == nullptr && samples == nullptr)
        return fail(Errc::Malformed, "a delivery that is neither of events nor of samples");
    const auto node = nodeOf(delivery.node);
    if (!node)
        return fail(node.error());
    ++m_counters.deliveries;
    if (samples != nullptr) {
        ++m_counters.sampleBatches;
        (*node)->advance(std::min(samples->timeNs, arrivalOf(delivery)));
        (*node)->onSamples(*samples, delivery.frame.streamId);
        return {};
    }
    // An event cannot be of later than it arrived: one that says so has not stopped the node's clock until then.
    const std::int64_t arrivedNs = arrivalOf(delivery);
    for (std::size_t i = 0; i < batch->events.size(); ++i) {
        const wire::Event &event = batch->events[i];
        (*node)->advance(std::min(event.timeNs, arrivedNs));
        if (event.type == wire::EventType::Insight) {
            ++m_counters.insights;
            continue;
        }
        ++m_counters.events;
        (*node)->onEvent(event, batch->origins[event.origin], delivery.frame.streamId, batch->seqOf(i));
    }
    for (const wire::OriginAmendment &amendment : batch->amendments) {
        ++m_counters.amendments;
        (*node)->onAmendment(batch->origins[amendment.told], batch->origins[amendment.now]);
    }
    return {};
}

void Replayer::finish(std::int64_t nowNs)
{
    for (const auto &[name, node] : m_nodes)
        node->advance(nowNs);
}

} // namespace tapio::replay
