// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <span>
#include <vector>

#include "console/core/dashboards/dashboard.h"
#include "console/core/metrics/queryplot.h"

/// What a panel's queries came to, as one plot or as values. Pure; any thread.
namespace tapio::console {

/// Whether it is asked over the range; else once, at its end.
bool isOverRange(PanelKind kind) noexcept;

/// How the answer of one of its queries is to be drawn.
PictureStyle styleOf(const DashboardPanel &panel, const PanelQuery &query);

/// The plots of its queries, in their order, as one: with the panel's bounds and the ends of its axis. Null: there is no answer, and nothing of it.
PanelSnapshot joinedPlot(const DashboardPanel &panel, std::span<const PanelSnapshot *const> plots);

/// The value of a stat: of each series the newest one. What is older than the end of the range is no value of now.
std::vector<SeriesSummary> valuesAt(std::span<const SeriesSummary> rows, std::int64_t endMs, std::int64_t stepMs);

/// The worst bound that a value is past; null: none.
const PanelBound *boundPast(const DashboardPanel &panel, double value) noexcept;

} // namespace tapio::console
