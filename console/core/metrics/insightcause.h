// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "console/core/metrics/insightfold.h"
#include "protocol/base/clock.h"

namespace tapio::console {

/// For each insight which of them it stands under: the earliest of those that have one cause, as far as what was told shows; of one moment the
/// worst. Itself, when it is the earliest or alone. Two have one cause that follow each other without a gap of more than `gapNs` between the last
/// evidence of the one and the first of the next, where both are about the same entity, or one is about what the other reaches (its affected
/// entities, which at cluster scope are callers along the map of services, and its owners); and two that cite the same event. And so are those
/// that have one cause with the same third. What is called alike on two nodes, as processes are, is two; loopback may be two even on one. Pure; O(n log n) in what they name; the same answer in whatever order they are given.
std::vector<std::size_t> groupByCause(const std::vector<const InsightView *> &views, std::int64_t gapNs = 60 * nsPerSecond);
std::vector<std::size_t> groupByCause(const std::vector<InsightView> &views, std::int64_t gapNs = 60 * nsPerSecond);

} // namespace tapio::console
