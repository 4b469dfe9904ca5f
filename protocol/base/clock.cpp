// SPDX-License-Identifier: GPL-3.0-or-later
#include "protocol/base/clock.h"

#include <ctime>

namespace tapio {

namespace {

std::int64_t readClock(clockid_t id) noexcept
{
    timespec now{};
    clock_gettime(id, &now);
    return static_cast<std::int64_t>(now.tv_sec) * nsPerSecond + now.tv_nsec;
}

} // namespace

std::int64_t SystemClock::utcNs() const noexcept { return readClock(CLOCK_REALTIME); }

std::int64_t SystemClock::bootNs() const noexcept { return readClock(CLOCK_BOOTTIME); }

} // namespace tapio
