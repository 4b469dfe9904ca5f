// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "agent/spool/recovery.h"

namespace tapio::agent {

enum class SpoolFsync : std::uint8_t {
    Never,    ///< outlives the agent, not the loss of power
    Interval, ///< at most a second is lost with the power
    Always,   ///< a frame counts as spooled when it would outlive the loss of power
};

/// What the disk is asked to do.
struct SpoolJob {
    enum class Kind : std::uint8_t { Open, Create, Append, Close, Sync, Read, Remove };
    Kind kind = Kind::Open;
    SegmentName segment;
    SpoolBytes bytes;         ///< Create: the header. Append: a record. Close: the sums
    std::uint64_t offset = 0; ///< Read
    std::size_t length = 0;   ///< Read
    std::uint64_t tag = 0;    ///< comes back with the result
};

struct SpoolDone {
    SpoolJob::Kind kind = SpoolJob::Kind::Open;
    SegmentName segment;
    std::uint64_t tag = 0;
    std::size_t length = 0; ///< Append, Close: bytes that the segment grew by
    Status status;
    SpoolBytes bytes; ///< Read
    FoundSpool found; ///< Open
};

/// Does jobs on the files, in order; blocks as long as the disk does. One thread.
class SpoolExecutor {
public:
    /// With SpoolFsync::Always, records that wait together share one wait for the disk.
    SpoolExecutor(std::unique_ptr<SpoolFiles> files, std::string node, SpoolFsync fsync)
        : m_files(std::move(files)), m_node(std::move(node)), m_fsync(fsync)
    {}

    std::vector<SpoolDone> run(std::vector<SpoolJob> jobs);

private:
    SpoolDone run(const SpoolJob &job);
    Status write(const SpoolJob &job);

    std::unique_ptr<SpoolFiles> m_files;
    std::string m_node;
    SpoolFsync m_fsync;
    SegmentName m_writing;
    bool m_broken = true; ///< a record of m_writing could not be written: nothing may follow it
};

/// Where jobs go and results come from. Never blocks but in idle(). One thread, the publisher's.
class SpoolDisk {
public:
    virtual ~SpoolDisk() = default;
    /// The caller bounds what is under way.
    virtual void post(SpoolJob &&job) = 0;
    /// Results since the last call, in the order of the jobs.
    virtual std::vector<SpoolDone> take() = 0;
    /// Waits until all is done, `longest` at most; false = it is not.
    virtual bool idle(std::chrono::milliseconds longest) = 0;
};

/// A thread of its own around an executor. A disk that does not answer keeps that thread and nobody else: it is left behind.
/// `wake` is called on that thread whenever there are results, and not any more once the destructor returned.
std::unique_ptr<SpoolDisk> spoolDiskThread(SpoolExecutor executor, std::function<void()> wake);

} // namespace tapio::agent
