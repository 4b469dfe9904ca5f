// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "console/core/metrics/overviewinput.h"

/// What of the readings belongs to a node or a namespace. Private to console/core/metrics.
namespace tapio::console {

/// As much of the scope as the panel's figure exists for: what is counted per node only is of all namespaces, what the console
/// measures once for all is of all nodes.
Scope scopeOf(PanelId id, const Scope &scope);
/// Whether a series is the scope's, or the whole that a share of a namespace is taken of.
bool inScope(const SeriesKey &key, const Scope &scope);
/// Everything but the series, without what is another's or nobody's in particular.
OverviewInput narrowed(const OverviewInput &input, const Scope &scope);
/// Namespaces that were seen, sorted.
std::vector<std::string> namespacesOf(const OverviewInput &input);

} // namespace tapio::console
