// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/config/instancelock.h"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <string>
#include <sys/file.h>
#include <unistd.h>
#include <utility>

namespace tapio::agent {

namespace {

constexpr std::size_t longestFile = 1024; ///< the process and its mark take some 200 bytes

std::string contentOf(int fd)
{
    std::string text(longestFile, '\0');
    const ssize_t length = pread(fd, text.data(), text.size(), 0);
    text.resize(length > 0 ? static_cast<std::size_t>(length) : 0);
    return text;
}

std::string holderOf(int fd)
{
    const std::string text = contentOf(fd);
    const std::string pid = text.substr(0, text.find('\n'));
    return pid.empty() ? std::string("another process") : "process " + pid;
}

/// The second line.
Result<std::optional<RunMark>> markIn(const std::string &text)
{
    const std::size_t begin = text.find('\n');
    const std::size_t end = begin == std::string::npos ? begin : text.find('\n', begin + 1);
    if (end == std::string::npos)
        return std::optional<RunMark>();
    auto mark = parseRunMark(std::string_view(text).substr(begin + 1, end - begin - 1));
    if (!mark)
        return fail(mark.error());
    return std::optional<RunMark>(std::move(*mark));
}

} // namespace

Result<InstanceLock> InstanceLock::acquire(const std::filesystem::path &folder, std::string_view node)
{
    std::error_code error;
    std::filesystem::create_directories(folder, error);
    if (error)
        return failErrno("cannot make the runtime folder " + folder.native(), error.value());
    const std::filesystem::path path = folder / ("agent-" + std::string(node) + ".lock");
    InstanceLock lock(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644));
    if (lock.m_fd < 0)
        return failErrno("cannot open the lock " + path.native(), errno);
    if (flock(lock.m_fd, LOCK_EX | LOCK_NB) != 0) {
        if (errno == EWOULDBLOCK)
            return fail(Errc::AlreadyExists, "an agent of node '" + std::string(node) + "' runs already (" + holderOf(lock.m_fd) + ")");
        return failErrno("cannot lock " + path.native(), errno);
    }
    lock.m_before = markIn(contentOf(lock.m_fd));
    // The mark stays until this one leaves its own: it may yet fail to start.
    const std::optional<RunMark> mark = lock.m_before.value_or(std::nullopt);
    if (const Status status = lock.write(static_cast<std::uint32_t>(getpid()), mark ? &*mark : nullptr); !status)
        return fail(status.error().within("the lock " + path.native()));
    return lock;
}

Status InstanceLock::write(std::uint32_t pid, const RunMark *mark)
{
    const std::string text = std::to_string(pid) + "\n" + (mark == nullptr ? std::string() : formatRunMark(*mark));
    // In one call, and shortened only then: whenever this process ends, a whole line is there.
    if (pwrite(m_fd, text.data(), text.size(), 0) != static_cast<ssize_t>(text.size())
        || ftruncate(m_fd, static_cast<off_t>(text.size())) != 0)
        return failErrno("cannot write", errno);
    return {};
}

Status InstanceLock::leave(const RunMark &mark) { return write(mark.pid, &mark); }

Result<PidFile> PidFile::write(const std::filesystem::path &path)
{
    if (path.empty())
        return PidFile(path);
    const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (fd < 0)
        return failErrno("cannot write the pid file " + path.native(), errno);
    PidFile file(path);
    const std::string pid = std::to_string(getpid()) + "\n";
    const bool written = ::write(fd, pid.data(), pid.size()) == static_cast<ssize_t>(pid.size());
    const int errnum = errno;
    close(fd);
    if (!written)
        return failErrno("cannot write the pid file " + path.native(), errnum);
    return file;
}

PidFile::PidFile(PidFile &&other) noexcept : m_path(std::exchange(other.m_path, {})) {}

PidFile::~PidFile()
{
    if (!m_path.empty())
        unlink(m_path.c_str());
}

InstanceLock::InstanceLock(InstanceLock &&other) noexcept : m_fd(std::exchange(other.m_fd, -1)), m_before(std::move(other.m_before)) {}

InstanceLock::~InstanceLock()
{
    if (m_fd >= 0)
        close(m_fd);
}

} // namespace tapio::agent
