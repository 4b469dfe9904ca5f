// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>

#include "console/core/metrics/panel.h"

/// Invented snapshots, for tests, pictures and benchmarks only.
namespace tapio::console::madeup {

/// 2026-03-01 14:35:00 UTC, the end of every range here.
inline constexpr std::int64_t nowNs = 1'772'375'700'000'000'000;

/// A cluster of 31 nodes during an incident: loss, crashing pods, memory near its limit.
OverviewSnapshot busy();
/// The same cluster an hour later: everything well.
OverviewSnapshot healthy();
/// A console that was just installed: nobody has connected.
OverviewSnapshot firstStart();
/// One machine, twenty seconds after its agent connected; no Kubernetes.
OverviewSnapshot firstSeconds();
/// All reasons for a missing figure, one per panel.
OverviewSnapshot noData();
/// Everything still being read.
OverviewSnapshot loading();
/// Stale, partial and failed panels.
OverviewSnapshot troubled();
/// Fifty series and the rest on several panels, of 4,812 and 5,000.
OverviewSnapshot crowded();
/// Very large and very small values.
OverviewSnapshot extreme();
/// Names of the length that Kubernetes allows.
OverviewSnapshot longNames();

/// `lines` series of `points` samples, for benchmarks; another picture with each `step`.
PanelSnapshot lines(PanelId id, std::size_t lines, std::size_t points, std::uint64_t step);

} // namespace tapio::console::madeup
