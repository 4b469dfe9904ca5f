// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/collect/volumelooks.h"

#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

namespace tapio::agent {

struct VolumeLooks::State {
    explicit State(VolumeScanOptions options) : scanner(std::move(options)) {}

    VolumeScanner scanner; ///< the running look's
    std::mutex mutex;      ///< guards what follows
    std::optional<Running> running;
    std::shared_ptr<const VolumeScan> latest;
};

namespace {

bool runDetached(std::function<void()> work)
{
    try {
        std::thread(std::move(work)).detach();
    } catch (const std::system_error &) {
        return false; // no memory, or no more tasks allowed
    }
    return true;
}

} // namespace

VolumeLooks::VolumeLooks(VolumeScanOptions options, Run run)
    : m_state(std::make_shared<State>(std::move(options))), m_run(run ? std::move(run) : runDetached)
{}

VolumeLooks::Began VolumeLooks::begin(const CgroupInventory &inventory, const Clock &clock)
{
    {
        const std::lock_guard lock(m_state->mutex);
        if (m_state->running)
            return Began::Busy;
        m_state->running = Running{clock.utcNs(), {}};
    }
    auto work = [state = m_state, layout = inventory.layout(), nodes = inventory.nodes()] {
        const auto at = [&state](std::string place) {
            const std::lock_guard lock(state->mutex);
            state->running->at = std::move(place);
        };
        auto scan = std::make_shared<const VolumeScan>(state->scanner.scan(layout, nodes, at));
        const std::lock_guard lock(state->mutex);
        state->latest = std::move(scan);
        state->running.reset();
    };
    if (m_run(std::move(work)))
        return Began::Yes;
    const std::lock_guard lock(m_state->mutex);
    m_state->running.reset();
    return Began::NoThread;
}

std::optional<VolumeLooks::Running> VolumeLooks::running() const
{
    const std::lock_guard lock(m_state->mutex);
    return m_state->running;
}

std::shared_ptr<const VolumeScan> VolumeLooks::latest() const
{
    const std::lock_guard lock(m_state->mutex);
    return m_state->latest;
}

} // namespace tapio::agent
