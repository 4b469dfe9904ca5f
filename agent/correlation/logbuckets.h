// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace tapio::correlation {

/// How many of which duration, to a quarter of an octave (at most 13 % wrong from 4 us on), from 1 us to 35 min; what is shorter or longer counts as that. When
/// a bucket is full all are halved: shares stay.
class LogBuckets {
public:
    void add(std::uint64_t ns, std::uint32_t times = 1) noexcept
    {
        std::uint16_t &bucket = m_counts[indexOf(ns)];
        for (; times > static_cast<std::uint32_t>(UINT16_MAX - bucket); times = (times + 1) / 2)
            halve();
        bucket = static_cast<std::uint16_t>(bucket + times);
        m_total += times;
    }
    void clear() noexcept { *this = LogBuckets(); }
    std::uint32_t total() const noexcept { return m_total; }
    /// The middle of the bucket in which the share `q` (0 to 1) lies; 0 = there are none.
    double quantileNs(double q) const noexcept
    {
        const auto wanted = static_cast<std::uint32_t>(q * m_total);
        std::uint32_t below = 0;
        for (std::size_t i = 0; i < buckets; ++i) {
            below += m_counts[i];
            if (below > wanted || (below == m_total && below > 0))
                return middleNs(i);
        }
        return 0;
    }

private:
    static constexpr std::size_t buckets = 124;

    static std::size_t indexOf(std::uint64_t ns) noexcept
    {
        const std::uint64_t us = std::clamp<std::uint64_t>(ns / 1000, 1, (std::uint64_t{1} << 31) - 1);
        const auto octave = static_cast<std::size_t>(std::bit_width(us) - 1);
        const std::uint64_t quarter = octave >= 2 ? us >> (octave - 2) & 3 : (us << (2 - octave)) & 3;
        return octave * 4 + quarter;
    }
    static double middleNs(std::size_t index) noexcept
    {
        const double octave = static_cast<double>(std::uint64_t{1} << index / 4);
        return 1000 * octave * (1 + (static_cast<double>(index % 4) + 0.5) / 4);
    }
    void halve() noexcept
    {
        m_total = 0;
        for (std::uint16_t &bucket : m_counts) {
            bucket = static_cast<std::uint16_t>(bucket / 2);
            m_total += bucket;
        }
    }

    std::array<std::uint16_t, buckets> m_counts{};
    std::uint32_t m_total = 0;
};

} // namespace tapio::correlation
