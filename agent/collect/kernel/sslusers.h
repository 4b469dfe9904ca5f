// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/base/result.h"

/// Which processes have a libssl mapped, and the files of those. What /proc says of a process is the process's own word: paths are
/// followed within its root only, through no symbolic link, and never onto file systems that a process may serve. No state.
namespace tapio::agent {

struct SslMapping {
    std::string device; ///< "fe:01", as maps names it
    std::uint64_t inode = 0;
    std::string path;       ///< in the process's mount namespace
    bool isDeleted = false; ///< the path leads to another file by now, or to none

    bool operator==(const SslMapping &) const = default;
};

/// Executable mappings of files that are called as OpenSSL's are, each file once. `maps`: whole lines of
/// /proc/PID/maps.
std::vector<SslMapping> parseSslMappings(std::string_view maps);

/// The type of the file system that holds `path` by /proc/PID/mountinfo; empty when it does not say.
std::string fileSystemOf(std::string_view mountInfo, std::string_view path);

/// One that answers without a process: reading a file of another one could wait for ever.
bool isLocalFileSystem(std::string_view type) noexcept;

/// Numbers of all processes; empty where /proc cannot be read.
std::vector<std::uint32_t> listProcesses(const std::string &procRoot);

/// Empty also for a process that is gone.
std::vector<SslMapping> sslMappingsOf(const std::string &procRoot, std::uint32_t pid);

/// Tells the mount namespace of a process from others; empty for one that is gone.
std::string mountNamespaceOf(const std::string &procRoot, std::uint32_t pid);

/// What tells files apart. Files of an overlay have one device for each container, and are the same underneath; there the device is empty.
/// btrfs and bcachefs have a device for each subvolume, which is taken here, where maps names one for all of them.
struct FileIdentity {
    std::string device;
    std::uint64_t inode = 0;
    std::uint64_t size = 0;
    std::int64_t changedNs = 0;

    auto operator<=>(const FileIdentity &) const = default;
};

struct OpenFile {
    int fd = -1; ///< the caller's to close
    FileIdentity identity;
    bool isAmbiguous = false; ///< maps names other files alike: a snapshot's have the device and the inodes of what it was made of
};

/// Opens the file for reading. Errors: NotFound (the process is gone, or the file is not what was mapped), Unsupported (its file system
/// may keep us waiting, or is not known), PermissionDenied, Io.
Result<OpenFile> openMapped(const std::string &procRoot, std::uint32_t pid, const SslMapping &mapping);

} // namespace tapio::agent
