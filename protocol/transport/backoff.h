// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <algorithm>
#include <chrono>
#include <random>

namespace tapio::transport {

/// Waiting times between attempts: doubling from `min` to `max`, each spread over 50 to 100 % of itself so that clients which
/// lost the same server do not come back together. A value.
class Backoff {
public:
    Backoff(std::chrono::milliseconds min, std::chrono::milliseconds max) : m_min(min), m_max(std::max(min, max)), m_step(min) {}

    template <typename Random> std::chrono::milliseconds next(Random &random)
    {
        std::uniform_real_distribution<double> spread(0.5, 1.0);
        const auto delay = std::chrono::duration<double, std::milli>(m_step) * spread(random);
        m_step = std::min(m_step * 2, m_max);
        return std::chrono::duration_cast<std::chrono::milliseconds>(delay);
    }
    void reset() noexcept { m_step = m_min; }

private:
    std::chrono::milliseconds m_min;
    std::chrono::milliseconds m_max;
    std::chrono::milliseconds m_step;
};

} // namespace tapio::transport
