// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Parsers of what /proc and the cgroup file systems say (proc(5), cgroups(7), Documentation/admin-guide/cgroup-v1 and
/// cgroup-v2 of Linux 6.1). Pure; no line, count or number from outside is trusted: what does not parse is absent, never 0,
/// and every list is bounded.
namespace tapio::agent {

/// More entries than a machine has; the rest is cut.
inline constexpr std::size_t maxParsedEntries = 4096;

/// Whole text as a decimal number, spaces at the ends allowed. Empty on overflow, sign or any other character.
std::optional<std::uint64_t> parseUnsigned(std::string_view text);

/// Takes the next line off `text`, without its end; false at the end.
bool nextLine(std::string_view &text, std::string_view &line);
/// Takes the next word (separated by spaces and tabs) off `line`; empty at the end.
std::string_view nextWord(std::string_view &line);

/// The value of "KEY VALUE" in a flat-keyed file such as cpu.stat, memory.stat, memory.events, memory.oom_control, vmstat.
std::optional<std::uint64_t> keyedValue(std::string_view text, std::string_view key);

/// Of the lines of a pressure file: total=, microseconds, and avg10=, hundredths of a percent.
struct PressureTotals {
    std::optional<std::uint64_t> someUs;
    std::optional<std::uint64_t> fullUs;
    std::optional<std::uint32_t> someAvg10;
    std::optional<std::uint32_t> fullAvg10;
};
PressureTotals parsePressure(std::string_view text);

struct InterfaceCounters {
    std::string name;
    std::uint64_t rxBytes = 0, rxPackets = 0, rxDrops = 0, txBytes = 0, txPackets = 0, txDrops = 0;
};
std::vector<InterfaceCounters> parseNetDev(std::string_view text);

struct DiskCounters {
    std::string device; ///< "vda", or "254:0" from a cgroup file
    std::uint64_t readBytes = 0, writeBytes = 0, readOps = 0, writeOps = 0;
    std::optional<std::uint64_t> busyMs;
};
/// /proc/diskstats: whole disks that did anything since boot; a partition's traffic is in its disk's.
std::vector<DiskCounters> parseDiskStats(std::string_view text);
/// /proc/diskstats: "254:0" -> "vda", of every device.
std::map<std::string, std::string, std::less<>> parseDeviceNames(std::string_view text);
/// io.stat of cgroup v2.
std::vector<DiskCounters> parseIoStat(std::string_view text);
/// Two files of cgroup v1: bytes and operations. Either may be empty.
std::vector<DiskCounters> parseBlkio(std::string_view bytes, std::string_view operations);

struct CpuLimit {
    std::uint64_t quotaUs = 0;
    std::uint64_t periodUs = 0;
    std::uint64_t millicores() const noexcept { return quotaUs * 1000 / periodUs; }
};
/// cpu.max "50000 100000"; empty for "max", which is no limit.
std::optional<CpuLimit> parseCpuMax(std::string_view text);
/// cpu.cfs_quota_us and cpu.cfs_period_us; empty for a quota of -1, which is no limit.
std::optional<CpuLimit> parseCfsQuota(std::string_view quota, std::string_view period);
/// memory.max or memory.limit_in_bytes; empty for "max" and for v1's largest page count, which both mean no limit.
std::optional<std::uint64_t> parseMemoryLimit(std::string_view text);

/// memory.events, or memory.events.local, of cgroup v2; of v1 memory.failcnt as `max`, and oom_kill of memory.oom_control.
struct MemoryCounts {
    std::optional<std::uint64_t> low, high, max, oom, oomKill, oomGroupKill;
};
MemoryCounts parseMemoryEvents(std::string_view text);
/// `failcnt` may be empty.
MemoryCounts parseMemoryV1(std::string_view failcnt, std::string_view oomControl);

struct MemInfo {
    std::optional<std::uint64_t> totalBytes, freeBytes, availableBytes, inactiveFileBytes;
};
MemInfo parseMemInfo(std::string_view text);

struct CpuTimes {
    std::uint64_t busyTicks = 0; ///< user + nice + system + irq + softirq; guest is inside user, steal is not ours
    std::uint32_t onlineCpus = 0;
};
/// /proc/stat.
std::optional<CpuTimes> parseProcStat(std::string_view text);

/// /proc/PID/stat: field 22, start of the process in clock ticks since boot. The name may hold spaces and brackets.
std::optional<std::uint64_t> parseStartTicks(std::string_view text);

struct ProcCgroups {
    std::optional<std::string> v2;     ///< path in the unified hierarchy
    std::optional<std::string> memory; ///< path in v1's memory hierarchy
};
/// /proc/PID/cgroup. Paths longer than 4096 bytes or not beginning with "/" are absent.
ProcCgroups parseProcCgroup(std::string_view text);

struct MountEntry {
    std::string device; ///< "254:0"
    std::string root;   ///< of the mount within its file system
    std::string mountPoint;
    std::string fileSystem; ///< "ext4"
    std::string source;     ///< "/dev/vda"
    std::uint64_t id = 0;   ///< of the mount; given anew after it ended
    std::string options;    ///< of the mount, not of the file system: "ro,nosuid,relatime"
    std::uint64_t parentId = 0;
};
/// /proc/PID/mountinfo, octal escapes undone.
std::vector<MountEntry> parseMountInfo(std::string_view text);

/// First process of cgroup.procs; empty when there is none.
std::optional<std::uint32_t> firstPid(std::string_view text);

} // namespace tapio::agent
