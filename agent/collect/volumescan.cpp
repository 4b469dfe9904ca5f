// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/collect/volumescan.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "agent/collect/cgroupprocess.h"
#include "agent/collect/mounttree.h"
#include "agent/enrich/cgrouppath.h"
#include "agent/enrich/originresolver.h"

namespace tapio::agent {

namespace {

constexpr std::size_t mostHostBytes = 8u << 20;
/// Of one mount namespace, and of all in one look: their owners mount what they like.
constexpr std::size_t mostListBytes = 512u << 10;
constexpr std::size_t mostBytesOfAll = 8u << 20;

/// One hundredth, rounded up.
std::uint64_t hundredthOf(std::uint64_t all) { return all / 100 + (all % 100 != 0 ? 1 : 0); }

/// A place where the host mounts what is a container's. The kubelet does so for pods below its own folder, wherever that is, in pods/UID or,
/// for drivers, in plugins (getPodsDir() and getPluginsDir() of Kubernetes' pkg/kubelet/kubelet_getters.go). Runtimes do so for /dev/shm, in
/// a folder that has the container's id as name.
bool isForContainers(std::string_view mountPoint)
{
    if (mountPoint.find("/kubelet/pods/") != std::string_view::npos || mountPoint.find("/kubelet/plugins/") != std::string_view::npos)
        return true;
    while (!mountPoint.empty()) {
        const std::size_t end = std::min(mountPoint.find('/'), mountPoint.size());
        if (isContainerId(mountPoint.substr(0, end)))
            return true;
        mountPoint.remove_prefix(std::min(end + 1, mountPoint.size()));
    }
    return false;
}

class OpenPath {
public:
    OpenPath(int root, const std::string &path)
    {
        open_how how{};
        how.flags = O_PATH | O_CLOEXEC;
        // Folders on the way can be renamed and replaced by links meanwhile, to the host's file systems as well.
        how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
        m_fd = static_cast<int>(::syscall(SYS_openat2, root, path.c_str(), &how, sizeof(how)));
    }
    ~OpenPath()
    {
        if (m_fd >= 0)
            ::close(m_fd);
    }
    OpenPath(const OpenPath &) = delete;
    OpenPath &operator=(const OpenPath &) = delete;
    int fd() const noexcept { return m_fd; }

private:
    int m_fd = -1;
};

} // namespace

bool VolumeSize::hasRoom() const noexcept
{
    return (totalBytes == 0 || availableBytes >= hundredthOf(totalBytes)) && (inodes == 0 || availableInodes >= hundredthOf(inodes));
}

int askVolume(int root, const MountEntry &mount, VolumeSize &size)
{
    const OpenPath path(root, mount.mountPoint);
    if (path.fd() < 0)
        return errno;
    // From Linux 5.8 (fa2fcf4f1df1) the kernel says which mount that is: another one may have come over it.
    struct statx facts {};
    constexpr int flags = AT_EMPTY_PATH | AT_STATX_DONT_SYNC;
    const bool isKnown = ::statx(path.fd(), "", flags, STATX_MNT_ID, &facts) == 0 && (facts.stx_mask & STATX_MNT_ID) != 0;
    if (isKnown && facts.stx_mnt_id != mount.id)
        return ESRCH;
    struct statvfs status {};
    if (::fstatvfs(path.fd(), &status) != 0)
        return errno;
    const std::uint64_t block = status.f_frsize;
    size.totalBytes = status.f_blocks * block;
    size.freeBytes = status.f_bfree * block;
    size.availableBytes = status.f_bavail * block;
    size.inodes = status.f_files;
    size.availableInodes = status.f_favail;
    size.isReadOnly = (status.f_flag & ST_RDONLY) != 0;
    return 0;
}

struct VolumeScanner::Look {
    const std::function<void(std::string)> &at;
    VolumeScan scan{};
    std::set<std::string> spaces{}; ///< that were looked at
    std::size_t bytes = 0;          ///< of lists of mounts
};

VolumeScanner::VolumeScanner(VolumeScanOptions options)
    : m_options(std::move(options)), m_hostReader(mostHostBytes), m_reader(mostListBytes)
{}

VolumeScan VolumeScanner::scan(const CgroupLayout &layout, const std::vector<CgroupNode> &nodes, const std::function<void(std::string)> &at)
{
    const std::int64_t before = threadCpuNs();
    Look look{at};
    at("the host's mounts");
    look.scan.errnum = readHost();
    if (look.scan.errnum == 0) {
        // The first process may be guarded even from root; kthreadd lives in the first namespaces as well.
        for (const char *first : {"1", "2"})
            look.spaces.insert(spaceOf(first));
        for (const CgroupNode &node : nodes) {
            if (node.v2Id == 0 && node.memoryId == 0)
                continue;
            const auto number = processIn(layout, node, m_reader);
            const std::string pid = number ? std::to_string(*number) : std::string();
            std::string space = number ? spaceOf(pid) : std::string();
            if (!space.empty() && look.spaces.insert(space).second)
                lookAt(node, pid, space, look);
        }
    }
    look.scan.cpuNs = threadCpuNs() - before;
    return std::move(look.scan);
}

/// 0, or an errno.
int VolumeScanner::readHost()
{
    FileText file = m_hostReader.read(m_options.procRoot / "1/mountinfo");
    if (!file)
        return file.errnum;
    m_hostDevices.clear();
    for (std::string_view line; nextLine(file.text, line);) { // there may be more than parseMountInfo() gives
        nextWord(line);
        nextWord(line);
        const std::string_view device = nextWord(line);
        nextWord(line);
        if (!isForContainers(nextWord(line)))
            m_hostDevices.emplace(device);
    }
    return 0;
}

void VolumeScanner::lookAt(const CgroupNode &node, const std::string &pid, const std::string &space, Look &look)
{
    look.at(node.path);
    const std::filesystem::path process = m_options.procRoot / pid;
    const FileText file = m_reader.read(process / "mountinfo");
    look.bytes += file.text.size();
    std::vector<MountEntry> entries;
    if (file && look.bytes <= mostBytesOfAll)
        entries = parseMountInfo(file.text);
    if (file.errnum == EFBIG || look.bytes > mostBytesOfAll || entries.size() >= maxParsedEntries) {
        ++look.scan.unread;
        return;
    }
    MountTree tree(std::move(entries));
    const std::vector<const MountEntry *> mounts = choose(tree, look.scan);
    if (mounts.empty())
        return;
    const FolderHandle root(process / "root");
    // The process may have ended and its number gone to another meanwhile.
    if (root.isOpen() && spaceOf(pid) == space)
        ask(node, root.fd(), mounts, look);
}

/// Each file system at its shortest mount point. A container that sees the host's folders sees there what is other containers'.
std::vector<const MountEntry *> VolumeScanner::choose(MountTree &tree, VolumeScan &scan) const
{
    std::vector<const MountEntry *> wanted;
    for (const MountEntry &mount : tree.mounts()) {
        const bool isWanted = (isLocal(mount) || mount.fileSystem == "tmpfs") && !isReadOnly(mount);
        if (isWanted && !m_hostDevices.contains(mount.device) && !isForContainers(mount.mountPoint))
            wanted.push_back(&mount);
    }
    std::stable_sort(wanted.begin(), wanted.end(),
                     [](const auto *a, const auto *b) { return a->mountPoint.size() < b->mountPoint.size(); });
    std::vector<const MountEntry *> chosen;
    std::set<std::string_view> devices;
    for (const MountEntry *mount : wanted) {
        if (devices.contains(mount->device))
            continue;
        const auto way = tree.wayTo(*mount);
        if (way.empty() || !std::all_of(way.begin(), way.end(), [](const auto *one) { return isSafeToCross(*one); }))
            continue;
        devices.insert(mount->device);
        if (chosen.size() < m_options.mostOfOne && scan.volumes.size() + chosen.size() < m_options.mostInAll)
            chosen.push_back(mount);
        else
            ++scan.beyond;
    }
    scan.unread += tree.isTangled() ? 1 : 0;
    return chosen;
}

void VolumeScanner::ask(const CgroupNode &node, int root, const std::vector<const MountEntry *> &mounts, Look &look)
{
    for (const MountEntry *mount : mounts) {
        look.at(node.path + ", " + mount->mountPoint);
        Volume volume;
        volume.cgroupId = node.v2Id != 0 ? node.v2Id : node.memoryId;
        volume.memoryCgroupId = node.v2Id != 0 ? node.memoryId : 0;
        const int errnum = m_options.ask(root, *mount, volume.size);
        if (errnum == ESRCH || errnum == ENOENT)
            continue;
        if (errnum != 0) {
            ++look.scan.failed;
            look.scan.failedErrnum = errnum;
            continue;
        }
        if (volume.size.isReadOnly)
            continue;
        volume.device = mount->device;
        volume.mountPoint = mount->mountPoint;
        look.scan.volumes.push_back(std::move(volume));
    }
}

/// Empty: it cannot be told.
std::string VolumeScanner::spaceOf(const std::string &pid) const
{
    std::error_code error;
    return std::filesystem::read_symlink(m_options.procRoot / pid / "ns/mnt", error).native();
}

} // namespace tapio::agent
