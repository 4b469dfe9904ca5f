// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <utility>
#include <vector>

#include <sys/epoll.h>

#include "protocol/base/clock.h"
#include "protocol/base/result.h"
#include "protocol/transport/files.h"

namespace tapio::transport {

/// Level-triggered epoll, timers and posted calls on the one thread that is in run(). Handlers may be destroyed at any time
/// on that thread, except inside their own callbacks. Internal to the transport.
class Reactor {
public:
    class Handler {
    public:
        virtual ~Handler() = default;
        virtual void onReady(int fd, std::uint32_t events) = 0;
        virtual void onTimer(std::int64_t nowNs) = 0;
        /// Asked for by markHot: go on where the last turn's budget ended.
        virtual void onHot() = 0;
    };

    /// A file descriptor under watch while this object lives. A mask of 0 takes it out of epoll, which would otherwise go on
    /// reporting hang-ups that the handler does not want to see yet.
    class Watch {
    public:
        Watch(Reactor &reactor, Handler &handler, int fd) noexcept : m_reactor(reactor), m_handler(handler), m_fd(fd) {}
        Watch(const Watch &) = delete;
        Watch &operator=(const Watch &) = delete;
        ~Watch();
        void set(std::uint32_t events);
        int fd() const noexcept { return m_fd; }

    private:
        friend class Reactor;
        Reactor &m_reactor;
        Handler &m_handler;
        int m_fd;
        std::uint32_t m_events = 0;
    };

    explicit Reactor(const Clock &clock) : m_clock(clock) {}
    Status open();

    /// Any thread: runs `call` on the reactor's thread.
    void post(std::function<void()> call);
    /// Any thread: run() returns after the current turn.
    void stop();

    // From here on: the reactor's thread only.
    void run(const std::function<void()> &afterTurn);
    /// One timer per handler; a second call moves it. bootNs of the clock.
    void setTimer(Handler &handler, std::int64_t dueNs);
    void clearTimer(Handler &handler);
    void markHot(Handler &handler) { m_hot.insert(&handler); }
    /// Takes a handler out of timers and the hot list. Its watches go with their own destructors.
    void forget(Handler &handler);
    const Clock &clock() const noexcept { return m_clock; }

private:
    static constexpr int batchSize = 64;

    int waitMs() const;
    void dispatch(int count);
    void runPosted();
    void runTimers();
    void runHot();

    const Clock &m_clock;
    FileDescriptor m_epoll;
    FileDescriptor m_wake;
    std::atomic<bool> m_stopping{false};
    std::mutex m_mutex;
    std::vector<std::function<void()>> m_posted;
    std::set<std::pair<std::int64_t, Handler *>> m_timers;
    std::map<Handler *, std::int64_t> m_due; ///< the same, by handler
    std::set<Handler *> m_hot;
    std::set<Handler *> m_hotNow; ///< of the turn under way
    std::array<epoll_event, batchSize> m_batch{};
    int m_batchCount = 0;
};

} // namespace tapio::transport
