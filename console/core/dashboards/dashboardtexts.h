// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <span>
#include <string_view>

namespace tapio::console {

struct DashboardText {
    std::string_view name; ///< its file in resources/dashboards, without ".toml"
    std::string_view text;
};

/// The dashboards that this build was made with.
std::span<const DashboardText> shippedDashboardTexts() noexcept;

} // namespace tapio::console
