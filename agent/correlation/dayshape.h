// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace tapio::correlation {

/// Which hours of the day are busy, and which are off: what a rate was in each of them the last time that it was seen. Hours are of UTC, so where
/// clocks are moved twice a year they are off by one until the day after. One thread.
class DayShape {
public:
    /// Finite values only: others are left out, as is what comes late, of an hour that is over. `timeNs`: UTC.
    void add(std::int64_t timeNs, double value);
    /// What the hour of this time had the last time that it was over, as a share of what a busy hour has: of the upper quartile of all 24, so that one that stands
    /// out makes no other a quiet one. None until each has been seen, or of nothing at all.
    std::optional<double> share(std::int64_t timeNs) const;

    static constexpr std::size_t fewest = 30; ///< moments of an hour that say what it is like: a quarter of an hour of facts

private:
    static constexpr std::size_t hours = 24;
    void close();

    std::array<double, hours> m_means{};
    std::array<bool, hours> m_isKnown{};
    std::int64_t m_hour = 0; ///< since 1970
    double m_sum = 0;
    std::size_t m_values = 0;
    std::size_t m_moments = 0; ///< several that are alike have a value each
    std::int64_t m_lastNs = 0;
};

} // namespace tapio::correlation
