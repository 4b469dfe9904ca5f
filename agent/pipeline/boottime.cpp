// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/pipeline/boottime.h"

#include <cstdlib>
#include <limits>
#include <utility>

namespace tapio::agent {

BootTime::BootTime(const Clock &clock) : m_clock(clock), m_offsetNs(read()) {}

std::int64_t BootTime::read() const
{
    // The reading between two others that are closest together: a preemption in between makes it wide, not wrong.
    constexpr int tries = 5;
    std::int64_t best = 0;
    std::int64_t narrowest = std::numeric_limits<std::int64_t>::max();
    for (int i = 0; i < tries; ++i) {
        const std::int64_t before = m_clock.bootNs();
        const std::int64_t utc = m_clock.utcNs();
        const std::int64_t width = m_clock.bootNs() - before;
        if (width < narrowest) {
            narrowest = width;
            best = utc - (before + width / 2);
        }
    }
    return best;
}

std::optional<std::int64_t> BootTime::measure()
{
    constexpr std::int64_t stepNs = 50 * nsPerMs;
    const std::int64_t now = read();
    const std::int64_t moved = now - std::exchange(m_offsetNs, now);
    if (std::llabs(moved) < stepNs)
        return std::nullopt;
    return moved;
}

} // namespace tapio::agent
