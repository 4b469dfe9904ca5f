// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <memory>

#include "agent/enrich/podfacts.h"
#include "agent/kube/kubewatch.h"
#include "agent/kube/podobjects.h"

namespace tapio::agent {

/// The pods of this node as Kubernetes tells them, kept up to date. All calls from any thread.
class KubeSource final : public ClusterPods {
public:
    /// Without an endpoint nobody is asked, and hook() says why. `clock` and `log` outlive it.
    static std::shared_ptr<KubeSource> start(KubeChoice choice, const Clock &clock, spdlog::logger &log, KubePace pace = {},
                                             KubeLimits limits = {});

    bool isAsked() const noexcept override { return m_watch.isAsked(); }
    std::uint64_t generation() const noexcept override { return m_table.generation(); }
    std::shared_ptr<const PodFacts> find(std::string_view uid) const override { return m_table.find(uid); }
    std::vector<Eviction> evictionsAfter(std::uint64_t number) const override { return m_table.evictionsAfter(number); }
    wire::Hook hook() const override { return m_watch.hook(); }

    KubeFigures figures() const;
    /// Waits for the first answer, or why there is none.
    void waitForAnswer(std::chrono::milliseconds longest) const { m_watch.waitForAnswer(longest); }

private:
    KubeSource(KubeChoice &&choice, const Clock &clock, spdlog::logger &log, KubePace pace, KubeLimits limits);

    PodTable m_table;
    PodObjects m_pods;
    KubeWatch m_watch; ///< last: its thread ends before what it uses
};

} // namespace tapio::agent
