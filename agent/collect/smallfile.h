// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

namespace tapio::agent {

/// What a read gave: the text, or the errno that says why there is none (EFBIG: longer than the reader's bound).
struct FileText {
    std::string_view text;
    int errnum = 0;

    explicit operator bool() const noexcept { return errnum == 0; }
};

/// Reads the kernel's small files whole, into one buffer that is used again: absence is common and must be cheap, so
/// errors are an errno and not an Error. One thread.
class SmallFileReader {
public:
    explicit SmallFileReader(std::size_t maxBytes = 1u << 20) : m_maxBytes(maxBytes) {}

    /// `name` is relative to the open folder `folderFd`. The text lives until the next read.
    FileText read(int folderFd, const char *name);
    FileText read(const std::filesystem::path &path);

private:
    std::size_t m_maxBytes;
    std::string m_buffer;
};

/// An open folder (O_PATH), so that the many files of a cgroup cost one path lookup. Move-only.
class FolderHandle {
public:
    FolderHandle() = default;
    explicit FolderHandle(const std::filesystem::path &path);
    ~FolderHandle();
    FolderHandle(FolderHandle &&other) noexcept;
    FolderHandle &operator=(FolderHandle &&other) noexcept;
    FolderHandle(const FolderHandle &) = delete;
    FolderHandle &operator=(const FolderHandle &) = delete;

    bool isOpen() const noexcept { return m_fd >= 0; }
    int fd() const noexcept { return m_fd; }

private:
    int m_fd = -1;
};

} // namespace tapio::agent
