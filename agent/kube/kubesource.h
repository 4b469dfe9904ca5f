// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>

#include <spdlog/logger.h>

#include "agent/enrich/podfacts.h"
#include "agent/kube/podfollower.h"

namespace tapio::agent {

/// When Kubernetes is asked again.
struct KubePace {
    std::chrono::milliseconds retryLeast{500}, retryMost{60'000}; ///< after a failure: doubling, with jitter
    std::chrono::milliseconds betweenWatches{1'000};              ///< of beginnings, at least
    std::chrono::milliseconds betweenPolls{10'000};               ///< of a kubelet
};

/// The pods of this node as Kubernetes tells them, kept up to date on a thread of its own. All calls from any thread.
class KubeSource final : public ClusterPods {
public:
    /// Without an endpoint nobody is asked, and hook() says why. `clock` and `log` outlive it.
    static std::shared_ptr<KubeSource> start(KubeChoice choice, const Clock &clock, spdlog::logger &log, KubePace pace = {},
                                             KubeLimits limits = {});
    ~KubeSource() override;

    bool isAsked() const noexcept override { return m_isAsked; }
    std::uint64_t generation() const noexcept override { return m_table.generation(); }
    std::shared_ptr<const PodFacts> find(std::string_view uid) const override { return m_table.find(uid); }
    std::vector<Eviction> evictionsAfter(std::uint64_t number) const override { return m_table.evictionsAfter(number); }
    wire::Hook hook() const override;

    KubeFigures figures() const;
    /// Waits for the first answer, or why there is none.
    void waitForAnswer(std::chrono::milliseconds longest) const;

private:
    KubeSource(KubeChoice choice, const Clock &clock, spdlog::logger &log, KubePace pace, KubeLimits limits);
    void run(const std::stop_token &stop);
    void noteSuccess();
    void noteFailure(const Error &error);
    void setState(wire::HookState state, const std::string &reason);
    void pause(std::chrono::milliseconds length, const std::stop_token &stop);

    const bool m_isAsked;
    const KubeChoice m_choice;
    const Clock &m_clock;
    spdlog::logger &m_log;
    const KubePace m_pace;
    const KubeLimits m_limits;
    PodTable m_table;
    mutable std::mutex m_mutex; ///< guards what follows
    mutable std::condition_variable_any m_changed;
    wire::HookState m_state;
    std::string m_reason;
    std::shared_ptr<PodFollower> m_follower; ///< for its figures; the thread's
    unsigned m_failures = 0;                 ///< in a row; the thread's
    std::jthread m_thread;                   ///< last: it ends before what it uses
};

} // namespace tapio::agent
