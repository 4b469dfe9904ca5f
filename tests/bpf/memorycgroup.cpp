// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/bpf/memorycgroup.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace tapio::test {

namespace {

struct Hierarchies {
    std::string memory, v2; ///< mount points; empty = not mounted
};

Hierarchies hierarchies()
{
    std::ifstream mounts("/proc/self/mounts");
    Hierarchies found;
    for (std::string line; std::getline(mounts, line);) {
        std::istringstream fields(line);
        std::string device, folder, type, options;
        fields >> device >> folder >> type >> options;
        if (type == "cgroup" && (',' + options + ',').find(",memory,") != std::string::npos)
            found.memory = folder;
        if (type == "cgroup2")
            found.v2 = folder;
    }
    return found;
}

/// Where this process is below the mount point; starts with '/'.
std::string pathOfSelf(bool isV1)
{
    std::ifstream memberships("/proc/self/cgroup");
    for (std::string line; std::getline(memberships, line);) {
        const std::size_t first = line.find(':'), second = line.find(':', first + 1);
        if (second == std::string::npos)
            continue;
        const std::string controllers = line.substr(first + 1, second - first - 1);
        if (isV1 ? (',' + controllers + ',').find(",memory,") != std::string::npos : controllers.empty())
            return line.substr(second + 1);
    }
    return {};
}

} // namespace

/// v1 wins, as in the kernel a controller is on one only.
MemoryCgroup::MemoryCgroup(const std::string &purpose)
    : MemoryCgroup(hierarchies().memory.empty() ? hierarchies().v2 : hierarchies().memory, !hierarchies().memory.empty(), purpose)
{}

MemoryCgroup MemoryCgroup::inVersion2(const std::string &purpose) { return {hierarchies().v2, false, purpose}; }

MemoryCgroup::MemoryCgroup(const std::string &root, bool isV1, const std::string &purpose) : m_isV1(isV1)
{
    if (root.empty()) {
        m_problem = "no cgroup hierarchy that a test needs is mounted";
        return;
    }
    const std::string path = root + "/tapio-test-" + purpose + '-' + std::to_string(::getpid());
    if (::mkdir(path.c_str(), 0755) != 0)
        m_problem = "cannot make " + path + ": " + std::strerror(errno);
    else
        m_path = path;
}

MemoryCgroup::~MemoryCgroup()
{
    if (!m_path.empty())
        ::rmdir(m_path.c_str());
}

std::uint64_t MemoryCgroup::id() const
{
    struct stat status {};
    return ::stat(m_path.c_str(), &status) == 0 ? status.st_ino : 0;
}

bool MemoryCgroup::write(const std::string &file, const std::string &value) const
{
    const int fd = ::open((m_path + '/' + file).c_str(), O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    const bool written = ::write(fd, value.data(), value.size()) == static_cast<ssize_t>(value.size());
    ::close(fd);
    return written;
}

bool MemoryCgroup::limitBytes(std::uint64_t bytes) const
{
    return write(m_isV1 ? "memory.limit_in_bytes" : "memory.max", std::to_string(bytes));
}

bool MemoryCgroup::enter() const { return write("cgroup.procs", "0"); }

AloneInCgroup::AloneInCgroup(const std::string &purpose) : m_cgroup(purpose), m_problem(m_cgroup.problem())
{
    if (!m_problem.empty())
        return;
    const std::string root = m_cgroup.isV1() ? hierarchies().memory : hierarchies().v2;
    const std::string before = root + pathOfSelf(m_cgroup.isV1()) + "/cgroup.procs";
    m_before = ::open(before.c_str(), O_WRONLY | O_CLOEXEC);
    if (m_before < 0)
        m_problem = "cannot open " + before + ": " + std::strerror(errno);
    else if (!m_cgroup.enter())
        m_problem = "cannot enter " + m_cgroup.path() + ": " + std::strerror(errno);
}

/// Before the cgroup goes: one that has members stays.
AloneInCgroup::~AloneInCgroup()
{
    if (m_before < 0)
        return;
    [[maybe_unused]] const ssize_t written = ::write(m_before, "0", 1);
    ::close(m_before);
}

} // namespace tapio::test
