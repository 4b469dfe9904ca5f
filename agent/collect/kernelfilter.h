// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <bitset>
#include <chrono>
#include <compare>
#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "agent/collect/cgroupinventory.h"

/// What the kernel programs leave out, as they understand it. Values. What the programs add up is not concerned, and neither is what a
/// filter must never hide: OOM kills, fatal signals, ends by a signal, everything of the collectors security, capability and entry, and
/// starts of files that were written after their container started.
namespace tapio::agent {

/// Collectors whose records a filter may leave out.
enum class Filtered : std::uint8_t { Process, Tcp, Dns, Http };
inline constexpr std::size_t filteredCount = 4;
inline constexpr std::array<std::string_view, filteredCount> filteredNames{"process", "tcp", "dns", "http"};
using FilteredSet = std::bitset<filteredCount>;

/// Their kinds of records.
enum class RecordKind : std::uint8_t { Exec, Exit, Tcp, Dns, Http };
inline constexpr std::size_t recordKindCount = 5;
using RecordKindSet = std::bitset<recordKindCount>;

inline constexpr std::size_t portCount = 65'536;
using PortSet = std::bitset<portCount>;

/// For one collector. A record "failed" when the severity of its event is above info, or its answer is an error: a code other than 0, a
/// connection that was refused or reset, NXDOMAIN, a status from 400 on, no answer at all.
struct KernelRule {
    bool byCgroup = false;                ///< the verdicts on cgroups count
    std::shared_ptr<const PortSet> ports; ///< those that are told; null = all. The port of the side that listens
    std::chrono::nanoseconds floor{0};    ///< what is over sooner and did not fail is left out. Ignored for programs
    std::uint32_t rate = 0;               ///< records per second of a cgroup, and as many that failed; 0 = no limit
    std::uint32_t burst = 1;              ///< so many at once
    std::uint32_t plainRate =
        0; ///< instead for what went well within a second and is in the collector's sums; 0 = rate and burst are for it too
    std::uint32_t plainBurst = 1;

    bool operator==(const KernelRule &other) const
    {
        const bool samePorts = ports == other.ports || (ports && other.ports && *ports == *other.ports);
        return samePorts && byCgroup == other.byCgroup && floor == other.floor && rate == other.rate && burst == other.burst
               && plainRate == other.plainRate && plainBurst == other.plainBurst;
    }
    bool leavesOutNothing() const { return *this == KernelRule(); }
};

struct KernelFilter {
    std::array<KernelRule, filteredCount> rules;
    RecordKindSet unwanted;      ///< left out, failed or not
    RecordKindSet unwantedPlain; ///< left out unless they failed

    bool operator==(const KernelFilter &) const = default;
    KernelRule &of(Filtered collector) { return rules[static_cast<std::size_t>(collector)]; }
    const KernelRule &of(Filtered collector) const { return rules[static_cast<std::size_t>(collector)]; }
};

/// A cgroup as the kernel programs know it: ids are unique within one hierarchy only.
struct CgroupKey {
    std::uint64_t id = 0;
    CgroupHierarchy hierarchy = CgroupHierarchy::V2; ///< never Either

    auto operator<=>(const CgroupKey &) const = default;
};

/// What of a cgroup is left out. A cgroup without a verdict is not known yet: it passes.
struct CgroupVerdict {
    FilteredSet denied;
    std::uint8_t rank = 0; ///< how much it says of whose a task is (specificity()): of a task's two cgroups the higher counts

    bool operator==(const CgroupVerdict &) const = default;
};
using CgroupVerdicts = std::vector<std::pair<CgroupKey, CgroupVerdict>>;
using CgroupKeys = std::vector<CgroupKey>;

/// Records of a cgroup that were left out since it had used up its share, cumulative; from 0 again after it was quiet for a while.
struct LeftOut {
    Filtered collector = Filtered::Process;
    std::uint64_t cgroupId = 0; ///< this and the next as KernelRecord has them
    std::uint64_t memoryCgroupId = 0;
    bool failed = false;
    std::uint64_t records = 0;
    CgroupHierarchy hierarchy = CgroupHierarchy::Either; ///< of cgroupId
};

} // namespace tapio::agent
