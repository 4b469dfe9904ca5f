// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include <sys/types.h>

#include "protocol/base/result.h"

/// Small files that must be whole or absent, and secrets that only their owner may read. Beside the transport of what else has secrets in files.
namespace tapio::transport {

/// Owns a file descriptor.
class FileDescriptor {
public:
    FileDescriptor() = default;
    explicit FileDescriptor(int fd) noexcept : m_fd(fd) {}
    FileDescriptor(FileDescriptor &&other) noexcept : m_fd(other.release()) {}
    FileDescriptor &operator=(FileDescriptor &&other) noexcept;
    FileDescriptor(const FileDescriptor &) = delete;
    FileDescriptor &operator=(const FileDescriptor &) = delete;
    ~FileDescriptor() { reset(); }

    int get() const noexcept { return m_fd; }
    explicit operator bool() const noexcept { return m_fd >= 0; }
    int release() noexcept;
    void reset() noexcept;

private:
    int m_fd = -1;
};

/// Writes beside the target, fsyncs, renames over it and fsyncs the folder: readers see the old file or the new one.
/// Errors: PermissionDenied, ReadOnly, NoSpace, NotFound, Io.
Status writeAtomically(const std::filesystem::path &path, std::string_view content, mode_t mode);

/// Reads a file of at most 1 MiB. Errors: NotFound, PermissionDenied, Malformed (larger), Io.
Result<std::string> readSmallFile(const std::filesystem::path &path);

/// The same for a private key or a password: PermissionDenied when group or others may read or write it.
Result<std::string> readSecretFile(const std::filesystem::path &path);

/// Creates a folder of mode 0700 unless it exists. Errors: as mkdir.
Status ensurePrivateFolder(const std::filesystem::path &path);

/// Holds an exclusive flock on a file until destroyed; waits for another holder.
Result<FileDescriptor> lockFile(const std::filesystem::path &path);

} // namespace tapio::transport
