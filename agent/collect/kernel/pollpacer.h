// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>

#include "agent/collect/kernelcollectors.h"

namespace tapio::agent {

/// How long to sleep between two looks at a ring that does not wake its reader: short while records come, doubling
/// while none do. One look costs a few microseconds, so 5 ms is about 0.1 % of a core.
class PollPacer {
public:
    explicit PollPacer(PollPace pace = {}) : m_pace(pace), m_interval(pace.busy) {}

    std::chrono::milliseconds interval() const noexcept { return m_interval; }
    void note(std::size_t recordsRead) noexcept
    {
        m_interval = recordsRead > 0 ? m_pace.busy : std::min(m_interval * 2, m_pace.idle);
    }

private:
    PollPace m_pace;
    std::chrono::milliseconds m_interval;
};

} // namespace tapio::agent
