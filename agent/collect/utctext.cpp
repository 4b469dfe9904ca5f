// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/collect/utctext.h"

#include <ctime>

#include <fmt/chrono.h>

#include "protocol/base/clock.h"

namespace tapio::agent {

std::string utcText(std::int64_t utcNs)
{
    const std::time_t seconds = utcNs / nsPerSecond;
    std::tm utc{};
    gmtime_r(&seconds, &utc);
    return fmt::format("{:%Y-%m-%d %H:%M:%S} UTC", utc);
}

} // namespace tapio::agent
