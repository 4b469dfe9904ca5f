// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/core/session/modelthread.h"

#include <algorithm>

namespace tapio::console {

ModelThread::ModelThread(LiveOptions options, ModelHooks hooks, const Clock &clock)
    : m_hooks(std::move(hooks)), m_clock(clock), m_model(options)
{}

void ModelThread::start()
{
    m_thread = std::jthread([this](const std::stop_token &stop) { run(stop); });
}

void ModelThread::stop()
{
    {
        const std::lock_guard lock(m_mutex);
        m_stopping = true;
    }
    m_emptied.notify_all();
    m_thread.request_stop();
    if (m_thread.joinable())
        m_thread.join();
}

void ModelThread::onDelivery(std::shared_ptr<const wire::Delivery> delivery, std::int64_t finishedNs, std::int64_t beganNs)
{
    {
        std::unique_lock lock(m_mutex);
        m_emptied.wait(lock, [this] { return m_stopping || m_items.size() < maxItems; });
    }
    push(Processed{std::move(delivery), finishedNs, beganNs});
}

void ModelThread::push(Item item)
{
    {
        const std::lock_guard lock(m_mutex);
        if (m_stopping)
            return;
        m_items.push_back(std::move(item));
    }
    m_filled.notify_one();
}

void ModelThread::setLive(bool live)
{
    m_live = live;
    m_wanted = live;
    m_filled.notify_one();
}

void ModelThread::setScope(Scope scope)
{
    {
        const std::lock_guard lock(m_mutex);
        m_scope = std::move(scope);
    }
    m_wanted = true;
    m_filled.notify_one();
}

Scope ModelThread::scope()
{
    const std::lock_guard lock(m_mutex);
    return m_scope;
}

void ModelThread::run(const std::stop_token &stop)
{
    if (std::optional<ModelSeed> known = m_hooks.seed()) {
        if (!known->insights)
            m_model.noteUnreadInsights();
        m_model.seed(std::move(known->input), std::move(known->insights).value_or(InsightTracker()));
    }
    while (!stop.stop_requested()) {
        std::deque<Item> items;
        {
            const std::int64_t untilSecond = nsPerSecond - m_clock.utcNs() % nsPerSecond;
            const std::int64_t longest = m_isNews && !m_isEarlyTaken ? leastBetweenTicksNs : 250 * nsPerMs;
            const auto patience = std::chrono::nanoseconds(std::min(untilSecond, longest) + nsPerMs);
            std::unique_lock lock(m_mutex);
            m_filled.wait_for(lock, stop, patience, [this] { return !m_items.empty() || m_wanted; });
            items.swap(m_items);
        }
        m_emptied.notify_all();
        for (const Item &item : items)
            take(item);
        const std::int64_t now = m_clock.utcNs() + m_hooks.serverOffsetNs();
        const bool isDue = isTickDue(now);
        if (!isDue && !m_wanted)
            continue;
        if (isDue)
            tick(now);
        m_wanted = false;
        if (m_live)
            m_hooks.overview(std::make_shared<const OverviewSnapshot>(m_model.overview(++m_revision, scope())));
    }
}

void ModelThread::take(const Item &item)
{
    if (const auto *processed = std::get_if<Processed>(&item))
        m_model.onDelivery(*processed->delivery, processed->finishedNs, processed->beganNs);
    else if (const auto *state = std::get_if<wire::AgentState>(&item))
        m_model.onAgentState(*state);
    else if (const auto *action = std::get_if<OperatorAction>(&item))
        m_model.onAction(*action);
    else if (const auto *call = std::get_if<ApiCall>(&item))
        m_model.onApiCall(call->operation, call->durationNs, call->ok);
    else if (const auto *queue = std::get_if<ConsoleQueue>(&item))
        m_model.onConsoleQueue(queue->server, queue->droppedEvents);
    else if (const auto *verdicts = std::get_if<std::vector<Verdict>>(&item))
        m_model.onVerdicts(*verdicts);
    else if (const auto *suite = std::get_if<SuiteScore>(&item))
        m_model.onSuite(*suite);
}

/// Each second, and once within it when there is news: who waits for an insight sees it a moment after it came.
bool ModelThread::isTickDue(std::int64_t nowNs)
{
    m_isNews = m_model.takeNews() || m_isNews;
    if (nowNs / nsPerSecond != m_tickedNs / nsPerSecond) {
        m_isEarlyTaken = false;
        return true;
    }
    const bool isEarly = m_isNews && !m_isEarlyTaken && nowNs - m_tickedNs >= leastBetweenTicksNs;
    m_isEarlyTaken = m_isEarlyTaken || isEarly;
    return isEarly;
}

void ModelThread::tick(std::int64_t nowNs)
{
    m_tickedNs = nowNs;
    m_isNews = false;
    m_model.tick(nowNs, m_hooks.received(), m_hooks.queuedEvents());
    if (std::vector<Figure> due = m_model.takeFigures(); !due.empty() && m_hooks.clockKnown())
        m_hooks.figures(std::move(due));
}

} // namespace tapio::console
