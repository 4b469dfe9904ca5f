// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/collect/kernel/sslwatcher.h"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <set>
#include <system_error>
#include <utility>

namespace tapio::agent {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds patience{1};  ///< for detaching, which takes up to 150 ms
constexpr std::chrono::seconds tolerated{5}; ///< of a look, until it is told
constexpr std::size_t mostStarted = 64;

} // namespace

struct SslWatcher::Shared {
    Shared(std::shared_ptr<void> &&owns, const SslProbes::Programs &programs, SslProbes::Options &&options)
        : owner(std::move(owns)), probes(programs, withLooking(std::move(options)))
    {}

    SslProbes::Options withLooking(SslProbes::Options &&options)
    {
        options.looking = [this](std::uint32_t pid) { lookingAt.store(pid, std::memory_order_relaxed); };
        return std::move(options);
    }

    void serve()
    {
        std::unique_lock lock(mutex);
        while (!stop) {
            changed.wait(lock, [this] { return stop || due || on != isOn; });
            turn(lock, on && !stop);
        }
        turn(lock, false);
        ended = true;
        changed.notify_all();
    }

    void turn(std::unique_lock<std::mutex> &lock, bool wanted)
    {
        busySince = Clock::now();
        const bool looks = std::exchange(due, false) && wanted;
        const std::set<std::uint32_t> seen = std::exchange(started, {});
        const bool switches = wanted != isOn;
        lock.unlock();
        if (switches)
            probes.setOn(wanted);
        for (const std::uint32_t pid : seen)
            probes.sawProgram(pid);
        if (looks)
            probes.step();
        std::vector<wire::Hook> now = probes.hooks();
        lock.lock();
        hooks = std::move(now);
        isAttached = probes.isAttached();
        isOn = wanted;
        busySince.reset();
        changed.notify_all();
    }

    std::shared_ptr<void> owner;             ///< before the probes: it is let go after them
    std::atomic<std::uint32_t> lookingAt{0}; ///< 0: at none
    SslProbes probes;                        ///< of the thread alone

    std::mutex mutex; ///< guards what follows
    std::condition_variable changed;
    std::set<std::uint32_t> started;
    std::vector<wire::Hook> hooks;
    std::optional<Clock::time_point> busySince;
    bool isAttached = false;
    bool due = false;
    bool on = true;
    bool isOn = true;
    bool stop = false;
    bool ended = false;
};

SslWatcher::SslWatcher(std::shared_ptr<void> owner, const SslProbes::Programs &programs, SslProbes::Options options)
    : m_shared(std::make_shared<Shared>(std::move(owner), programs, std::move(options)))
{}

SslWatcher::~SslWatcher()
{
    if (!m_thread.joinable())
        return;
    std::unique_lock lock(m_shared->mutex);
    m_shared->stop = true;
    m_shared->changed.notify_all();
    const bool ended = m_shared->changed.wait_for(lock, patience, [this] { return m_shared->ended; });
    lock.unlock();
    if (ended)
        m_thread.join();
    else
        m_thread.detach(); // it holds what it uses
}

void SslWatcher::step()
{
    {
        const std::lock_guard lock(m_shared->mutex);
        m_shared->due = m_shared->on;
    }
    m_shared->changed.notify_all();
    if (m_thread.joinable())
        return;
    try {
        m_thread = std::thread([shared = m_shared] { shared->serve(); });
        m_whyNoThread.clear();
    } catch (const std::system_error &error) { // by the next step there may be one
        m_whyNoThread = error.what();
    }
}

void SslWatcher::sawProgram(std::uint32_t pid)
{
    const std::lock_guard lock(m_shared->mutex);
    if (m_shared->on && m_shared->started.size() < mostStarted)
        m_shared->started.insert(pid);
}

void SslWatcher::setOn(bool on)
{
    std::unique_lock lock(m_shared->mutex);
    m_shared->on = on;
    m_shared->due = on;
    if (!on)
        m_shared->started.clear();
    m_shared->changed.notify_all();
    if (!on && m_thread.joinable())
        m_shared->changed.wait_for(lock, patience, [this] { return !m_shared->isOn; });
}

bool SslWatcher::isAttached() const
{
    const std::lock_guard lock(m_shared->mutex);
    return m_shared->isAttached;
}

std::vector<wire::Hook> SslWatcher::hooks() const
{
    const std::lock_guard lock(m_shared->mutex);
    if (!m_shared->on)
        return {};
    std::vector<wire::Hook> hooks = m_shared->hooks;
    const auto since = m_shared->busySince ? Clock::now() - *m_shared->busySince : Clock::duration::zero();
    std::string reason;
    if (!m_whyNoThread.empty()) {
        reason = "there is no thread to look for libraries with: " + m_whyNoThread;
    } else if (since >= tolerated) {
        const std::uint32_t pid = m_shared->lookingAt.load(std::memory_order_relaxed);
        reason = (pid == 0 ? "detaching" : "the look at process " + std::to_string(pid)) + " has not returned for "
                 + std::to_string(std::chrono::duration_cast<std::chrono::seconds>(since).count())
                 + " s, and until it does no other library is found or let go";
    }
    if (!reason.empty()) {
        wire::Hook hook;
        hook.collector = "https";
        hook.name = "libraries";
        hook.state = wire::HookState::Failed;
        hook.reason = std::move(reason);
        hooks.push_back(std::move(hook));
    }
    return hooks;
}

} // namespace tapio::agent
