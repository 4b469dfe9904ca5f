// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "agent/pipeline/collectloop.h"

namespace tapio::agent {

/// The thread that owns the kernel programs and everything up to the publisher's queue. All calls from any thread.
class CollectThread {
public:
    static constexpr std::size_t mostNotices = 64;

    /// Opens the loop on the new thread and waits for that. Errors: those of CollectLoop::open.
    static Result<std::unique_ptr<CollectThread>> start(CollectOptions options, KernelFactory openKernel, PublisherPort port,
                                                        const Clock &clock, spdlog::logger &log);
    ~CollectThread();

    /// Ends collecting after a last poll, with the counters as of then, and does not wait for the thread to detach the programs, which it then
    /// does: the kernel may take a second for that. The destructor waits. Call once.
    wire::CounterReport finish();
    /// Before the next turn.
    void change(CollectChange change);
    /// Tells it in the agent's own stream, before the next turn and after a change() that was asked for earlier. Of more than `mostNotices`
    /// that wait, those beyond are counted as lost.
    void announce(wire::AgentNotice notice);
    /// Calls `use` on the collecting thread with the filter in force, before the next turn and after a change() that was asked for earlier. Not
    /// called when the thread has ended. It must not block.
    void withFilter(std::function<void(const FilterState &)> use);
    /// Each second's.
    CollectTotals totals() const;
    /// Each second's; null before the first.
    std::shared_ptr<const CollectSnapshot> snapshot() const;
    /// When the thread last came round: it does so at least once a second.
    std::int64_t turnedBootNs() const;
    /// Set when the kernel's rings can no longer be read and the thread has ended.
    std::optional<Error> failure() const;

private:
    CollectThread() = default;
    void run(const std::stop_token &stop, CollectLoop &loop, const Clock &clock);
    void stop();
    void takeRequests(CollectLoop &loop);

    mutable std::mutex m_mutex;    ///< guards what follows
    CollectLoop *m_loop = nullptr; ///< for wake() only
    std::optional<CollectChange> m_change;
    std::vector<wire::AgentNotice> m_notices;
    std::uint64_t m_lostNotices = 0; ///< since they were last taken
    std::vector<std::function<void(const FilterState &)>> m_filterUses;
    CollectTotals m_totals;
    std::shared_ptr<const CollectSnapshot> m_snapshot;
    std::int64_t m_turnedBootNs = 0;
    std::optional<Error> m_failure;
    std::promise<wire::CounterReport> m_last; ///< not guarded: set once, taken once
    std::jthread m_thread;
};

} // namespace tapio::agent
