// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

#include <sys/types.h>

namespace tapio::agent {

/// Reads the lines that are added to a log file, across its rotation: by renaming (another inode at the path; the old one is read to
/// its end first) and by truncating in place. What somebody writes into the old file after that, until he is told of the new one, is not seen:
/// the file is let go, and nobody knows how long to wait. One thread.
class LogFollower {
public:
    /// Begins at the end of the file that is there now; a file that appears later is read from its beginning.
    explicit LogFollower(std::filesystem::path path);
    ~LogFollower();
    LogFollower(const LogFollower &) = delete;
    LogFollower &operator=(const LogFollower &) = delete;

    /// Gives each complete line without its end; a line longer than lineBytes is left out and counted. Reads at most `maxBytes` and
    /// keeps the rest for the next call. The errno that stands in the way, else 0.
    int read(std::size_t maxBytes, const std::function<void(std::string_view)> &line);

    static constexpr std::size_t lineBytes = 8192;
    std::uint64_t overlongLines() const noexcept { return m_overlong; }
    const std::filesystem::path &path() const noexcept { return m_path; }

private:
    int open();
    int readBlock(std::size_t maxBytes, const std::function<void(std::string_view)> &line, std::size_t &got);
    void split(std::string_view block, const std::function<void(std::string_view)> &line);
    void endOfFile(const std::function<void(std::string_view)> &line);
    bool wasReplaced() const;

    std::filesystem::path m_path;
    int m_fd = -1;
    dev_t m_device = 0;
    ino_t m_inode = 0;
    off_t m_offset = 0;
    std::string m_partial; ///< a line without its end yet
    bool m_skips = false;  ///< inside a line that is too long
    std::uint64_t m_overlong = 0;
};

} // namespace tapio::agent
