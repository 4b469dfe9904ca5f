// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/collect/kernel/sslusers.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <optional>

#include <dirent.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

namespace tapio::agent {

namespace {

constexpr std::size_t mostMapsBytes = 16u << 20;
constexpr std::size_t mostMountBytes = 1u << 20;
constexpr std::size_t mostPathBytes = 4096;
constexpr std::size_t mostMappings = 16; ///< of one process
constexpr std::size_t mostProcesses = 1u << 16;
constexpr auto bcachefsMagic = 0xca451a4e; // include/uapi/linux/magic.h has it from 6.7 on

class Descriptor {
public:
    explicit Descriptor(int fd) noexcept : m_fd(fd) {}
    ~Descriptor()
    {
        if (m_fd >= 0)
            ::close(m_fd);
    }
    Descriptor(const Descriptor &) = delete;
    Descriptor &operator=(const Descriptor &) = delete;
    int get() const noexcept { return m_fd; }
    int release() noexcept { return std::exchange(m_fd, -1); }

private:
    int m_fd;
};

std::string_view takeField(std::string_view &line)
{
    const std::size_t begin = std::min(line.find_first_not_of(' '), line.size());
    line.remove_prefix(begin);
    const std::string_view field = line.substr(0, line.find(' '));
    line.remove_prefix(field.size());
    return field;
}

std::string_view takeLine(std::string_view &text)
{
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    return line;
}

template <typename Number> std::optional<Number> number(std::string_view text)
{
    Number value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc() && end == text.data() + text.size() ? std::optional(value) : std::nullopt;
}

/// "libssl.so.3", "libssl-1a2b3c.so.1.1"; not "libssl3.so", which is of NSS and has other functions.
bool isSslName(std::string_view path)
{
    const std::string_view name = path.substr(path.rfind('/') + 1);
    constexpr std::string_view begin = "libssl";
    return name.starts_with(begin) && name.size() > begin.size() && (name[begin.size()] == '.' || name[begin.size()] == '-')
           && name.find(".so", begin.size()) != std::string_view::npos;
}

std::optional<SslMapping> parseMapping(std::string_view line)
{
    if (line.find("libssl") == std::string_view::npos) // which nearly all lines are
        return std::nullopt;
    takeField(line);
    const std::string_view rights = takeField(line);
    takeField(line);
    const std::string_view device = takeField(line);
    const auto inode = number<std::uint64_t>(takeField(line));
    std::string_view path = line.substr(std::min(line.find_first_not_of(' '), line.size()));
    constexpr std::string_view deleted = " (deleted)";
    const bool isDeleted = path.ends_with(deleted);
    path.remove_suffix(isDeleted ? deleted.size() : 0);
    const bool fits = rights.size() == 4 && rights[2] == 'x' && device.size() <= 16 && path.starts_with('/') && path.size() <= mostPathBytes
                      && path.find('\\') == std::string_view::npos && isSslName(path);
    if (!fits || !inode || *inode == 0)
        return std::nullopt;
    return SslMapping{std::string(device), *inode, std::string(path), isDeleted};
}

void addMappings(std::string_view maps, std::vector<SslMapping> &to)
{
    while (!maps.empty() && to.size() < mostMappings) {
        auto mapping = parseMapping(takeLine(maps));
        if (mapping && std::find(to.begin(), to.end(), *mapping) == to.end())
            to.push_back(std::move(*mapping));
    }
}

/// proc(5): blank, tab, newline and backslash are written as three octal digits.
std::string unescaped(std::string_view text)
{
    std::string plain;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto digit = [&](std::size_t at) { return at < text.size() && text[at] >= '0' && text[at] <= '7' ? text[at] - '0' : -1; };
        if (text[i] == '\\' && digit(i + 1) >= 0 && digit(i + 2) >= 0 && digit(i + 3) >= 0) {
            plain += static_cast<char>(digit(i + 1) * 64 + digit(i + 2) * 8 + digit(i + 3));
            i += 3;
        } else {
            plain += text[i];
        }
    }
    return plain;
}

bool isBelow(std::string_view path, std::string_view folder)
{
    return folder == "/" || (path.starts_with(folder) && path.size() > folder.size() && path[folder.size()] == '/');
}

/// Whole, or as much of it as is allowed; empty when it cannot be read.
std::string readText(const std::string &path, std::size_t most)
{
    const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    std::string text;
    std::array<char, 16384> block;
    ssize_t count = 0;
    while (file.get() >= 0 && text.size() < most && (count = ::read(file.get(), block.data(), block.size())) > 0)
        text.append(block.data(), static_cast<std::size_t>(count));
    return text;
}

/// Without following any link: what is mapped has a path without. A path only, so that nothing is opened before its type is known.
int openPath(int root, const std::string &path)
{
    open_how how{};
    how.flags = O_PATH | O_CLOEXEC;
    how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
    return static_cast<int>(::syscall(SYS_openat2, root, path.c_str(), &how, sizeof(how)));
}

} // namespace

std::vector<SslMapping> parseSslMappings(std::string_view maps)
{
    std::vector<SslMapping> mappings;
    addMappings(maps, mappings);
    return mappings;
}

std::string fileSystemOf(std::string_view mountInfo, std::string_view path)
{
    std::string type;
    std::size_t longest = 0;
    while (!mountInfo.empty()) {
        std::string_view line = takeLine(mountInfo);
        const std::size_t separator = line.find(" - ");
        if (separator == std::string_view::npos)
            continue;
        std::string_view behind = line.substr(separator + 3);
        for (int i = 0; i < 4; ++i)
            takeField(line);
        const std::string point = unescaped(takeField(line));
        // Of several at one place the last one hides the others.
        if (!point.empty() && isBelow(path, point) && point.size() >= longest) {
            longest = point.size();
            type = takeField(behind);
        }
    }
    return type;
}

bool isLocalFileSystem(std::string_view type) noexcept
{
    constexpr std::array<std::string_view, 14> local{"overlay", "ext2",   "ext3",     "ext4",  "xfs",  "btrfs",    "tmpfs",
                                                     "ramfs",   "rootfs", "squashfs", "erofs", "f2fs", "bcachefs", "zfs"};
    return std::find(local.begin(), local.end(), type) != local.end();
}

std::vector<std::uint32_t> listProcesses(const std::string &procRoot)
{
    std::vector<std::uint32_t> pids;
    DIR *folder = ::opendir(procRoot.c_str());
    if (folder == nullptr)
        return pids;
    while (const dirent *entry = ::readdir(folder)) {
        if (const auto pid = number<std::uint32_t>(entry->d_name); pid && pids.size() < mostProcesses)
            pids.push_back(*pid);
    }
    ::closedir(folder);
    return pids;
}

std::vector<SslMapping> sslMappingsOf(const std::string &procRoot, std::uint32_t pid)
{
    std::vector<SslMapping> mappings;
    const Descriptor file(::open((procRoot + '/' + std::to_string(pid) + "/maps").c_str(), O_RDONLY | O_CLOEXEC));
    std::string text;
    std::array<char, 65536> block;
    ssize_t count = 0;
    std::size_t total = 0;
    while (file.get() >= 0 && total < mostMapsBytes && (count = ::read(file.get(), block.data(), block.size())) > 0) {
        total += static_cast<std::size_t>(count);
        text.append(block.data(), static_cast<std::size_t>(count));
        const std::size_t lines = text.rfind('\n') + 1; // 0 when there is none
        addMappings(std::string_view(text).substr(0, lines), mappings);
        text.erase(0, text.size() - lines > 2 * mostPathBytes ? text.size() : lines);
    }
    return mappings;
}

std::string mountNamespaceOf(const std::string &procRoot, std::uint32_t pid)
{
    std::array<char, 64> name;
    const ssize_t size = ::readlink((procRoot + '/' + std::to_string(pid) + "/ns/mnt").c_str(), name.data(), name.size());
    return std::string(name.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
}

Result<OpenFile> openMapped(const std::string &procRoot, std::uint32_t pid, const SslMapping &mapping)
{
    const std::string process = procRoot + '/' + std::to_string(pid);
    const std::string mounts = readText(process + "/mountinfo", mostMountBytes);
    if (mounts.empty())
        return fail(Errc::NotFound, "the process is gone");
    if (const std::string type = fileSystemOf(mounts, mapping.path); !isLocalFileSystem(type))
        return fail(Errc::Unsupported, "a file on " + (type.empty() ? "an unknown file system" : type)
                                           + " is not opened: reading it could wait for another process");
    const Descriptor root(::open((process + "/root").c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    const Descriptor path(root.get() < 0 ? -1 : openPath(root.get(), mapping.path));
    struct stat facts {};
    struct statfs system {};
    if (path.get() < 0 || ::fstat(path.get(), &facts) != 0 || ::fstatfs(path.get(), &system) != 0)
        return failErrno("opening it through the root of process " + std::to_string(pid), errno);
    const bool isOverlay = system.f_type == OVERLAYFS_SUPER_MAGIC; // whose inodes maps may name as they are underneath
    if (!S_ISREG(facts.st_mode) || (!isOverlay && facts.st_ino != mapping.inode))
        return fail(Errc::NotFound, "another file has come to its place");
    Descriptor file(::open(("/proc/self/fd/" + std::to_string(path.get())).c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
    if (file.get() < 0)
        return failErrno("opening it", errno);
    OpenFile open;
    open.isAmbiguous = system.f_type == BTRFS_SUPER_MAGIC || system.f_type == bcachefsMagic;
    const std::string subvolume = std::to_string(::major(facts.st_dev)) + ':' + std::to_string(::minor(facts.st_dev));
    open.identity = {isOverlay          ? std::string()
                     : open.isAmbiguous ? subvolume
                                        : mapping.device,
                     facts.st_ino, static_cast<std::uint64_t>(facts.st_size), facts.st_mtim.tv_sec * 1'000'000'000 + facts.st_mtim.tv_nsec};
    open.fd = file.release();
    return open;
}

} // namespace tapio::agent
