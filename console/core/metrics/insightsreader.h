// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <stop_token>

#include "console/core/metrics/insighttracker.h"
#include "console/core/store/store.h"

namespace tapio::console {

/// What was told of insights in the day before `nowNs`, the server's UTC: which of them are open, as far as the store knows. None counts as new.
/// Of a server's own findings, its newest stream's.
/// On the reader's thread; cancellable. Errors: those of StoreReader; Cancelled.
Result<InsightTracker> readInsightsSoFar(const StoreReader &reader, std::int64_t nowNs, const std::stop_token &stop);

} // namespace tapio::console
