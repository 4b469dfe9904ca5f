// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/cli/timespec.h"

#include <charconv>
#include <ctime>
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

std::optional<std::int64_t> parseDate(std::string_view text)
{
    const std::string copy(text);
    std::tm parts{};
    const char *end = strptime(copy.c_str(), "%Y-%m-%d", &parts);
    if (end == nullptr)
        return std::nullopt;
    if (*end == 'T') {
        end = strptime(end, "T%H:%M:%S", &parts);
        if (end == nullptr || *end != 'Z')
            return std::nullopt;
        ++end;
    }
    if (*end != '\0')
        return std::nullopt;
    return static_cast<std::int64_t>(timegm(&parts)) * nsPerSecond;
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
                "'" + std::string(text) + "' is no time: 10m, 2h, 1d (ago), now, 2026-03-01 or 2026-03-01T12:00:05Z (UTC)");
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
