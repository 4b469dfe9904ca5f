// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/collect/smallfile.h"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <unistd.h>
#include <utility>

namespace tapio::agent {

FileText SmallFileReader::read(int folderFd, const char *name)
{
    const int fd = openat(folderFd, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return {{}, errno};
    constexpr std::size_t firstBytes = 16u << 10;
    if (m_buffer.size() < firstBytes)
        m_buffer.resize(firstBytes);
    std::size_t length = 0;
    int errnum = 0;
    for (;;) {
        if (length == m_buffer.size()) {
            if (m_buffer.size() >= m_maxBytes) {
                errnum = EFBIG;
                break;
            }
            m_buffer.resize(std::min(m_buffer.size() * 4, m_maxBytes));
        }
        const ssize_t got = ::read(fd, m_buffer.data() + length, m_buffer.size() - length);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            errnum = errno;
        if (got <= 0)
            break;
        length += static_cast<std::size_t>(got);
    }
    close(fd);
    if (errnum != 0)
        return {{}, errnum};
    return {std::string_view(m_buffer.data(), length), 0};
}

FileText SmallFileReader::read(const std::filesystem::path &path) { return read(AT_FDCWD, path.c_str()); }

FolderHandle::FolderHandle(const std::filesystem::path &path) : m_fd(open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)) {}

FolderHandle::~FolderHandle()
{
    if (m_fd >= 0)
        close(m_fd);
}

FolderHandle::FolderHandle(FolderHandle &&other) noexcept : m_fd(std::exchange(other.m_fd, -1)) {}

FolderHandle &FolderHandle::operator=(FolderHandle &&other) noexcept
{
    if (this != &other) {
        if (m_fd >= 0)
            close(m_fd);
        m_fd = std::exchange(other.m_fd, -1);
    }
    return *this;
}

} // namespace tapio::agent
