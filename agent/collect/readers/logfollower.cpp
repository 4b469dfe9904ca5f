// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/collect/readers/logfollower.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace tapio::agent {

LogFollower::LogFollower(std::filesystem::path path) : m_path(std::move(path))
{
    struct stat facts {};
    if (open() == 0 && ::fstat(m_fd, &facts) == 0)
        m_offset = facts.st_size;
}

LogFollower::~LogFollower()
{
    if (m_fd >= 0)
        ::close(m_fd);
}

int LogFollower::open()
{
    const int fd = ::open(m_path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return errno;
    struct stat facts {};
    const bool isFile = ::fstat(fd, &facts) == 0 && S_ISREG(facts.st_mode);
    if (!isFile) {
        ::close(fd);
        return EINVAL;
    }
    m_fd = fd;
    m_device = facts.st_dev;
    m_inode = facts.st_ino;
    m_offset = 0;
    return 0;
}

int LogFollower::read(std::size_t maxBytes, const std::function<void(std::string_view)> &line)
{
    // Twice at most: the rest of the old file, and the new one.
    for (int file = 0; file < 2; ++file) {
        if (m_fd < 0) {
            if (const int error = open(); error != 0)
                return error;
        }
        std::size_t got = 0;
        if (const int error = readBlock(maxBytes, line, got); error != 0)
            return error;
        maxBytes -= got;
        if (maxBytes == 0 || !wasReplaced())
            return 0;
        endOfFile(line);
    }
    return 0;
}

int LogFollower::readBlock(std::size_t maxBytes, const std::function<void(std::string_view)> &line, std::size_t &got)
{
    struct stat facts {};
    if (::fstat(m_fd, &facts) == 0 && facts.st_size < m_offset) {
        m_offset = 0;
        m_partial.clear();
        m_skips = false;
    }
    std::array<char, 16u << 10> buffer;
    while (got < maxBytes) {
        const ssize_t count = ::pread(m_fd, buffer.data(), std::min(buffer.size(), maxBytes - got), m_offset);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return errno;
        if (count == 0)
            return 0;
        m_offset += count;
        got += static_cast<std::size_t>(count);
        split(std::string_view(buffer.data(), static_cast<std::size_t>(count)), line);
    }
    return 0;
}

void LogFollower::split(std::string_view block, const std::function<void(std::string_view)> &line)
{
    while (!block.empty()) {
        const std::size_t end = block.find('\n');
        const std::string_view part = block.substr(0, end);
        if (!m_skips && m_partial.size() + part.size() > lineBytes) {
            m_skips = true;
            ++m_overlong;
            m_partial.clear();
        }
        if (!m_skips)
            m_partial += part;
        if (end == std::string_view::npos)
            return;
        if (!std::exchange(m_skips, false))
            line(m_partial);
        m_partial.clear();
        block.remove_prefix(end + 1);
    }
}

/// Nobody ends a line in a file that was moved away.
void LogFollower::endOfFile(const std::function<void(std::string_view)> &line)
{
    if (!m_partial.empty())
        line(m_partial);
    m_partial.clear();
    m_skips = false;
    ::close(std::exchange(m_fd, -1));
}

bool LogFollower::wasReplaced() const
{
    struct stat facts {};
    // While nothing is at the path, the old file may still be written to.
    return ::stat(m_path.c_str(), &facts) == 0 && (facts.st_dev != m_device || facts.st_ino != m_inode);
}

} // namespace tapio::agent
