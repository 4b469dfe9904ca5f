// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <string_view>
#include <utility>
#include <vector>

#include "agent/collect/readers/tokenbucket.h"
#include "agent/enrich/originresolver.h"
#include "agent/pipeline/budget.h"
#include "protocol/wire/event.h"

namespace tapio::agent {

/// May the budget shed it? Only what is declared here: starts of programs (but of files that were written after their container started),
/// their ends by themselves, connections, questions to name servers, HTTP requests. So crashes, kills, OOM kills, fatal signals, what the
/// security collector, logs and the agent itself tell, and every kind of event that is added later are never shed. Pure.
bool isSheddable(const wire::Event &event) noexcept;
/// Closed well within a second, without an error or a retransmit: its bytes and number say all.
bool isHealthyAndShort(const wire::TcpConnection &connection) noexcept;
/// Ended by itself with code 0 within a second.
bool isCleanAndShort(const wire::ProcessExit &exit) noexcept;
/// One process in ten, by its pid: start, end, connections and requests of one process stay together.
bool isInSample(const wire::Event &event) noexcept;
/// Takes arguments and folders off; false: there were none.
bool trimDetail(wire::Event &event);

/// What was added up instead of being sent; cumulative.
struct FoldTotals {
    std::uint64_t connections = 0, connectionBytesSent = 0, connectionBytesReceived = 0;
    std::uint64_t processes = 0, processNs = 0;

    bool operator==(const FoldTotals &) const = default;
};

/// An event that waits until it is known how its process ends.
struct HeldEvent {
    wire::Event event;
    OriginPtr origin;
    std::string_view source; ///< static lifetime, as KernelRecord::source
    std::int64_t sinceBootNs = 0;
    CgroupRef cgroup = {};      ///< of whom the origin is
    bool isToldAlready = false; ///< it is the end of a process, and the signal that brought it was told
};

/// Carries out what OverheadBudget decided, event by event. Starts of programs are held for a second while short ones are folded; no more
/// than `mostHeld` of them. Nothing disappears here: whatever is not shed is given back in its order. One thread.
class Shedder {
public:
    static constexpr std::size_t mostHeld = 4096;
    static constexpr std::chrono::milliseconds longestHold{1000};

    static constexpr std::uint32_t failedPerSecond = 10; ///< of one cgroup, at the last step
    static constexpr std::size_t mostCgroups = 1024;

    /// The clock outlives it.
    explicit Shedder(const Clock &clock) : m_clock(clock) {}

    ShedStep step() const noexcept { return m_step; }
    /// Ends holding where the step does not fold: what was held, to be sent.
    std::vector<HeldEvent> setStep(ShedStep step);

    /// What a record says of where it comes from, before it is attributed.
    using Cgroup = std::pair<std::uint64_t, std::uint64_t>;
    /// True: not to be sent. Its severity need not be set. `alongWith` gets starts that were held and go with it.
    bool sheds(const wire::Event &event, const Cgroup &cgroup, std::vector<HeldEvent> &alongWith);
    /// True: to be given to hold() instead of being sent.
    bool holds(const wire::Event &event) const noexcept;
    /// Returns what had to go for it, to be sent.
    std::vector<HeldEvent> hold(HeldEvent &&event);
    /// Starts of this process, to be sent before what else is told of it.
    std::vector<HeldEvent> takeOf(const wire::Process &process);
    /// Those that have waited long enough, oldest first, to be sent.
    std::vector<HeldEvent> takeDue(std::int64_t bootNs);
    std::vector<HeldEvent> takeAll();

    bool trims() const noexcept { return m_step >= ShedStep::Detail; }
    std::size_t held() const noexcept { return m_count; }
    const FoldTotals &folded() const noexcept { return m_folded; }
    /// Events it was asked about that may be shed, at any step; cumulative.
    std::uint64_t sheddable() const noexcept { return m_sheddable; }

private:
    using Key = std::pair<std::uint32_t, std::uint64_t>; ///< pid and start time
    static Key keyOf(const wire::Process &process) noexcept { return {process.pid, process.startTimeNs}; }
    bool foldsExit(const wire::Event &event, const wire::ProcessExit &exit) const;
    std::vector<HeldEvent> takeOldest();
    bool takesTurn(const Cgroup &cgroup);

    const Clock &m_clock;
    ShedStep m_step = ShedStep::None;
    const wire::Origin m_nowhere;                     ///< where an event comes from is not known yet when it is asked for
    std::map<Key, std::vector<HeldEvent>> m_held;     ///< several of one process: programs that replace themselves
    std::deque<std::pair<std::int64_t, Key>> m_order; ///< by the time of the first; may name some that are gone
    std::size_t m_count = 0;
    std::map<Cgroup, TokenBucket> m_turns;
    FoldTotals m_folded;
    std::uint64_t m_sheddable = 0;
};

} // namespace tapio::agent
