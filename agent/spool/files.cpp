// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/spool/files.h"

#include <algorithm>
#include <cerrno>
#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace tapio::agent {

namespace {

constexpr const char *lockName = "lock";
constexpr mode_t folderMode = 0700;
constexpr mode_t fileMode = 0600;

class Fd {
public:
    explicit Fd(int fd = -1) noexcept : m_fd(fd) {}
    Fd(Fd &&other) noexcept : m_fd(std::exchange(other.m_fd, -1)) {}
    Fd &operator=(Fd &&other) noexcept
    {
        reset(std::exchange(other.m_fd, -1));
        return *this;
    }
    ~Fd() { reset(); }

    void reset(int fd = -1) noexcept
    {
        if (m_fd >= 0)
            ::close(m_fd);
        m_fd = fd;
    }
    int get() const noexcept { return m_fd; }
    explicit operator bool() const noexcept { return m_fd >= 0; }

private:
    int m_fd;
};

class FolderFiles final : public SpoolFiles {
public:
    explicit FolderFiles(std::filesystem::path folder) : m_path(std::move(folder)) {}

    Status open() override;
    Result<std::vector<std::string>> list(std::size_t most) override;
    Status create(const std::string &name) override;
    Status append(std::span<const std::byte> bytes) override;
    Status sync() override;
    void close() override { m_writing.reset(); }
    Result<std::uint64_t> size(const std::string &name) override;
    Result<SpoolBytes> read(const std::string &name, std::uint64_t offset, std::size_t length) override;
    Status remove(const std::string &name) override;

private:
    Status takeFolder();
    Result<Fd> openOwn(const std::string &name) const;
    std::string place(const std::string &name) const { return (m_path / name).native(); }

    std::filesystem::path m_path;
    Fd m_folder;
    Fd m_lock;
    Fd m_writing;
    std::string m_writingName;
    std::uint64_t m_length = 0; ///< of the file that is written
    bool m_entered = false;     ///< its entry in the folder was not yet made to survive
};

Status FolderFiles::takeFolder()
{
    std::error_code error;
    const std::filesystem::path above = m_path.parent_path(); // empty for a name alone
    if (!above.empty())
        std::filesystem::create_directories(above, error);
    if (error)
        return failErrno("making the folder " + above.native(), error.value());
    const bool made = mkdir(m_path.c_str(), folderMode) == 0;
    if (!made && errno != EEXIST)
        return failErrno("making the folder " + m_path.native(), errno);
    m_folder.reset(::open(m_path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!m_folder)
        return failErrno("opening the folder " + m_path.native(), errno);
    struct stat info {};
    if (fstat(m_folder.get(), &info) != 0)
        return failErrno("looking at the folder " + m_path.native(), errno);
    if (info.st_uid != geteuid())
        return fail(Errc::PermissionDenied, "the folder " + m_path.native() + " belongs to another user");
    if (made && (info.st_mode & 07777) != folderMode && fchmod(m_folder.get(), folderMode) != 0)
        return failErrno("closing the folder " + m_path.native() + " to others", errno);
    // One that somebody else made may be more than a spool's, /var/lib for one: its mode is not ours to change.
    if (!made && (info.st_mode & (S_IRWXG | S_IRWXO)) != 0)
        return fail(Errc::PermissionDenied, "the folder " + m_path.native()
                                                + " is open to other users: if it is the spool's alone, 'chmod 0700 " + m_path.native()
                                                + "' closes it");
    return {};
}

Status FolderFiles::open()
{
    if (Status taken = takeFolder(); !taken)
        return taken;
    m_lock.reset(openat(m_folder.get(), lockName, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, fileMode));
    if (!m_lock)
        return failErrno("opening the lock " + place(lockName), errno);
    if (flock(m_lock.get(), LOCK_EX | LOCK_NB) == 0)
        return {};
    if (errno == EWOULDBLOCK)
        return fail(Errc::Busy, "another process writes to the folder " + m_path.native());
    return failErrno("locking " + place(lockName), errno);
}

Result<std::vector<std::string>> FolderFiles::list(std::size_t most)
{
    const int fd = openat(m_folder.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const std::unique_ptr<DIR, int (*)(DIR *)> folder(fd < 0 ? nullptr : fdopendir(fd), &closedir);
    if (folder == nullptr)
        return failErrno("reading the folder " + m_path.native(), errno);
    std::vector<std::string> names;
    errno = 0;
    while (const dirent *entry = names.size() < most ? readdir(folder.get()) : nullptr) {
        const std::string name = entry->d_name;
        if (name != "." && name != ".." && name != lockName)
            names.push_back(name);
        errno = 0;
    }
    if (errno != 0)
        return failErrno("reading the folder " + m_path.native(), errno);
    std::sort(names.begin(), names.end());
    return names;
}

Status FolderFiles::create(const std::string &name)
{
    m_writing.reset(openat(m_folder.get(), name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, fileMode));
    if (!m_writing)
        return failErrno("making " + place(name), errno);
    m_writingName = name;
    m_length = 0;
    m_entered = true;
    return {};
}

Status FolderFiles::append(std::span<const std::byte> bytes)
{
    if (!m_writing)
        return fail(Errc::Io, "nothing is open to be written in " + m_path.native());
    std::size_t written = 0;
    int errnum = 0;
    while (written < bytes.size() && errnum == 0) {
        const ssize_t count =
            pwrite(m_writing.get(), bytes.data() + written, bytes.size() - written, static_cast<off_t>(m_length + written));
        if (count > 0)
            written += static_cast<std::size_t>(count);
        else if (count == 0 || errno != EINTR)
            errnum = count == 0 ? EIO : errno;
    }
    if (errnum == 0) {
        m_length += bytes.size();
        return {};
    }
    // A reader recognises a torn record by itself: only the room is given back here, if it can be.
    static_cast<void>(ftruncate(m_writing.get(), static_cast<off_t>(m_length)) == 0);
    return failErrno("writing " + place(m_writingName), errnum);
}

Status FolderFiles::sync()
{
    if (m_writing && fdatasync(m_writing.get()) != 0)
        return failErrno("writing " + place(m_writingName) + " out", errno);
    if (std::exchange(m_entered, false) && fsync(m_folder.get()) != 0)
        return failErrno("writing the folder " + m_path.native() + " out", errno);
    return {};
}

Result<Fd> FolderFiles::openOwn(const std::string &name) const
{
    Fd file(openat(m_folder.get(), name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
    if (!file)
        return failErrno("opening " + place(name), errno);
    struct stat info {};
    if (fstat(file.get(), &info) != 0)
        return failErrno("looking at " + place(name), errno);
    if (!S_ISREG(info.st_mode) || info.st_uid != geteuid() || info.st_nlink != 1)
        return fail(Errc::PermissionDenied, place(name) + " is not a file of this agent's own");
    return file;
}

Result<std::uint64_t> FolderFiles::size(const std::string &name)
{
    const auto file = openOwn(name);
    if (!file)
        return fail(file.error());
    struct stat info {};
    if (fstat(file->get(), &info) != 0)
        return failErrno("looking at " + place(name), errno);
    return static_cast<std::uint64_t>(info.st_size);
}

Result<SpoolBytes> FolderFiles::read(const std::string &name, std::uint64_t offset, std::size_t length)
{
    const auto file = openOwn(name);
    if (!file)
        return fail(file.error());
    SpoolBytes bytes(length);
    std::size_t got = 0;
    while (got < length) {
        const ssize_t count = pread(file->get(), bytes.data() + got, length - got, static_cast<off_t>(offset + got));
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return failErrno("reading " + place(name), errno);
        if (count == 0)
            break;
        got += static_cast<std::size_t>(count);
    }
    bytes.resize(got);
    return bytes;
}

Status FolderFiles::remove(const std::string &name)
{
    if (name == m_writingName)
        m_writing.reset();
    if (unlinkat(m_folder.get(), name.c_str(), 0) != 0 && errno != ENOENT)
        return failErrno("removing " + place(name), errno);
    return {};
}

} // namespace

std::unique_ptr<SpoolFiles> SpoolFiles::inFolder(std::filesystem::path folder) { return std::make_unique<FolderFiles>(std::move(folder)); }

} // namespace tapio::agent
