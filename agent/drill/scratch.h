// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include <sys/types.h>

#include "agent/drill/drill.h"

namespace tapio::drill {

/// Where a controller's cgroups are: its own hierarchy of version 1, or version 2's for all.
struct CgroupHierarchies {
    std::map<std::string, std::filesystem::path> controllers; ///< "memory", "cpu", "pids", "io" (blkio of version 1) -> mount point
    std::vector<std::filesystem::path> all;                   ///< each mount point once, version 2's among them
    bool isV2 = false;                                        ///< version 2 has the controllers
    std::map<std::string, std::string> missing;               ///< controller -> why

    static CgroupHierarchies detect(const std::filesystem::path &root);
    /// Errors: Unsupported, with the reason.
    Status require(std::string_view controller) const;
};

/// What a drill leaves behind if nobody cleans: a cgroup of one name in each hierarchy, and a folder of that name. Namespaces, mounts
/// and the loop device need no cleaning: they end with the last process in them, also when the runner is killed.
/// Removed by the destructor, with the processes in it. One thread.
class Scratch {
public:
    /// Errors: by errno of mkdir and of the limits' files; Unsupported (a controller that the limits need is not there).
    static Result<Scratch> make(const Place &place, const std::string &name, const Limits &limits);
    ~Scratch();
    Scratch(Scratch &&other) noexcept;
    Scratch &operator=(Scratch &&) = delete;
    Scratch(const Scratch &) = delete;
    Scratch &operator=(const Scratch &) = delete;

    /// Into every hierarchy. Errors: by errno.
    Status add(pid_t pid) const;
    /// Kills everything in it and waits for that, for at most two seconds. Errors: Busy.
    Status endProcesses() const;
    /// As of now; `effects` and `told` stay empty.
    Evidence evidence() const;
    /// Only on the device with these numbers. Errors: Unsupported, by errno.
    Status limitWrites(dev_t device, std::uint64_t bytesPerSecond) const;
    const std::filesystem::path &folder() const noexcept { return m_folder; }
    std::string cgroupPath() const { return '/' + m_name; }
    /// Removes all. Idempotent. Errors: the first that stood in the way; what is left is found by removeLeftovers.
    Status remove();

private:
    Scratch(CgroupHierarchies hierarchies, std::string name) : m_hierarchies(std::move(hierarchies)), m_name(std::move(name)) {}
    Status limit(const Limits &limits) const;
    std::filesystem::path of(std::string_view controller) const;

    CgroupHierarchies m_hierarchies;
    std::string m_name;
    std::filesystem::path m_folder;
};

/// Of runs that were killed: ends their processes and removes their cgroups and folders. Only while no drill runs. What was removed.
/// Errors: the first that stood in the way, after trying all.
Result<std::vector<std::string>> removeLeftovers(const Place &place);
/// The same names, without touching them.
std::vector<std::string> findLeftovers(const Place &place);

} // namespace tapio::drill
