// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/collect/cgroupinventory.h"
#include "agent/collect/procparse.h"
#include "agent/collect/readers/eventreader.h"
#include "agent/collect/readers/pressurecloser.h"
#include "agent/collect/readers/pressurefile.h"
#include "protocol/base/clock.h"

namespace tapio::agent {

struct PressureOptions {
    std::filesystem::path procRoot = "/proc";
    /// What is told, as written to the kernel; empty = of this resource nothing. Windows of whole two seconds, since from Linux 6.4 on
    /// (d82caa273565) those need no CAP_SYS_RESOURCE. Processors are shared by design: only half of the time lost to them is news.
    std::string cpu = "some 1000000 2000000";
    std::string memory = "some 300000 2000000";
    std::string io = "some 600000 2000000";
    /// So many pods, and containers that are in none, are watched by themselves where cgroup v2, alone or beside v1, tells of them: up to three open files
    /// each. And a drill, besides.
    std::size_t mostCgroups = 32;
    std::int64_t quietNs = 10 * nsPerSecond; ///< a stall ends when nothing was told for so long
    std::int64_t againNs = 60 * nsPerSecond; ///< one that lasts is told again as often
    std::int64_t retryNs = 60 * nsPerSecond; ///< what could not be opened is tried again
    std::function<Result<std::unique_ptr<PressureFile>>(const std::filesystem::path &, const PressureRule &)> open = openPressureFile;
};

/// Tells when tasks of the machine, or of a pod, begin to lose too much time waiting for a resource, and when that ends. The kernel watches,
/// by triggers; where it takes none, the files are read once in each window. What lasts is told again once a minute, with how long it has lasted.
class PressureReader final : public EventReader {
public:
    /// Both outlive the reader. A text that is no trigger counts as empty.
    PressureReader(PressureOptions options, const CgroupInventory &inventory, const Clock &clock);
    /// Waits until the triggers are ended: many at once.
    ~PressureReader() override;

    void read(KernelRecordSink &out) override;
    std::vector<wire::Hook> hooks() const override;
    SourceCounterSet counters() const override { return {"psi", m_counters}; }

private:
    static constexpr std::size_t resources = 3;
    struct Place {
        std::uint64_t cgroupId = 1;
        std::uint64_t memoryCgroupId = 0;
    };
    /// Stall time as of some moment.
    struct Mark {
        std::int64_t bootNs = 0;
        std::uint64_t stallUs = 0;
    };
    struct Watched {
        std::unique_ptr<PressureFile> file;
        int errnum = 0; ///< why there is no file, or nothing to be read in it
        std::int64_t triedBootNs = 0;
        std::uint64_t openedUs = 0;  ///< stall time when it was opened
        std::optional<Mark> window;  ///< of a file without a trigger: its begin
        std::optional<Mark> begin;   ///< of a stall that was told and not ended yet
        std::int64_t toldBootNs = 0; ///< when an event last said so
        std::int64_t lastBootNs = 0; ///< when the kernel last told of it
        std::uint64_t lastUs = 0;    ///< stall time as of then: of a cgroup that is gone nothing more can be read
    };
    struct Group {
        Place place;
        std::uint64_t round = 0; ///< of the inventory that last had it
        std::array<Watched, resources> watched;
    };

    void follow(KernelRecordSink &out);
    void close(Group &group);
    void forgetOthers(KernelRecordSink &out);
    bool isWorthWatching(const CgroupNode &node) const;
    void openFile(std::size_t resource, const std::filesystem::path &path, Watched &watched);
    void look(std::size_t resource, Watched &watched, const Place &place, KernelRecordSink &out);
    void stalls(std::size_t resource, Watched &watched, const Place &place, KernelRecordSink &out);
    bool passes(std::size_t resource, Watched &watched);
    bool isBelieved(std::size_t resource, const Watched &watched, std::uint64_t stallUs) const;
    void end(std::size_t resource, Watched &watched, const Place &place, KernelRecordSink &out);
    PressureTotals totals(Watched &watched);
    wire::PressureStall lasting(std::size_t resource, const Watched &watched, const PressureTotals &read, std::uint64_t stallUs,
                                std::int64_t nowBootNs) const;
    void tell(std::size_t resource, wire::PressureStall stall, const Place &place, KernelRecordSink &out);
    wire::Hook hostHook(std::size_t resource) const;
    wire::Hook groupHook() const;

    PressureOptions m_options;
    const CgroupInventory &m_inventory;
    const Clock &m_clock;
    PressureCloser m_closer;
    std::array<std::optional<PressureRule>, resources> m_rules;
    std::array<Watched, resources> m_host;
    std::map<std::string, Group> m_groups; ///< by path
    std::size_t m_unwatched = 0;           ///< beyond mostCgroups
    std::uint64_t m_round = 0;
    CounterSet m_counters;
};

} // namespace tapio::agent
