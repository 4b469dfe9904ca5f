// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstdint>
#include <optional>

namespace tapio::console {

/// Log-linear histogram of durations, 1 us to 120 s: 32 equal steps per power of two, so that a quantile is at most 3.2 %
/// above the truth and never below it. Recording is a few instructions and never allocates. Not thread-safe.
class LatencyHistogram {
public:
    static constexpr std::int64_t lowestNs = 1'000;
    static constexpr std::int64_t highestNs = 120'000'000'000;

    /// Durations outside of the range count as its nearest end.
    void record(std::int64_t durationNs, std::uint64_t times = 1) noexcept;
    void clear() noexcept { *this = {}; }

    std::uint64_t count() const noexcept { return m_count; }
    /// Upper end of the step that holds the quantile (0 < q <= 1), never above the largest recorded. Empty without values.
    std::optional<std::int64_t> quantileNs(double q) const noexcept;
    std::int64_t maximumNs() const noexcept { return m_maximumNs; }

private:
    static constexpr int stepBits = 5;
    static constexpr std::size_t steps = std::size_t{1} << stepBits;
    static constexpr std::size_t octaves = 23; ///< 2^27 us > 120 s; the first 32 us are one linear run
    static constexpr std::size_t bucketCount = steps * octaves;

    static std::size_t indexOf(std::uint64_t us) noexcept;
    static std::uint64_t upperUs(std::size_t index) noexcept;

    std::array<std::uint64_t, bucketCount> m_counts{};
    std::uint64_t m_count = 0;
    std::int64_t m_maximumNs = 0;
};

} // namespace tapio::console
