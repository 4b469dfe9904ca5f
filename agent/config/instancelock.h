// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "agent/config/runmark.h"
#include "protocol/base/result.h"

namespace tapio::agent {

/// One agent per node name and machine: a lock on FOLDER/agent-NODE.lock, held until destroyed or the process ends. The file keeps the mark
/// that this one leaves for the next. One thread.
class InstanceLock {
public:
    /// Makes the folder where it is missing. Errors: AlreadyExists (another instance; names its process), ReadOnly, NoSpace,
    /// PermissionDenied, Io.
    static Result<InstanceLock> acquire(const std::filesystem::path &folder, std::string_view node);
    ~InstanceLock();
    InstanceLock(InstanceLock &&other) noexcept;
    InstanceLock &operator=(InstanceLock &&) = delete;
    InstanceLock(const InstanceLock &) = delete;
    InstanceLock &operator=(const InstanceLock &) = delete;

    /// Of the agent before; empty = there was none. Errors: Malformed.
    const Result<std::optional<RunMark>> &before() const noexcept { return m_before; }
    /// Replaces what the file says. Does not wait for the disk: it is to outlive the process, not the machine. Errors: by errno.
    Status leave(const RunMark &mark);

private:
    explicit InstanceLock(int fd) noexcept : m_fd(fd) {}
    Status write(std::uint32_t pid, const RunMark *mark);

    int m_fd;
    Result<std::optional<RunMark>> m_before = std::optional<RunMark>();
};

/// A file with the number of this process, removed when destroyed.
class PidFile {
public:
    /// An empty path makes none. Errors: ReadOnly, NoSpace, PermissionDenied, Io.
    static Result<PidFile> write(const std::filesystem::path &path);
    ~PidFile();
    PidFile(PidFile &&other) noexcept;
    PidFile &operator=(PidFile &&) = delete;
    PidFile(const PidFile &) = delete;
    PidFile &operator=(const PidFile &) = delete;

private:
    explicit PidFile(std::filesystem::path path) noexcept : m_path(std::move(path)) {}

    std::filesystem::path m_path;
};

} // namespace tapio::agent
