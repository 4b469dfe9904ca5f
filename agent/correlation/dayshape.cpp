// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/correlation/dayshape.h"

#include <algorithm>
#include <cmath>

namespace tapio::correlation {

namespace {

constexpr std::int64_t hourNs = 3'600'000'000'000;

std::size_t ofDay(std::int64_t hour) { return static_cast<std::size_t>(hour % 24); }

} // namespace

void DayShape::close()
{
    if (m_moments >= fewest) {
        m_means[ofDay(m_hour)] = m_sum / static_cast<double>(m_values);
        m_isKnown[ofDay(m_hour)] = true;
    }
    m_sum = 0;
    m_values = m_moments = 0;
}

void DayShape::add(std::int64_t timeNs, double value)
{
    const std::int64_t hour = timeNs / hourNs;
    if (timeNs < 0 || hour < m_hour || !std::isfinite(value))
        return;
    if (hour != m_hour)
        close();
    m_hour = hour;
    m_sum += value;
    ++m_values;
    m_moments += timeNs > m_lastNs ? 1 : 0;
    m_lastNs = std::max(m_lastNs, timeNs);
}

std::optional<double> DayShape::share(std::int64_t timeNs) const
{
    if (timeNs < 0 || !std::all_of(m_isKnown.begin(), m_isKnown.end(), [](bool known) { return known; }))
        return std::nullopt;
    constexpr std::size_t upperQuartile = hours * 3 / 4 - 1;
    std::array<double, hours> sorted = m_means;
    std::nth_element(sorted.begin(), sorted.begin() + upperQuartile, sorted.end());
    const double busy = sorted[upperQuartile];
    if (!(busy > 0) || !std::isfinite(busy))
        return std::nullopt;
    return m_means[ofDay(timeNs / hourNs)] / busy;
}

} // namespace tapio::correlation
