// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <vector>

#include "console/core/store/store.h"

namespace tapio::test {

/// What agents told of a bad half hour before `nowNs`, made up: open and ended insights of several rules and roots, two of them of one cause, one
/// whose clock was unsure, one with something against it, one with hostile texts.
std::vector<console::StoredEvent> sampleInsights(std::int64_t nowNs);

/// Connections and requests of that half hour: what calls the pod that was killed for memory, what that calls, and others.
std::vector<console::StoredEvent> sampleCalls(std::int64_t nowNs);

} // namespace tapio::test
