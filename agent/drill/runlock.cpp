// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/drill/runlock.h"

#include <cerrno>

#include <fcntl.h>
#include <sys/stat.h>

namespace tapio::drill {

namespace {

struct flock wholeFile()
{
    struct flock lock {};
    lock.l_type = F_WRLCK;
    lock.l_whence = SEEK_SET;
    return lock;
}

std::filesystem::path fileOf(const Place &place) { return place.stateFolder / "lock"; }

/// Nobody else may have put it there: we remove what lies in it as root.
Status ownFolder(const std::filesystem::path &folder)
{
    if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST)
        return failErrno("making " + folder.native(), errno);
    struct stat info {};
    if (::lstat(folder.c_str(), &info) != 0)
        return failErrno("looking at " + folder.native(), errno);
    if (!S_ISDIR(info.st_mode) || info.st_uid != ::geteuid() || (info.st_mode & 022) != 0)
        return fail(Errc::PermissionDenied, folder.native() + " is not a folder that only this user can write");
    return {};
}

} // namespace

std::optional<pid_t> RunLock::holder(const Place &place)
{
    const Fd fd(::open(fileOf(place).c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW));
    struct flock lock = wholeFile();
    if (!fd || ::fcntl(fd.get(), F_GETLK, &lock) != 0 || lock.l_type == F_UNLCK)
        return std::nullopt;
    return lock.l_pid;
}

Result<RunLock> RunLock::acquire(const Place &place)
{
    if (const Status ours = ownFolder(place.stateFolder); !ours)
        return fail(ours.error());
    Fd fd(::open(fileOf(place).c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!fd)
        return failErrno("opening " + fileOf(place).native(), errno);
    struct flock lock = wholeFile();
    if (::fcntl(fd.get(), F_SETLK, &lock) == 0)
        return RunLock(std::move(fd));
    if (errno != EACCES && errno != EAGAIN)
        return failErrno("locking " + fileOf(place).native(), errno);
    lock = wholeFile();
    const bool known = ::fcntl(fd.get(), F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
    return fail(Errc::Busy, "another drill runs" + (known ? ", as process " + std::to_string(lock.l_pid) : std::string())
                                + "; 'tapio drill stop' ends it");
}

} // namespace tapio::drill
