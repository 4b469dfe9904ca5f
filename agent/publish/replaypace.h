// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "protocol/base/clock.h"

namespace tapio::agent {

/// How fast the backlog goes out: `bytesPerSecond`, and what is made meanwhile besides, so that it always shrinks. A value.
class ReplayPace {
public:
    explicit ReplayPace(std::uint64_t bytesPerSecond)
        : m_rate(static_cast<double>(bytesPerSecond)), m_burst(std::max(m_rate / 4, 1.0)), m_left(m_burst)
    {}

    /// Whether a frame may go now; it may be larger than what is left, and the next one waits for that.
    bool mayGo(std::int64_t nowBootNs)
    {
        refill(nowBootNs);
        return m_left > 0;
    }
    void spend(std::size_t bytes) { m_left -= static_cast<double>(bytes); }
    /// As much was made and waits behind the backlog.
    void made(std::size_t bytes) { m_left = std::min(m_left + static_cast<double>(bytes), m_burst); }
    std::chrono::milliseconds untilMayGo(std::int64_t nowBootNs)
    {
        refill(nowBootNs);
        constexpr double msPerSecond = 1000;
        return std::chrono::milliseconds(m_left > 0 ? 0 : static_cast<std::int64_t>(-m_left / m_rate * msPerSecond) + 1);
    }

private:
    void refill(std::int64_t nowBootNs)
    {
        if (m_sinceBootNs != 0)
            m_left = std::min(m_left + m_rate * static_cast<double>(nowBootNs - m_sinceBootNs) / static_cast<double>(nsPerSecond), m_burst);
        m_sinceBootNs = nowBootNs;
    }

    double m_rate;
    double m_burst;
    double m_left;
    std::int64_t m_sinceBootNs = 0;
};

} // namespace tapio::agent
