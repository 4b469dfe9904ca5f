// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/drill/disk.h"

#include <cerrno>
#include <cstdint>
#include <string>

#include <fcntl.h>
#include <linux/loop.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "agent/drill/system.h"

namespace tapio::drill {

namespace {

namespace fs = std::filesystem;

Result<Fd> makeImage(const fs::path &image, std::uint64_t bytes)
{
    Fd fd(::open(image.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (!fd || ::ftruncate(fd.get(), static_cast<off_t>(bytes)) != 0)
        return failErrno("making " + image.native(), errno);
    const auto made = runProgram({findProgram("mkfs.ext4").native(), "-q", "-F", "-m", "0", image.native()});
    if (!made)
        return fail(made.error());
    if (made->code != 0)
        return fail(Errc::Io, "mkfs.ext4 ended with " + std::to_string(made->code));
    return fd;
}

/// Another may take the free one between the two calls; then the next free one is tried.
Result<std::pair<Fd, std::string>> attachLoop(const Fd &image)
{
    const Fd control(::open("/dev/loop-control", O_RDWR | O_CLOEXEC));
    if (!control)
        return failErrno("opening /dev/loop-control", errno);
    constexpr int attempts = 16;
    for (int i = 0; i < attempts; ++i) {
        const int number = ::ioctl(control.get(), LOOP_CTL_GET_FREE);
        if (number < 0)
            return failErrno("asking for a free loop device", errno);
        std::string path = "/dev/loop" + std::to_string(number);
        Fd loop(::open(path.c_str(), O_RDWR | O_CLOEXEC));
        if (!loop)
            return failErrno("opening " + path, errno);
        loop_config config{};
        config.fd = static_cast<std::uint32_t>(image.get());
        config.info.lo_flags = LO_FLAGS_AUTOCLEAR;
        if (::ioctl(loop.get(), LOOP_CONFIGURE, &config) == 0)
            return std::pair(std::move(loop), std::move(path));
        if (errno != EBUSY)
            return failErrno("attaching a file to " + path, errno);
    }
    return fail(Errc::Busy, "other programs take every free loop device");
}

} // namespace

Result<ScratchDisk> mountScratchDisk(const fs::path &folder, std::uint64_t bytes)
{
    const auto image = makeImage(folder / "disk.img", bytes);
    if (!image)
        return fail(image.error());
    const auto loop = attachLoop(*image);
    if (!loop)
        return fail(loop.error());
    ScratchDisk disk{folder / "disk", 0};
    if (::mkdir(disk.folder.c_str(), 0700) != 0)
        return failErrno("making " + disk.folder.native(), errno);
    if (::mount(loop->second.c_str(), disk.folder.c_str(), "ext4", MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr) != 0)
        return failErrno("mounting " + loop->second, errno);
    struct stat device {};
    if (::fstat(loop->first.get(), &device) != 0)
        return failErrno("looking at " + loop->second, errno);
    disk.device = device.st_rdev;
    return disk;
}

Status probeScratchDisk(const Place &place)
{
    if (findProgram("mkfs.ext4").empty())
        return fail(Errc::NotFound, "mkfs.ext4 is not installed");
    if (::access((place.dev / "loop-control").c_str(), R_OK | W_OK) != 0)
        return fail(Errc::Unsupported, "there is no " + (place.dev / "loop-control").native() + " to make a loop device with");
    if (readText(place.proc / "filesystems").find("\text4\n") == std::string::npos)
        return fail(Errc::Unsupported, "this kernel has no ext4");
    return {};
}

} // namespace tapio::drill
