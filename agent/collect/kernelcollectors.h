// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "agent/collect/cgroupinventory.h"
#include "agent/collect/filepatterns.h"
#include "agent/collect/kernelfilter.h"
#include "protocol/base/counters.h"
#include "protocol/base/result.h"
#include "protocol/wire/event.h"
#include "protocol/wire/report.h"
#include "protocol/wire/sample.h"

/// The kernel programs as seen from user space: load, attach with fall-backs, drain, decode. No libbpf type shows here.
namespace tapio::agent {

/// A validated record of a ring, before time conversion and enrichment.
struct KernelRecord {
    std::string_view source;    ///< collector name with static lifetime: "process", "oom", "signal", "tcp", "dns", "http", "https", "file",
                                ///< "descriptors", "security", "capability", "entry"
    std::uint64_t cgroupId = 0; ///< v2 id unless that is the root and v1 memory says more
    std::uint64_t memoryCgroupId = 0;                    ///< v1 memory's where v2 says something too: see OriginResolver::resolve
    CgroupHierarchy hierarchy = CgroupHierarchy::Either; ///< of cgroupId
    std::string podUid;       ///< of a reader that knows the pod and no cgroup: whose it is, instead of the three above; else empty
    std::uint64_t bootNs = 0; ///< bpf_ktime_get_boot_ns at the hook
    std::uint64_t drainedBootNs = 0;
    /// Of an exec: UTC of the last change of the file or of what is known about it (nobody can set that), 0 = not known; and when the
    /// container's first process started, 0 = it is in no container.
    std::int64_t fileChangedNs = 0;
    std::uint64_t containerStartBootNs = 0;
    bool containersOnly = false;        ///< of no interest when its origin is known, and neither container nor pod
    std::uint16_t filterGeneration = 0; ///< that let it pass, its lower 16 bits; 0 = none was asked
    wire::Event event;                  ///< timeNs, drainUs, severity and origin are set by the pipeline
};

class KernelRecordSink {
public:
    virtual ~KernelRecordSink() = default;
    virtual void onRecord(KernelRecord &&record) = 0; ///< on the thread that polls; must not block
};

/// How often to look at a ring that does not wake its reader: while many records come, while some do, and at least while none do.
struct PollPace {
    std::chrono::milliseconds busy{5};
    std::chrono::milliseconds steady{25};
    std::chrono::milliseconds idle{100};
};

/// CAP_DAC_READ_SEARCH, NET_ADMIN, NET_RAW, SYS_MODULE, SYS_RAWIO, SYS_PTRACE, SYS_ADMIN, SYS_BOOT, SYS_TIME, MAC_OVERRIDE, MAC_ADMIN,
/// SYSLOG, PERFMON, BPF, CHECKPOINT_RESTORE.
inline constexpr std::uint64_t dangerousCapabilities = 1ull << 2 | 1ull << 12 | 1ull << 13 | 1ull << 16 | 1ull << 17 | 1ull << 19
                                                       | 1ull << 21 | 1ull << 22 | 1ull << 25 | 1ull << 32 | 1ull << 33 | 1ull << 34
                                                       | 1ull << 38 | 1ull << 39 | 1ull << 40;

struct KernelOptions {
    std::set<std::string> disabledCollectors;
    std::uint32_t eventRingBytes = 8u << 20;      ///< power of two
    std::uint32_t criticalRingBytes = 256u << 10; ///< OOM kills and fatal signals: a flood elsewhere cannot drop them
    std::string btfPath;                          ///< empty = /sys/kernel/btf/vmlinux
    /// One program does the work of several collectors where they hang at the same hook. False: each does its own, as on kernels that
    /// refuse the common one.
    bool commonPrograms = true;
    /// Allowed ways of attaching, best first: of those that a hook knows, the first that works is used.
    std::vector<std::string> attachKinds{"tp_btf", "raw_tp", "tracepoint", "iter", "cgroup", "run", "uprobe_multi", "uprobe"};
    /// Where the hierarchy of version 2 is mounted, here or in "unified" below; its root sees the packets of all sockets.
    std::string cgroupRoot = "/sys/fs/cgroup";
    std::string procRoot = "/proc";                   ///< of the processes whose libraries https looks for
    std::chrono::milliseconds librariesRound{30'000}; ///< in which all of them are looked at, besides those that were just started
    /// What the kernel says to one link for many places of a file: 0, or an errno. Empty: it is asked.
    std::function<int()> uprobeMultiRefusal;
    /// How long a question to a name server waits before it is told as not answered.
    std::chrono::milliseconds dnsWait{5000};
    /// Have the kernel measure the programs' run time, half a second in five or so. That costs two clock reads per run of every BPF program of
    /// the node while it lasts. Without it Hook::runTimeNs and runCount are 0; with it they are estimates.
    bool runTimeStatistics = true;
    bool measureAllRuns = false; ///< all of the time, where those are wanted: exact, and dearer
    PollPace pace;
    /// How many TCP sockets are remembered at once. One that finds no room is counted as lost and its end told with what is known then. The
    /// kernel takes 16 bytes for each at once, and 150 more for those that there are.
    std::uint32_t tcpSockets = 1u << 17;
    /// How many cgroups a filter can tell apart.
    std::size_t filterCgroups = 1024;
    /// Bit N: uses of capability N of capabilities(7) are told. By default those that a container can harm its node with. The default
    /// set of container runtimes is the baseline, and these lie outside of it, but for CAP_NET_RAW.
    std::uint64_t toldCapabilities = dangerousCapabilities;
    std::chrono::seconds capabilityQuiet{600};  ///< after one was told, uses alike are counted for so long
    std::chrono::seconds entryQuiet{600};       ///< the same of entries into containers without a terminal
    FilePatterns configurationFiles;            ///< missing ones are told
    std::chrono::milliseconds fileFold{10'000}; ///< after one was told, failures alike are counted for so long
    /// How often all processes are looked at for descriptors that are all in use; not more often than twice a second.
    std::chrono::milliseconds descriptorsLook{5000};
};

/// seen = kfiltered + folded + lost + drained + still in the ring, exactly, whenever no hook of the source is running.
/// `lost` also counts what a full map could not take, and runs that the kernel skipped because the same program was already
/// running on that CPU. A record of no known kind is drained and malformed under the source "unknown".
struct SourceCounterSet {
    std::string source;
    CounterSet counters;    ///< seen, kfiltered, folded, lost, drained, malformed
    FilterCounts leftOut{}; ///< part of kfiltered, by the rule that did it
};

/// Cumulative, by cgroupId and memoryCgroupId as a record has them. Should the map fill up, cgroups without news for ten minutes are
/// dropped, as those of forgetIdle() are, and would begin again at 0.
struct CgroupHistogram {
    wire::HistogramKind kind = wire::HistogramKind::Unknown;
    std::uint64_t cgroupId = 0;
    std::string label; ///< "vda read", or write, flush, discard, other; empty for run-queue latency
    std::array<std::uint64_t, wire::histogramBuckets> counts{};
    std::uint64_t memoryCgroupId = 0;
    CgroupHierarchy hierarchy = CgroupHierarchy::Either; ///< of cgroupId
};

/// TCP counters folded in the kernel, cumulative as histograms are. Cgroup 1, the host, also has what belongs to no known socket.
struct CgroupTcp {
    std::uint64_t cgroupId = 0;
    std::uint64_t connects = 0, connectFailures = 0, accepts = 0, retransmits = 0, resetsSent = 0, resetsReceived = 0;
    std::uint64_t memoryCgroupId = 0;
    CgroupHierarchy hierarchy = CgroupHierarchy::Either; ///< of cgroupId
};

/// Packets that the kernel dropped for one reason, of the whole machine, cumulative since the programs were attached.
struct DropCount {
    std::string reason; ///< the kernel's name: "NO_SOCKET"; "OTHER" = of a subsystem's own list
    std::uint64_t packets = 0;
};

using IsGone = std::function<bool(std::uint64_t cgroupId, std::uint64_t memoryCgroupId, CgroupHierarchy hierarchy)>;

/// All calls on the one BPF thread, but wake(). Destructor detaches.
class KernelCollectors {
public:
    /// Loads what loads: a hook that fails is reported by hooks() with its reason and takes nothing with it.
    /// Errors: Unsupported (no BTF; names the path), PermissionDenied (missing capability; names it): then nothing can run.
    static Result<std::unique_ptr<KernelCollectors>> open(KernelOptions options, KernelRecordSink &sink);
    virtual ~KernelCollectors() = default;

    /// Waits up to `timeout` for either ring and drains both; the number of records read. Wakes early only for the critical
    /// ring, a quarter-full event ring or wake().
    virtual Result<std::size_t> poll(std::chrono::milliseconds timeout) = 0;
    virtual void wake() = 0; ///< any thread
    /// Detaches the programs of these collectors, and attaches those of all others that were loaded; loads none.
    virtual void setDisabled(const std::set<std::string> &collectors) = 0;
    /// Has the programs tell what they count before its time is over; it comes with the next poll.
    virtual void tellCounted() = 0;
    /// Puts a filter in force without loading anything: from its return on every run of a program is of this generation, and each run
    /// was of one. Takes as long as the kernel needs to be sure of that, some tens of milliseconds. `generation` is above 0 and that
    /// of the one before. The cgroups for whose verdicts there is no room: they pass. Errors: Io, and the one before stays in force.
    virtual Result<CgroupKeys> setFilter(const KernelFilter &filter, std::uint64_t generation, const CgroupVerdicts &verdicts) = 0;
    /// Of the filter in force: new and changed verdicts, and cgroups that are gone. As setFilter; errors: Io, and some of it may be done.
    virtual Result<CgroupKeys> changeVerdicts(const CgroupVerdicts &changed, const CgroupKeys &gone) = 0;
    /// Cgroups of which some were left out for want of tokens.
    virtual Result<std::vector<LeftOut>> leftOut() = 0;
    virtual std::vector<wire::Hook> hooks() const = 0;
    virtual std::vector<SourceCounterSet> counters() const = 0;
    virtual Result<std::vector<CgroupHistogram>> histograms() = 0;
    virtual Result<std::vector<CgroupTcp>> tcpCounters() = 0;
    virtual Result<std::vector<DropCount>> packetDrops() = 0;
    /// Removes the histograms and TCP counters that did not move for three minutes, as far as they were read, and whose cgroup is gone.
    virtual void forgetIdle(const IsGone &isGone) = 0;
    /// What the cgroup with this id was called when it was made, be it gone by now; `isV1`: in the memory hierarchy of version 1, whose ids are
    /// counted apart. Empty: not made since the programs were attached, or so many ago that it was forgotten.
    virtual std::optional<std::string> cgroupBirth(std::uint64_t id, bool isV1) const = 0;
    /// Bytes waiting in the event ring, and its size: how full it is.
    virtual std::pair<std::uint64_t, std::uint64_t> ringFill() const = 0;
    /// The same of the ring for OOM kills and fatal signals.
    virtual std::pair<std::uint64_t, std::uint64_t> criticalRingFill() const = 0;
};

} // namespace tapio::agent
