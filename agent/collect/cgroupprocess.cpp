// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/collect/cgroupprocess.h"

#include <utility>

#include "agent/collect/procparse.h"

namespace tapio::agent {

std::optional<std::uint32_t> processIn(const CgroupLayout &layout, const CgroupNode &node, SmallFileReader &reader)
{
    for (const auto &[root, there] :
         {std::pair(&layout.memory, node.memoryId != 0), std::pair(&layout.cpu, node.inCpu), std::pair(&layout.unified, node.v2Id != 0)}) {
        if (!there)
            continue;
        const FileText procs = reader.read(root->native() + node.path + "/cgroup.procs");
        if (const auto pid = procs ? firstPid(procs.text) : std::nullopt)
            return pid;
    }
    return std::nullopt;
}

std::optional<std::uint32_t> processBelow(const CgroupInventory &inventory, std::size_t index, SmallFileReader &reader)
{
    const auto &nodes = inventory.nodes();
    for (std::size_t i = index; i < nodes.size() && nodes[i].path.starts_with(nodes[index].path); ++i) {
        if (const auto pid = processIn(inventory.layout(), nodes[i], reader))
            return pid;
    }
    return std::nullopt;
}

} // namespace tapio::agent
