// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/ui/charts/seriescolors.h"

#include <optional>
#include <set>

namespace tapio::console {

namespace {

constexpr int slotCount = 12;

std::optional<SeriesLook::Ink> fixedInk(const PlotSeries &series)
{
    if (series.loss)
        return SeriesLook::Ink::Loss;
    if (series.key == "P1" || series.key == "p1")
        return SeriesLook::Ink::P1;
    if (series.key == "P2" || series.key == "p2")
        return SeriesLook::Ink::P2;
    if (series.key == "P3" || series.key == "p3")
        return SeriesLook::Ink::P3;
    if (series.key == "P4" || series.key == "p4")
        return SeriesLook::Ink::P4;
    if (series.key == "nodes")
        return SeriesLook::Ink::Nodes;
    if (series.key == "others" || series.key == "rest")
        return SeriesLook::Ink::Rest;
    return std::nullopt;
}

} // namespace

QColor colorOf(const SeriesLook &look, const Theme &theme)
{
    switch (look.ink) {
    case SeriesLook::Ink::Slot: return theme.series[static_cast<std::size_t>(look.slot)];
    case SeriesLook::Ink::Loss:
    case SeriesLook::Ink::P1: return theme.meaning.p1;
    case SeriesLook::Ink::P2: return theme.meaning.p2;
    case SeriesLook::Ink::P3: return theme.meaning.p3;
    case SeriesLook::Ink::P4: return theme.meaning.p4;
    case SeriesLook::Ink::Nodes: return theme.text.primary;
    case SeriesLook::Ink::Rest: break;
    }
    return theme.text.tertiary;
}

std::vector<SeriesLook> SeriesColors::assign(std::span<const PlotSeries> series)
{
    std::set<std::string_view> present;
    for (const PlotSeries &each : series)
        present.insert(each.key);
    std::set<int> taken;
    for (const PlotSeries &each : series)
        if (const auto known = m_slots.find(each.key); known != m_slots.end())
            taken.insert(known->second);
    std::vector<SeriesLook> looks;
    for (const PlotSeries &each : series) {
        if (const auto ink = fixedInk(each)) {
            looks.push_back({*ink, 0});
            continue;
        }
        auto known = m_slots.find(each.key);
        if (known == m_slots.end()) {
            // The lowest slot that nobody here has; one that only an absent series held passes to the newcomer.
            int slot = 0;
            while (taken.contains(slot))
                ++slot;
            if (slot < slotCount) {
                std::erase_if(m_slots, [&](const auto &entry) { return entry.second == slot && !present.contains(entry.first); });
                known = m_slots.emplace(each.key, slot).first;
                taken.insert(slot);
            }
        }
        looks.push_back(known == m_slots.end() ? SeriesLook{} : SeriesLook{SeriesLook::Ink::Slot, known->second});
    }
    return looks;
}

} // namespace tapio::console
