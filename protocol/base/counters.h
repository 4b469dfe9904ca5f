// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

/// The counter model: one set per agent and source (collector), monotonic since the stream began.
/// Two invariants hold at every snapshot that was taken at rest:
///   seen    = kfiltered + folded + lost + drained + still in the ring
///   drained = malformed + ufiltered + shed + qdrop + sent + still queued or spooled
namespace tapio {

enum class Counter : std::uint8_t {
    Seen,      ///< a hook fired for a program that we attached
    KFiltered, ///< dropped in the kernel by a rule
    Folded,    ///< aggregated into a kernel map or histogram instead of being sent
    Lost,      ///< ring-buffer reservation failed
    Drained,   ///< read from the ring by user space
    Malformed, ///< failed validation after draining
    UFiltered, ///< dropped by a user-space rule
    Shed,      ///< dropped on purpose by the overhead budget
    QDrop,     ///< a bounded queue was full
    Spooled,   ///< written to the disk spool
    Unspooled, ///< replayed from the disk spool
    Sent,      ///< left the agent
    Acked,     ///< confirmed by the server
    Received,  ///< arrived at the server
    Dup,       ///< arrived again and was dropped
    Processed, ///< reached the end of the receiving pipeline
    Rejected,  ///< refused by the receiving side (limits, wrong node name, malformed)
};
inline constexpr std::size_t counterCount = 17;

/// Stable lower-case name ("kfiltered"), for JSON, metrics and tables. Never translated.
std::string_view counterName(Counter counter) noexcept;

/// Which rule left an event out in the kernel. Part of Counter::KFiltered, whose rest is what is nothing to tell by its nature: the
/// agent's own doing, runs of a program that nothing came of.
enum class FilterCause : std::uint8_t {
    Unwanted, ///< nobody subscribes to it
    Port,
    Floor, ///< over too soon to be told
    Cgroup,
    Tokens, ///< its cgroup had used up its share
};
inline constexpr std::size_t filterCauseCount = 5;

/// Stable lower-case name ("tokens"), as counterName.
std::string_view filterCauseName(FilterCause cause) noexcept;

/// Events by FilterCause.
using FilterCounts = std::array<std::uint64_t, filterCauseCount>;

/// A value type: one count per cause. Units: events.
class CounterSet {
public:
    std::uint64_t operator[](Counter counter) const noexcept { return m_values[static_cast<std::size_t>(counter)]; }
    std::uint64_t &operator[](Counter counter) noexcept { return m_values[static_cast<std::size_t>(counter)]; }

    CounterSet &operator+=(const CounterSet &other) noexcept;
    bool operator==(const CounterSet &) const = default;

    /// seen - (kfiltered + folded + lost + drained): what is still in the ring. Negative: the invariant is broken.
    std::int64_t inRing() const noexcept;
    /// drained - (malformed + ufiltered + shed + qdrop + sent): queued or spooled. Negative: the invariant is broken.
    std::int64_t inAgent() const noexcept;
    /// lost + shed + qdrop: events that will never be seen, by any cause.
    std::uint64_t missing() const noexcept;

private:
    std::array<std::uint64_t, counterCount> m_values{};
};

/// Difference of two readings of a monotonic counter set. A reset (any count that fell) gives `later` itself,
/// since that is all that is known to have happened after the reset; rates are therefore never negative.
struct CounterDelta {
    CounterSet delta;
    bool reset = false;
};
CounterDelta difference(const CounterSet &later, const CounterSet &earlier) noexcept;

} // namespace tapio
