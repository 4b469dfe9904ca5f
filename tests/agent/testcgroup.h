// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <fcntl.h>
#include <filesystem>
#include <string>
#include <sys/stat.h>
#include <unistd.h>

namespace tapio::test {

/// Moves the calling process; system calls only, for use after a fork.
inline void enterCgroup(const char *procs)
{
    const int fd = open(procs, O_WRONLY | O_CLOEXEC);
    if (fd < 0 || write(fd, "0", 1) != 1)
        _exit(98);
    close(fd);
}

/// A cgroup of this machine such as a service manager makes one for a container runtime, gone with the object.
class TestServiceCgroup {
public:
    explicit TestServiceCgroup(const std::filesystem::path &root)
        : m_folder(root / ("tapio-runtime-" + std::to_string(getpid()) + ".service")), m_procs((m_folder / "cgroup.procs").native())
    {
        std::error_code error;
        std::filesystem::create_directory(m_folder, error);
    }
    ~TestServiceCgroup() { rmdir(m_folder.c_str()); }
    TestServiceCgroup(const TestServiceCgroup &) = delete;
    TestServiceCgroup &operator=(const TestServiceCgroup &) = delete;
    void enter() const { enterCgroup(m_procs.c_str()); }

private:
    std::filesystem::path m_folder;
    std::string m_procs;
};

/// A cgroup of this machine at ROOT/kubepods/podUID/CONTAINER, gone with the object. Its processes must have ended by then.
class TestPodCgroup {
public:
    TestPodCgroup(const std::filesystem::path &root, const std::string &uid, const std::string &container)
        : m_kubepods(root / "kubepods"), m_pod(m_kubepods / ("pod" + uid)), m_container(m_pod / container)
    {
        std::error_code error;
        std::filesystem::create_directories(m_container, error);
        m_procs = (m_container / "cgroup.procs").native();
    }
    ~TestPodCgroup()
    {
        rmdir(m_container.c_str());
        rmdir(m_pod.c_str());
        rmdir(m_kubepods.c_str()); // stays where another has pods in it
    }
    TestPodCgroup(const TestPodCgroup &) = delete;
    TestPodCgroup &operator=(const TestPodCgroup &) = delete;

    bool made() const { return access(m_procs.c_str(), W_OK) == 0; }
    std::uint64_t id() const
    {
        struct stat status {};
        return stat(m_container.c_str(), &status) == 0 ? status.st_ino : 0;
    }
    /// Moves the calling process into it; system calls only, for use after a fork.
    void enter() const { enterCgroup(m_procs.c_str()); }

private:
    std::filesystem::path m_kubepods, m_pod, m_container;
    std::string m_procs;
};

} // namespace tapio::test
