// SPDX-License-Identifier: GPL-3.0-or-later
#include "protocol/transport/reactor.h"

#include <algorithm>
#include <cerrno>
#include <limits>

#include <sys/eventfd.h>
#include <unistd.h>

namespace tapio::transport {

Reactor::Watch::~Watch()
{
    set(0);
    for (int i = 0; i < m_reactor.m_batchCount; ++i) {
        auto &event = m_reactor.m_batch[static_cast<std::size_t>(i)];
        if (event.data.ptr == this)
            event.data.ptr = nullptr;
    }
}

void Reactor::Watch::set(std::uint32_t events)
{
    if (events == m_events)
        return;
    epoll_event event{};
    event.events = events;
    event.data.ptr = this;
    const int operation = events == 0 ? EPOLL_CTL_DEL : m_events == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;
    // Fails only for want of memory; the handler's deadline then ends the connection.
    if (::epoll_ctl(m_reactor.m_epoll.get(), operation, m_fd, &event) == 0)
        m_events = events;
}

Status Reactor::open()
{
    m_epoll = FileDescriptor(::epoll_create1(EPOLL_CLOEXEC));
    m_wake = FileDescriptor(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.ptr = this; // no Watch has this address: the wake-up
    if (!m_epoll || !m_wake || ::epoll_ctl(m_epoll.get(), EPOLL_CTL_ADD, m_wake.get(), &event) != 0)
        return failErrno("cannot set up the transport's event loop", errno);
    return {};
}

void Reactor::post(std::function<void()> call)
{
    {
        const std::lock_guard lock(m_mutex);
        m_posted.push_back(std::move(call));
    }
    ::eventfd_write(m_wake.get(), 1);
}

void Reactor::stop()
{
    m_stopping.store(true, std::memory_order_release);
    ::eventfd_write(m_wake.get(), 1);
}

void Reactor::run(const std::function<void()> &afterTurn)
{
    while (!m_stopping.load(std::memory_order_acquire)) {
        const int count = ::epoll_wait(m_epoll.get(), m_batch.data(), batchSize, waitMs());
        dispatch(std::max(count, 0));
        runPosted();
        runTimers();
        runHot();
        afterTurn();
    }
}

int Reactor::waitMs() const
{
    if (!m_hot.empty())
        return 0;
    if (m_timers.empty())
        return -1;
    const std::int64_t leftNs = m_timers.begin()->first - m_clock.bootNs();
    constexpr std::int64_t longestMs = std::numeric_limits<int>::max();
    return static_cast<int>(std::clamp<std::int64_t>((leftNs + nsPerMs - 1) / nsPerMs, 0, longestMs));
}

void Reactor::dispatch(int count)
{
    m_batchCount = count;
    for (int i = 0; i < count; ++i) {
        const epoll_event event = m_batch[static_cast<std::size_t>(i)];
        if (event.data.ptr == this) {
            eventfd_t ignored = 0;
            ::eventfd_read(m_wake.get(), &ignored);
        } else if (event.data.ptr != nullptr) {
            const auto *watch = static_cast<Watch *>(event.data.ptr);
            watch->m_handler.onReady(watch->m_fd, event.events);
        }
    }
    m_batchCount = 0;
}

void Reactor::runPosted()
{
    std::vector<std::function<void()>> posted;
    {
        const std::lock_guard lock(m_mutex);
        posted.swap(m_posted);
    }
    for (const auto &call : posted)
        call();
}

void Reactor::runTimers()
{
    const std::int64_t nowNs = m_clock.bootNs();
    while (!m_timers.empty() && m_timers.begin()->first <= nowNs) {
        Handler *handler = m_timers.begin()->second;
        clearTimer(*handler);
        handler->onTimer(nowNs);
    }
}

void Reactor::runHot()
{
    m_hotNow.swap(m_hot);
    while (!m_hotNow.empty())
        m_hotNow.extract(m_hotNow.begin()).value()->onHot();
}

void Reactor::setTimer(Handler &handler, std::int64_t dueNs)
{
    clearTimer(handler);
    m_timers.emplace(dueNs, &handler);
    m_due.emplace(&handler, dueNs);
}

void Reactor::clearTimer(Handler &handler)
{
    const auto due = m_due.find(&handler);
    if (due == m_due.end())
        return;
    m_timers.erase({due->second, &handler});
    m_due.erase(due);
}

void Reactor::forget(Handler &handler)
{
    clearTimer(handler);
    m_hot.erase(&handler);
    m_hotNow.erase(&handler);
}

} // namespace tapio::transport
