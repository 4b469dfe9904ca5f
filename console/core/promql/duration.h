// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace tapio::promql {

/// "1h30m" in milliseconds: years of 365 days, weeks, days, hours, minutes, seconds, milliseconds, each at most once and in this order
/// (model/time.go of Prometheus's common). Empty: no duration, or one of more than 292 years.
std::optional<std::int64_t> parseDuration(std::string_view text) noexcept;

} // namespace tapio::promql
