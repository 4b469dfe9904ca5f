// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/pipeline/collectthread.h"

#include <utility>

namespace tapio::agent {

Result<std::unique_ptr<CollectThread>> CollectThread::start(CollectOptions options, KernelFactory openKernel, PublisherPort port,
                                                            const Clock &clock, spdlog::logger &log)
{
    std::unique_ptr<CollectThread> self(new CollectThread);
    std::promise<Status> opened;
    std::future<Status> result = opened.get_future();
    self->m_thread = std::jthread([thread = self.get(), options = std::move(options), openKernel = std::move(openKernel),
                                   port = std::move(port), &clock, &log, promise = std::move(opened)](const std::stop_token &stop) mutable {
        auto loop = CollectLoop::open(std::move(options), openKernel, std::move(port), clock, log);
        if (!loop) {
            promise.set_value(fail(loop.error()));
            return;
        }
        {
            const std::lock_guard lock(thread->m_mutex);
            thread->m_loop = loop->get();
            thread->m_turnedBootNs = clock.bootNs();
        }
        promise.set_value({});
        thread->run(stop, **loop, clock);
    });
    if (const Status status = result.get(); !status)
        return fail(status.error());
    return self;
}

void CollectThread::run(const std::stop_token &stop, CollectLoop &loop, const Clock &clock)
{
    while (!stop.stop_requested()) {
        takeRequests(loop);
        if (const Status status = loop.turn(); !status) {
            const std::lock_guard lock(m_mutex);
            m_failure = status.error();
            break;
        }
        const std::lock_guard lock(m_mutex);
        m_totals = loop.totals();
        m_snapshot = loop.snapshot();
        m_turnedBootNs = clock.bootNs();
    }
    takeRequests(loop);
    wire::CounterReport last = loop.finish();
    {
        const std::lock_guard lock(m_mutex);
        m_loop = nullptr;
    }
    m_last.set_value(std::move(last));
}

CollectThread::~CollectThread() { stop(); } // and the thread's own destructor waits for its end

void CollectThread::stop()
{
    m_thread.request_stop();
    {
        const std::lock_guard lock(m_mutex);
        if (m_loop != nullptr)
            m_loop->wake();
    }
}

wire::CounterReport CollectThread::finish()
{
    stop();
    return m_last.get_future().get();
}

void CollectThread::change(CollectChange change)
{
    const std::lock_guard lock(m_mutex);
    m_change = std::move(change);
    if (m_loop != nullptr)
        m_loop->wake();
}

void CollectThread::announce(wire::AgentNotice notice)
{
    const std::lock_guard lock(m_mutex);
    if (m_notices.size() >= mostNotices)
        ++m_lostNotices;
    else
        m_notices.push_back(std::move(notice));
    if (m_loop != nullptr)
        m_loop->wake();
}

void CollectThread::withFilter(std::function<void(const FilterState &)> use)
{
    const std::lock_guard lock(m_mutex);
    if (m_loop == nullptr)
        return;
    m_filterUses.push_back(std::move(use));
    m_loop->wake();
}

void CollectThread::takeRequests(CollectLoop &loop)
{
    std::unique_lock lock(m_mutex);
    auto change = std::exchange(m_change, std::nullopt);
    auto notices = std::exchange(m_notices, {});
    const auto filterUses = std::exchange(m_filterUses, {});
    const std::uint64_t lost = std::exchange(m_lostNotices, 0);
    lock.unlock();
    if (change)
        loop.change(std::move(*change));
    for (wire::AgentNotice &notice : notices)
        loop.announce(std::move(notice));
    loop.noteLostNotices(lost);
    for (const auto &use : filterUses)
        use(loop.filter());
}

CollectTotals CollectThread::totals() const
{
    const std::lock_guard lock(m_mutex);
    return m_totals;
}

std::shared_ptr<const CollectSnapshot> CollectThread::snapshot() const
{
    const std::lock_guard lock(m_mutex);
    return m_snapshot;
}

std::int64_t CollectThread::turnedBootNs() const
{
    const std::lock_guard lock(m_mutex);
    return m_turnedBootNs;
}

std::optional<Error> CollectThread::failure() const
{
    const std::lock_guard lock(m_mutex);
    return m_failure;
}

} // namespace tapio::agent
