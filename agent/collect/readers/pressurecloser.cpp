// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/collect/readers/pressurecloser.h"

#include <algorithm>
#include <system_error>
#include <utility>

namespace tapio::agent {

void PressureCloser::close(std::unique_ptr<PressureFile> file)
{
    if (!file)
        return;
    {
        const std::lock_guard lock(m_mutex);
        const auto idle = std::find_if(m_workers.begin(), m_workers.end(), [](const Worker &one) { return !one.isBusy; });
        if ((idle != m_workers.end() && start(*idle)) || m_busy > 0) {
            m_waiting.push_back(std::move(file));
            return;
        }
    }
    file.reset();
}

/// The thread that it had before, if any, has let go of the mutex for good: waiting for its end is no deadlock.
bool PressureCloser::start(Worker &worker)
{
    try {
        worker.thread = std::jthread([this, &worker] { work(worker); });
    } catch (const std::system_error &) {
        return false; // no memory, or no more tasks allowed: others do it
    }
    worker.isBusy = true;
    ++m_busy;
    return true;
}

void PressureCloser::work(Worker &worker)
{
    std::unique_lock lock(m_mutex);
    while (!m_waiting.empty()) {
        auto file = std::move(m_waiting.back());
        m_waiting.pop_back();
        lock.unlock();
        file.reset();
        lock.lock();
    }
    worker.isBusy = false;
    --m_busy;
}

} // namespace tapio::agent
