// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <algorithm>
#include <cstdint>

#include "protocol/wire/details.h"

namespace tapio::correlation {

/// How many connections this one stands for, itself included; of what a stranger says no more than a million, so that sums do not run over.
inline std::uint32_t connectionsOf(const wire::TcpConnection &tcp) noexcept
{
    constexpr std::uint32_t mostAtOnce = 1'000'000;
    return std::min(tcp.more, mostAtOnce - 1) + 1;
}

} // namespace tapio::correlation
