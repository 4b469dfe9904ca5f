// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace tapio::correlation {

/// "250ms", "10s", "5m", "2h", "1d" as nanoseconds; none for anything else, for 0 and for more than 30 days.
std::optional<std::int64_t> parseDuration(std::string_view text) noexcept;

} // namespace tapio::correlation
