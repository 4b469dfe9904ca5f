// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

namespace tapio {

/// A queue between threads that never grows past its bound: push returns false when full, and the caller counts the
/// refusal by cause. Any number of producers and consumers; no call blocks but waitPop.
template <typename T> class BoundedQueue {
public:
    explicit BoundedQueue(std::size_t capacity) : m_capacity(capacity) {}

    /// False when full or closed: the value was not taken and the caller still owns it.
    [[nodiscard]] bool push(T &&value)
    {
        {
            const std::lock_guard lock(m_mutex);
            if (m_closed || m_items.size() >= m_capacity)
                return false;
            m_items.push_back(std::move(value));
        }
        m_filled.notify_one();
        return true;
    }

    std::optional<T> tryPop()
    {
        const std::lock_guard lock(m_mutex);
        return popLocked();
    }

    /// Waits up to `timeout`; empty when nothing came, or the queue is closed and drained.
    std::optional<T> waitPop(std::chrono::milliseconds timeout)
    {
        std::unique_lock lock(m_mutex);
        m_filled.wait_for(lock, timeout, [this] { return m_closed || !m_items.empty(); });
        return popLocked();
    }

    /// Everything at once, oldest first.
    std::vector<T> drain()
    {
        const std::lock_guard lock(m_mutex);
        std::vector<T> all(std::make_move_iterator(m_items.begin()), std::make_move_iterator(m_items.end()));
        m_items.clear();
        return all;
    }

    /// No more pushes; what is inside can still be taken. Wakes all waiters.
    void close()
    {
        {
            const std::lock_guard lock(m_mutex);
            m_closed = true;
        }
        m_filled.notify_all();
    }

    bool closed() const
    {
        const std::lock_guard lock(m_mutex);
        return m_closed;
    }

    std::size_t size() const
    {
        const std::lock_guard lock(m_mutex);
        return m_items.size();
    }
    std::size_t capacity() const noexcept { return m_capacity; }

private:
    std::optional<T> popLocked()
    {
        if (m_items.empty())
            return std::nullopt;
        std::optional<T> value(std::move(m_items.front()));
        m_items.pop_front();
        return value;
    }

    const std::size_t m_capacity;
    mutable std::mutex m_mutex;
    std::condition_variable m_filled;
    std::deque<T> m_items;
    bool m_closed = false;
};

} // namespace tapio
