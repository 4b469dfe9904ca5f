// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/correlation/servicehealth.h"

#include <algorithm>
#include <cmath>

namespace tapio::correlation {

namespace {

constexpr double normal = 1.4826; ///< makes a standard deviation of a MAD where the values are normal

double medianOf(std::array<float, ServiceHealth::baselineSlots> values, std::size_t count)
{
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(count / 2);
    std::nth_element(values.begin(), middle, values.begin() + static_cast<std::ptrdiff_t>(count));
    return static_cast<double>(*middle);
}

} // namespace

ServiceHealth::Verdict ServiceHealth::take(const Call &call)
{
    Verdict verdict;
    const std::int64_t slot = call.timeNs / slotNs;
    if (slot > m_slot)
        roll(slot);
    Slot &at = slot == m_slot ? m_now : m_before;
    at.calls += call.count;
    at.errors += call.failed ? call.count : 0;
    if (call.latencyNs > 0) {
        at.latencies.add(call.latencyNs, call.count);
        at.timed += call.count;
        verdict.isSlowCall = m_thresholdNs > 0 && static_cast<double>(call.latencyNs) > m_thresholdNs;
        at.slow += verdict.isSlowCall ? call.count : 0;
        if (verdict.isSlowCall && (at.firstSlowNs == 0 || call.timeNs < at.firstSlowNs))
            at.firstSlowNs = call.timeNs;
    }
    const bool isMostSlow = at.slow >= leastLatencies && 2 * at.slow > at.timed;
    if (isMostSlow && !at.saidSlow) {
        at.saidSlow = verdict.isSlow = true;
        verdict.times = at.latencies.quantileNs(0.5) / m_baselineNs;
        if (m_slowSinceNs == 0)
            m_slowSinceNs = at.firstSlowNs;
    }
    const std::uint64_t calls = m_now.calls + m_before.calls, errors = m_now.errors + m_before.errors;
    verdict.errorShare = static_cast<double>(errors) / static_cast<double>(calls);
    if (calls >= leastCalls && errors >= leastErrors && verdict.errorShare > mostErrors && !m_now.saidFailing)
        m_now.saidFailing = verdict.isFailing = true;
    return verdict;
}

void ServiceHealth::roll(std::int64_t slot)
{
    learn(m_before); // complete, but for what comes later than a slot
    if (slot - m_slot > 1)
        learn(m_now);
    m_before = slot - m_slot == 1 ? m_now : Slot();
    m_now = Slot();
    m_slot = slot;
}

void ServiceHealth::learn(const Slot &slot)
{
    if (slot.latencies.total() < leastLatencies)
        return;
    m_slowSlots = slot.saidSlow ? m_slowSlots + 1 : 0;
    if (!slot.saidSlow)
        m_slowSinceNs = m_now.saidSlow ? m_now.firstSlowNs : 0;
    if (slot.saidSlow && m_slowSlots < frozenSlots)
        return; // what is out of the ordinary is no measure of it
    m_medians[m_next] = static_cast<float>(slot.latencies.quantileNs(0.5));
    m_next = (m_next + 1) % baselineSlots;
    m_known = std::min(m_known + 1, baselineSlots);
    judge();
}

void ServiceHealth::judge()
{
    if (m_known < leastSlots)
        return;
    m_baselineNs = medianOf(m_medians, m_known);
    std::array<float, baselineSlots> apart{};
    for (std::size_t i = 0; i < m_known; ++i)
        apart[i] = std::fabs(m_medians[i] - static_cast<float>(m_baselineNs));
    const double deviation = normal * medianOf(apart, m_known);
    m_thresholdNs = std::max({timesBaseline * m_baselineNs, m_baselineNs + deviations * deviation, m_baselineNs + leastRiseNs});
}

} // namespace tapio::correlation
