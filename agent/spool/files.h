// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "agent/spool/record.h"
#include "protocol/base/result.h"

namespace tapio::agent {

/// The folder of the spool as a few operations that may take as long as the disk does. One thread. Only regular files that
/// belong to this user are opened, and no link is ever followed. Files are 0600, the folder is 0700.
class SpoolFiles {
public:
    static std::unique_ptr<SpoolFiles> inFolder(std::filesystem::path folder);
    virtual ~SpoolFiles() = default;

    /// Makes the folder where it is missing and locks it against a second writer until destroyed. Errors: Busy (another process
    /// has it), PermissionDenied (it is somebody else's, or was there and group or others may do something in it), NotFound, NoSpace,
    /// ReadOnly, Io.
    virtual Status open() = 0;
    /// Names in the folder but the lock's, at most `most`.
    virtual Result<std::vector<std::string>> list(std::size_t most) = 0;

    /// Makes a new file, which append() writes to from now on. Errors: AlreadyExists, NoSpace, ReadOnly, Io.
    virtual Status create(const std::string &name) = 0;
    /// All of the bytes, or none: what was written of them is cut off again as far as the disk lets us.
    virtual Status append(std::span<const std::byte> bytes) = 0;
    /// What was appended survives the loss of power.
    virtual Status sync() = 0;
    /// Nothing is appended to the current file any more.
    virtual void close() = 0;

    virtual Result<std::uint64_t> size(const std::string &name) = 0;
    /// Up to `length` bytes: fewer at the end of the file.
    virtual Result<SpoolBytes> read(const std::string &name, std::uint64_t offset, std::size_t length) = 0;
    virtual Status remove(const std::string &name) = 0;
};

} // namespace tapio::agent
