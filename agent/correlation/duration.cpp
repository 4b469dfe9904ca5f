// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/correlation/duration.h"

#include <array>
#include <charconv>
#include <utility>

#include "protocol/base/clock.h"

namespace tapio::correlation {

std::optional<std::int64_t> parseDuration(std::string_view text) noexcept
{
    constexpr std::int64_t most = 30 * 24 * 3600 * nsPerSecond;
    constexpr std::array<std::pair<std::string_view, std::int64_t>, 6> units{{{"us", nsPerUs},
                                                                              {"ms", nsPerMs},
                                                                              {"s", nsPerSecond},
                                                                              {"m", 60 * nsPerSecond},
                                                                              {"h", 3600 * nsPerSecond},
                                                                              {"d", 24 * 3600 * nsPerSecond}}};
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || number <= 0)
        return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    for (const auto &[unit, ns] : units) {
        if (text == unit)
            return number <= most / ns ? std::optional(number * ns) : std::nullopt;
    }
    return std::nullopt;
}

} // namespace tapio::correlation
