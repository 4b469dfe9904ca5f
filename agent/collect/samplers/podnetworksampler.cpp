// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/collect/samplers/podnetworksampler.h"

#include <cerrno>
#include <utility>

#include "agent/collect/cgroupprocess.h"
#include "agent/collect/procparse.h"
#include "agent/collect/samplers/hostsampler.h"
#include "agent/enrich/cgrouppath.h"

namespace tapio::agent {

namespace {

std::string_view lastSegment(std::string_view path) { return path.substr(path.rfind('/') + 1); }

/// The cgroup that has a network namespace of its own: a pod's, or that of a container outside pods.
bool ownsNetwork(const CgroupNode &node, const wire::Origin &origin)
{
    if (!origin.podUid.empty())
        return origin.containerId.empty() && podUidOfSegment(lastSegment(node.path)).has_value();
    return !origin.containerId.empty() && containerIdOfSegment(lastSegment(node.path)).has_value();
}

} // namespace

PodNetworkSampler::PodNetworkSampler(std::filesystem::path procRoot, const CgroupInventory &inventory, OriginResolver &resolver)
    : m_procRoot(std::move(procRoot)), m_inventory(inventory), m_resolver(resolver),
      m_netdev(m_hooks.add("network", "/proc/PID/net/dev of pods"))
{}

void PodNetworkSampler::sample(SampleWriter &out)
{
    m_hooks.begin();
    // The first process may be guarded even from root; kthreadd (2) lives in the first namespaces as well.
    std::string hostNamespace = networkNamespace(1);
    if (hostNamespace.empty())
        hostNamespace = networkNamespace(2);
    if (hostNamespace.empty()) {
        m_hooks.note(m_netdev, errno); // without it, the host's own traffic would pass for a pod's
        return;
    }
    const auto &nodes = m_inventory.nodes();
    for (std::size_t i = 0; i < nodes.size(); ++i) {
        const OriginPtr origin = m_resolver.originOf(nodes[i]);
        if (!ownsNetwork(nodes[i], *origin))
            continue;
        const auto pid = processBelow(m_inventory, i, m_reader);
        if (!pid)
            continue;
        const std::string space = networkNamespace(*pid);
        if (space.empty() || space == hostNamespace)
            continue;
        const FileText file = m_reader.read(m_procRoot / std::to_string(*pid) / "net/dev");
        m_hooks.note(m_netdev, file.errnum == ENOENT ? ESRCH : file.errnum);
        if (!file)
            continue;
        for (const InterfaceCounters &interface : parseNetDev(file.text)) {
            if (interface.name != "lo")
                addInterface(out, origin, interface);
        }
    }
}

std::string PodNetworkSampler::networkNamespace(std::uint32_t pid) const
{
    std::error_code error;
    const auto target = std::filesystem::read_symlink(m_procRoot / std::to_string(pid) / "ns/net", error);
    if (error) {
        errno = error.value();
        return {};
    }
    return target.native();
}

} // namespace tapio::agent
