// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>

namespace tapio::test {

/// A scratch cgroup of the memory controller (v1 hierarchy, or v2 where memory is there), removed when it goes out of scope.
class MemoryCgroup {
public:
    explicit MemoryCgroup(const std::string &purpose);
    /// The same in version 2's hierarchy, whether or not memory is there.
    static MemoryCgroup inVersion2(const std::string &purpose);
    ~MemoryCgroup();
    MemoryCgroup(const MemoryCgroup &) = delete;
    MemoryCgroup &operator=(const MemoryCgroup &) = delete;

    /// Empty when it was made; else why not.
    const std::string &problem() const { return m_problem; }
    const std::string &path() const { return m_path; }
    /// kernfs id, as the kernel programs report it.
    std::uint64_t id() const;
    bool isV1() const { return m_isV1; }
    /// False when the file cannot be written.
    bool limitBytes(std::uint64_t bytes) const;
    /// Moves the calling process. Uses system calls only.
    bool enter() const;

private:
    MemoryCgroup(const std::string &root, bool isV1, const std::string &purpose);
    bool write(const std::string &file, const std::string &value) const;

    std::string m_path;
    std::string m_problem;
    bool m_isV1 = false;
};

/// Has this process, and the children it starts meanwhile, in a cgroup of their own: what else runs on the machine, other tests too, does
/// not use up what a filter grants them.
class AloneInCgroup {
public:
    explicit AloneInCgroup(const std::string &purpose);
    ~AloneInCgroup();
    AloneInCgroup(const AloneInCgroup &) = delete;
    AloneInCgroup &operator=(const AloneInCgroup &) = delete;

    /// Empty when it is there; else why not.
    const std::string &problem() const { return m_problem; }

private:
    int m_before = -1; ///< cgroup.procs of where the process was
    MemoryCgroup m_cgroup;
    std::string m_problem;
};

} // namespace tapio::test
