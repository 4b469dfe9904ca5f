// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>

#include "agent/collect/cgroupinventory.h"
#include "bpf/include/tapio_records.h"

namespace tapio::agent {

/// What the kernel programs say of a task's cgroups, as KernelRecord and the folded figures have it.
struct CgroupIds {
    std::uint64_t id = 0;                            ///< v2 id unless that is the root and v1 memory says more
    std::uint64_t memoryId = 0;                      ///< v1 memory's where v2 says something too
    CgroupHierarchy hierarchy = CgroupHierarchy::V2; ///< of `id`
};

constexpr CgroupIds cgroupIds(const tapio_cgroups &cgroups) noexcept
{
    const std::uint64_t memory = cgroups.v1 == TAPIO_ROOT_CGROUP ? 0 : cgroups.v1;
    if (cgroups.v2 == TAPIO_ROOT_CGROUP && memory != 0)
        return {memory, 0, CgroupHierarchy::Memory};
    return {cgroups.v2, memory, CgroupHierarchy::V2};
}

} // namespace tapio::agent
