// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "agent/drill/cgroupname.h"
#include "protocol/base/result.h"

/// Faults made on purpose: real, bounded, and gone afterwards. What detection is measured by.
namespace tapio::drill {

/// No drill takes longer, whatever is asked for; most may take a minute (Limits::most).
inline constexpr std::chrono::seconds mostTime{900};

/// Bounds that hold whatever a drill does wrong; the scratch cgroup and rlimits keep them.
struct Limits {
    std::uint64_t memoryBytes = 64u << 20; ///< and no swap
    std::uint32_t processes = 64;
    std::uint32_t cpuPercent = 50;   ///< of one CPU
    std::uint32_t openFiles = 256;   ///< per process
    std::uint64_t diskBytes = 0;     ///< size of the scratch file system's image; 0 = none is made
    std::uint64_t diskWriteRate = 0; ///< bytes per second to it; 0 = unlimited
    std::chrono::seconds time{10};   ///< when the caller says nothing
    std::chrono::seconds most{60};   ///< that the caller may ask for; more where only what lasts can be told from what is well
    std::uint64_t capabilities = 0;  ///< bit N: capability N of capabilities(7) stays while it runs; all others go
    bool gainsPrivileges = false;    ///< a setuid program works in it
    bool hostNetwork = false;        ///< in the node's own network namespace, to reach a service of the node
};

/// What the scratch cgroup counted while a drill ran. A controller that is not there counts nothing.
struct Evidence {
    std::uint64_t oomKills = 0;
    std::uint64_t throttledPeriods = 0; ///< in which the CPU quota was used up
    std::uint64_t peakMemoryBytes = 0;  ///< highest seen by looking every 50 ms, or as the kernel kept it
    std::uint64_t effects = 0;          ///< counted by the drill itself: refused connections, crashes ...
    std::string told;                   ///< by the drill itself, one line: "120 connections refused"
};

/// Where a drill would run: what it asks before.
struct Place {
    std::filesystem::path cgroupRoot = "/sys/fs/cgroup";
    std::filesystem::path proc = "/proc";
    std::filesystem::path dev = "/dev";
    std::filesystem::path logs = "/var/log";
    std::filesystem::path stateFolder = "/run/tapio-drill"; ///< lock and scratch folders; made 0700
    std::string prefix{namePrefix};                         ///< of everything that has a name, so that left-overs can be told
};

/// What the drill finds in its own process: see isolation.h. Absolute paths in its own mount namespace.
struct Workplace {
    std::filesystem::path folder;                  ///< empty and writable
    std::filesystem::path disk;                    ///< where the scratch file system is mounted; empty without Limits::diskBytes
    std::int64_t untilBootNs = 0;                  ///< CLOCK_BOOTTIME; what runs on is killed
    std::atomic<std::uint64_t> *effects = nullptr; ///< shared with the runner and all processes of the drill
    std::vector<int> descriptors;                  ///< that prepare() opened for run(); they end with the process

    void count(std::uint64_t more = 1) const { *effects += more; }
};

/// One kind of fault. Stateless; safe from any thread. run() and prepare() are called in a process of their own that may die any time:
/// nothing that they change in memory is seen by others, but for Workplace::effects and what they return.
class Drill {
public:
    virtual ~Drill() = default;
    virtual std::string_view name() const = 0;
    virtual std::string_view summary() const = 0; ///< one line for people
    virtual std::vector<std::string> needs() const = 0;
    virtual Limits limits() const { return {}; }
    /// Whether it can run here. Errors: Unsupported, PermissionDenied, NotFound, with the reason in one sentence.
    virtual Status probe(const Place &place) const = 0;
    /// Still with all capabilities, in its namespaces: interfaces up, ports bound.
    virtual Status prepare(Workplace &) const { return {}; }
    /// Makes the fault until Workplace::untilBootNs, or until it was enough. One line of what happened.
    virtual Result<std::string> run(Workplace &workplace) const = 0;
    /// Did it happen? Errors: Unsupported, with what was missing: the label then says "failed".
    virtual Status verify(const Evidence &evidence) const;
};

using DrillList = std::vector<std::unique_ptr<const Drill>>;
/// Every drill there is, by name.
DrillList allDrills();
void addResourceDrills(DrillList &list);
void addNetworkDrills(DrillList &list);
void addDiskDrills(DrillList &list);
void addSecurityDrills(DrillList &list);

} // namespace tapio::drill
