// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <algorithm>
#include <cstdint>

namespace tapio::correlation {

/// How many connections, or answers of a name server, this one stands for, itself included; of what a stranger says no more than a million, so that
/// sums do not run over.
template <typename Detail> std::uint32_t toldTogether(const Detail &detail) noexcept
{
    constexpr std::uint32_t mostAtOnce = 1'000'000;
    return std::min(detail.more, mostAtOnce - 1) + 1;
}

} // namespace tapio::correlation
