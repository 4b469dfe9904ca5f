// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>

namespace tapio::agent {

/// How long to sleep between two looks at a ring that does not wake its reader: short while records come, doubling
/// while none do. One look costs a few microseconds, so 5 ms is about 0.1 % of a core.
class PollPacer {
public:
    static constexpr std::chrono::milliseconds busy{5};
    static constexpr std::chrono::milliseconds idle{100};

    std::chrono::milliseconds interval() const noexcept { return m_interval; }
    void note(std::size_t recordsRead) noexcept { m_interval = recordsRead > 0 ? busy : std::min(m_interval * 2, idle); }

private:
    std::chrono::milliseconds m_interval = busy;
};

} // namespace tapio::agent
