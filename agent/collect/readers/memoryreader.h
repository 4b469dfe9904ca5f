// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "agent/collect/cgroupinventory.h"
#include "agent/collect/filehooks.h"
#include "agent/collect/procparse.h"
#include "agent/collect/readers/eventreader.h"
#include "agent/collect/readers/tokenbucket.h"
#include "agent/collect/smallfile.h"
#include "protocol/base/clock.h"

namespace tapio::agent {

struct MemoryOptions {
    /// So many cgroups are looked at in one read() without a reason: those of v1, and of v2 whose files cannot be watched.
    std::size_t mostUnasked = 32;
    std::uint32_t perSecond = 50;
    std::uint32_t burst = 500;
};

/// What the memory controller did to each cgroup: memory.events.local of v2, whose changes inotify tells, so that nothing is read while
/// nothing happens; memory.failcnt and memory.oom_control of v1, which are looked at in turn. One event per cgroup and read(), with what
/// was added up since the one before. The first look at a cgroup tells no counts, unless it came into being under the reader's eyes.
class MemoryReader final : public EventReader {
public:
    /// Both outlive the reader.
    MemoryReader(MemoryOptions options, const CgroupInventory &inventory, const Clock &clock);
    ~MemoryReader() override;
    MemoryReader(const MemoryReader &) = delete;
    MemoryReader &operator=(const MemoryReader &) = delete;

    void read(KernelRecordSink &out) override;
    std::vector<wire::Hook> hooks() const override { return m_hooks.hooks(); }
    SourceCounterSet counters() const override { return {"memory", m_counters}; }

private:
    struct Known {
        std::uint64_t v2Id = 0;
        std::uint64_t memoryId = 0;         ///< not 0: its controller is v1's
        std::uint64_t round = 0;            ///< of the inventory that last had it
        int watch = -1;                     ///< of inotify
        bool isNew = false;                 ///< began with zeros
        std::optional<MemoryCounts> counts; ///< as of the last look
        bool underOom = false;
    };
    using Cgroups = std::map<std::string, Known>; ///< by path

    void follow(KernelRecordSink &out);
    void forgetOthers();
    bool hasMemory(const CgroupNode &node) const;
    void watch(const std::string &path, Known &known);
    void unwatch(Known &known);
    void takeChanges(KernelRecordSink &out);
    void lookAtSome(KernelRecordSink &out);
    void look(const std::string &path, Known &known, KernelRecordSink &out);
    int readV1(const FolderHandle &folder, MemoryCounts &counts, bool &underOom);
    int readV2(const FolderHandle &folder, MemoryCounts &counts);
    void tell(const FolderHandle &folder, const Known &known, wire::MemoryEvents events, KernelRecordSink &out);
    void sayWhatIsWatched();

    MemoryOptions m_options;
    const CgroupInventory &m_inventory;
    const Clock &m_clock;
    TokenBucket m_bucket;
    SmallFileReader m_reader;
    FileHooks m_hooks;
    FileHooks::Id m_v1Hook, m_v2Hook;
    int m_inotify = -1;
    Cgroups m_cgroups;
    std::map<int, std::string> m_watches; ///< inotify's number -> path
    std::string m_next;                   ///< where lookAtSome() goes on
    std::uint64_t m_round = 0;
    bool m_sawAll = false; ///< the last round left nothing out: what comes now is new
    CounterSet m_counters;
};

} // namespace tapio::agent
