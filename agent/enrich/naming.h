// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <vector>

#include "agent/enrich/kubeletnames.h"
#include "agent/enrich/podfacts.h"
#include "agent/enrich/runtimestate.h"
#include "protocol/wire/origin.h"
#include "protocol/wire/report.h"

namespace tapio::agent {

/// Where names come from.
struct NamingSources {
    std::filesystem::path podLogs, containerLogs; ///< the kubelet's
    RuntimeFolders runtime;
    std::shared_ptr<const ClusterPods> cluster; ///< null = nobody
};

/// Gives names to the ids that a cgroup's path has: from the kubelet's log folders, then from what the container runtime wrote down, then from the
/// cluster where it is asked. What one source has said no other one changes; whoever knows more adds to it. One thread; `clock` outlives it.
class Naming {
public:
    Naming(NamingSources sources, const Clock &clock);

    /// Looks for what is new. True: names may be known now that were not.
    bool refresh();
    /// Fills in what is known beside containerId and podUid.
    void name(wire::Origin &origin);
    /// It lacks a name that one of the sources will tell; see namesMore().
    bool mayBeNamed(const wire::Origin &origin) const noexcept;
    /// More may become known of it: something is empty that one of the sources will tell.
    bool mayLearnMore(const wire::Origin &origin) const noexcept;
    std::vector<wire::Hook> hooks() const;

private:
    void nameFromRuntime(wire::Origin &origin);
    void nameFromCluster(wire::Origin &origin) const;
    bool isAskedOf(const wire::Origin &origin) const noexcept;

    const Clock &m_clock;
    KubeletNames m_kubelet;
    RuntimeState m_runtime;
    std::shared_ptr<const ClusterPods> m_cluster; ///< null = nobody
    std::uint64_t m_generation = 0;               ///< of the cluster's pods, as of the last refresh
};

/// `more` names something that `less` does not, and nothing less. Whose image it is does not count: it is detail, not identity.
bool namesMore(const wire::Origin &more, const wire::Origin &less) noexcept;

} // namespace tapio::agent
