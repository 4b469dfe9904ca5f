// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/drill/system.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <ctime>

#include <fcntl.h>
#include <sys/wait.h>

namespace tapio::drill {

std::int64_t bootNs() noexcept
{
    timespec now{};
    clock_gettime(CLOCK_BOOTTIME, &now);
    return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

bool pause(std::chrono::milliseconds time, std::int64_t untilBootNs) noexcept
{
    const std::int64_t left = untilBootNs - bootNs();
    if (left <= 0)
        return false;
    const std::int64_t ns = std::min(left, std::int64_t{std::chrono::nanoseconds(time).count()});
    const timespec wait{static_cast<time_t>(ns / 1'000'000'000), static_cast<long>(ns % 1'000'000'000)};
    nanosleep(&wait, nullptr);
    return bootNs() < untilBootNs;
}

std::string readText(const std::filesystem::path &file)
{
    constexpr std::size_t most = 64u << 10;
    const Fd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
    std::string text;
    std::array<char, 4096> block{};
    while (fd && text.size() < most) {
        const ssize_t got = ::read(fd.get(), block.data(), block.size());
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            break;
        text.append(block.data(), static_cast<std::size_t>(got));
    }
    return text;
}

Status writeText(const std::filesystem::path &file, std::string_view text)
{
    const Fd fd(::open(file.c_str(), O_WRONLY | O_CLOEXEC));
    if (!fd)
        return failErrno("opening " + file.native(), errno);
    const ssize_t wrote = ::write(fd.get(), text.data(), text.size());
    if (wrote < 0)
        return failErrno("writing \"" + std::string(text) + "\" to " + file.native(), errno);
    if (static_cast<std::size_t>(wrote) != text.size())
        return fail(Errc::Io, "writing to " + file.native() + " stopped half-way");
    return {};
}

std::optional<std::uint64_t> keyedNumber(std::string_view text, std::string_view key)
{
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        const std::string_view line = text.substr(0, end);
        if (line.size() > key.size() && line.starts_with(key) && line[key.size()] == ' ') {
            std::uint64_t value = 0;
            const char *const last = line.data() + line.size();
            const auto [stopped, error] = std::from_chars(line.data() + key.size() + 1, last, value);
            if (error == std::errc() && stopped == last)
                return value;
        }
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return std::nullopt;
}

pid_t forkInto(const std::function<int()> &body)
{
    const pid_t pid = ::fork();
    if (pid == 0)
        ::_exit(body());
    return pid;
}

int waitFor(pid_t pid) noexcept
{
    int status = -1;
    while (::waitpid(pid, &status, 0) < 0) {
        if (errno != EINTR)
            return -1;
    }
    return status;
}

void endAll(const std::vector<pid_t> &pids) noexcept
{
    for (const pid_t pid : pids) {
        if (pid > 0)
            ::kill(pid, SIGKILL);
    }
    for (const pid_t pid : pids) {
        if (pid > 0)
            waitFor(pid);
    }
}

Result<ProgramEnd> runProgram(const std::vector<std::string> &words)
{
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0)
        return failErrno("making a pipe", errno);
    Fd from(ends[0]);
    Fd to(ends[1]);
    std::vector<char *> argv;
    for (const std::string &word : words)
        argv.push_back(const_cast<char *>(word.c_str()));
    argv.push_back(nullptr);
    const pid_t pid = forkInto([&] {
        const int null = ::open("/dev/null", O_RDWR);
        if (null < 0 || ::dup2(null, 0) < 0 || ::dup2(to.get(), 1) < 0 || ::dup2(to.get(), 2) < 0)
            return 126;
        ::execv(argv[0], argv.data());
        return 127;
    });
    if (pid < 0)
        return failErrno("starting " + words.front(), errno);
    to.reset();
    ProgramEnd end;
    std::array<char, 1024> block{};
    for (;;) {
        const ssize_t got = ::read(from.get(), block.data(), block.size());
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            break;
        if (end.output.size() < 4096)
            end.output.append(block.data(), std::min(static_cast<std::size_t>(got), 4096 - end.output.size()));
    }
    const int status = waitFor(pid);
    end.code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    return end;
}

std::filesystem::path findProgram(std::string_view name)
{
    for (const char *folder : {"/usr/sbin", "/usr/bin", "/sbin", "/bin"}) {
        std::filesystem::path path = std::filesystem::path(folder) / name;
        if (::access(path.c_str(), X_OK) == 0)
            return path;
    }
    return {};
}

} // namespace tapio::drill
