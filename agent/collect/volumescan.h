// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "agent/collect/cgroupinventory.h"
#include "agent/collect/procparse.h"
#include "agent/collect/smallfile.h"

namespace tapio::agent {

class MountTree;

/// What statvfs(3) says of a file system.
struct VolumeSize {
    std::uint64_t totalBytes = 0; ///< 0: it has no limit
    std::uint64_t freeBytes = 0;
    std::uint64_t availableBytes = 0; ///< to others than root
    std::uint64_t inodes = 0;         ///< 0: it makes them as it needs them
    std::uint64_t availableInodes = 0;
    bool isReadOnly = false;

    /// None, or too little for a write of usual size.
    bool hasNoSpace() const noexcept;
    bool hasNoInodes() const noexcept { return inodes > 0 && availableInodes == 0; }
    /// At least one hundredth of both, beyond what counts as none.
    bool hasRoom() const noexcept;
};

/// A file system that a container sees and the host does not.
struct Volume {
    std::uint64_t cgroupId = 0; ///< as in KernelRecord
    std::uint64_t memoryCgroupId = 0;
    std::string device;     ///< "254:0"
    std::string mountPoint; ///< within the container
    VolumeSize size;
};

/// One look at all of them.
struct VolumeScan {
    std::vector<Volume> volumes; ///< of the same device there may be several, in different mount namespaces
    int errnum = 0;              ///< of reading the host's mounts: without them nothing is looked at
    std::size_t beyond = 0;      ///< there are, but not among `volumes`: too many
    std::size_t unread = 0;      ///< lists of mounts that are too long or too tangled
    std::size_t failed = 0;      ///< file systems that could not be asked, and cgroups whose process could not
    int failedErrnum = 0;        ///< of one of them
    std::int64_t cpuNs = 0;      ///< that it took

    /// What has ended is no failure.
    void noteFailure(int errnum);
};

/// Asks one: 0, or an errno; ESRCH, ENOENT: it is not there any more. `root` is the open root of a process that sees it.
using AskVolume = std::function<int(int root, const MountEntry &mount, VolumeSize &size)>;
int askVolume(int root, const MountEntry &mount, VolumeSize &size);

struct VolumeScanOptions {
    std::filesystem::path procRoot = "/proc";
    std::size_t mostOfOne = 64; ///< of one mount namespace
    std::size_t mostInAll = 1024;
    AskVolume ask = askVolume;
};

/// Looks at the file systems that processes of cgroups see in mount namespaces of their own: those on local block devices, and in memory
/// (tmpfs), that can be written to and are not the host's, too. What the kubelet or a runtime has mounted for a container is in the host's
/// list, and still the container's. Of a namespace that is known for a while, the list of mounts is read only now and then, and the
/// processes of cgroups are, too: those are most of what a look costs. May wait for a file system for ever. One thread at a time.
class VolumeScanner {
public:
    static constexpr std::uint64_t youngLooks = 6; ///< in which a namespace's mounts may be still to come
    static constexpr std::uint64_t looksPerRead = 12;

    explicit VolumeScanner(VolumeScanOptions options);

    /// `at` is told what comes next, so that others can say where it hangs.
    VolumeScan scan(const CgroupLayout &layout, const std::vector<CgroupNode> &nodes, const std::function<void(std::string)> &at);

private:
    /// A mount namespace: what is asked in it.
    struct Space {
        std::vector<MountEntry> mounts; ///< of each what asking needs
        std::size_t beyond = 0;
        bool isUnread = false;
        int errnum = 0;                          ///< of reading the list
        std::uint64_t firstRound = 0, round = 0; ///< that saw it first and last
    };
    /// Of a cgroup, as it was found last.
    struct Process {
        std::string pid, space; ///< empty: it has none
        std::uint64_t round = 0;
    };
    struct Look;
    const Process &processOf(const CgroupLayout &layout, const CgroupNode &node, VolumeScan &scan);
    bool isDue(std::string_view name) const;
    int readHost();
    void lookAt(const CgroupNode &node, const std::string &pid, Space &space, const std::string &name, Look &look);
    void readMounts(const std::string &process, Space &space, Look &look);
    std::vector<const MountEntry *> choose(MountTree &tree) const;
    void ask(const CgroupNode &node, int root, const Space &space, Look &look);
    std::string spaceOf(std::string_view pid) const;

    VolumeScanOptions m_options;
    SmallFileReader m_hostReader, m_reader;
    std::set<std::string, std::less<>> m_hostDevices; ///< but for those that are only there for containers
    std::map<std::string, Process> m_processes;       ///< by the cgroup's path
    std::map<std::string, Space> m_spaces;            ///< by the namespace's name; their mounts are no more than mostInAll
    std::uint64_t m_round = 0;
};

} // namespace tapio::agent
