// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/core/store/lockfile.h"

#include <array>
#include <cerrno>
#include <fstream>
#include <iterator>
#include <string>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "console/core/store/mountpoint.h"

namespace tapio::console {

namespace {

std::string ownStart()
{
    std::ifstream stat("/proc/self/stat");
    const std::string line((std::istreambuf_iterator<char>(stat)), std::istreambuf_iterator<char>());
    // The name (field 2) may have blanks: count from its closing bracket. starttime is field 22.
    std::size_t at = line.rfind(')');
    for (int field = 2; field < 22 && at != std::string::npos; ++field)
        at = line.find(' ', at + 1);
    if (at == std::string::npos)
        return "0";
    return line.substr(at + 1, line.find(' ', at + 1) - at - 1);
}

std::string holder(int descriptor)
{
    std::array<char, 64> text{};
    const ssize_t got = pread(descriptor, text.data(), text.size() - 1, 0);
    const std::string line(text.data(), got > 0 ? static_cast<std::size_t>(got) : 0);
    const std::string pid = line.substr(0, line.find(' '));
    return pid.empty() ? "another process" : "the process " + pid;
}

std::string adviceFor(int errnum, const std::filesystem::path &store)
{
    switch (errcFromErrno(errnum)) {
    case Errc::ReadOnly: return "; its folder or file system is read-only: make it writable or choose another folder";
    case Errc::PermissionDenied: return "; give this user access to the folder or choose another one";
    case Errc::NoSpace: return "; free space on " + mountPointOf(store).string() + " or choose another folder";
    default: return "";
    }
}

} // namespace

Result<std::unique_ptr<LockFile>> LockFile::take(const std::filesystem::path &store)
{
    std::filesystem::path path = store;
    path += ".lock";
    const int descriptor = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (descriptor < 0) {
        const int errnum = errno;
        return failErrno("store '" + store.string() + "' may not be written" + adviceFor(errnum, store), errnum);
    }
    std::unique_ptr<LockFile> lock(new LockFile(descriptor));
    if (flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
        const int errnum = errno;
        if (errnum == EWOULDBLOCK)
            return fail(Errc::Busy, "store '" + store.string() + "' is written by " + holder(descriptor)
                                        + ": close that console, or choose another file");
        return failErrno("store '" + store.string() + "' cannot be locked", errnum);
    }
    const std::string text = std::to_string(getpid()) + ' ' + ownStart() + '\n';
    if (ftruncate(descriptor, 0) != 0 || pwrite(descriptor, text.data(), text.size(), 0) != static_cast<ssize_t>(text.size())) {
        const int errnum = errno;
        return failErrno("the lock of store '" + store.string() + "' cannot be written" + adviceFor(errnum, store), errnum);
    }
    return lock;
}

LockFile::~LockFile()
{
    // The file stays: removing it would let two writers lock two files of the same name.
    close(m_descriptor);
}

} // namespace tapio::console
