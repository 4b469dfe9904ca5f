// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>

#include <spdlog/logger.h>

#include "agent/kube/objectfollower.h"

namespace tapio::agent {

/// When Kubernetes is asked again.
struct KubePace {
    std::chrono::milliseconds retryLeast{500}, retryMost{60'000}; ///< after a failure: doubling, with jitter
    std::chrono::milliseconds betweenWatches{1'000};              ///< of beginnings, at least
    std::chrono::milliseconds betweenPolls{10'000};               ///< of a kubelet
};

/// Follows some objects on a thread of its own. All calls from any thread.
class KubeWatch {
public:
    /// Without an endpoint nobody is asked, and hook() says why. `objects`, which is used on the thread, `clock` and `log` outlive it.
    KubeWatch(KubeChoice choice, FollowedObjects &objects, const Clock &clock, spdlog::logger &log, KubePace pace, KubeLimits limits);
    ~KubeWatch();

    bool isAsked() const noexcept { return m_choice.endpoint.has_value(); }
    /// How it goes: of the collector "kubernetes", named as what is followed.
    wire::Hook hook() const;
    /// But for what is known of the objects, which is whose they are.
    KubeFigures figures() const;
    /// Waits for the first answer, or why there is none.
    void waitForAnswer(std::chrono::milliseconds longest) const;

private:
    void run(const std::stop_token &stop);
    void noteSuccess();
    void noteFailure(const Error &error);
    void setState(wire::HookState state, const std::string &reason);
    void pause(std::chrono::milliseconds length, const std::stop_token &stop);

    const KubeChoice m_choice;
    FollowedObjects &m_objects;
    const Clock &m_clock;
    spdlog::logger &m_log;
    const KubePace m_pace;
    const KubeLimits m_limits;
    mutable std::mutex m_mutex; ///< guards what follows
    mutable std::condition_variable_any m_changed;
    wire::HookState m_state;
    std::string m_reason;
    std::shared_ptr<ObjectFollower> m_follower; ///< for its figures; the thread's
    unsigned m_failures = 0;                    ///< in a row; the thread's
    std::jthread m_thread;                      ///< last: it ends before what it uses
};

} // namespace tapio::agent
