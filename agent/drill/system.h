// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>
#include <unistd.h>

#include "protocol/base/result.h"

/// System calls that several files of the drills use. Stateless.
namespace tapio::drill {

/// Owns a file descriptor.
class Fd {
public:
    Fd() = default;
    explicit Fd(int fd) noexcept : m_fd(fd) {}
    Fd(Fd &&other) noexcept : m_fd(other.release()) {}
    Fd &operator=(Fd &&other) noexcept
    {
        if (this != &other) {
            reset();
            m_fd = other.release();
        }
        return *this;
    }
    Fd(const Fd &) = delete;
    Fd &operator=(const Fd &) = delete;
    ~Fd() { reset(); }
    int get() const noexcept { return m_fd; }
    explicit operator bool() const noexcept { return m_fd >= 0; }
    int release() noexcept
    {
        const int fd = m_fd;
        m_fd = -1;
        return fd;
    }
    void reset() noexcept
    {
        if (m_fd >= 0)
            ::close(m_fd);
        m_fd = -1;
    }

private:
    int m_fd = -1;
};

/// CLOCK_BOOTTIME, ns.
std::int64_t bootNs() noexcept;
/// Sleeps, but not beyond `untilBootNs`; false when that time has come.
bool pause(std::chrono::milliseconds time, std::int64_t untilBootNs) noexcept;

/// At most 64 KiB; empty when it cannot be read.
std::string readText(const std::filesystem::path &file);
/// One write(2), as files of cgroups and /proc want it. Errors: by errno.
Status writeText(const std::filesystem::path &file, std::string_view text);
/// The number behind "KEY " at the beginning of a line.
std::optional<std::uint64_t> keyedNumber(std::string_view text, std::string_view key);

/// Forks; the child runs `body` and leaves with what it returns, without destructors. The child's pid, -1 for an error (errno).
pid_t forkInto(const std::function<int()> &body);
/// wait status; -1 for an error.
int waitFor(pid_t pid) noexcept;
/// SIGKILL to each, and reaps them.
void endAll(const std::vector<pid_t> &pids) noexcept;

struct ProgramEnd {
    int code = -1;      ///< exit code; 128 + signal
    std::string output; ///< standard output and errors, at most 4 KiB
};
/// Runs a program to its end, with an empty standard input and without a shell. Errors: by errno of fork and pipe.
Result<ProgramEnd> runProgram(const std::vector<std::string> &words);
/// Where a program is, in the folders of the system and nowhere else: PATH is not asked. Empty: it is not there.
std::filesystem::path findProgram(std::string_view name);

} // namespace tapio::drill
