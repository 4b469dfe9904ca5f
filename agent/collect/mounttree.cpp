// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/collect/mounttree.h"

#include <algorithm>
#include <array>
#include <limits>
#include <unordered_map>

namespace tapio::agent {

namespace {

constexpr std::uint64_t noMount = std::numeric_limits<std::uint64_t>::max();
/// A path has ten or so of them.
constexpr std::size_t mostSteps = 16'384;

template <std::size_t count> bool isOneOf(const std::array<std::string_view, count> &all, std::string_view one)
{
    return std::find(all.begin(), all.end(), one) != all.end();
}

constexpr std::array<std::string_view, 3> images{"squashfs", "iso9660", "erofs"};

bool isOnDevice(const MountEntry &mount) { return mount.source.starts_with("/dev/") && !mount.fileSystem.starts_with("fuse"); }

bool isAtOrAbove(std::string_view folder, std::string_view path)
{
    return folder == "/" || folder == path || (path.starts_with(folder) && path[folder.size()] == '/');
}

} // namespace

bool isLocal(const MountEntry &mount) { return isOnDevice(mount) && !isOneOf(images, mount.fileSystem); }

bool isReadOnly(const MountEntry &mount)
{
    std::string_view rest = mount.options;
    while (!rest.empty()) {
        const std::size_t end = std::min(rest.find(','), rest.size());
        if (rest.substr(0, end) == "ro")
            return true;
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    return false;
}

bool isSafeToCross(const MountEntry &mount)
{
    constexpr std::array<std::string_view, 7> others{"overlay", "tmpfs", "devtmpfs", "ramfs", "rootfs", "zfs", "aufs"};
    return isOnDevice(mount) || isOneOf(others, mount.fileSystem) || isOneOf(images, mount.fileSystem);
}

MountTree::MountTree(std::vector<MountEntry> mounts) : m_mounts(std::move(mounts)), m_steps(mostSteps)
{
    std::unordered_map<std::uint64_t, std::string_view> points;
    points.reserve(m_mounts.size());
    for (const MountEntry &mount : m_mounts)
        points.emplace(mount.id, mount.mountPoint);
    for (const MountEntry &mount : m_mounts) {
        // A list begins at the root that its process has: the mounts above are not in it.
        const auto parent = points.find(mount.parentId);
        const bool hasParent = parent != points.end() && parent->first != mount.id && isAtOrAbove(parent->second, mount.mountPoint);
        const auto [place, isFirst] = m_children.try_emplace(Place(hasParent ? mount.parentId : noMount, mount.mountPoint), &mount);
        if (!isFirst)
            place->second = nullptr;
    }
}

MountTree::Found MountTree::over(std::uint64_t id, std::string_view place, const MountEntry *&found)
{
    m_steps -= m_steps > 0 ? 1 : 0;
    const auto child = m_children.find({id, place});
    if (child == m_children.end())
        return Found::Nothing;
    found = child->second;
    return found == nullptr ? Found::Several : Found::One;
}

/// As the kernel walks: at each folder of the path into the mount that lies on it, if any, and what lies on that.
std::vector<const MountEntry *> MountTree::wayTo(const MountEntry &mount)
{
    const std::string_view path = mount.mountPoint;
    std::vector<const MountEntry *> way;
    for (std::size_t end = 1; end <= path.size();) {
        const MountEntry *next = nullptr;
        const Found found = over(way.empty() ? noMount : way.back()->id, path.substr(0, end), next);
        if (found == Found::Several || m_steps == 0)
            return {};
        if (found == Found::One)
            way.push_back(next);
        else if (end == path.size())
            break;
        else
            end = std::min(path.find('/', end + 1), path.size());
    }
    if (way.empty() || way.back() != &mount)
        way.clear();
    return way;
}

} // namespace tapio::agent
