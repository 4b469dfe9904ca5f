// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "agent/correlation/engine.h"
#include "agent/correlation/ruleloader.h"
#include "agent/enrich/originresolver.h"
#include "protocol/wire/report.h"

namespace tapio::agent {

/// The correlation engine at the scope of this node: what the pipeline lets go goes through it, and what it finds goes out as events. One thread.
class Correlator final : private correlation::FindingSink {
public:
    /// What was found, ready for a batch.
    struct Found {
        wire::Event event;
        OriginPtr origin; ///< null: the host's
    };

    /// `streamId` is that of the agent's own stream, under whose numbers events are known later.
    Correlator(std::string node, std::uint64_t streamId, correlation::LoadedRules rules, correlation::EngineLimits limits = {});

    /// As Engine::timeWith().
    void timeWith(const Clock &clock) noexcept { m_engine.timeWith(clock); }

    /// Before the event gets its number, which is `seq`; 0 = it is not sent. Whether some rule takes it as evidence.
    bool onEvent(const wire::Event &event, const wire::Origin &origin, std::uint64_t seq);
    void onSamples(const wire::SampleBatch &batch) { m_engine.onSamples(batch, {m_node}); }
    void onAmendment(const wire::Origin &was, const wire::Origin &now) { m_engine.onAmendment(was, now, m_node); }
    /// Once a second.
    void advance(std::int64_t utcNs) { m_engine.advance(utcNs); }
    /// A rule whose file is refused now, and was not, goes on as it was.
    void setRules(correlation::LoadedRules rules, std::int64_t utcNs);
    /// Types of events that any rule asks for.
    std::vector<wire::EventType> wanted() const;
    bool hasRules() const noexcept { return !m_engine.rules().empty(); }
    bool hasFound() const noexcept { return !m_found.empty(); }
    /// What was found since the last call, in its order.
    std::vector<Found> take();

    /// "active", or "failed" with what is wrong with the rules that are refused; and whether there was room for all that rules had to remember.
    wire::Hook hook() const;
    std::vector<correlation::RuleCounters> counters() const { return m_engine.counters(); }

private:
    void onFinding(correlation::Finding &&finding) override;
    static correlation::RuleSetPtr ofNode(correlation::LoadedRules rules);
    static std::string describe(const std::vector<correlation::RuleProblem> &problems);

    std::string m_node;
    std::uint64_t m_streamId;
    std::vector<correlation::RuleProblem> m_problems;
    std::vector<Found> m_found;
    correlation::Engine m_engine;
};

} // namespace tapio::agent
