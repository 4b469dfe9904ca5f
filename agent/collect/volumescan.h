// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
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

    bool hasNoSpace() const noexcept { return totalBytes > 0 && availableBytes == 0; }
    bool hasNoInodes() const noexcept { return inodes > 0 && availableInodes == 0; }
    /// At least one hundredth of both.
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
    std::size_t failed = 0;      ///< file systems that could not be asked
    int failedErrnum = 0;        ///< of one of them
    std::int64_t cpuNs = 0;      ///< that it took
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
/// list, and still the container's. May wait for a file system for ever. One thread at a time.
class VolumeScanner {
public:
    explicit VolumeScanner(VolumeScanOptions options);

    /// `at` is told what comes next, so that others can say where it hangs.
    VolumeScan scan(const CgroupLayout &layout, const std::vector<CgroupNode> &nodes, const std::function<void(std::string)> &at);

private:
    struct Look;
    int readHost();
    void lookAt(const CgroupNode &node, const std::string &pid, const std::string &space, Look &look);
    void ask(const CgroupNode &node, int root, const std::vector<const MountEntry *> &mounts, Look &look);
    std::vector<const MountEntry *> choose(MountTree &tree, VolumeScan &scan) const;
    std::string spaceOf(const std::string &pid) const;

    VolumeScanOptions m_options;
    SmallFileReader m_hostReader, m_reader;
    std::set<std::string, std::less<>> m_hostDevices; ///< but for those that are only there for containers
};

} // namespace tapio::agent
