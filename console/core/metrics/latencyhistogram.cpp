// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/core/metrics/latencyhistogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace tapio::console {

std::size_t LatencyHistogram::indexOf(std::uint64_t us) noexcept
{
    if (us < steps)
        return static_cast<std::size_t>(us);
    const int shift = static_cast<int>(std::bit_width(us)) - 1 - stepBits;
    return std::min(bucketCount - 1, (static_cast<std::size_t>(shift) + 1) * steps + static_cast<std::size_t>((us >> shift) - steps));
}

std::uint64_t LatencyHistogram::upperUs(std::size_t index) noexcept
{
    if (index < steps)
        return index;
    const std::size_t shift = index / steps - 1;
    return ((steps + index % steps + 1) << shift) - 1;
}

void LatencyHistogram::record(std::int64_t durationNs, std::uint64_t times) noexcept
{
    const std::int64_t ns = std::clamp(durationNs, lowestNs, highestNs);
    m_counts[indexOf(static_cast<std::uint64_t>(ns) / 1'000)] += times;
    m_count += times;
    m_maximumNs = std::max(m_maximumNs, ns);
}

std::optional<std::int64_t> LatencyHistogram::quantileNs(double q) const noexcept
{
    if (m_count == 0)
        return std::nullopt;
    const auto rank = std::max<std::uint64_t>(1, static_cast<std::uint64_t>(std::ceil(q * static_cast<double>(m_count))));
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < bucketCount; ++i) {
        seen += m_counts[i];
        if (seen >= rank)
            return std::min<std::int64_t>(m_maximumNs, static_cast<std::int64_t>(upperUs(i) + 1) * 1'000 - 1);
    }
    return m_maximumNs;
}

} // namespace tapio::console
