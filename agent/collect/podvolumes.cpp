// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/collect/podvolumes.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <memory>
#include <optional>
#include <utility>

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/enrich/cgrouppath.h"
#include "agent/enrich/kubename.h"
#include "protocol/base/clock.h"

namespace tapio::agent {

namespace {

constexpr std::array<std::pair<const char *, const char *>, 3> sources{
    {{"kubernetes.io~configmap", "configmap"}, {"kubernetes.io~secret", "secret"}, {"kubernetes.io~projected", "projected"}}};
constexpr const char *dataLink = "..data";

/// Names that are read of one folder, wanted or not: whoever fills it decides how many there are.
constexpr std::size_t mostEntries = 4096;

class Folder {
public:
    /// No link is followed on the last step.
    Folder(int at, const char *name) : m_fd(::openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK))
    {
        if (m_fd < 0)
            m_errnum = errno;
    }
    ~Folder()
    {
        if (m_fd >= 0)
            ::close(m_fd);
    }
    Folder(const Folder &) = delete;
    Folder &operator=(const Folder &) = delete;

    explicit operator bool() const noexcept { return m_fd >= 0; }
    int fd() const noexcept { return m_fd; }
    int errnum() const noexcept { return m_errnum; }

private:
    int m_fd;
    int m_errnum = 0;
};

struct DirCloser {
    void operator()(DIR *folder) const noexcept { ::closedir(folder); }
};

/// Calls use(name) for each entry until it says false or there are too many. True: that was all. A list that cannot be had is no entry.
template <typename Use> bool eachEntry(int folder, Use &&use)
{
    const int own = ::openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const std::unique_ptr<DIR, DirCloser> open(own < 0 ? nullptr : ::fdopendir(own));
    if (!open) {
        if (own >= 0)
            ::close(own);
        return true;
    }
    for (std::size_t entries = 0; const dirent *entry = ::readdir(open.get());) {
        const std::string_view name = entry->d_name;
        if (name == "." || name == "..")
            continue;
        if (entries++ >= mostEntries || !use(entry->d_name))
            return false;
    }
    return true;
}

/// "..2026_11_27_10_00_00.123": beside the link, and nowhere else.
bool isContentFolder(std::string_view target)
{
    return target.size() > 2 && target.starts_with("..") && target.find('/') == std::string_view::npos;
}

/// Where "..data" leads and since when. Empty target: it is there, and is no link as the kubelet makes them.
std::optional<PodVolume> contentOf(int volume, int &errnum)
{
    std::array<char, NAME_MAX + 1> target{};
    struct stat link {};
    const ssize_t length = ::readlinkat(volume, dataLink, target.data(), target.size());
    if (length < 0 || ::fstatat(volume, dataLink, &link, AT_SYMLINK_NOFOLLOW) != 0) {
        errnum = errno;
        return std::nullopt;
    }
    PodVolume found;
    found.changedUtcNs = static_cast<std::int64_t>(link.st_mtim.tv_sec) * nsPerSecond + link.st_mtim.tv_nsec;
    const std::string_view name(target.data(), static_cast<std::size_t>(length));
    if (name.size() < target.size() && isContentFolder(name))
        found.target = name;
    return found;
}

bool isOver(int errnum) noexcept { return errnum == ENOENT || errnum == ESTALE; }

void lookAt(int plugin, const char *source, const char *name, PodVolumeLook &look)
{
    const Folder volume(plugin, name);
    if (!isKubernetesName(name) || volume.errnum() == ENOTDIR || volume.errnum() == ELOOP) {
        ++look.odd;
        return;
    }
    int errnum = volume.errnum();
    auto content = volume ? contentOf(volume.fd(), errnum) : std::nullopt;
    if (content && !content->target.empty()) {
        content->source = source;
        content->name = name;
        look.volumes.push_back(std::move(*content));
    } else if (content || errnum == EINVAL) { // EINVAL: it is no link
        ++look.odd;
    } else if (!isOver(errnum)) {
        look.errnum = errnum; // what is not there yet, or not any more, is no problem
    }
}

bool isSmallFile(int folder, const char *name, std::size_t mostBytes)
{
    struct stat file {};
    return ::fstatat(folder, name, &file, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(file.st_mode) && file.st_size >= 0
           && static_cast<std::uint64_t>(file.st_size) <= mostBytes;
}

/// At most so much, even where the file grew since it was looked at. nullopt: it cannot be read, or is no plain file any more.
std::optional<std::string> readFile(int folder, const char *name, std::size_t mostBytes)
{
    const int fd = ::openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd < 0)
        return std::nullopt;
    struct stat file {};
    const bool isPlain = ::fstat(fd, &file) == 0 && S_ISREG(file.st_mode);
    std::string text(mostBytes, '\0');
    std::size_t length = 0;
    ssize_t got = isPlain ? 1 : -1;
    while (got > 0 && length < text.size()) {
        got = ::read(fd, text.data() + length, text.size() - length);
        length += got > 0 ? static_cast<std::size_t>(got) : 0;
    }
    ::close(fd);
    text.resize(length);
    return got < 0 ? std::nullopt : std::optional(std::move(text));
}

} // namespace

PodVolumeFolder::PodVolumeFolder(const std::filesystem::path &kubelet)
    : m_fd(::open((kubelet / "pods").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC))
{
    if (m_fd < 0)
        m_errnum = errno;
}

PodVolumeFolder::~PodVolumeFolder()
{
    if (m_fd >= 0)
        ::close(m_fd);
}

PodList PodVolumeFolder::list(std::size_t most) const
{
    PodList pods;
    pods.errnum = m_errnum;
    if (m_fd < 0)
        return pods;
    pods.isCut = !eachEntry(m_fd, [&](const char *name) {
        if (!isPodUid(name))
            return true;
        if (pods.uids.size() >= most)
            return false;
        pods.uids.emplace_back(name);
        return true;
    });
    return pods;
}

PodVolumeLook PodVolumeFolder::look(const std::string &podUid, std::size_t most) const
{
    PodVolumeLook look;
    const Folder pod(m_fd, podUid.c_str());
    const Folder volumes(pod.fd(), "volumes");
    if (!volumes) {
        const int errnum = pod ? volumes.errnum() : pod.errnum();
        look.errnum = isOver(errnum) ? 0 : errnum;
        return look;
    }
    for (const auto &[folder, source] : sources) {
        const Folder plugin(volumes.fd(), folder);
        if (!plugin) {
            look.errnum = isOver(plugin.errnum()) ? look.errnum : plugin.errnum();
            continue;
        }
        const bool isAll = eachEntry(plugin.fd(), [&, source = source](const char *name) {
            if (look.volumes.size() < most)
                lookAt(plugin.fd(), source, name, look);
            else
                ++look.beyond;
            return true;
        });
        look.beyond += isAll ? 0 : 1;
    }
    return look;
}

std::optional<std::size_t> PodVolumeFolder::eachFile(const std::string &podUid, const PodVolume &volume, std::size_t most,
                                                     std::size_t mostBytes, const std::function<bool(std::string_view)> &isWanted,
                                                     const std::function<void(std::string_view, std::string_view)> &use) const
{
    const auto source =
        std::find_if(sources.begin(), sources.end(), [&](const auto &one) { return one.second == std::string_view(volume.source); });
    if (source == sources.end() || !isContentFolder(volume.target))
        return std::nullopt;
    const Folder pod(m_fd, podUid.c_str());
    const Folder volumes(pod.fd(), "volumes");
    const Folder plugin(volumes.fd(), source->first);
    const Folder own(plugin.fd(), volume.name.c_str());
    const Folder content(own.fd(), volume.target.c_str());
    if (!content)
        return std::nullopt;
    std::size_t wanted = 0, leftOut = 0;
    const bool isAll = eachEntry(content.fd(), [&](const char *name) {
        if (!isWanted(name))
            return true;
        const bool isTaken = wanted++ < most && isSmallFile(content.fd(), name, mostBytes);
        const auto text = isTaken ? readFile(content.fd(), name, mostBytes) : std::nullopt;
        if (text)
            use(name, *text);
        else
            ++leftOut;
        return true;
    });
    return leftOut + (isAll ? 0 : 1);
}

} // namespace tapio::agent
