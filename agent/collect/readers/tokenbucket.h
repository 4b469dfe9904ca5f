// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <algorithm>
#include <cstdint>

#include "protocol/base/clock.h"

namespace tapio::agent {

/// Lets `perSecond` through on average and at most `burst` at once. Begins full. One thread; the clock outlives it.
class TokenBucket {
public:
    TokenBucket(std::uint32_t perSecond, std::uint32_t burst, const Clock &clock)
        : m_clock(clock), m_perSecond(std::max(perSecond, 1u)), m_burst(std::max(burst, 1u)), m_atNs(clock.bootNs()), m_tokens(m_burst)
    {}

    /// False: the bucket is empty.
    bool take()
    {
        const std::int64_t tokenNs = nsPerSecond / m_perSecond;
        const std::int64_t now = m_clock.bootNs();
        const std::int64_t earned = std::max<std::int64_t>(now - m_atNs, 0) / tokenNs;
        m_atNs += earned * tokenNs; // what is left of the time counts for the next one
        m_tokens = std::min<std::int64_t>(m_tokens + std::min<std::int64_t>(earned, m_burst), m_burst);
        if (m_tokens == 0)
            return false;
        --m_tokens;
        return true;
    }

private:
    const Clock &m_clock;
    std::int64_t m_perSecond;
    std::int64_t m_burst;
    std::int64_t m_atNs;
    std::int64_t m_tokens;
};

} // namespace tapio::agent
