// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/core/promql/duration.h"

#include <array>
#include <charconv>

namespace tapio::promql {

namespace {

struct Unit {
    std::string_view name;
    std::int64_t ms;
};
constexpr std::int64_t dayMs = 24LL * 3600 * 1000;
constexpr std::array<Unit, 7> units{
    {{"y", 365 * dayMs}, {"w", 7 * dayMs}, {"d", dayMs}, {"h", 3600 * 1000}, {"m", 60 * 1000}, {"s", 1000}, {"ms", 1}}};
constexpr std::int64_t longestMs = INT64_MAX / 1'000'000; ///< what Prometheus keeps as nanoseconds in 64 bits

std::size_t unitOf(std::string_view name) noexcept
{
    for (std::size_t i = 0; i < units.size(); ++i) {
        if (units[i].name == name)
            return i;
    }
    return units.size();
}

std::string_view lettersOf(std::string_view text) noexcept
{
    std::size_t length = 0;
    while (length < text.size() && text[length] >= 'a' && text[length] <= 'z')
        ++length;
    return text.substr(0, length);
}

} // namespace

std::optional<std::int64_t> parseDuration(std::string_view text) noexcept
{
    std::int64_t total = 0;
    std::size_t next = 0; // units come from the longest to the shortest
    if (text.empty())
        return std::nullopt;
    while (!text.empty()) {
        std::int64_t count = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
        if (error != std::errc() || count < 0 || text.front() == '-')
            return std::nullopt;
        text.remove_prefix(static_cast<std::size_t>(end - text.data()));
        const std::string_view name = lettersOf(text);
        const std::size_t unit = unitOf(name);
        if (unit == units.size() || unit < next || count > (longestMs - total) / units[unit].ms)
            return std::nullopt;
        total += count * units[unit].ms;
        next = unit + 1;
        text.remove_prefix(name.size());
    }
    return total;
}

} // namespace tapio::promql
