// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>

#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <QTemporaryDir>

/// A folder that looks like /proc of processes that have files of this machine mapped, and who opens what.
namespace tapio::test {

class FakeProc {
public:
    std::string root() const { return m_folder.path().toStdString() + "/proc"; }
    /// Of a file beside it.
    std::string path(const std::string &name) const { return m_folder.path().toStdString() + '/' + name; }
    std::string file(const std::string &name, const std::string &text) const
    {
        std::ofstream(path(name), std::ios::binary) << text;
        return path(name);
    }
    /// A line of maps for code of that file, which is there.
    static std::string mapping(const std::string &file, const std::string &suffix = {})
    {
        struct stat facts {};
        ::stat(file.c_str(), &facts);
        return "7f0a11e00000-7f0a11e5b000 r-xp 0001f000 fe:01 " + std::to_string(facts.st_ino) + "    " + file + suffix + '\n';
    }
    /// Returns the path of its maps.
    std::string process(std::uint32_t pid, const std::string &maps, const std::string &mountNamespace = "mnt:[1]") const
    {
        const std::string folder = root() + '/' + std::to_string(pid);
        if (std::filesystem::create_directories(folder + "/ns")) {
            std::filesystem::create_symlink("/", folder + "/root");
            std::filesystem::create_symlink(mountNamespace, folder + "/ns/mnt");
            std::ofstream(folder + "/mountinfo") << "1 0 254:1 / / rw - ext4 /dev/vda1 rw\n";
        }
        std::ofstream(folder + "/maps") << maps;
        return folder + "/maps";
    }

private:
    QTemporaryDir m_folder;
};

/// How often a file is opened, by anybody.
class Opens {
public:
    explicit Opens(const std::string &path) : m_fd(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC))
    {
        ::inotify_add_watch(m_fd, path.c_str(), IN_OPEN | IN_CLOSE);
    }
    ~Opens() { ::close(m_fd); }
    Opens(const Opens &) = delete;
    Opens &operator=(const Opens &) = delete;

    /// Since the beginning. Two events alike in a row would be told as one, so that the closing is asked for, too.
    int count()
    {
        alignas(inotify_event) char block[4096];
        for (ssize_t size = 0; (size = ::read(m_fd, block, sizeof(block))) > 0;) {
            for (ssize_t at = 0; at < size; at += static_cast<ssize_t>(sizeof(inotify_event))) // without names: it is no folder
                m_count += (reinterpret_cast<const inotify_event *>(block + at)->mask & IN_OPEN) != 0 ? 1 : 0;
        }
        return m_count;
    }

private:
    int m_fd;
    int m_count = 0;
};

} // namespace tapio::test
