// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QColor>

#include <map>
#include <span>
#include <string>
#include <vector>

#include "console/core/metrics/panel.h"
#include "console/ui/theme/theme.h"

namespace tapio::console {

/// How one series is drawn.
struct SeriesLook {
    enum class Ink : std::uint8_t { Slot, Loss, P1, P2, P3, P4, Nodes, Rest };
    Ink ink = Ink::Rest;
    int slot = 0; ///< 0 to 11, with Ink::Slot
    bool dashed() const { return ink == Ink::Slot && slot >= 6; }
    bool operator==(const SeriesLook &) const = default;
};
QColor colorOf(const SeriesLook &look, const Theme &theme);

/// Gives series their colours: a series keeps its slot by key for as long as the panel lives, however the ranking
/// changes. Severities and loss have the colour of their meaning, "nodes" that of text, as it stands above the
/// colours of a stack; "others" and what comes after slot 12 share the muted one.
class SeriesColors {
public:
    std::vector<SeriesLook> assign(std::span<const PlotSeries> series);

private:
    std::map<std::string, int> m_slots;
};

} // namespace tapio::console
