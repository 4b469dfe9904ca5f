// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <random>
#include <string>
#include <vector>

struct sqlite3_vfs;

namespace tapio::test {

/// An SQLite VFS over the real one that fails on demand and knows what would survive a power cut: everything that was synced,
/// and of the rest any part, in sectors of 512 bytes, in any order. One thread at a time.
class FaultVfs {
public:
    FaultVfs();
    ~FaultVfs();
    FaultVfs(const FaultVfs &) = delete;
    FaultVfs &operator=(const FaultVfs &) = delete;

    const std::string &name() const { return m_name; }
    /// Writes, truncations, syncs and deletions so far.
    std::uint64_t operations() const { return m_operations; }

    enum class Fault { None, NoSpace, WriteError, ShortWrite, SyncError };
    /// From the `after`-th operation from now on, until heal().
    void failAfter(std::uint64_t after, Fault fault);
    void heal() { m_fault = Fault::None; }

    /// The power goes at that operation from now: it and all later ones fail.
    void cutPowerAfter(std::uint64_t after) { m_dieAt = m_operations + after; }
    bool dead() const { return m_operations >= m_dieAt; }
    /// Writes what a disk would have into `folder`, under the files' own names.
    void writeSurvivors(const std::filesystem::path &folder, std::uint64_t seed) const;

    // For the VFS's functions.
    struct Operation {
        std::int64_t offset = 0;
        std::vector<unsigned char> bytes;
        bool truncate = false;
    };
    struct Disk {
        bool exists = false;  ///< surely, on the disk
        bool deleted = false; ///< not surely any more
        std::vector<unsigned char> durable;
        std::vector<Operation> unsynced;
        /// The deleted file of the same name before this one; its content comes back when neither change of the folder was sure.
        std::vector<unsigned char> before;
        bool hadBefore = false;
    };
    Disk &disk(const std::string &path);
    void syncFolder(); ///< deletions are sure from now on
    /// The SQLite code with which the next operation fails; 0 = it succeeds.
    int next(bool isSync);
    int errnum() const { return m_errnum; }
    bool dying() const { return m_operations == m_dieAt; }

private:
    std::string m_name;
    sqlite3_vfs *m_vfs;
    std::map<std::string, Disk> m_disks;
    std::uint64_t m_operations = 0;
    std::uint64_t m_failAt = 0;
    std::uint64_t m_dieAt = UINT64_MAX;
    Fault m_fault = Fault::None;
    int m_errnum = 0;
};

} // namespace tapio::test
