// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/correlation/baseline.h"

#include <algorithm>
#include <cmath>

namespace tapio::correlation {

namespace {

/// Leaves the values in another order.
double medianOf(std::vector<double> &values, bool isLower = false)
{
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>((values.size() - (isLower ? 1 : 0)) / 2);
    std::nth_element(values.begin(), middle, values.end());
    return *middle;
}

constexpr double normalPerMad = 1.4826; // Rousseeuw and Croux 1993: makes the MAD a standard deviation for normal values
constexpr double leastSpread = 0.1;     // of the median: what never varied would make everything an outlier

} // namespace

void Baseline::add(double value)
{
    if (!std::isfinite(value))
        return;
    if (m_values.size() < m_most) {
        m_values.push_back(value);
        return;
    }
    m_values[m_next++ % m_most] = value;
}

std::optional<Baseline::Comparison> Baseline::compare(double value) const
{
    if (m_values.size() < m_fewest || !std::isfinite(value))
        return std::nullopt;
    std::vector<double> room = m_values;
    const double median = medianOf(room);
    const double usual = std::max(median, m_least);
    for (double &one : room)
        one = std::abs(one - median);
    const double spread = std::max(normalPerMad * medianOf(room), leastSpread * usual);
    return Comparison{median, value / usual, (value - median) / spread};
}

void SharedBaseline::begin(std::int64_t slot)
{
    if (slot <= m_slot)
        return;
    m_slot = slot;
    if (!m_newest.empty())
        m_slots.add(medianOf(m_newest, true));
    m_newest.clear();
}

std::optional<Baseline::Comparison> SharedBaseline::compare(std::int64_t timeNs, double value)
{
    begin(timeNs / m_slotNs);
    return m_slots.compare(value);
}

void SharedBaseline::add(std::int64_t timeNs, double value)
{
    if (!std::isfinite(value))
        return;
    begin(timeNs / m_slotNs);
    if (m_newest.size() < mostOfSlot)
        m_newest.push_back(value);
}

} // namespace tapio::correlation
