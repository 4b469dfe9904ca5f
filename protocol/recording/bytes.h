// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>

#include "protocol/base/result.h"

/// Where the bytes of a recording come from and go to. One thread each.
namespace tapio::recording {

class ByteSource {
public:
    virtual ~ByteSource() = default;
    /// Fills `into` from where the last call ended; how many bytes there were: fewer only at the end. Errors: Io.
    virtual Result<std::size_t> read(std::span<std::byte> into) = 0;
};

class ByteSink {
public:
    virtual ~ByteSink() = default;
    /// All of it. Errors: NoSpace, Io.
    virtual Status write(std::span<const std::byte> bytes) = 0;
};

/// Errors: NotFound, PermissionDenied, InvalidArgument (a folder), Io.
Result<std::unique_ptr<ByteSource>> openFile(const std::filesystem::path &file);
/// `bytes` outlive the source.
std::unique_ptr<ByteSource> overBytes(std::span<const std::byte> bytes);
/// A new file that its owner alone may read: what ran on a node, with its arguments, is nobody else's. Errors: AlreadyExists, NotFound, PermissionDenied,
/// NoSpace, ReadOnly.
Result<std::unique_ptr<ByteSink>> createFile(const std::filesystem::path &file);

} // namespace tapio::recording
