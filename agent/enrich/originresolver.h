// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "agent/collect/cgroupinventory.h"
#include "agent/collect/smallfile.h"
#include "agent/enrich/naming.h"
#include "protocol/base/clock.h"
#include "protocol/wire/origin.h"

namespace tapio::agent {

using OriginPtr = std::shared_ptr<const wire::Origin>;

/// CPU time of the calling thread. About cost and not about when, so it is of no injected clock.
std::int64_t threadCpuNs();

/// Walks that unknown ids ask for take 1/walkShare of a core at most: where one takes long, they come less often.
inline constexpr std::int64_t walkShare = 50;

/// What a cgroup was called when it was made, by its id and whether that is of v1's memory hierarchy; see KernelCollectors::cgroupBirth.
using CgroupBirth = std::function<std::optional<std::string>(std::uint64_t id, bool isV1)>;

/// How much an origin tells: 3 a container, 2 a pod, 1 at least a path, 0 nothing.
int specificity(const wire::Origin &origin) noexcept;

/// As whose an event came, so that it can be asked again; see OriginResolver::resolve().
struct CgroupRef {
    std::uint64_t cgroupId = 0;
    std::uint64_t memoryId = 0;
    CgroupHierarchy hierarchy = CgroupHierarchy::Either;

    bool operator==(const CgroupRef &) const = default;
};

struct ResolverOptions {
    std::filesystem::path procRoot = "/proc";
    std::filesystem::path podLogs = "/var/log/pods";
    std::filesystem::path containerLogs = "/var/log/containers";
    std::size_t maxGone = 4096; ///< removed cgroups still remembered
    std::chrono::seconds rememberGone{15 * 60};
    std::chrono::milliseconds minBetweenWalks{200};    ///< a flood of unknown ids must not become a flood of walks
    std::function<std::int64_t()> cpuNs = threadCpuNs; ///< what walks are charged with
    RuntimeFolders runtime = {};
    std::shared_ptr<const ClusterPods> cluster = {}; ///< null = nobody
};

/// cgroup id -> path -> container -> pod. Holds what exists, what is gone (for a while, as Cached) and what could not be
/// found (for a moment). All bounded. One thread; the inventory outlives it.
class OriginResolver {
public:
    OriginResolver(ResolverOptions options, CgroupInventory &inventory, const Clock &clock);

    /// From now on the kernel is asked for cgroups that are not known: so those are named too that were gone before anybody looked.
    void setBirth(CgroupBirth birth) { m_birth = std::move(birth); }
    /// Walks the cgroups again, reads the kubelet's folders when they changed, ages what is gone.
    void refresh();
    /// Takes over names that became known meanwhile, without a walk. Cheap while there are none.
    void refreshNames();

    /// An unknown id is looked for: through /proc/PID/cgroup when that process is still the one that started at
    /// `startTimeNs` (boot time; 0 = not known), then by a walk. pid 0 = no process to ask. Never null.
    /// `memoryId`: of v1's memory hierarchy where `cgroupId` is v2's and both say something (hybrid nodes), else 0. A runtime's
    /// service may be all that the one says of a container that the other names: whichever names more is taken, first v2's.
    /// `hierarchy`: that of `cgroupId`.
    OriginPtr resolve(std::uint64_t cgroupId, std::uint32_t pid = 0, std::uint64_t startTimeNs = 0, std::uint64_t memoryId = 0,
                      CgroupHierarchy hierarchy = CgroupHierarchy::Either);
    /// What is known already, for figures that come every second: no process is asked and nothing walked for them, and what is not
    /// known, or any more, is Unknown. Never null.
    OriginPtr known(std::uint64_t cgroupId, std::uint64_t memoryId = 0, CgroupHierarchy hierarchy = CgroupHierarchy::Either);
    /// The same for who asks again: null where known() makes it Unknown.
    OriginPtr found(const CgroupRef &cgroup);
    /// That of a pod, be its cgroup gone or not seen yet: then only its names are told. Never null. `cgroup` becomes what found() takes, or nothing.
    OriginPtr ofPod(const std::string &uid, CgroupRef &cgroup);
    /// It is a guess, or lacks a name that may be learnt. Its image does not count.
    bool mayBeNamed(const wire::Origin &origin) const noexcept;
    /// How often a cgroup was found or named that was not, gone ones among them: found() may have another answer then.
    std::uint64_t learnt() const noexcept { return m_learnt; }
    /// The origin of a cgroup of the inventory. Never null.
    OriginPtr originOf(const CgroupNode &node);
    const OriginPtr &host() const noexcept { return m_host; }
    /// Every cgroup that is known to exist, without the host.
    void forEach(const std::function<void(const CgroupNode &, const OriginPtr &)> &use) const;
    /// How often that changed: a cgroup came or went, or got a name.
    std::uint64_t changes() const noexcept { return m_changes; }

    /// CPU time that all walks since the last call took, those that resolve() had to make among them.
    std::int64_t takeWalkNs() noexcept { return std::exchange(m_spentNs, 0); }

    /// Where names come from, beside files that have hooks of their own.
    std::vector<wire::Hook> hooks() const { return m_naming.hooks(); }

    std::size_t known() const noexcept { return m_byPath.size(); }
    std::size_t gone() const noexcept { return m_gone.size(); }

private:
    struct Entry {
        CgroupNode node;
        OriginPtr origin;
        std::uint64_t walk = 0; ///< the last one that saw it
    };
    struct Gone {
        OriginPtr origin;
        std::int64_t goneBootNs = 0;
    };
    struct Unfound {
        OriginPtr origin; ///< Unknown, or Inferred from a path that nothing confirmed
        std::int64_t untilBootNs = 0;
    };
    using ByPath = std::map<std::string, Entry>;
    using ById = std::unordered_map<std::uint64_t, Entry *>;

    /// What a process says of itself: the origin where its cgroup's id is the wanted one, and its path in any case.
    struct Asked {
        OriginPtr origin;
        std::string path;
    };

    OriginPtr resolveOne(std::uint64_t cgroupId, CgroupHierarchy hierarchy, std::uint32_t pid, std::uint64_t startTimeNs);
    OriginPtr find(std::uint64_t cgroupId, CgroupHierarchy hierarchy, std::uint32_t pid, std::uint64_t startTimeNs);
    OriginPtr findIn(CgroupHierarchy hierarchy, std::uint64_t cgroupId) const;
    OriginPtr findGone(CgroupHierarchy hierarchy, std::uint64_t cgroupId) const;
    Asked ask(std::uint64_t cgroupId, std::uint32_t pid, std::uint64_t startTimeNs);
    OriginPtr born(CgroupHierarchy hierarchy, std::uint64_t cgroupId);
    OriginPtr rememberUnfound(std::uint64_t cgroupId, const std::string &path);
    bool sameProcess(std::uint32_t pid, std::uint64_t startTimeNs);
    bool mayWalk() const;
    Entry &remember(const CgroupNode &node);
    void forgetMissing();
    void makeRoom();
    void forget(ByPath::iterator entry);
    void ageGone();
    void rememberGone(CgroupHierarchy hierarchy, std::uint64_t id, OriginPtr origin);
    void nameAgain();
    OriginPtr namedAgain(const OriginPtr &origin);
    OriginPtr makeOrigin(const std::string &path, std::uint64_t id, wire::Attribution attribution);

    ResolverOptions m_options;
    CgroupInventory &m_inventory;
    const Clock &m_clock;
    Naming m_naming;
    SmallFileReader m_reader;
    CgroupBirth m_birth; ///< empty = nobody knows
    OriginPtr m_host;
    ByPath m_byPath;
    ById m_v2;
    ById m_memory;
    std::unordered_map<std::uint64_t, Gone> m_gone; ///< by goneKey()
    std::unordered_map<std::uint64_t, Unfound> m_unfound;
    std::uint64_t m_walk = 0; ///< how many there were
    std::uint64_t m_changes = 0;
    std::uint64_t m_learnt = 0;
    std::int64_t m_walkedBootNs = 0;
    std::int64_t m_walkNs = 0;  ///< what the last one took
    std::int64_t m_spentNs = 0; ///< since takeWalkNs()
};

} // namespace tapio::agent
