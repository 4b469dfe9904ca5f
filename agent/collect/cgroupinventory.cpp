// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/collect/cgroupinventory.h"

#include <algorithm>
#include <dirent.h>
#include <fcntl.h>
#include <map>
#include <memory>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/enrich/cgrouppath.h"

namespace tapio::agent {

namespace {

constexpr int maxDepth = 24;
constexpr std::size_t walkFactor = 8; // look this much further than what is kept, to prefer containers

using NodeMap = std::map<std::string, CgroupNode, std::less<>>;
using Found = void (*)(CgroupNode &, std::uint64_t inode);

void foundUnified(CgroupNode &node, std::uint64_t inode) { node.v2Id = inode; }
void foundMemory(CgroupNode &node, std::uint64_t inode) { node.memoryId = inode; }
void foundCpu(CgroupNode &node, std::uint64_t) { node.inCpu = true; }
void foundCpuacct(CgroupNode &node, std::uint64_t) { node.inCpuacct = true; }
void foundBlkio(CgroupNode &node, std::uint64_t) { node.inBlkio = true; }

struct Hierarchy {
    const std::filesystem::path &root;
    Found found;
};

std::vector<Hierarchy> hierarchiesOf(const CgroupLayout &layout)
{
    std::vector<Hierarchy> all;
    const auto add = [&all](const std::filesystem::path &root, Found found) {
        if (!root.empty())
            all.push_back({root, found});
    };
    add(layout.unified, foundUnified);
    add(layout.memory, foundMemory);
    add(layout.cpu, foundCpu);
    add(layout.cpuacct, foundCpuacct);
    add(layout.blkio, foundBlkio);
    return all;
}

class Walk {
public:
    Walk(NodeMap &nodes, std::size_t limit) : m_nodes(nodes), m_limit(limit) {}

    void run(const Hierarchy &hierarchy)
    {
        std::string path;
        descend(AT_FDCWD, hierarchy.root.c_str(), path, 0, hierarchy.found);
    }
    std::size_t beyond() const noexcept { return m_beyond; }

private:
    void descend(int parent, const char *name, std::string &path, int depth, Found found)
    {
        const std::unique_ptr<DIR, int (*)(DIR *)> folder(openFolder(parent, name), closedir);
        if (!folder)
            return; // gone between the listing and now
        for (const dirent *entry = readdir(folder.get()); entry != nullptr; entry = readdir(folder.get())) {
            if (entry->d_name[0] == '.' || (entry->d_type != DT_DIR && entry->d_type != DT_UNKNOWN))
                continue;
            struct stat status {};
            if (fstatat(dirfd(folder.get()), entry->d_name, &status, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISDIR(status.st_mode))
                continue;
            const std::size_t length = path.size();
            path.append("/").append(entry->d_name);
            if (note(path, status.st_ino, found) && status.st_nlink != 2 && depth < maxDepth)
                descend(dirfd(folder.get()), entry->d_name, path, depth + 1, found); // kernfs: links = 2 + subfolders
            path.resize(length);
        }
    }

    static DIR *openFolder(int parent, const char *name)
    {
        const int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (fd < 0)
            return nullptr;
        DIR *const folder = fdopendir(fd);
        if (folder == nullptr)
            close(fd);
        return folder;
    }

    bool note(const std::string &path, std::uint64_t inode, Found found)
    {
        auto known = m_nodes.find(path);
        if (known == m_nodes.end()) {
            if (m_nodes.size() >= m_limit) {
                ++m_beyond;
                return false;
            }
            known = m_nodes.emplace(path, CgroupNode{}).first;
            known->second.path = path;
        }
        found(known->second, inode);
        return true;
    }

    NodeMap &m_nodes;
    std::size_t m_limit;
    std::size_t m_beyond = 0;
};

std::filesystem::path folderOrEmpty(const std::filesystem::path &path)
{
    std::error_code ignored;
    return std::filesystem::is_directory(path, ignored) ? path : std::filesystem::path();
}

std::uint64_t inodeOf(const std::filesystem::path &root, const std::string &path)
{
    struct stat status {};
    if (root.empty() || stat((root.native() + path).c_str(), &status) != 0 || !S_ISDIR(status.st_mode))
        return 0;
    return status.st_ino;
}

} // namespace

CgroupLayout CgroupLayout::detect(const std::filesystem::path &root)
{
    CgroupLayout layout;
    std::error_code ignored;
    if (std::filesystem::exists(root / "cgroup.controllers", ignored)) {
        layout.unified = root;
        return layout;
    }
    if (std::filesystem::exists(root / "unified" / "cgroup.controllers", ignored))
        layout.unified = root / "unified";
    const auto controller = [&](const char *alone, const char *together) {
        const auto path = folderOrEmpty(root / alone);
        return path.empty() && together != nullptr ? folderOrEmpty(root / together) : path;
    };
    layout.cpu = controller("cpu", "cpu,cpuacct");
    layout.cpuacct = controller("cpuacct", "cpu,cpuacct");
    layout.memory = controller("memory", nullptr);
    layout.blkio = controller("blkio", nullptr);
    return layout;
}

const char *CgroupLayout::kind() const noexcept
{
    if (hasV1())
        return unified.empty() ? "v1" : "hybrid";
    return unified.empty() ? "none" : "v2";
}

CgroupInventory::CgroupInventory(const std::filesystem::path &root, std::size_t maxCgroups)
    : m_layout(CgroupLayout::detect(root)), m_maxCgroups(maxCgroups)
{}

void CgroupInventory::refresh()
{
    ++m_round;
    NodeMap found;
    Walk walk(found, m_maxCgroups * walkFactor);
    for (const Hierarchy &hierarchy : hierarchiesOf(m_layout))
        walk.run(hierarchy);
    m_nodes.clear();
    m_nodes.reserve(found.size());
    for (auto &[path, node] : found)
        m_nodes.push_back(std::move(node));
    m_cutOff = walk.beyond();
    if (m_nodes.size() > m_maxCgroups)
        keepMostImportant();
}

void CgroupInventory::keepMostImportant()
{
    m_cutOff += m_nodes.size() - m_maxCgroups;
    const auto rank = [](const CgroupNode &node) {
        const bool workload = identityFromPath(node.path) != CgroupIdentity{};
        return std::pair(workload ? 0 : 1, std::count(node.path.begin(), node.path.end(), '/'));
    };
    std::vector<std::pair<decltype(rank(CgroupNode{})), std::size_t>> order;
    for (std::size_t i = 0; i < m_nodes.size(); ++i)
        order.emplace_back(rank(m_nodes[i]), i);
    std::sort(order.begin(), order.end());
    order.resize(m_maxCgroups);
    std::sort(order.begin(), order.end(), [](const auto &a, const auto &b) { return a.second < b.second; });
    std::vector<CgroupNode> kept;
    kept.reserve(m_maxCgroups);
    for (const auto &[unused, index] : order)
        kept.push_back(std::move(m_nodes[index]));
    m_nodes = std::move(kept);
}

CgroupNode CgroupInventory::look(const std::string &path) const
{
    CgroupNode node;
    node.path = path;
    node.v2Id = inodeOf(m_layout.unified, path);
    node.memoryId = inodeOf(m_layout.memory, path);
    node.inCpu = inodeOf(m_layout.cpu, path) != 0;
    node.inCpuacct = inodeOf(m_layout.cpuacct, path) != 0;
    node.inBlkio = inodeOf(m_layout.blkio, path) != 0;
    return node;
}

} // namespace tapio::agent
