// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ostream>

#include <nlohmann/json_fwd.hpp>

#include "console/core/metrics/detectionproofs.h"

namespace tapio::console {

/// Figures with n and bounds; null where there are too few units to be one, and where nothing was ever found, missed or false.
nlohmann::json proofsJson(const ProofReport &report);
/// The same for people.
void printProofs(std::ostream &out, const ProofReport &report);

} // namespace tapio::console
