// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/core/session/storethread.h"

#include <algorithm>
#include <utility>

namespace tapio::console {

namespace {

constexpr std::int64_t retryNs = nsPerSecond;
constexpr std::int64_t reportNs = 2 * nsPerSecond;
constexpr std::int64_t maintainNs = 5 * nsPerSecond;
constexpr std::size_t maxNotices = 5'000;
constexpr std::size_t maxActions = 10'000;
constexpr std::size_t maxVerdicts = 10'000; ///< more than people give while a disk is full
constexpr std::size_t maxFigures = 100'000;

std::uint64_t eventsOf(const wire::Delivery &delivery)
{
    const auto *events = std::get_if<wire::EventBatch>(&delivery.frame.body);
    return events ? events->events.size() : 0;
}

template <typename List> void keepNewest(List &list, std::size_t count)
{
    if (list.size() > count)
        list.erase(list.begin(), list.begin() + static_cast<std::ptrdiff_t>(list.size() - count));
}

/// A full disk ends no session: what waits is tried again, which only holds for a store that is open already.
std::string whileRunning(const Error &error)
{
    return error.message() + (error.code() == Errc::NoSpace ? "; storing goes on by itself once there is room" : "");
}

} // namespace

StoreThread::StoreThread(std::unique_ptr<StoreWriter> writer, StoreHooks hooks, const Clock &clock)
    : m_writer(std::move(writer)), m_hooks(std::move(hooks)), m_clock(clock)
{}

StoreThread::~StoreThread() { stop(); }

void StoreThread::start()
{
    m_thread = std::jthread([this](const std::stop_token &stop) { run(stop); });
}

void StoreThread::stop()
{
    {
        const std::lock_guard lock(m_mutex);
        m_stopping = true;
    }
    m_thread.request_stop();
    if (m_thread.joinable())
        m_thread.join();
}

bool StoreThread::offer(std::shared_ptr<const wire::Delivery> delivery)
{
    const std::uint64_t events = eventsOf(*delivery);
    {
        const std::lock_guard lock(m_mutex);
        const std::uint64_t queued = m_queuedEvents.load(std::memory_order_relaxed);
        if (m_stopping || m_incoming.size() >= maxFrames || (queued > 0 && queued + events > maxEvents))
            return false;
        m_queuedEvents.fetch_add(events, std::memory_order_relaxed);
        m_incoming.push_back(std::move(delivery));
    }
    m_filled.notify_one();
    return true;
}

void StoreThread::putAgent(const wire::AgentState &state)
{
    const std::lock_guard lock(m_mutex);
    m_side.agents[state.node] = state;
}

void StoreThread::putNotice(const wire::LinkNotice &notice)
{
    const std::lock_guard lock(m_mutex);
    m_side.notices.push_back(notice);
    keepNewest(m_side.notices, maxNotices);
}

void StoreThread::putFigures(std::vector<Figure> figures)
{
    const std::lock_guard lock(m_mutex);
    m_side.figures.insert(m_side.figures.end(), std::make_move_iterator(figures.begin()), std::make_move_iterator(figures.end()));
    keepNewest(m_side.figures, maxFigures);
}

void StoreThread::putAction(const OperatorAction &action)
{
    {
        const std::lock_guard lock(m_mutex);
        m_side.actions.push_back(action);
        keepNewest(m_side.actions, maxActions);
    }
    m_filled.notify_one();
}

void StoreThread::putVerdict(const Verdict &verdict)
{
    {
        const std::lock_guard lock(m_mutex);
        m_side.verdicts.push_back(verdict);
        keepNewest(m_side.verdicts, maxVerdicts);
    }
    m_filled.notify_one();
}

void StoreThread::run(const std::stop_token &stop)
{
    report();
    while (waitForWork(stop)) {
        append();
        const std::int64_t now = m_clock.bootNs();
        if (now >= m_nextTryNs) {
            noteSide(writeSide());
            if (m_writer->flushDue() || !m_taken.empty())
                flush();
        }
        if (now >= m_nextReportNs)
            report();
        if (m_taken.empty() && now >= m_nextMaintainNs && m_error.empty()) {
            const Result<bool> more = m_writer->maintain();
            if (!more)
                setError(whileRunning(more.error()));
            m_nextMaintainNs = more && *more ? now : now + maintainNs;
        }
    }
    append();
    noteSide(writeSide());
    flush();
}

bool StoreThread::waitForWork(const std::stop_token &stop)
{
    std::unique_lock lock(m_mutex);
    // While something waits for its flush or its second try, look at the clock often; frames wake it in any case.
    const auto patience = std::chrono::milliseconds(m_unflushed || !m_taken.empty() ? 25 : 250);
    const bool moreToTake = m_taken.empty();
    m_filled.wait_for(lock, stop, patience, [this, moreToTake] {
        return moreToTake && (!m_incoming.empty() || !m_side.actions.empty() || !m_side.verdicts.empty());
    });
    if (moreToTake)
        m_taken.swap(m_incoming); // else they wait where their number is bounded
    for (auto &[node, state] : m_side.agents)
        m_takenSide.agents[node] = std::move(state);
    m_side.agents.clear();
    std::move(m_side.notices.begin(), m_side.notices.end(), std::back_inserter(m_takenSide.notices));
    std::move(m_side.actions.begin(), m_side.actions.end(), std::back_inserter(m_takenSide.actions));
    std::move(m_side.verdicts.begin(), m_side.verdicts.end(), std::back_inserter(m_takenSide.verdicts));
    std::move(m_side.figures.begin(), m_side.figures.end(), std::back_inserter(m_takenSide.figures));
    m_side = {};
    lock.unlock();
    keepNewest(m_takenSide.notices, maxNotices);
    keepNewest(m_takenSide.actions, maxActions);
    keepNewest(m_takenSide.verdicts, maxVerdicts);
    keepNewest(m_takenSide.figures, maxFigures);
    return !stop.stop_requested();
}

void StoreThread::append()
{
    while (!m_taken.empty()) {
        const std::shared_ptr<const wire::Delivery> delivery = m_taken.front();
        if (const Status status = m_writer->append(*delivery); !status) {
            if (status.error().code() != Errc::Busy)
                setError(whileRunning(status.error()));
            return;
        }
        m_taken.pop_front();
        m_unflushed = true;
        m_queuedEvents.fetch_sub(eventsOf(*delivery), std::memory_order_relaxed);
        m_unflushedEvents += eventsOf(*delivery);
        m_hooks.processed(delivery);
        if (m_writer->flushDue() && m_clock.bootNs() >= m_nextTryNs)
            flush();
    }
}

Status StoreThread::writeSide()
{
    while (!m_takenSide.agents.empty()) {
        if (Status status = m_writer->putAgent(m_takenSide.agents.begin()->second); !status)
            return status;
        m_takenSide.agents.erase(m_takenSide.agents.begin());
    }
    while (!m_takenSide.notices.empty()) {
        if (Status status = m_writer->putLinkNotice(m_takenSide.notices.front()); !status)
            return status;
        m_takenSide.notices.pop_front();
    }
    while (!m_takenSide.actions.empty()) {
        if (Status status = m_writer->putAction(m_takenSide.actions.front()); !status)
            return status;
        m_takenSide.actions.pop_front();
    }
    while (!m_takenSide.verdicts.empty()) {
        if (Status status = m_writer->putVerdict(m_takenSide.verdicts.front()); !status)
            return status;
        m_takenSide.verdicts.pop_front();
        m_unflushedVerdicts = true;
    }
    if (!m_takenSide.figures.empty()) {
        if (Status status = m_writer->putFigures(m_takenSide.figures); !status)
            return status;
        m_takenSide.figures.clear();
    }
    return {};
}

/// Frames may be stored well while this is not: the error must not come and go with each of them.
void StoreThread::noteSide(const Status &status)
{
    m_sideError = status ? std::string() : whileRunning(status.error());
    if (!status)
        setError(m_sideError);
}

void StoreThread::flush()
{
    const Result<FlushResult> result = m_writer->flush();
    if (!result) {
        setError(whileRunning(result.error()));
        return;
    }
    m_unflushed = false;
    m_unflushedEvents = 0;
    setError(m_sideError);
    if (!result->safe.empty())
        m_hooks.safe(result->safe);
    if (std::exchange(m_unflushedVerdicts, false))
        m_hooks.verdicts();
}

void StoreThread::report()
{
    m_nextReportNs = m_clock.bootNs() + reportNs;
    if (const Result<StoreStats> stats = m_writer->stats())
        m_hooks.stats(*stats);
    else
        setError(stats.error().message());
}

void StoreThread::setError(std::string error)
{
    if (!error.empty())
        m_nextTryNs = m_clock.bootNs() + retryNs;
    if (error == m_error)
        return;
    m_error = std::move(error);
    m_hooks.error(m_error);
}

} // namespace tapio::console
