// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/collect/kernel/cgrouproot.h"

#include <cerrno>
#include <utility>

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "bpf/include/tapio_records.h"

namespace tapio::agent {

namespace {

bool isVersion2(const std::string &folder)
{
    struct statfs facts {};
    return ::statfs(folder.c_str(), &facts) == 0 && facts.f_type == CGROUP2_SUPER_MAGIC;
}

} // namespace

CgroupRoot::~CgroupRoot()
{
    if (m_fd >= 0)
        ::close(m_fd);
}

CgroupRoot::CgroupRoot(CgroupRoot &&other) noexcept : m_fd(std::exchange(other.m_fd, -1)) {}

CgroupRoot &CgroupRoot::operator=(CgroupRoot &&other) noexcept
{
    std::swap(m_fd, other.m_fd);
    return *this;
}

Result<CgroupRoot> CgroupRoot::open(const std::string &folder)
{
    const std::string hybrid = folder + "/unified";
    const std::string path = isVersion2(folder) ? folder : hybrid;
    if (!isVersion2(path))
        return fail(Errc::Unsupported, "no cgroup version 2 at " + folder + " or " + hybrid);
    CgroupRoot root;
    root.m_fd = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (root.m_fd < 0)
        return failErrno("opening " + path, errno);
    struct stat facts {};
    if (::fstat(root.m_fd, &facts) != 0)
        return failErrno("looking at " + path, errno);
    if (facts.st_ino != TAPIO_ROOT_CGROUP)
        return fail(Errc::Unsupported, path + " is only a container's part of the cgroups: the host's must be mounted there");
    return root;
}

} // namespace tapio::agent
