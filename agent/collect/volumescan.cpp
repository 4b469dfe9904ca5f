// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/collect/volumescan.h"

#include <algorithm>
#include <array>
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

/// So little is as good as none. A write is refused as a whole, and not cut to what there is: Linux 6.18 was seen to keep 0.4 of 14 MiB of
/// an ext4 from who writes 1 MiB at once, and 2 of 230 MiB from who writes 8 MiB.
std::uint64_t uselessOf(std::uint64_t all)
{
    constexpr std::uint64_t most = 2u << 20, part = 32;
    return std::min(most, all / part);
}

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

bool VolumeSize::hasNoSpace() const noexcept { return totalBytes > 0 && availableBytes <= uselessOf(totalBytes); }

bool VolumeSize::hasRoom() const noexcept
{
    return (totalBytes == 0 || availableBytes >= uselessOf(totalBytes) + hundredthOf(totalBytes))
           && (inodes == 0 || availableInodes >= hundredthOf(inodes));
}

void VolumeScan::noteFailure(int of)
{
    if (of == 0 || of == ENOENT || of == ESRCH)
        return;
    ++failed;
    failedErrnum = of;
}

int askVolume(int root, const MountEntry &mount, VolumeSize &size)
{
    const OpenPath path(root, mount.mountPoint);
    if (path.fd() < 0)
        return errno;
    // Another one may have come over it, or the list be old. From Linux 5.8 (fa2fcf4f1df1) on the kernel says which it is.
    struct statx facts {};
    constexpr int flags = AT_EMPTY_PATH | AT_STATX_DONT_SYNC;
    if (::statx(path.fd(), "", flags, STATX_MNT_ID, &facts) != 0)
        return errno;
    if ((facts.stx_mask & STATX_MNT_ID) == 0)
        return ENOSYS;
    if (facts.stx_mnt_id != mount.id)
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
    std::size_t chosen = 0; ///< file systems
    std::size_t bytes = 0;  ///< of lists of mounts
};

VolumeScanner::VolumeScanner(VolumeScanOptions options)
    : m_options(std::move(options)), m_hostReader(mostHostBytes), m_reader(mostListBytes)
{}

VolumeScan VolumeScanner::scan(const CgroupLayout &layout, const std::vector<CgroupNode> &nodes, const std::function<void(std::string)> &at)
{
    const std::int64_t before = threadCpuNs();
    Look look{at};
    ++m_round;
    at("the host's mounts");
    look.scan.errnum = readHost();
    // The first process may be guarded even from root; kthreadd lives in the first namespaces as well.
    const std::array<std::string, 2> host{spaceOf("1"), spaceOf("2")};
    for (const CgroupNode &node : nodes) {
        if (look.scan.errnum != 0 || (node.v2Id == 0 && node.memoryId == 0))
            continue;
        const auto &[pid, name, unused] = processOf(layout, node, look.scan);
        if (name.empty() || name == host[0] || name == host[1])
            continue;
        Space &space = m_spaces.try_emplace(name, Space{{}, 0, false, 0, m_round, 0}).first->second;
        if (std::exchange(space.round, m_round) != m_round) // else another of its cgroups has come before
            lookAt(node, pid, space, name, look);
    }
    const auto isGone = [this](const auto &entry) { return entry.second.round != m_round; };
    std::erase_if(m_spaces, isGone);
    std::erase_if(m_processes, isGone);
    look.scan.cpuNs = threadCpuNs() - before;
    return std::move(look.scan);
}

/// Now and then by chance of its name, so that not all are read in one look.
bool VolumeScanner::isDue(std::string_view name) const { return (m_round + std::hash<std::string_view>()(name)) % looksPerRead == 0; }

const VolumeScanner::Process &VolumeScanner::processOf(const CgroupLayout &layout, const CgroupNode &node, VolumeScan &scan)
{
    Process &process = m_processes[node.path];
    process.round = m_round;
    if (!process.space.empty() && !isDue(node.path) && spaceOf(process.pid) == process.space)
        return process;
    const auto number = processIn(layout, node, m_reader);
    process.pid = number ? std::to_string(*number) : std::string();
    process.space = number ? spaceOf(process.pid) : std::string();
    if (number && process.space.empty())
        scan.noteFailure(errno);
    return process;
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

void VolumeScanner::lookAt(const CgroupNode &node, const std::string &pid, Space &space, const std::string &name, Look &look)
{
    look.at(node.path);
    const std::string process = m_options.procRoot.native() + '/' + pid;
    if (m_round - space.firstRound < youngLooks || isDue(name))
        readMounts(process, space, look);
    const std::size_t room = m_options.mostInAll - look.chosen;
    if (space.mounts.size() > room) {
        space.beyond += space.mounts.size() - room;
        space.mounts.resize(room);
    }
    look.chosen += space.mounts.size();
    look.scan.beyond += space.beyond;
    look.scan.unread += space.isUnread ? 1 : 0;
    look.scan.noteFailure(space.errnum);
    if (space.mounts.empty())
        return;
    const FolderHandle root(process + "/root");
    if (!root.isOpen())
        look.scan.noteFailure(errno);
    else if (spaceOf(pid) == name) // the process may have ended and its number gone to another meanwhile
        ask(node, root.fd(), space, look);
}

void VolumeScanner::readMounts(const std::string &process, Space &space, Look &look)
{
    const FileText file = m_reader.read(process + "/mountinfo");
    look.bytes += file.text.size();
    std::vector<MountEntry> entries;
    if (file && look.bytes <= mostBytesOfAll)
        entries = parseMountInfo(file.text);
    const bool isTooLong = file.errnum == EFBIG || look.bytes > mostBytesOfAll || entries.size() >= maxParsedEntries;
    space = {{}, 0, isTooLong, isTooLong ? 0 : file.errnum, space.firstRound, space.round};
    if (space.isUnread)
        return;
    MountTree tree(std::move(entries));
    for (const MountEntry *mount : choose(tree)) {
        if (space.mounts.size() == m_options.mostOfOne) {
            ++space.beyond;
            continue;
        }
        MountEntry needed;
        needed.id = mount->id;
        needed.device = mount->device;
        needed.mountPoint = mount->mountPoint;
        space.mounts.push_back(std::move(needed));
    }
    space.isUnread = tree.isTangled();
}

/// Each file system at its shortest mount point. A container that sees the host's folders sees there what is other containers'.
std::vector<const MountEntry *> VolumeScanner::choose(MountTree &tree) const
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
        chosen.push_back(mount);
    }
    return chosen;
}

void VolumeScanner::ask(const CgroupNode &node, int root, const Space &space, Look &look)
{
    for (const MountEntry &mount : space.mounts) {
        look.at(node.path + ", " + mount.mountPoint);
        Volume volume;
        volume.cgroupId = node.v2Id != 0 ? node.v2Id : node.memoryId;
        volume.memoryCgroupId = node.v2Id != 0 ? node.memoryId : 0;
        const int errnum = m_options.ask(root, mount, volume.size);
        look.scan.noteFailure(errnum);
        if (errnum != 0 || volume.size.isReadOnly)
            continue;
        volume.device = mount.device;
        volume.mountPoint = mount.mountPoint;
        look.scan.volumes.push_back(std::move(volume));
    }
}

/// Empty: it cannot be told.
std::string VolumeScanner::spaceOf(std::string_view pid) const
{
    std::array<char, 64> name;
    const std::string link = m_options.procRoot.native() + '/' + std::string(pid) + "/ns/mnt";
    const ssize_t size = ::readlink(link.c_str(), name.data(), name.size());
    return std::string(name.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
}

} // namespace tapio::agent
