// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>

/// Time is an argument: whatever needs "now" takes a Clock, so that tests inject one.
namespace tapio {

inline constexpr std::int64_t nsPerUs = 1'000;
inline constexpr std::int64_t nsPerMs = 1'000'000;
inline constexpr std::int64_t nsPerSecond = 1'000'000'000;

/// Source of the two times that Tapio uses. Implementations are safe to call from any thread.
class Clock {
public:
    virtual ~Clock() = default;
    /// Nanoseconds since 1970-01-01T00:00:00 UTC (CLOCK_REALTIME); steps when the machine's clock is set.
    virtual std::int64_t utcNs() const noexcept = 0;
    /// Nanoseconds since an arbitrary start; never steps back (CLOCK_BOOTTIME: runs on during suspend, as the
    /// kernel's bpf_ktime_get_boot_ns does).
    virtual std::int64_t bootNs() const noexcept = 0;
};

/// The machine's clocks.
class SystemClock final : public Clock {
public:
    std::int64_t utcNs() const noexcept override;
    std::int64_t bootNs() const noexcept override;
};

} // namespace tapio
