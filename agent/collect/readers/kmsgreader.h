// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "agent/collect/readers/eventreader.h"
#include "agent/collect/readers/kmsgparse.h"
#include "agent/collect/readers/tokenbucket.h"
#include "protocol/base/clock.h"

namespace tapio::agent {

/// An open /dev/kmsg: each read gives one record.
class KmsgDevice {
public:
    virtual ~KmsgDevice() = default;
    /// As read(2), with a negative errno for an error: -EAGAIN = nothing new, -EPIPE = records were overwritten before they were read.
    virtual long read(std::span<char> buffer) = 0;
};

/// Opens it behind its last record, so that a restart of the agent tells nothing twice. Errors: of open(2), by errno.
Result<std::unique_ptr<KmsgDevice>> openKmsg(const std::filesystem::path &path);

struct KmsgOptions {
    std::function<Result<std::unique_ptr<KmsgDevice>>()> open = [] { return openKmsg("/dev/kmsg"); };
    /// How long the machine slept since it started: what the kernel's log does not count.
    std::function<std::int64_t()> suspendedNs; ///< empty = ask the machine
    std::uint8_t leastPriority = 4;            ///< 4 (warning) and worse become events; all are counted
    /// Two buckets of this size, one for err and worse and one for the rest: a flood of warnings sheds no error.
    std::uint32_t perSecond = 50;
    std::uint32_t burst = 200;
};

/// The kernel's log as events of the host. Counters: every record is seen; those that the kernel overwrote are lost, fragments that
/// were joined to their line are folded, as are the stack and registers in the report of an OOM kill, harmless ones ufiltered, and those beyond the bound of a second shed.
class KmsgReader final : public EventReader {
public:
    /// The clock outlives the reader.
    KmsgReader(KmsgOptions options, const Clock &clock);

    void read(KernelRecordSink &out) override;
    std::vector<wire::Hook> hooks() const override;
    SourceCounterSet counters() const override { return {"kmsg", m_counters}; }

private:
    bool openDevice();
    void take(std::string_view bytes, KernelRecordSink &out);
    bool join(const KmsgRecord &fragment);
    bool isOfOomReport(const KmsgRecord &record);
    void tell(KernelRecordSink &out);
    std::uint64_t bootNs(const KmsgRecord &record) const;

    KmsgOptions m_options;
    const Clock &m_clock;
    TokenBucket m_errors;
    TokenBucket m_others;
    std::unique_ptr<KmsgDevice> m_device;
    std::optional<Error> m_problem;
    std::optional<KmsgRecord> m_line; ///< its end may be in the next record
    std::uint64_t m_lastSequence = 0; ///< of m_line and what was joined to it
    std::optional<std::uint64_t> m_nextSequence;
    std::optional<std::uint64_t> m_oomReportNs; ///< when the last one began, by the log's clock
    std::int64_t m_readBootNs = 0;              ///< when it was read last
    CounterSet m_counters;
};

} // namespace tapio::agent
