// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/collect/samplers/filesystemsampler.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <map>
#include <utility>

#include "agent/collect/procparse.h"

namespace tapio::agent {

namespace {

constexpr std::size_t maxFilesystems = 64;

bool isLocal(const MountEntry &mount)
{
    // Read-only images are always full, which says nothing.
    constexpr std::array<std::string_view, 3> images{"squashfs", "iso9660", "erofs"};
    // Behind a FUSE file system is a process: one that hangs would hang whoever asks it, for as long as it likes.
    if (mount.fileSystem.starts_with("fuse"))
        return false;
    return mount.source.starts_with("/dev/") && std::find(images.begin(), images.end(), mount.fileSystem) == images.end();
}

bool isAtOrAbove(std::string_view folder, std::string_view path)
{
    return folder == "/" || folder == path || (path.starts_with(folder) && path[folder.size()] == '/');
}

/// Does the path to it lead to another mount, which lies over it or over a folder above it? To ask for its size would ask that one, which
/// may be a server that hangs.
bool isHidden(const MountEntry &mount, const std::vector<MountEntry> &all)
{
    std::vector<const MountEntry *> way{&mount}; // it, what it is mounted in, and so on up to the root
    const auto isOnWay = [&](std::uint64_t id) {
        return std::any_of(way.begin(), way.end(), [id](const auto *one) { return one->id == id; });
    };
    for (bool found = true; found;) {
        const auto parent = std::find_if(all.begin(), all.end(), [&](const MountEntry &one) { return one.id == way.back()->parentId; });
        found = parent != all.end() && !isOnWay(parent->id);
        if (found)
            way.push_back(&*parent);
    }
    return std::any_of(all.begin(), all.end(), [&](const MountEntry &one) {
        const bool isInWay = isOnWay(one.parentId) || one.parentId == way.back()->parentId;
        return isInWay && !isOnWay(one.id) && isAtOrAbove(one.mountPoint, mount.mountPoint);
    });
}

/// Device number -> shortest mount point.
std::map<std::string, std::string> localMounts(std::string_view mountInfo)
{
    std::map<std::string, std::string> mounts;
    const std::vector<MountEntry> all = parseMountInfo(mountInfo);
    for (const MountEntry &mount : all) {
        if (!isLocal(mount))
            continue;
        const auto known = mounts.find(mount.device);
        if (known != mounts.end()) {
            if (mount.mountPoint.size() < known->second.size() && !isHidden(mount, all))
                known->second = mount.mountPoint;
        } else if (mounts.size() < maxFilesystems && !isHidden(mount, all)) {
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
