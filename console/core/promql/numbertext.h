// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tapio::promql {

/// As Prometheus writes a value: the shortest decimals that read back as the same number, without an exponent; "NaN", "+Inf", "-Inf".
std::string numberText(double value);
/// As it reads one, of a bucket's bound for instance. Empty: it is none.
std::optional<double> readNumber(std::string_view text) noexcept;

} // namespace tapio::promql
