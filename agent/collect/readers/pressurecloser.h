// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "agent/collect/readers/pressurefile.h"

namespace tapio::agent {

/// Closes pressure files on threads of its own. The end of a trigger waits for a grace period of RCU (psi_trigger_destroy() in
/// kernel/sched/psi.c): 8 to 16 ms each were measured on Linux 6.18 at 250 Hz, 0.8 s for 96 of them one after another, 0.13 s by 16 threads.
/// A thread is there only while there is something to close. All calls from one thread.
class PressureCloser {
public:
    static constexpr std::size_t mostThreads = 16;

    PressureCloser() = default;
    /// Waits until all are closed.
    ~PressureCloser() = default;
    PressureCloser(const PressureCloser &) = delete;
    PressureCloser &operator=(const PressureCloser &) = delete;

    /// Takes it over and returns at once; only where no thread can be had at all does the caller wait. Null is nothing to close.
    void close(std::unique_ptr<PressureFile> file);

private:
    struct Worker {
        bool isBusy = false; ///< guarded by m_mutex
        std::jthread thread;
    };
    void work(Worker &worker);
    bool start(Worker &worker);

    std::mutex m_mutex; ///< guards what follows, but for the threads themselves
    std::vector<std::unique_ptr<PressureFile>> m_waiting;
    std::size_t m_busy = 0;
    std::array<Worker, mostThreads> m_workers; ///< last: their ends come first
};

} // namespace tapio::agent
