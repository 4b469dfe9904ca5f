// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <filesystem>
#include <set>
#include <string>

#include "agent/collect/filehooks.h"
#include "agent/collect/procparse.h"
#include "agent/collect/sampler.h"
#include "agent/collect/smallfile.h"

namespace tapio::agent {

/// The host as a whole, from /proc: stat, meminfo, vmstat, pressure/*, diskstats, 1/net/dev. Memory in use is total - free;
/// the working set leaves inactive files out, as it does for a cgroup.
class HostSampler final : public Sampler {
public:
    /// `disabled`: collectors that are switched off (cpu, memory, psi, disk, network).
    HostSampler(std::filesystem::path procRoot, const std::set<std::string> &disabled, OriginPtr host);

    void sample(SampleWriter &out) override;
    std::vector<wire::Hook> hooks() const override;

private:
    void sampleCpu(SampleWriter &out);
    void sampleMemory(SampleWriter &out);
    void samplePressure(SampleWriter &out);
    void sampleDisks(SampleWriter &out);
    void sampleNetwork(SampleWriter &out);
    FileText read(const char *name) { return m_reader.read(m_procRoot.fd(), name); }
    bool wants(const char *collector) const { return m_disabled.count(collector) == 0; }

    FolderHandle m_procRoot;
    std::set<std::string> m_disabled;
    OriginPtr m_host;
    SmallFileReader m_reader;
    FileHooks m_hooks;
    FileHooks::Id m_stat, m_meminfo, m_vmstat, m_diskstats, m_netdev;
    std::array<FileHooks::Id, 3> m_pressure{};
};

/// Adds what an interface or a disk counted, with its name as the label.
void addInterface(SampleWriter &out, const OriginPtr &origin, const InterfaceCounters &counters);
void addDisk(SampleWriter &out, const OriginPtr &origin, const DiskCounters &counters, std::string_view label);

} // namespace tapio::agent
