// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/core/dashboards/dashboard.h"

#include <algorithm>
#include <array>

namespace tapio::console {

namespace {

struct UnitWord {
    std::string_view word;
    ValueUnit unit;
};
constexpr std::array unitWordList{
    UnitWord{"GiB", {Unit::Bytes, 1024. * 1024 * 1024}},
    UnitWord{"KiB", {Unit::Bytes, 1024}},
    UnitWord{"MiB", {Unit::Bytes, 1024. * 1024}},
    UnitWord{"bytes", {Unit::Bytes, 1}},
    UnitWord{"bytes/s", {Unit::BytesPerSecond, 1}},
    UnitWord{"bits", {Unit::Bytes, 0.125}},
    UnitWord{"bits/s", {Unit::BytesPerSecond, 0.125}},
    UnitWord{"cores", {Unit::Cores, 1}},
    UnitWord{"count", {Unit::Count, 1}},
    UnitWord{"events", {Unit::Events, 1}},
    UnitWord{"events/s", {Unit::EventsPerSecond, 1}},
    UnitWord{"microseconds", {Unit::Nanoseconds, 1e3}},
    UnitWord{"milliseconds", {Unit::Nanoseconds, 1e6}},
    UnitWord{"nanoseconds", {Unit::Nanoseconds, 1}},
    UnitWord{"packets/s", {Unit::PacketsPerSecond, 1}},
    UnitWord{"per hour", {Unit::PerHour, 1}},
    UnitWord{"per second", {Unit::PerSecond, 1}},
    UnitWord{"percent", {Unit::Percent, 1}},
    UnitWord{"ratio", {Unit::Percent, 100}},
    UnitWord{"seconds", {Unit::Nanoseconds, 1e9}},
};

} // namespace

std::string_view kindWord(PanelKind kind) noexcept
{
    constexpr std::array<std::string_view, 10> words{"line",  "area",  "stacked", "bars", "stat",
                                                     "gauge", "table", "heatmap", "text", "figure"};
    return words[std::min<std::size_t>(static_cast<std::size_t>(kind), words.size() - 1)];
}

std::optional<ValueUnit> unitFromWord(std::string_view word)
{
    const auto *found = std::find_if(unitWordList.begin(), unitWordList.end(), [word](const UnitWord &one) { return one.word == word; });
    return found == unitWordList.end() ? std::nullopt : std::optional(found->unit);
}

std::string_view wordOfUnit(const ValueUnit &unit) noexcept
{
    const auto *found = std::find_if(unitWordList.begin(), unitWordList.end(), [&unit](const UnitWord &one) { return one.unit == unit; });
    return found == unitWordList.end() ? std::string_view() : found->word;
}

std::string unitWords()
{
    std::string all;
    for (const UnitWord &one : unitWordList)
        all += (all.empty() ? "" : ", ") + std::string(one.word);
    return all;
}

int rowsOf(const Dashboard &dashboard) noexcept
{
    int rows = 0;
    for (const DashboardPanel &panel : dashboard.panels)
        rows = std::max(rows, panel.at.y + panel.at.height);
    return rows;
}

std::optional<PanelId> figureFromKey(std::string_view key) noexcept
{
    for (std::size_t i = 0; i < panelCount; ++i)
        if (panelKey(static_cast<PanelId>(i)) == key)
            return static_cast<PanelId>(i);
    return std::nullopt;
}

} // namespace tapio::console
