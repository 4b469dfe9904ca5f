// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <cstring>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "agent/collect/kernelcollectors.h"
#include "bpf/include/tapio_records.h"
#include "protocol/base/clock.h"
#include "protocol/base/result.h"

/// Figures that the kernel programs add up in maps, read and summed over the CPUs. One thread.
namespace tapio::agent {

/// Of the counters array, by collector. Errors: Io.
Result<std::vector<SourceCounterSet>> readCounters(int mapFd);

/// How many entries a per-CPU map of such values should have: enough for any node, within 16 MiB of kernel memory.
std::uint32_t foldedEntries(std::size_t valueBytes, unsigned cpus) noexcept;

/// A PERCPU_HASH whose values are arrays of counts. Entries that are long idle are removed when it fills up, so
/// that it never refuses a new one; should such a cgroup stir again, its counts begin at 0.
class FoldedMap {
public:
    using Key = std::string; ///< bytes
    struct Entry {
        Key key;
        std::vector<std::uint64_t> counts;
    };

    /// -1 for `fd`: there is no such map, as its collector is off. `clock` must outlive the map.
    FoldedMap(int fd, const Clock &clock);

    /// Errors: Io.
    Result<std::vector<Entry>> read();
    /// Removes what did not change for three minutes, or five seconds when it is half full, by what read() saw, of cgroups that are gone. Keys must begin with the cgroups.
    void forgetIdle(const IsGone &isGone);

private:
    struct Seen {
        std::uint64_t total = 0;
        std::int64_t changedNs = 0;
    };
    Result<std::vector<Entry>> readAll();
    void makeRoom(const std::vector<Entry> &entries);

    int m_fd;
    const Clock &m_clock;
    std::size_t m_keyBytes = 0;
    std::size_t m_valueBytes = 0;
    std::size_t m_maxEntries = 0;
    std::map<Key, Seen> m_seen;
};

/// The kernel's name of a block device ("vda"); "MAJOR:MINOR" where it has none.
class BlockDeviceNames {
public:
    std::string name(std::uint32_t device);

private:
    std::map<std::uint32_t, std::string> m_names;
};

CgroupHistogram toHistogram(const FoldedMap::Entry &entry, BlockDeviceNames &names);
CgroupTcp toTcp(const FoldedMap::Entry &entry);

/// The array "drops", summed over the CPUs, by reason. -1 for `mapFd`: nothing, as its collector is off. Errors: Io.
Result<std::map<std::uint32_t, std::uint64_t>> readDrops(int mapFd);
/// What is told of them: without what was not dropped and what nobody gave a reason for.
std::vector<DropCount> toDrops(const std::map<std::uint32_t, std::uint64_t> &counts, const std::map<std::uint32_t, std::string> &names);

} // namespace tapio::agent
