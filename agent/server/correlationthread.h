// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <stop_token>
#include <thread>
#include <variant>
#include <vector>

#include "agent/server/correlationfeed.h"
#include "agent/server/readiness.h"
#include "protocol/base/clock.h"

namespace tapio::server {

/// Rules across nodes on a thread of their own, behind a queue that is bounded by what it holds in memory: the fan-in waits for nobody. What
/// there is no room for is not looked at, and counted.
class CorrelationThread final : public CorrelationFeed {
public:
    struct Limits {
        std::uint64_t queueBytes = 32u << 20; ///< of deliveries, most of which the replay ring holds as well
        std::size_t states = 65'536;          ///< of agents, waiting
    };

    /// `wake` is called from the thread when something was found. `clock` outlives it.
    /// `readiness`, of what Kubernetes says of nodes, may be null.
    CorrelationThread(std::unique_ptr<correlation::ClusterScope> scope, Limits limits, std::function<void()> wake, const Clock &clock,
                      std::unique_ptr<Readiness> readiness = nullptr);
    ~CorrelationThread() override; ///< does not look at what waits

    void onDelivery(const std::shared_ptr<const wire::Delivery> &delivery, std::uint64_t bytes) override;
    void onAgent(const wire::AgentState &state) override;
    std::vector<correlation::ClusterScope::Found> take() override;
    const std::vector<wire::EventType> &wanted() const override { return m_wanted; }
    /// From here on, after what waits. On the fan-in's thread, as all but counters().
    void setRules(correlation::RuleSet rules);
    /// Any thread.
    CorrelationCounters counters() const override;
    /// Nothing waits, and what was found is there to be taken.
    bool isIdle() const;

private:
    struct Offered {
        std::shared_ptr<const wire::Delivery> delivery;
        std::uint64_t bytes = 0, events = 0;
    };
    using Work = std::variant<Offered, wire::AgentState, correlation::RuleSet>;

    void run(const std::stop_token &stop);
    void look(std::deque<Work> &&work);
    void advance();
    void publish();

    const std::unique_ptr<correlation::ClusterScope> m_scope; ///< of the thread, once that runs
    std::vector<wire::EventType> m_wanted;                    ///< of the fan-in's thread
    const std::unique_ptr<Readiness> m_readiness;             ///< of the thread
    const Limits m_limits;
    const std::function<void()> m_wake;
    const Clock &m_clock;
    std::int64_t m_advancedBootNs = 0;

    mutable std::mutex m_mutex;
    std::condition_variable_any m_filled;
    std::deque<Work> m_work;
    std::uint64_t m_queuedBytes = 0;
    std::size_t m_states = 0;
    bool m_isBusy = false;
    std::vector<correlation::ClusterScope::Found> m_found;
    CorrelationCounters m_counters;

    std::jthread m_thread; ///< last: it ends before what it uses
};

} // namespace tapio::server
