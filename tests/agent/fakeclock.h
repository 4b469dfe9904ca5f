// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>

#include "protocol/base/clock.h"

namespace tapio::test {

/// Stands still until told otherwise. One thread.
class FakeClock final : public Clock {
public:
    std::int64_t utcNs() const noexcept override { return m_utcNs; }
    std::int64_t bootNs() const noexcept override { return m_bootNs; }

    void advance(std::chrono::nanoseconds by)
    {
        m_utcNs += by.count();
        m_bootNs += by.count();
    }
    /// Somebody set the clock.
    void setUtc(std::chrono::nanoseconds by) { m_utcNs += by.count(); }

private:
    std::int64_t m_utcNs = 1'700'000'000 * nsPerSecond;
    std::int64_t m_bootNs = 5'000 * nsPerSecond;
};

} // namespace tapio::test
