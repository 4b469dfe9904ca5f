// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "agent/collect/cgroupinventory.h"
#include "agent/collect/filehooks.h"
#include "agent/collect/readers/eventreader.h"
#include "agent/collect/readers/tokenbucket.h"
#include "agent/collect/volumelooks.h"
#include "protocol/base/clock.h"

namespace tapio::agent {

struct VolumeOptions {
    std::int64_t everyNs = 10 * nsPerSecond; ///< more where a look takes so long that this were more than 1/cpuShare of a core
    std::int64_t cpuShare = 200;
    std::uint32_t perSecond = 50;
    std::uint32_t burst = 500;
};

/// File systems of containers that are full: one event for each when no space, or next to none, or no inode is left to others than root,
/// and the next one only after there was room again, at least a hundredth. What fills up and gets room between two looks is not seen.
class VolumeReader final : public EventReader {
public:
    /// All outlive the reader.
    VolumeReader(VolumeOptions options, VolumeLooks &looks, const CgroupInventory &inventory, const Clock &clock);

    void read(KernelRecordSink &out) override;
    std::vector<wire::Hook> hooks() const override;
    SourceCounterSet counters() const override { return {"volumes", m_counters}; }

private:
    void begin();
    void take(const VolumeScan &scan, KernelRecordSink &out);
    void tell(const Volume &volume, KernelRecordSink &out);
    std::string remarkOf(const VolumeScan &scan) const;

    VolumeOptions m_options;
    VolumeLooks &m_looks;
    const CgroupInventory &m_inventory;
    const Clock &m_clock;
    TokenBucket m_bucket;
    FileHooks m_hooks;
    FileHooks::Id m_hook;
    std::int64_t m_nextBootNs = 0;
    VolumeLooks::Began m_began = VolumeLooks::Began::Yes; ///< as of the last time one was due
    std::shared_ptr<const VolumeScan> m_taken;
    std::uint64_t m_round = 0;
    std::map<std::string, std::uint64_t> m_full; ///< told, by device: the round that last saw it
    CounterSet m_counters;
};

} // namespace tapio::agent
