// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <memory>

#include "protocol/base/result.h"

namespace tapio::console {

/// "FILE.lock" beside the store, held while it is written: ends with the process, however that ends. Its text names the
/// holder: "pid start", start being the process's start in clock ticks since boot (proc(5)), which tells reused pids apart.
class LockFile {
public:
    /// Errors: Busy (names the holder), ReadOnly, PermissionDenied, NotFound, NoSpace.
    static Result<std::unique_ptr<LockFile>> take(const std::filesystem::path &store);
    ~LockFile();
    LockFile(const LockFile &) = delete;
    LockFile &operator=(const LockFile &) = delete;

private:
    explicit LockFile(int descriptor) : m_descriptor(descriptor) {}
    int m_descriptor;
};

} // namespace tapio::console
