// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <functional>
#include <mutex>
#include <utility>

namespace tapio::console {

/// Hand-over from worker threads to the GUI thread: changes add up in one Update value, and `wake` is called once until it is
/// taken, however many changes there are. post() from any thread; take() on the receiving one.
template <typename Update> class Mailbox {
public:
    /// `wake` is called on the posting thread, without the lock held; it must only schedule a take().
    explicit Mailbox(std::function<void()> wake) : m_wake(std::move(wake)) {}

    template <typename Change> void post(Change change)
    {
        bool first = false;
        {
            const std::lock_guard lock(m_mutex);
            change(m_update);
            first = !std::exchange(m_pending, true);
        }
        if (first)
            m_wake();
    }

    Update take()
    {
        const std::lock_guard lock(m_mutex);
        m_pending = false;
        return std::exchange(m_update, Update{});
    }

private:
    std::mutex m_mutex;
    Update m_update;
    bool m_pending = false;
    const std::function<void()> m_wake;
};

} // namespace tapio::console
