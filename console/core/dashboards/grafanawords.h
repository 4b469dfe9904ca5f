// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <string_view>

#include "console/core/dashboards/dashboard.h"

/// What Grafana calls kinds of panels and units. Pure.
namespace tapio::console {

/// "timeseries", "stat" ...; of "timeseries" and "graph" Line, whatever their shape.
std::optional<PanelKind> kindOfGrafana(std::string_view type) noexcept;
std::string_view grafanaTypeOf(PanelKind kind) noexcept;

/// "percentunit", "Bps" ...; "short", "none" and nothing are no unit. None: it is not known.
std::optional<ValueUnit> unitOfGrafana(std::string_view id) noexcept;
std::string_view grafanaUnitOf(const ValueUnit &unit) noexcept;

} // namespace tapio::console
