// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>

#include "protocol/base/clock.h"

namespace tapio::agent {

/// Turns the kernel's boot time into UTC. The offset between the two is measured again every second: it follows slewing,
/// and a step of the machine's clock (set by a person, or by NTP after a long time without) shows as a jump. One thread.
class BootTime {
public:
    explicit BootTime(const Clock &clock);

    /// Measures anew. Returns by how much the clock was set when that is a step and not slewing (adjtimex(2) slews at most
    /// 500 ppm): from then on times follow the new clock, which is the one that the rest of the cluster is compared with.
    std::optional<std::int64_t> measure();
    std::int64_t toUtcNs(std::uint64_t bootNs) const noexcept { return static_cast<std::int64_t>(bootNs) + m_offsetNs; }

private:
    std::int64_t read() const;

    const Clock &m_clock;
    std::int64_t m_offsetNs;
};

} // namespace tapio::agent
