// SPDX-License-Identifier: GPL-3.0-or-later
#include "protocol/transport/ipcfolder.h"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <string>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace tapio::transport {

namespace fs = std::filesystem;

namespace {

constexpr const char *prefix = "tapio-ipc-";
constexpr const char *lockName = "lock";
constexpr const char *unlockedName = "lock.new"; ///< until its maker holds it

/// Nobody but root and this user can put something else in the place of what we make there. `sudo -E`, su(1) and cron leave folders of other
/// users in the environment.
bool isSafe(const fs::path &folder, bool mustBeOwn)
{
    struct stat info {};
    if (::stat(folder.c_str(), &info) != 0 || !S_ISDIR(info.st_mode) || ::access(folder.c_str(), W_OK) != 0)
        return false;
    const bool own = info.st_uid == ::geteuid();
    const bool shared = (info.st_mode & (S_IWGRP | S_IWOTH)) != 0;
    return (own || (!mustBeOwn && info.st_uid == 0)) && (!shared || (info.st_mode & S_ISVTX) != 0);
}

fs::path parentFolder()
{
    std::error_code problem;
    // XDG Base Directory Specification: it must be owned by the user, and nobody else may have access.
    const char *runtime = std::getenv("XDG_RUNTIME_DIR");
    if (runtime != nullptr && isSafe(runtime, true))
        return runtime;
    const fs::path temporary = fs::temp_directory_path(problem);
    return !problem && isSafe(temporary, false) ? temporary : fs::path("/tmp");
}

/// Ours, and its maker is gone: nobody holds the lock any more.
bool isAbandoned(const fs::path &folder)
{
    struct stat info {};
    if (::lstat(folder.c_str(), &info) != 0 || !S_ISDIR(info.st_mode) || info.st_uid != ::geteuid())
        return false;
    const FileDescriptor lock(::open((folder / lockName).c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW));
    return lock && ::flock(lock.get(), LOCK_EX | LOCK_NB) == 0;
}

void removeFolder(const fs::path &folder)
{
    // The lock last: a folder without it is never taken for abandoned, nor for whole.
    for (const char *name : {"zmq", unlockedName, lockName})
        ::unlink((folder / name).c_str());
    ::rmdir(folder.c_str());
}

void removeAbandoned(const fs::path &parent)
{
    std::error_code problem;
    for (fs::directory_iterator entry(parent, problem), end; !problem && entry != end; entry.increment(problem)) {
        if (entry->path().filename().string().rfind(prefix, 0) == 0 && isAbandoned(entry->path()))
            removeFolder(entry->path());
    }
}

} // namespace

Result<std::unique_ptr<IpcFolder>> IpcFolder::make()
{
    const fs::path parent = parentFolder();
    removeAbandoned(parent);
    std::string pattern = (parent / prefix).string() + "XXXXXX";
    if (::mkdtemp(pattern.data()) == nullptr)
        return failErrno("cannot make a folder for the local socket in " + parent.string(), errno);
    // It gets its name when it is held: others, who make folders now, take one whose lock is free for abandoned.
    const fs::path unlocked = fs::path(pattern) / unlockedName;
    FileDescriptor lock(::open(unlocked.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (!lock || ::flock(lock.get(), LOCK_EX | LOCK_NB) != 0 || ::rename(unlocked.c_str(), (fs::path(pattern) / lockName).c_str()) != 0) {
        const int problem = errno;
        removeFolder(pattern);
        return failErrno("cannot lock the folder " + pattern, problem);
    }
    std::unique_ptr<IpcFolder> folder(new IpcFolder(pattern, std::move(lock)));
    if (folder->socketPath().string().size() >= sizeof(sockaddr_un::sun_path))
        return fail(Errc::InvalidArgument, "the folder for temporary files has too long a path for a Unix socket: " + parent.string());
    return folder;
}

IpcFolder::~IpcFolder() { removeFolder(m_path); }

} // namespace tapio::transport
