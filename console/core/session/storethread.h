// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "console/core/store/store.h"
#include "protocol/base/clock.h"

namespace tapio::console {

/// Called on the store thread.
struct StoreHooks {
    /// The frame reached the end of the pipeline: it is in the store's buffer.
    std::function<void(std::shared_ptr<const wire::Delivery>)> processed;
    std::function<void(const std::vector<wire::ResumePoint> &safe)> safe; ///< committed, with all that was processed before
    std::function<void(const std::string &error)> error;                  ///< changed; empty = well again
    std::function<void(const StoreStats &)> stats;
    std::function<void()> verdicts; ///< all that were given until now are committed
};

/// Owns the store's writer on a thread of its own: appends, flushes, tells what is safe, keeps house when idle. On an error
/// (disk full) nothing is acknowledged, new frames are refused once the buffers are full, and it tries again each second.
class StoreThread {
public:
    /// Frames and events waiting to be appended, at most.
    static constexpr std::size_t maxFrames = 4096;
    static constexpr std::uint64_t maxEvents = 131'072;

    StoreThread(std::unique_ptr<StoreWriter> writer, StoreHooks hooks, const Clock &clock);
    /// Appends and flushes what was taken, then joins.
    ~StoreThread();
    void start();
    void stop();
    /// After stop(): events that were taken and are in no file, since the last flush failed. None of them was called safe.
    std::uint64_t unstoredEvents() const noexcept { return m_unflushedEvents + queuedEvents(); }
    /// After stop(): why; empty when the store was well.
    const std::string &lastError() const noexcept { return m_error; }

    // Any thread, never blocking.
    /// False: full, stopping; the frame was not taken.
    bool offer(std::shared_ptr<const wire::Delivery> delivery);
    std::uint64_t queuedEvents() const noexcept { return m_queuedEvents.load(std::memory_order_relaxed); }
    void putAgent(const wire::AgentState &state);
    void putNotice(const wire::LinkNotice &notice);
    void putFigures(std::vector<Figure> figures);
    void putAction(const OperatorAction &action);
    void putVerdict(const Verdict &verdict);

private:
    /// Small writes beside the frames; bounded, the newest wins.
    struct Side {
        std::map<std::string, wire::AgentState> agents;
        std::deque<wire::LinkNotice> notices;
        std::deque<OperatorAction> actions;
        std::deque<Verdict> verdicts;
        std::vector<Figure> figures;
    };

    void run(const std::stop_token &stop);
    bool waitForWork(const std::stop_token &stop);
    void append();
    Status writeSide();
    void noteSide(const Status &status);
    void flush();
    void report();
    void setError(std::string error);

    const std::unique_ptr<StoreWriter> m_writer;
    const StoreHooks m_hooks;
    const Clock &m_clock;

    std::mutex m_mutex;
    std::condition_variable_any m_filled;
    std::deque<std::shared_ptr<const wire::Delivery>> m_incoming;
    Side m_side;
    bool m_stopping = false;
    std::atomic<std::uint64_t> m_queuedEvents{0};

    // The store thread's own.
    std::deque<std::shared_ptr<const wire::Delivery>> m_taken;
    Side m_takenSide;
    std::string m_error;
    std::string m_sideError; ///< of the last writeSide(); empty = it went well
    std::int64_t m_nextTryNs = 0;
    std::int64_t m_nextMaintainNs = 0;
    std::int64_t m_nextReportNs = 0;
    std::uint64_t m_unflushedEvents = 0; ///< appended since the last flush
    bool m_unflushed = false;
    bool m_unflushedVerdicts = false;
    std::jthread m_thread;
};

} // namespace tapio::console
