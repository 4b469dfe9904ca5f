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

std::string holderOf(int fd)
{
    std::array<char, 24> text{};
    const ssize_t length = pread(fd, text.data(), text.size(), 0);
    std::string pid(text.data(), length > 0 ? static_cast<std::size_t>(length) : 0);
    pid.erase(pid.find_last_not_of('\n') + 1);
    return pid.empty() ? std::string("another process") : "process " + pid;
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
    const std::string pid = std::to_string(getpid()) + "\n";
    if (ftruncate(lock.m_fd, 0) != 0 || pwrite(lock.m_fd, pid.data(), pid.size(), 0) < 0)
        return failErrno("cannot write the lock " + path.native(), errno);
    return lock;
}

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

InstanceLock::InstanceLock(InstanceLock &&other) noexcept : m_fd(std::exchange(other.m_fd, -1)) {}

InstanceLock::~InstanceLock()
{
    if (m_fd >= 0)
        close(m_fd);
}

} // namespace tapio::agent
