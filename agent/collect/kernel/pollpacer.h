// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include "agent/collect/kernelcollectors.h"

namespace tapio::agent {

/// How long to sleep between two looks at a ring that does not wake its reader. While records come: so long that some dozens
/// come at once, since a look costs about 60 us for waking up alone (tests/benchmarks). While none do: doubling.
class PollPacer {
public:
    explicit PollPacer(PollPace pace = {}) : m_pace(pace), m_interval(pace.busy) {}

    std::chrono::milliseconds interval() const noexcept { return m_interval; }
    void note(std::size_t recordsRead) noexcept
    {
        constexpr std::int64_t atOnce = 64;
        const bool isQuiet = recordsRead == 0;
        if (isQuiet)
            m_interval = std::min(m_interval * 2, m_pace.idle);
        else if (m_wasQuiet)
            m_interval = m_pace.busy; // nobody knows yet how many more there will be
        else
            m_interval =
                std::clamp(m_interval * atOnce / static_cast<std::int64_t>(recordsRead), m_pace.busy, std::max(m_pace.busy, m_pace.steady));
        m_wasQuiet = isQuiet;
    }

private:
    PollPace m_pace;
    std::chrono::milliseconds m_interval;
    bool m_wasQuiet = true;
};

} // namespace tapio::agent
