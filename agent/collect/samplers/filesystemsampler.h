// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <string>
#include <sys/statvfs.h>

#include "agent/collect/filehooks.h"
#include "agent/collect/sampler.h"
#include "agent/collect/smallfile.h"

namespace tapio::agent {

/// Size and use of the host's file systems on local block devices, each once, at its shortest mount point. Network file systems
/// and those in user space (FUSE; ntfs-3g is one) are left out: a server that is gone, or a process that hangs, would stop the agent.
class FilesystemSampler final : public Sampler {
public:
    FilesystemSampler(std::filesystem::path procRoot, OriginPtr host);

    void sample(SampleWriter &out) override;
    std::vector<wire::Hook> hooks() const override { return m_hooks.hooks(); }

private:
    /// 0, or errno.
    int sizeOf(const std::string &mountPoint, struct statvfs &status) const;

    std::filesystem::path m_procRoot;
    OriginPtr m_host;
    SmallFileReader m_reader;
    FileHooks m_hooks;
    FileHooks::Id m_mounts, m_statvfs;
};

} // namespace tapio::agent
