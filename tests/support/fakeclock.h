// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <atomic>

#include "protocol/base/clock.h"

namespace tapio::test {

/// Stands still until told otherwise. Any thread.
class FakeClock final : public Clock {
public:
    std::int64_t utcNs() const noexcept override { return m_utcNs; }
    std::int64_t bootNs() const noexcept override { return m_utcNs - startNs + 1000 * nsPerSecond; }
    void advance(std::int64_t ns) { m_utcNs += ns; }

    static constexpr std::int64_t startNs = 1'750'000'000 * nsPerSecond;

private:
    std::atomic<std::int64_t> m_utcNs{startNs};
};

} // namespace tapio::test
