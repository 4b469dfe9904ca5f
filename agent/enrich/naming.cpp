// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/enrich/naming.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

namespace tapio::agent {

namespace {

using Text = std::string wire::Origin::*;
constexpr std::array<Text, 8> names{&wire::Origin::podUid,        &wire::Origin::containerId,   &wire::Origin::podName,
                                    &wire::Origin::namespaceName, &wire::Origin::containerName, &wire::Origin::workloadKind,
                                    &wire::Origin::workloadName,  &wire::Origin::cgroupPath};

void fill(std::string &to, const std::string &from)
{
    if (to.empty())
        to = from;
}

} // namespace

Naming::Naming(NamingSources sources, const Clock &clock)
    : m_clock(clock), m_kubelet(std::move(sources.podLogs), std::move(sources.containerLogs)), m_runtime(std::move(sources.runtime), clock),
      m_cluster(std::move(sources.cluster))
{}

bool Naming::refresh()
{
    const bool fromKubelet = m_kubelet.refresh(m_clock.utcNs());
    const bool fromRuntime = m_runtime.takeRetry();
    const std::uint64_t generation = m_cluster ? m_cluster->generation() : 0;
    return std::exchange(m_generation, generation) != generation || fromKubelet || fromRuntime;
}

void Naming::name(wire::Origin &origin)
{
    if (const ContainerName *name = m_kubelet.container(origin.containerId)) {
        fill(origin.containerName, name->containerName);
        fill(origin.podName, name->pod.podName);
        fill(origin.namespaceName, name->pod.namespaceName);
    } else if (const PodName *pod = m_kubelet.pod(origin.podUid)) {
        fill(origin.podName, pod->podName);
        fill(origin.namespaceName, pod->namespaceName);
    }
    nameFromRuntime(origin);
    nameFromCluster(origin);
}

void Naming::nameFromRuntime(wire::Origin &origin)
{
    if (origin.containerId.empty() || (!origin.containerName.empty() && !origin.image.empty()))
        return;
    const RuntimeFacts *facts = m_runtime.find(origin.containerId);
    if (facts == nullptr)
        return;
    fill(origin.containerName, facts->containerName);
    fill(origin.image, facts->image);
    fill(origin.imageId, facts->imageId);
    // Anyone who may start a container may label it as a pod's: the cgroup must say so too, which only the kubelet's do.
    if (origin.podUid.empty() || (!facts->podUid.empty() && facts->podUid != origin.podUid))
        return;
    fill(origin.podName, facts->podName);
    fill(origin.namespaceName, facts->namespaceName);
}

void Naming::nameFromCluster(wire::Origin &origin) const
{
    const std::shared_ptr<const PodFacts> pod = m_cluster && !origin.podUid.empty() ? m_cluster->find(origin.podUid) : nullptr;
    if (!pod)
        return;
    fill(origin.podName, pod->name);
    fill(origin.namespaceName, pod->namespaceName);
    fill(origin.workloadKind, pod->workloadKind);
    fill(origin.workloadName, pod->workloadName);
    const auto container = std::find_if(pod->containers.begin(), pod->containers.end(),
                                        [&](const ContainerFacts &one) { return one.containerId == origin.containerId; });
    if (origin.containerId.empty() || container == pod->containers.end())
        return;
    fill(origin.containerName, container->name);
    fill(origin.image, container->image);
    fill(origin.imageId, container->imageId);
}

bool Naming::mayBeNamed(const wire::Origin &origin) const noexcept
{
    const bool wantsPod = !origin.podUid.empty() && (origin.podName.empty() || origin.namespaceName.empty());
    const bool wantsContainer = !origin.containerId.empty() && origin.containerName.empty();
    return wantsPod || wantsContainer || (isAskedOf(origin) && origin.workloadName.empty());
}

bool Naming::mayLearnMore(const wire::Origin &origin) const noexcept
{
    const bool wantsImage = !origin.containerId.empty() && (origin.image.empty() || (isAskedOf(origin) && origin.imageId.empty()));
    return wantsImage || mayBeNamed(origin);
}

bool Naming::isAskedOf(const wire::Origin &origin) const noexcept { return m_cluster && m_cluster->isAsked() && !origin.podUid.empty(); }

std::vector<wire::Hook> Naming::hooks() const
{
    std::vector<wire::Hook> all{m_runtime.hook()};
    if (m_cluster)
        all.push_back(m_cluster->hook());
    return all;
}

bool namesMore(const wire::Origin &more, const wire::Origin &less) noexcept
{
    bool any = false;
    for (const Text member : names) {
        if ((more.*member).empty() && !(less.*member).empty())
            return false;
        any = any || ((less.*member).empty() && !(more.*member).empty());
    }
    return any;
}

} // namespace tapio::agent
