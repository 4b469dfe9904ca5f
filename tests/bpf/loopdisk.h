// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>

namespace tapio::test {

/// A disk of its own: a loop device over a file, with a scheduler that holds requests back and merges them. Gone with this
/// object; what it changed of the device is as before.
class LoopDisk {
public:
    explicit LoopDisk(const std::string &file);
    ~LoopDisk();
    LoopDisk(const LoopDisk &) = delete;
    LoopDisk &operator=(const LoopDisk &) = delete;

    /// Why there is none; empty when there is.
    const std::string &problem() const { return m_problem; }
    const std::string &name() const { return m_name; } ///< "loop3"

    /// Documentation/admin-guide/iostats.rst, since the device exists.
    struct Writes {
        std::uint64_t completed = 0; ///< requests
        std::uint64_t merged = 0;    ///< into requests that were waiting: as bios, or as requests of their own
    };
    Writes writes() const;

    /// Makes the disk busy, and meanwhile writes every other block of a stretch, and then those between them: each of these
    /// closes a gap between two waiting requests, which become one. For a fork of its own: it uses system calls only, and leaves
    /// the process with real-time priority. False when it cannot.
    bool writeWhatMerges() const;
    static constexpr std::uint64_t fillers = 128; ///< as many as a loop device takes at once (its hw_queue_depth): the rest waits
    static constexpr std::uint64_t gaps = 60;     ///< writes that close one: as bios no more than these can merge
    static constexpr std::uint64_t writesAtOnce = fillers + 2 * gaps;

private:
    void attach(const std::string &file);

    std::string m_problem;
    std::string m_name;
    std::string m_scheduler; ///< what it was
    int m_device = -1;
};

} // namespace tapio::test
