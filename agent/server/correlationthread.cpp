// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/server/correlationthread.h"

#include <chrono>
#include <iterator>
#include <utility>

#include "agent/server/batchfilter.h"

namespace tapio::server {

namespace {

constexpr std::chrono::milliseconds turn{500};
constexpr std::int64_t advanceEveryNs = nsPerSecond;

} // namespace

CorrelationThread::CorrelationThread(std::unique_ptr<correlation::ClusterScope> scope, Limits limits, std::function<void()> wake,
                                     const Clock &clock, std::unique_ptr<Readiness> readiness)
    : m_scope(std::move(scope)), m_wanted(m_scope->wanted()), m_readiness(std::move(readiness)), m_limits(limits), m_wake(std::move(wake)),
      m_clock(clock), m_thread([this](const std::stop_token &stop) { run(stop); })
{}

CorrelationThread::~CorrelationThread() = default;

void CorrelationThread::onDelivery(const std::shared_ptr<const wire::Delivery> &delivery, std::uint64_t bytes)
{
    if (!std::holds_alternative<wire::EventBatch>(delivery->frame.body)
        && !std::holds_alternative<wire::CounterReport>(delivery->frame.body))
        return;
    const std::uint64_t events = eventCount(delivery->frame);
    {
        const std::lock_guard lock(m_mutex);
        m_counters.offeredEvents += events;
        if (m_queuedBytes > 0 && m_queuedBytes + bytes > m_limits.queueBytes) {
            m_counters.refusedEvents += events;
            return;
        }
        m_queuedBytes += bytes;
        m_counters.waitingEvents += events;
        m_work.emplace_back(Offered{delivery, bytes, events});
    }
    m_filled.notify_one();
}

void CorrelationThread::onAgent(const wire::AgentState &state)
{
    {
        const std::lock_guard lock(m_mutex);
        if (m_states >= m_limits.states)
            return; // each is followed by another of the same agent
        ++m_states;
        m_work.emplace_back(state);
    }
    m_filled.notify_one();
}

void CorrelationThread::setRules(correlation::RuleSet rules)
{
    m_wanted = correlation::ClusterScope::wantedBy(rules);
    {
        const std::lock_guard lock(m_mutex);
        m_work.emplace_back(std::move(rules));
    }
    m_filled.notify_one();
}

std::vector<correlation::ClusterScope::Found> CorrelationThread::take()
{
    const std::lock_guard lock(m_mutex);
    return std::exchange(m_found, {});
}

CorrelationCounters CorrelationThread::counters() const
{
    const std::lock_guard lock(m_mutex);
    return m_counters;
}

bool CorrelationThread::isIdle() const
{
    const std::lock_guard lock(m_mutex);
    return m_work.empty() && !m_isBusy;
}

void CorrelationThread::run(const std::stop_token &stop)
{
    m_scope->timeWith(m_clock);
    while (!stop.stop_requested()) {
        std::deque<Work> work;
        {
            std::unique_lock lock(m_mutex);
            m_filled.wait_for(lock, stop, turn, [this] { return !m_work.empty(); });
            work = std::exchange(m_work, {});
            m_states = 0;
            m_isBusy = true;
        }
        look(std::move(work));
        advance();
        publish();
    }
}

void CorrelationThread::look(std::deque<Work> &&work)
{
    for (; !work.empty(); work.pop_front()) {
        if (const auto *state = std::get_if<wire::AgentState>(&work.front())) {
            m_scope->onAgent(*state);
            continue;
        }
        if (auto *rules = std::get_if<correlation::RuleSet>(&work.front())) {
            m_scope->setRules(std::move(*rules));
            continue;
        }
        const Offered offered = std::get<Offered>(std::move(work.front()));
        m_scope->onDelivery(*offered.delivery);
        const std::lock_guard lock(m_mutex);
        m_queuedBytes -= offered.bytes;
        m_counters.waitingEvents -= offered.events;
        m_counters.scope = m_scope->counters();
    }
}

void CorrelationThread::advance()
{
    if (m_clock.bootNs() - m_advancedBootNs < advanceEveryNs)
        return;
    m_advancedBootNs = m_clock.bootNs();
    m_scope->advance(m_clock.utcNs());
    if (m_readiness)
        m_scope->onNodes(m_readiness->look(m_scope->lost()));
    auto rules = m_scope->ruleCounters();
    const std::lock_guard lock(m_mutex);
    m_counters.rules = std::move(rules);
}

void CorrelationThread::publish()
{
    auto found = m_scope->take();
    {
        const std::lock_guard lock(m_mutex);
        m_counters.scope = m_scope->counters();
        m_found.insert(m_found.end(), std::make_move_iterator(found.begin()), std::make_move_iterator(found.end()));
        m_isBusy = false;
    }
    if (!found.empty())
        m_wake();
}

} // namespace tapio::server
