// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/collect/readers/mountreader.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <sys/mount.h>
#include <unistd.h>

#include "agent/collect/cgroupprocess.h"
#include "agent/enrich/cgrouppath.h"

namespace tapio::agent {

namespace {

constexpr std::size_t mostBytes = 8u << 20;
/// Of one container, and of all of them together: their owners mount what they like, and the lists are kept between two looks.
constexpr std::size_t mostContainerBytes = 512u << 10;
constexpr std::size_t mostKeptBytes = 4u << 20;

bool pollSaysChanged(int fd)
{
    pollfd one{fd, POLLPRI, 0};
    return ::poll(&one, 1, 0) > 0 && (one.revents & (POLLPRI | POLLERR)) != 0;
}

/// A container, and not a cgroup that it made within itself.
bool isContainer(const CgroupNode &node)
{
    const std::string_view path = node.path;
    return containerIdOfSegment(path.substr(path.rfind('/') + 1)).has_value();
}

} // namespace

std::uint64_t mountFlags(std::string_view options)
{
    constexpr std::uint64_t noSymlinkFollow = 256; // from 5.10; the C library's headers may not have it
    constexpr std::array<std::pair<std::string_view, std::uint64_t>, 8> names{{{"ro", MS_RDONLY},
                                                                               {"nosuid", MS_NOSUID},
                                                                               {"nodev", MS_NODEV},
                                                                               {"noexec", MS_NOEXEC},
                                                                               {"noatime", MS_NOATIME},
                                                                               {"nodiratime", MS_NODIRATIME},
                                                                               {"relatime", MS_RELATIME},
                                                                               {"nosymfollow", noSymlinkFollow}}};
    std::uint64_t flags = 0;
    while (!options.empty()) {
        const std::size_t end = std::min(options.find(','), options.size());
        for (const auto &[name, bit] : names)
            flags |= options.substr(0, end) == name ? bit : 0;
        options.remove_prefix(std::min(end + 1, options.size()));
    }
    return flags;
}

MountReader::MountReader(MountOptions options, const CgroupInventory &inventory, const Clock &clock)
    : m_options(std::move(options)), m_inventory(inventory), m_clock(clock), m_bucket(m_options.perSecond, m_options.burst, clock),
      m_reader(mostBytes), m_containerReader(mostContainerBytes), m_hostHook(m_hooks.add("security", "/proc/1/mountinfo")),
      m_containerHook(m_hooks.add("security", "/proc/PID/mountinfo of containers"))
{
    if (!m_options.changed)
        m_options.changed = pollSaysChanged;
}

MountReader::~MountReader()
{
    if (m_hostFd >= 0)
        ::close(m_hostFd);
}

void MountReader::read(KernelRecordSink &out)
{
    readHost(out);
    const std::int64_t now = m_clock.bootNs();
    if (now < m_nextContainersBootNs)
        return;
    m_nextContainersBootNs = now + m_options.containersNs;
    readContainers(out);
}

void MountReader::readHost(KernelRecordSink &out)
{
    m_hooks.forget(m_hostHook);
    if (m_hostFd < 0) {
        m_hostFd = ::open((m_options.procRoot / "1/mountinfo").c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
        if (m_hostFd < 0) {
            m_hooks.note(m_hostHook, errno);
            return;
        }
        m_hostSpace = spaceOf("1");
    }
    // Asked before the list is read, so that no change falls between the two.
    m_isHostStale = m_options.changed(m_hostFd) || m_isHostStale || !m_host;
    if (!m_isHostStale) {
        m_hooks.note(m_hostHook, 0);
        return;
    }
    auto mounts = mountsOf("1", m_hostHook, m_reader);
    if (!mounts)
        return;
    m_isHostStale = false;
    if (m_host)
        compare(*m_host, mounts->byId, {}, out);
    m_host = std::move(mounts->byId);
}

void MountReader::readContainers(KernelRecordSink &out)
{
    ++m_round;
    std::size_t kept = 0, tooLong = 0;
    m_hooks.forget(m_containerHook);
    const auto &nodes = m_inventory.nodes();
    for (std::size_t i = 0; i < nodes.size(); ++i) {
        if (!isContainer(nodes[i]))
            continue;
        const auto pid = processBelow(m_inventory, i, m_reader);
        if (!pid)
            continue;
        const std::string space = spaceOf(std::to_string(*pid));
        if (space.empty() || space == m_hostSpace)
            continue;
        auto mounts = mountsOf(std::to_string(*pid), m_containerHook, m_containerReader);
        tooLong += !mounts && mounts.error().errnum() == EFBIG ? 1 : 0;
        // The process may have ended and its number gone to another meanwhile.
        if (!mounts || spaceOf(std::to_string(*pid)) != space)
            continue;
        const auto known = m_spaces.find(space);
        const bool isAgain = known != m_spaces.end() && known->second.round == m_round;
        if (!isAgain && kept + mounts->bytes > mostKeptBytes) {
            ++tooLong;
            continue;
        }
        kept += isAgain ? 0 : mounts->bytes;
        if (known != m_spaces.end() && known->second.round != m_round) {
            const bool hasV2 = nodes[i].v2Id != 0;
            compare(known->second.mounts, mounts->byId, {hasV2 ? nodes[i].v2Id : nodes[i].memoryId, hasV2 ? nodes[i].memoryId : 0}, out);
        }
        m_spaces[space] = {std::move(mounts->byId), m_round};
    }
    m_hooks.remark(m_containerHook,
                   tooLong == 0 ? std::string() : std::to_string(tooLong) + " are not watched, as their lists are too long");
    std::erase_if(m_spaces, [this](const auto &entry) { return entry.second.round != m_round; });
}

Result<MountReader::ReadMounts> MountReader::mountsOf(const std::string &pid, FileHooks::Id hook, SmallFileReader &reader)
{
    const FileText file = reader.read(m_options.procRoot / pid / "mountinfo");
    std::vector<MountEntry> entries = file ? parseMountInfo(file.text) : std::vector<MountEntry>();
    int errnum = hook == m_containerHook && file.errnum == ENOENT ? ESRCH : file.errnum;
    if (entries.size() >= maxParsedEntries)
        errnum = EFBIG; // what lies beyond the bound would come and go in the comparison
    m_hooks.note(hook, errnum);
    if (errnum != 0)
        return failErrno("reading the mounts of " + pid, errnum);
    ReadMounts mounts;
    mounts.bytes = file.text.size();
    for (MountEntry &entry : entries) {
        const std::uint64_t id = entry.id;
        mounts.byId.insert_or_assign(id, std::move(entry));
    }
    return mounts;
}

void MountReader::compare(const Mounts &before, const Mounts &now, const Place &place, KernelRecordSink &out)
{
    const auto isSame = [](const MountEntry &a, const MountEntry &b) {
        return a.mountPoint == b.mountPoint && a.device == b.device && a.root == b.root && a.fileSystem == b.fileSystem;
    };
    for (const auto &[id, mount] : before) {
        const auto still = now.find(id);
        if (still == now.end() || !isSame(still->second, mount)) // an id is given anew
            tell(mount, true, place, out);
    }
    for (const auto &[id, mount] : now) {
        const auto was = before.find(id);
        if (was == before.end() || !isSame(was->second, mount) || was->second.options != mount.options)
            tell(mount, false, place, out);
    }
}

void MountReader::tell(const MountEntry &mount, bool isUnmount, const Place &place, KernelRecordSink &out)
{
    ++m_counters[Counter::Seen];
    ++m_counters[Counter::Drained];
    if (!m_bucket.take()) {
        ++m_counters[Counter::Shed];
        return;
    }
    KernelRecord record;
    record.source = "security";
    record.cgroupId = place.cgroupId;
    record.memoryCgroupId = place.memoryCgroupId;
    record.bootNs = record.drainedBootNs = static_cast<std::uint64_t>(m_clock.bootNs());
    record.event.type = wire::EventType::Mount;
    wire::Mount detail;
    detail.source = mount.source;
    detail.target = mount.mountPoint;
    detail.fsType = mount.fileSystem;
    detail.flags = isUnmount ? 0 : mountFlags(mount.options);
    detail.unmount = isUnmount;
    record.event.detail = std::move(detail);
    out.onRecord(std::move(record));
}

std::string MountReader::spaceOf(const std::string &pid) const
{
    std::error_code error;
    return std::filesystem::read_symlink(m_options.procRoot / pid / "ns/mnt", error).native();
}

} // namespace tapio::agent
