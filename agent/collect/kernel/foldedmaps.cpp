// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/collect/kernel/foldedmaps.h"

#include <cerrno>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "agent/collect/kernel/hooktable.h"
#include "bpf/include/tapio_records.h"

namespace tapio::agent {

Result<std::vector<SourceCounterSet>> readCounters(int mapFd)
{
    const int cpus = libbpf_num_possible_cpus();
    if (cpus <= 0)
        return failErrno("counting the CPUs", -cpus);
    std::vector<tapio_counters> perCpu(static_cast<std::size_t>(cpus));
    std::vector<SourceCounterSet> sources;
    for (std::uint32_t key = 0; key < TAPIO_COLLECTORS; ++key) {
        if (bpf_map_lookup_elem(mapFd, &key, perCpu.data()) != 0)
            return fail(Errc::Io, "reading the kernel's counters", errno);
        SourceCounterSet source;
        source.source = collectorNames()[key];
        for (const tapio_counters &one : perCpu) {
            source.counters[Counter::Seen] += one.seen;
            source.counters[Counter::KFiltered] += one.kfiltered;
            source.counters[Counter::Folded] += one.folded;
            source.counters[Counter::Lost] += one.lost;
        }
        sources.push_back(std::move(source));
    }
    return sources;
}

} // namespace tapio::agent
