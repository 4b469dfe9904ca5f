// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <stop_token>

#include "console/core/metrics/detectionproofs.h"
#include "console/core/store/store.h"

namespace tapio::console {

/// The drills of the days before `toNs` that can be judged by then, and what opened beside them: insights are read of those times only. On
/// the reader's thread; cancellable. Errors: those of StoreReader; Cancelled.
Result<DetectionProofs> readProofs(const StoreReader &reader, std::int64_t toNs, const std::stop_token &stop);

} // namespace tapio::console
