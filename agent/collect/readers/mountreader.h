// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/collect/cgroupinventory.h"
#include "agent/collect/filehooks.h"
#include "agent/collect/procparse.h"
#include "agent/collect/readers/eventreader.h"
#include "agent/collect/readers/tokenbucket.h"
#include "agent/collect/smallfile.h"
#include "protocol/base/clock.h"

namespace tapio::agent {

/// MS_RDONLY, MS_NOSUID ... of mount(2), from what mountinfo says of a mount: "ro,nosuid". What has no bit there is passed over.
std::uint64_t mountFlags(std::string_view options);

struct MountOptions {
    std::filesystem::path procRoot = "/proc";
    std::int64_t containersNs = 10 * nsPerSecond; ///< how often each container's mounts are looked at
    std::uint32_t perSecond = 50;
    std::uint32_t burst = 500;
    /// Has the namespace of this open mountinfo changed since the last call? Empty = ask poll(2), which costs nothing else.
    std::function<bool(int)> changed;
};

/// Mounts that came and went, by comparing what is mounted with what was. The kernel has no hook for it but the system call itself,
/// and hooks on those tax all of them. The host's list is read when poll(2) says that it changed; the lists of containers now and then,
/// and never held open: that would keep alive the mounts of a container that ends. So what comes and goes between two looks is not
/// seen, and neither is who did it. The first look at a namespace tells nothing.
class MountReader final : public EventReader {
public:
    /// Both outlive the reader.
    MountReader(MountOptions options, const CgroupInventory &inventory, const Clock &clock);
    ~MountReader() override;
    MountReader(const MountReader &) = delete;
    MountReader &operator=(const MountReader &) = delete;

    void read(KernelRecordSink &out) override;
    std::vector<wire::Hook> hooks() const override { return m_hooks.hooks(); }
    SourceCounterSet counters() const override { return {"security", m_counters}; }

private:
    using Mounts = std::map<std::uint64_t, MountEntry>; ///< by id
    struct Place {
        std::uint64_t cgroupId = 1;
        std::uint64_t memoryCgroupId = 0;
    };
    struct ReadMounts {
        Mounts byId;
        std::size_t bytes = 0; ///< of the text they were read from
    };
    struct Space {
        Mounts mounts;
        std::uint64_t round = 0; ///< that last saw it
    };
    void readHost(KernelRecordSink &out);
    void readContainers(KernelRecordSink &out);
    Result<ReadMounts> mountsOf(const std::string &pid, FileHooks::Id hook, SmallFileReader &reader);
    void compare(const Mounts &before, const Mounts &now, const Place &place, KernelRecordSink &out);
    void tell(const MountEntry &mount, bool isUnmount, const Place &place, KernelRecordSink &out);
    std::string spaceOf(const std::string &pid) const;

    MountOptions m_options;
    const CgroupInventory &m_inventory;
    const Clock &m_clock;
    TokenBucket m_bucket;
    SmallFileReader m_reader, m_containerReader;
    FileHooks m_hooks;
    FileHooks::Id m_hostHook, m_containerHook;
    int m_hostFd = -1;
    std::optional<Mounts> m_host;
    bool m_isHostStale = true; ///< poll(2) tells a change once, and reading may fail then
    std::string m_hostSpace;
    std::map<std::string, Space> m_spaces; ///< of containers, by the name of their mount namespace
    std::uint64_t m_round = 0;
    std::int64_t m_nextContainersBootNs = 0;
    CounterSet m_counters;
};

} // namespace tapio::agent
