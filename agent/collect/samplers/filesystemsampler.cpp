// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/collect/samplers/filesystemsampler.h"

#include <algorithm>
#include <cerrno>
#include <map>
#include <utility>

#include "agent/collect/mounttree.h"
#include "agent/collect/procparse.h"

namespace tapio::agent {

namespace {

constexpr std::size_t maxFilesystems = 64;

/// Device number -> shortest mount point.
std::map<std::string, std::string> localMounts(std::string_view mountInfo)
{
    std::map<std::string, std::string> mounts;
    MountTree all(parseMountInfo(mountInfo));
    for (const MountEntry &mount : all.mounts()) {
        if (!isLocal(mount))
            continue;
        const auto known = mounts.find(mount.device);
        if (known != mounts.end()) {
            if (mount.mountPoint.size() < known->second.size() && all.isVisible(mount))
                known->second = mount.mountPoint;
        } else if (mounts.size() < maxFilesystems && all.isVisible(mount)) {
            mounts.emplace(mount.device, mount.mountPoint);
        }
    }
    return mounts;
}

} // namespace

FilesystemSampler::FilesystemSampler(std::filesystem::path procRoot, OriginPtr host)
    : m_procRoot(std::move(procRoot)), m_host(std::move(host)), m_mounts(m_hooks.add("filesystem", "/proc/1/mountinfo")),
      m_statvfs(m_hooks.add("filesystem", "statvfs"))
{}

int FilesystemSampler::sizeOf(const std::string &mountPoint, struct statvfs &status) const
{
    // Through another's root, since the agent may live in a mount namespace of its own: the first process's, or kthreadd's
    // where that one is guarded even from root.
    for (const char *root : {"1/root", "2/root"}) {
        if (statvfs(((m_procRoot / root).native() + mountPoint).c_str(), &status) == 0)
            return 0;
    }
    return errno;
}

void FilesystemSampler::sample(SampleWriter &out)
{
    m_hooks.begin();
    const FileText file = m_reader.read(m_procRoot / "1/mountinfo");
    m_hooks.note(m_mounts, file.errnum);
    if (!file)
        return;
    for (const auto &[device, mountPoint] : localMounts(file.text)) {
        struct statvfs status {};
        const int errnum = sizeOf(mountPoint, status);
        m_hooks.note(m_statvfs, errnum);
        if (errnum != 0 || status.f_blocks == 0)
            continue;
        const std::uint64_t total = std::uint64_t{status.f_blocks} * status.f_frsize;
        const std::uint64_t unused = std::uint64_t{status.f_bfree} * status.f_frsize;
        out.add(m_host, wire::Metric::FilesystemTotalBytes, total, mountPoint);
        out.add(m_host, wire::Metric::FilesystemUsedBytes, total - std::min(total, unused), mountPoint);
    }
}

} // namespace tapio::agent
