// SPDX-License-Identifier: GPL-3.0-or-later
#include "protocol/transport/files.h"

#include <cerrno>
#include <utility>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace tapio::transport {

namespace {

constexpr std::size_t maxFileBytes = 1u << 20;
constexpr mode_t groupAndOthers = 077;

Status writeAll(int fd, std::string_view content, const std::filesystem::path &path)
{
    while (!content.empty()) {
        const ssize_t written = ::write(fd, content.data(), content.size());
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return failErrno("cannot write " + path.string(), errno);
        content.remove_prefix(static_cast<std::size_t>(written));
    }
    return {};
}

Status syncFolder(const std::filesystem::path &folder)
{
    const FileDescriptor fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!fd || ::fsync(fd.get()) != 0)
        return failErrno("cannot sync the folder " + folder.string(), errno);
    return {};
}

Status writeAndSync(const std::filesystem::path &path, std::string_view content, mode_t mode)
{
    const FileDescriptor fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode));
    if (!fd)
        return failErrno("cannot create " + path.string(), errno);
    if (auto written = writeAll(fd.get(), content, path); !written)
        return written;
    // The mode given to open() is narrowed by the umask; certificates must stay readable whatever it is.
    if (::fchmod(fd.get(), mode) != 0 || ::fsync(fd.get()) != 0)
        return failErrno("cannot sync " + path.string(), errno);
    return {};
}

Result<std::string> readOpened(int fd, const std::filesystem::path &path)
{
    std::string content;
    char buffer[16 * 1024];
    for (;;) {
        const ssize_t count = ::read(fd, buffer, sizeof buffer);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return failErrno("cannot read " + path.string(), errno);
        if (count == 0)
            return content;
        content.append(buffer, static_cast<std::size_t>(count));
        if (content.size() > maxFileBytes)
            return fail(Errc::Malformed, path.string() + " is larger than 1 MiB");
    }
}

} // namespace

FileDescriptor &FileDescriptor::operator=(FileDescriptor &&other) noexcept
{
    if (this != &other) {
        reset();
        m_fd = other.release();
    }
    return *this;
}

int FileDescriptor::release() noexcept { return std::exchange(m_fd, -1); }

void FileDescriptor::reset() noexcept
{
    if (m_fd >= 0)
        ::close(std::exchange(m_fd, -1));
}

Status writeAtomically(const std::filesystem::path &path, std::string_view content, mode_t mode)
{
    const std::filesystem::path beside = path.string() + ".new-" + std::to_string(::getpid());
    ::unlink(beside.c_str()); // left by a crash of an earlier process with this id
    auto written = writeAndSync(beside, content, mode);
    if (written && ::rename(beside.c_str(), path.c_str()) != 0)
        written = failErrno("cannot replace " + path.string(), errno);
    if (!written) {
        ::unlink(beside.c_str());
        return written;
    }
    return syncFolder(path.parent_path());
}

Result<std::string> readSmallFile(const std::filesystem::path &path)
{
    const FileDescriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!fd)
        return failErrno("cannot open " + path.string(), errno);
    return readOpened(fd.get(), path);
}

Result<std::string> readSecretFile(const std::filesystem::path &path)
{
    const FileDescriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    struct stat info {};
    if (!fd || ::fstat(fd.get(), &info) != 0)
        return failErrno("cannot open " + path.string(), errno);
    if ((info.st_mode & groupAndOthers) != 0)
        return fail(Errc::PermissionDenied, "the secret " + path.string() + " may be read by others; chmod 600 it");
    return readOpened(fd.get(), path);
}

Status ensurePrivateFolder(const std::filesystem::path &path)
{
    if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST)
        return failErrno("cannot create the folder " + path.string(), errno);
    return {};
}

Result<FileDescriptor> lockFile(const std::filesystem::path &path)
{
    FileDescriptor fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    if (!fd)
        return failErrno("cannot open the lock file " + path.string(), errno);
    while (::flock(fd.get(), LOCK_EX) != 0) {
        if (errno != EINTR)
            return failErrno("cannot lock " + path.string(), errno);
    }
    return fd;
}

} // namespace tapio::transport
