// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <atomic>

#include "protocol/base/clock.h"

namespace tapio::test {

/// A clock that only moves when told. Thread-safe.
class FakeClock final : public Clock {
public:
    explicit FakeClock(std::int64_t utcNs = 1'772'366'400 * nsPerSecond) : m_utcNs(utcNs) {} // 2026-03-01T12:00:00Z
    std::int64_t utcNs() const noexcept override { return m_utcNs; }
    std::int64_t bootNs() const noexcept override { return m_bootNs; }
    void advance(std::int64_t ns)
    {
        m_utcNs += ns;
        m_bootNs += ns;
    }

private:
    std::atomic<std::int64_t> m_utcNs;
    std::atomic<std::int64_t> m_bootNs{1'000 * nsPerSecond};
};

} // namespace tapio::test
