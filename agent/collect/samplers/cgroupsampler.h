// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "agent/collect/cgroupinventory.h"
#include "agent/collect/filehooks.h"
#include "agent/collect/procparse.h"
#include "agent/collect/sampler.h"
#include "agent/collect/smallfile.h"

namespace tapio::agent {

/// CPU, memory, pressure and block I/O of every cgroup of the inventory, from v1, v2 or both: a controller's figures come
/// from the hierarchy where it lives, pressure from v2 only.
class CgroupSampler final : public Sampler {
public:
    /// `disabled`: collectors that are switched off (cpu, memory, psi, disk). The resolver outlives the sampler.
    CgroupSampler(const std::filesystem::path &procRoot, const CgroupInventory &inventory, OriginResolver &resolver,
                  const std::set<std::string> &disabled);

    /// Of the cgroups as of the inventory's last refresh.
    void sample(SampleWriter &out) override;
    std::vector<wire::Hook> hooks() const override;

private:
    using Value = std::optional<std::uint64_t>;

    void sampleOne(const CgroupNode &node, SampleWriter &out);
    void sampleCpuV1(const CgroupNode &node, const OriginPtr &origin, SampleWriter &out);
    void sampleCpuV2(const FolderHandle &folder, const OriginPtr &origin, SampleWriter &out);
    void sampleMemory(const FolderHandle &folder, bool v1, const OriginPtr &origin, SampleWriter &out);
    void samplePressure(const FolderHandle &folder, const OriginPtr &origin, SampleWriter &out);
    void sampleIoV1(const CgroupNode &node, const OriginPtr &origin, SampleWriter &out);
    void sampleIoV2(const FolderHandle &folder, const OriginPtr &origin, SampleWriter &out);
    void addDisks(const std::vector<DiskCounters> &disks, const OriginPtr &origin, SampleWriter &out) const;
    Value keyed(const FolderHandle &folder, const char *collector, const char *file, const char *key);
    /// Reads a file of a cgroup and notes the outcome under its name.
    FileText read(const FolderHandle &folder, const char *collector, const char *file);
    FolderHandle open(const std::filesystem::path &hierarchy, const CgroupNode &node) const;
    bool wants(const char *collector) const { return m_disabled.count(collector) == 0; }

    std::filesystem::path m_diskstats;
    const CgroupInventory &m_inventory;
    OriginResolver &m_resolver;
    std::set<std::string> m_disabled;
    SmallFileReader m_reader;
    FileHooks m_hooks;
    FileHooks::Id m_walk;
    std::map<std::string, FileHooks::Id, std::less<>> m_files;
    std::map<std::string, std::string, std::less<>> m_deviceNames;
};

} // namespace tapio::agent
