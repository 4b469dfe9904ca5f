// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <vector>

#include "agent/correlation/rule.h"

namespace tapio::correlation {

/// False: no observation fulfils all of these, since they contradict each other about one field. Not all contradictions are seen, and what is
/// called one is one. Pure.
bool canBeFulfilled(const std::vector<Predicate> &where);

} // namespace tapio::correlation
