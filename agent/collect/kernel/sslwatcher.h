// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "agent/collect/kernel/sslprobes.h"

namespace tapio::agent {

/// SslProbes on a thread of its own, for others decide how long it takes: the daemon of a file system of theirs below an overlay when it is
/// opened and read, and whoever holds a process's memory map when that is read, or a place in it is attached or detached. One look at a time; one
/// that does not return is told, and nobody waits for it, so that it ends later than this, with all that it needs. Of one thread, which none of
/// the calls keeps longer than it says.
class SslWatcher {
public:
    /// `owner` of the programs: it is let go when no look needs them any more.
    SslWatcher(std::shared_ptr<void> owner, const SslProbes::Programs &programs, SslProbes::Options options);
    /// Detaches everything. Waits for that for up to a second; what takes longer goes on without it.
    ~SslWatcher();
    SslWatcher(const SslWatcher &) = delete;
    SslWatcher &operator=(const SslWatcher &) = delete;

    /// To be called twice a second: has it look, unless it does.
    void step();
    /// As SslProbes::sawProgram.
    void sawProgram(std::uint32_t pid);
    /// Off waits for the detaching as the destructor does.
    void setOn(bool on);
    bool isAttached() const;
    /// One for each file, and one when a look does not return or cannot begin.
    std::vector<wire::Hook> hooks() const;

private:
    struct Shared;

    std::shared_ptr<Shared> m_shared;
    std::thread m_thread;
    std::string m_whyNoThread;
};

} // namespace tapio::agent
