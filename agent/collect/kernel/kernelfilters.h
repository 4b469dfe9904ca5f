// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstdint>
#include <set>
#include <vector>

#include "agent/collect/kernel/kernelgrace.h"
#include "agent/collect/kernelfilter.h"
#include "protocol/base/clock.h"
#include "protocol/base/result.h"

namespace tapio::agent {

/// The agent's side of bpf/include/tapio_filter.h: writes filters in turn into two slots, and lets the programs know which one counts.
/// One thread.
class KernelFilters {
public:
    struct Maps {
        int filters = -1, verdicts = -1, buckets = -1; ///< descriptors; -1: no program asks for them
        std::uint32_t *active = nullptr;               ///< tapio_filter_active, shared with the programs
    };
    /// What is referred to outlives it.
    KernelFilters(Maps maps, const Clock &clock);
    KernelFilters(const KernelFilters &) = delete;
    KernelFilters &operator=(const KernelFilters &) = delete;

    /// These as KernelCollectors has them.
    Result<CgroupKeys> set(const KernelFilter &filter, std::uint64_t generation, const CgroupVerdicts &verdicts);
    Result<CgroupKeys> changeVerdicts(const CgroupVerdicts &changed, const CgroupKeys &gone);
    Result<std::vector<LeftOut>> leftOut();

private:
    Status waitForRuns();
    /// Those without room have none afterwards.
    Result<CgroupKeys> writeVerdicts(std::uint32_t slot, const CgroupVerdicts &verdicts);
    void removeVerdict(std::uint32_t slot, const CgroupKey &cgroup);
    void removeVerdicts(std::uint32_t slot);

    Maps m_maps;
    const Clock &m_clock;
    std::size_t m_room = 0;                       ///< for verdicts of one generation: half of the map
    std::uint32_t m_slot = 1;                     ///< in force; before the first filter, the one that comes second
    std::array<std::set<CgroupKey>, 2> m_written; ///< verdicts in the kernel, by slot
    KernelGrace m_grace;
    bool m_graceOwed = false; ///< runs may still be in the slot that is not in force
};

} // namespace tapio::agent
