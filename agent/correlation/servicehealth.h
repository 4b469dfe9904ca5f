// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "agent/correlation/logbuckets.h"

namespace tapio::correlation {

/// One call as it was seen at one end. `timeNs` is the server's time of its end; `latencyNs` 0 = not known.
struct Call {
    std::int64_t timeNs = 0;
    std::uint64_t latencyNs = 0;
    bool failed = false;
    std::uint32_t count = 1; ///< how many calls just like it it stands for, itself included
};

/// How calls of one callee go, by slots of 10 s, against how they went: the median of the slots' medians and their median absolute deviation
/// (Hampel 1974), of up to 30 slots in which nothing was slow. A value; all figures are of the callee as a whole, never of one port or client.
class ServiceHealth {
public:
    static constexpr std::int64_t slotNs = 10'000'000'000;
    static constexpr std::size_t baselineSlots = 30, leastSlots = 6; ///< before that nothing is slow
    static constexpr std::uint32_t leastLatencies = 5;               ///< of a slot, to be of any weight
    static constexpr std::uint32_t leastCalls = 20;                  ///< in two slots, of which a share of errors is taken
    static constexpr std::uint32_t leastErrors = 5;                  ///< fewer are chance
    static constexpr double timesBaseline = 3, deviations = 5, mostErrors = 0.05;
    static constexpr double leastRiseNs = 1e6;       ///< and by so much at least: three times nearly nothing is nearly nothing
    static constexpr std::uint32_t frozenSlots = 60; ///< slow for so many: that is how it is now

    struct Verdict {
        bool isSlowCall = false; ///< this call
        bool isSlow = false;     ///< most of this slot's, just now seen: once per slot
        bool isFailing = false;  ///< likewise
        double times = 0;        ///< the slot's median against the baseline
        double errorShare = 0;
    };
    /// False of what is older than the slot before the newest: it is not looked at.
    bool isInTime(const Call &call) const noexcept { return call.timeNs / slotNs + 1 >= m_slot; }
    Verdict take(const Call &call);

    /// Slow since the call that this was said of first; 0 = it is not.
    std::int64_t slowSinceNs() const noexcept { return m_slowSinceNs; }
    double baselineNs() const noexcept { return m_baselineNs; } ///< 0 = not known yet
    double thresholdNs() const noexcept { return m_thresholdNs; }

private:
    struct Slot {
        std::uint64_t calls = 0, errors = 0, slow = 0;
        std::uint64_t timed = 0; ///< whose latency is known; the buckets are halved when they are full
        std::int64_t firstSlowNs = 0;
        bool saidSlow = false, saidFailing = false;
        LogBuckets latencies;
    };
    void roll(std::int64_t slot);
    void learn(const Slot &slot);
    void judge();

    std::int64_t m_slot = 0; ///< number of the newest
    Slot m_now, m_before;
    std::array<float, baselineSlots> m_medians{};
    std::size_t m_known = 0, m_next = 0;
    std::uint32_t m_slowSlots = 0;
    double m_baselineNs = 0, m_thresholdNs = 0;
    std::int64_t m_slowSinceNs = 0;
};

} // namespace tapio::correlation
