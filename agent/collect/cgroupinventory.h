// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace tapio::agent {

/// Where the cgroup hierarchies are. Empty path: there is none.
struct CgroupLayout {
    std::filesystem::path unified;                     ///< v2, alone or beside v1 (hybrid)
    std::filesystem::path cpu, cpuacct, memory, blkio; ///< v1 controllers

    /// Looks at the folders below `root` (usually /sys/fs/cgroup): v2 at the root itself, else "unified" and the controllers.
    static CgroupLayout detect(const std::filesystem::path &root);
    bool hasV1() const noexcept { return !cpu.empty() || !cpuacct.empty() || !memory.empty() || !blkio.empty(); }
    /// "v1", "v2", "hybrid" or "none".
    const char *kind() const noexcept;
};

/// Each hierarchy numbers its cgroups by itself, so that an id means something within one only.
enum class CgroupHierarchy : std::uint8_t {
    Either, ///< nobody said which: v2, or else v1's memory
    V2,
    Memory, ///< v1's memory
};

/// One cgroup: the same path in one or more hierarchies.
struct CgroupNode {
    std::string path;           ///< "/" is the root
    std::uint64_t v2Id = 0;     ///< kernfs id in the unified hierarchy; 0 = not there
    std::uint64_t memoryId = 0; ///< in v1's memory hierarchy
    bool inCpu = false, inCpuacct = false, inBlkio = false;

    bool operator==(const CgroupNode &) const = default;
};

/// The cgroups that exist, by walking the mounts. One thread.
class CgroupInventory {
public:
    /// At most `maxCgroups` are kept: pods and containers before others, then those nearer to the root.
    CgroupInventory(const std::filesystem::path &root, std::size_t maxCgroups);

    void refresh();
    /// As of the last refresh, ordered by path; the root is left out, it is the host.
    const std::vector<CgroupNode> &nodes() const noexcept { return m_nodes; }
    const CgroupLayout &layout() const noexcept { return m_layout; }
    std::size_t maxCgroups() const noexcept { return m_maxCgroups; }
    /// From the next refresh on.
    void setMaxCgroups(std::size_t maxCgroups) noexcept { m_maxCgroups = maxCgroups; }
    /// How many exist beyond nodes(); a lower bound where there are very many.
    std::size_t cutOff() const noexcept { return m_cutOff; }
    /// How often it was refreshed: nodes() are the same until it grows.
    std::uint64_t round() const noexcept { return m_round; }

    /// The node at this path as it exists now, from the file systems; id 0 where it does not.
    CgroupNode look(const std::string &path) const;

private:
    void keepMostImportant();

    CgroupLayout m_layout;
    std::size_t m_maxCgroups;
    std::size_t m_cutOff = 0;
    std::uint64_t m_round = 0;
    std::vector<CgroupNode> m_nodes;
};

} // namespace tapio::agent
