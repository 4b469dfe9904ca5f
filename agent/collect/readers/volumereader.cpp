// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/collect/readers/volumereader.h"

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include "agent/collect/utctext.h"
#include "protocol/wire/text.h"

namespace tapio::agent {

namespace {

constexpr std::uint64_t keptRounds = 6; ///< a process that was just ending when it was looked at would have it told again

} // namespace

VolumeReader::VolumeReader(VolumeOptions options, VolumeLooks &looks, const CgroupInventory &inventory, const Clock &clock)
    : m_options(options), m_looks(looks), m_inventory(inventory), m_clock(clock), m_bucket(options.perSecond, options.burst, clock),
      m_hook(m_hooks.add("volumes", "statvfs in mount namespaces")), m_taken(looks.latest())
{}

void VolumeReader::read(KernelRecordSink &out)
{
    begin();
    auto latest = m_looks.latest();
    if (latest == m_taken)
        return;
    m_taken = std::move(latest);
    take(*m_taken, out);
}

void VolumeReader::begin()
{
    const std::int64_t now = m_clock.bootNs();
    if (now < m_nextBootNs)
        return;
    const std::int64_t spent = m_taken ? m_taken->cpuNs * m_options.cpuShare : 0;
    m_nextBootNs = now + std::max(m_options.everyNs, spent);
    m_began = m_looks.begin(m_inventory, m_clock);
}

void VolumeReader::take(const VolumeScan &scan, KernelRecordSink &out)
{
    ++m_round;
    m_hooks.begin();
    m_hooks.note(m_hook, scan.errnum);
    m_hooks.remark(m_hook, remarkOf(scan));
    for (const Volume &volume : scan.volumes) {
        const bool isFull = volume.size.hasNoSpace() || volume.size.hasNoInodes();
        const auto told = m_full.find(volume.device);
        if (told != m_full.end() && volume.size.hasRoom()) {
            m_full.erase(told);
        } else if (told != m_full.end()) {
            told->second = m_round;
        } else if (isFull) {
            m_full.emplace(volume.device, m_round);
            tell(volume, out);
        }
    }
    std::erase_if(m_full, [this](const auto &one) { return one.second + keptRounds < m_round; });
}

void VolumeReader::tell(const Volume &volume, KernelRecordSink &out)
{
    ++m_counters[Counter::Seen];
    ++m_counters[Counter::Drained];
    if (!m_bucket.take()) {
        ++m_counters[Counter::Shed];
        return;
    }
    wire::FileFailure detail;
    detail.path = volume.mountPoint;
    detail.error = ENOSPC;
    detail.repeats = 1;
    // A file system that makes inodes as it needs them (XFS) has neither where it has no space.
    detail.limitIsInodes = !volume.size.hasNoSpace();
    detail.left = detail.limitIsInodes ? 0 : volume.size.availableBytes;
    detail.limit = detail.limitIsInodes ? volume.size.inodes : volume.size.totalBytes;
    KernelRecord record;
    record.source = "volumes";
    record.cgroupId = volume.cgroupId;
    record.memoryCgroupId = volume.memoryCgroupId;
    record.bootNs = record.drainedBootNs = static_cast<std::uint64_t>(m_clock.bootNs());
    record.event.type = wire::EventType::FileFailure;
    record.event.detail = std::move(detail);
    out.onRecord(std::move(record));
}

std::string VolumeReader::remarkOf(const VolumeScan &scan) const
{
    std::string text;
    const auto add = [&text](std::size_t count, const std::string &words) {
        if (count != 0)
            text += (text.empty() ? "" : "; ") + std::to_string(count) + words;
    };
    add(scan.beyond, " file systems are not looked at, as there are too many");
    add(scan.unread, " lists of mounts are not looked at, or not all of them, as they are too long");
    add(scan.failed, " could not be asked: " + std::generic_category().message(scan.failedErrnum));
    return text;
}

std::vector<wire::Hook> VolumeReader::hooks() const
{
    std::vector<wire::Hook> hooks = m_hooks.hooks();
    wire::Hook &hook = hooks.front();
    const auto running = m_began == VolumeLooks::Began::Busy ? m_looks.running() : std::nullopt;
    if (running) {
        constexpr std::size_t mostBytes = 512;
        hook.state = wire::HookState::Failed;
        hook.reason = "a look has not come back since " + utcText(running->sinceUtcNs) + ", and there is none until it does: it is at "
                      + std::string(wire::truncateUtf8(wire::toValidUtf8(running->at), mostBytes));
    } else if (m_began == VolumeLooks::Began::NoThread) {
        hook.state = wire::HookState::Failed;
        hook.reason = "no thread to look with can be started";
    }
    return hooks;
}

} // namespace tapio::agent
