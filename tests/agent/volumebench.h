// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QtTest>

#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "agent/collect/volumescan.h"

namespace tapio::test {

inline constexpr std::uint64_t mib = 1u << 20;

/// A file system of so many bytes and inodes.
inline agent::VolumeSize volumeOf(std::uint64_t total, std::uint64_t available, std::uint64_t inodes = 0, std::uint64_t left = 0)
{
    return {total, available, available, inodes, left, false};
}

/// A machine in a folder: cgroups whose processes have mount namespaces of their own, and what their file systems say of themselves.
struct VolumeBench {
    QTemporaryDir folder;
    std::map<std::string, agent::VolumeSize> sizes; ///< by device; what is not in it is of 100 MiB, half empty
    std::map<std::string, int> errors;              ///< by device
    std::vector<std::string> asked;                 ///< mount points, in this order
    agent::CgroupInventory inventory;

    VolumeBench() : inventory(made(), 4096)
    {
        host("1 0 254:0 / / rw - ext4 /dev/vda rw\n2 1 0:20 / /run rw - tmpfs tmpfs rw\n");
        link("1", "1");
    }
    std::filesystem::path root() const { return folder.path().toStdString(); }
    std::filesystem::path proc() const { return root() / "proc"; }
    void put(const std::filesystem::path &path, const std::string &text) const
    {
        std::filesystem::create_directories(path.parent_path());
        std::ofstream(path) << text;
    }
    void link(const std::string &pid, const std::string &space) const
    {
        std::filesystem::create_directories(proc() / pid / "ns");
        std::filesystem::remove(proc() / pid / "ns/mnt");
        std::filesystem::create_symlink("mnt:[" + space + "]", proc() / pid / "ns/mnt");
    }
    void host(const std::string &list) const { put(proc() / "1/mountinfo", list); }
    /// A cgroup at `path` with a process that has these mounts besides a root.
    void add(const std::string &path, int pid, const std::string &mounts, const std::string &space = {}) const
    {
        const std::string number = std::to_string(pid);
        put(root() / ("cgroup" + path) / "cgroup.procs", number + '\n');
        put(proc() / number / "mountinfo", "50 40 0:50 / / rw - overlay overlay rw\n" + mounts);
        std::filesystem::create_directories(proc() / number / "root");
        link(number, space.empty() ? number : space);
    }
    agent::VolumeScanOptions options()
    {
        agent::VolumeScanOptions options;
        options.procRoot = proc();
        options.ask = [this](int, const agent::MountEntry &mount, agent::VolumeSize &size) {
            asked.push_back(mount.mountPoint);
            const auto known = sizes.find(mount.device);
            size = known == sizes.end() ? volumeOf(100 * mib, 50 * mib) : known->second;
            const auto error = errors.find(mount.device);
            return error == errors.end() ? 0 : error->second;
        };
        return options;
    }
    agent::VolumeScan scan(const std::function<void(std::string)> &at = [](const std::string &) {})
    {
        inventory.refresh();
        agent::VolumeScanner scanner(options());
        return scanner.scan(inventory.layout(), inventory.nodes(), at);
    }

private:
    std::filesystem::path made() const
    {
        put(root() / "cgroup/cgroup.controllers", "memory\n");
        return root() / "cgroup";
    }
};

/// A row of mountinfo: a tmpfs, or ext4 where `device` begins with 8.
inline std::string mountRow(int id, const std::string &device, const std::string &point, int parent = 50)
{
    const std::string what = device.starts_with("8:") ? "ext4 /dev/sdb" : "tmpfs tmpfs";
    return std::to_string(id) + ' ' + std::to_string(parent) + ' ' + device + " / " + point + " rw,relatime - " + what + " rw\n";
}

} // namespace tapio::test
