// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <span>
#include <string_view>

namespace tapio::correlation {

struct RuleText {
    std::string_view file; ///< its name in resources/rules
    std::string_view text;
};

/// The rules that this build was made with.
std::span<const RuleText> shippedRuleTexts() noexcept;

} // namespace tapio::correlation
