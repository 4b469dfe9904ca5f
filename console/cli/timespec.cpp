// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/cli/timespec.h"

#include <charconv>
#include <ctime>
#include <limits>
#include <optional>

#include "protocol/base/clock.h"

namespace tapio::console {

namespace {

std::optional<std::int64_t> unitNs(char unit)
{
    switch (unit) {
    case 's': return nsPerSecond;
    case 'm': return 60 * nsPerSecond;
    case 'h': return 3600 * nsPerSecond;
    case 'd': return 86'400 * nsPerSecond;
    default: return std::nullopt;
    }
}

std::string_view unitName(char unit)
{
    switch (unit) {
    case 's': return "second";
    case 'm': return "minute";
    case 'h': return "hour";
    case 'd': return "day";
    default: return {};
    }
}

/// "Z" or "+02:00", and nothing after it: seconds east of UTC. A time without a zone could be of any.
std::optional<std::int64_t> parseZone(std::string_view text)
{
    if (text == "Z")
        return 0;
    constexpr std::string_view shape = "+00:00";
    bool fits = text.size() == shape.size() && (text[0] == '+' || text[0] == '-') && text[3] == ':';
    for (const std::size_t digit : {1, 2, 4, 5})
        fits = fits && text[digit] >= '0' && text[digit] <= '9';
    if (!fits)
        return std::nullopt;
    const int hours = (text[1] - '0') * 10 + (text[2] - '0');
    const int minutes = (text[4] - '0') * 10 + (text[5] - '0');
    if (hours > 14 || minutes > 59)
        return std::nullopt;
    return (text[0] == '-' ? -1 : 1) * (hours * 3600 + minutes * 60);
}

std::optional<std::int64_t> parseDate(std::string_view text)
{
    const std::string copy(text);
    std::tm parts{};
    const char *end = strptime(copy.c_str(), "%Y-%m-%d", &parts);
    if (end == nullptr)
        return std::nullopt;
    std::int64_t eastOfUtc = 0;
    if (*end == 'T' || *end == ' ') {
        end = strptime(end + 1, "%H:%M", &parts);
        if (end != nullptr && *end == ':')
            end = strptime(end, ":%S", &parts);
        const auto zone = end == nullptr ? std::nullopt : parseZone(end);
        if (!zone)
            return std::nullopt;
        eastOfUtc = *zone;
    } else if (*end != '\0') {
        return std::nullopt;
    }
    const std::int64_t seconds = static_cast<std::int64_t>(timegm(&parts)) - eastOfUtc;
    constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max() / nsPerSecond; // in the year 2262
    return seconds < -most || seconds > most ? std::nullopt : std::optional(seconds * nsPerSecond);
}

} // namespace

Result<std::int64_t> parseMoment(std::string_view text, std::int64_t nowNs)
{
    if (text == "now")
        return nowNs;
    std::int64_t count = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
    if (error == std::errc() && end + 1 == text.data() + text.size() && count >= 0) {
        const auto unit = unitNs(*end);
        if (unit && count <= nowNs / *unit)
            return nowNs - count * *unit;
    }
    if (const auto date = parseDate(text))
        return *date;
    return fail(Errc::InvalidArgument,
                "'" + std::string(text)
                    + "' is no time: 10m, 2h, 1d (ago), now, 2026-03-01 (UTC), 2026-03-01T12:00:05Z or 2026-03-01T14:00+02:00");
}

std::string momentText(std::string_view text)
{
    std::string result(text);
    const std::string_view unit = text.empty() ? std::string_view() : unitName(text.back());
    if (unit.empty() || text.find_first_not_of("0123456789") != text.size() - 1)
        return result;
    result.pop_back();
    const bool one = result == "1";
    result.append(" ").append(unit).append(one ? " ago" : "s ago");
    return result;
}

} // namespace tapio::console
