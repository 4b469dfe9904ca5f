// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <stop_token>

#include "console/core/metrics/ruleboard.h"

namespace tapio::console {

/// Of what a store has of (fromNs, toNs]: the rules' counts within it, and drills and verdicts of the 30 days before its end. On the reader's thread;
/// cancellable. Errors: those of StoreReader; Cancelled.
Result<RuleBoard> readRuleBoard(const StoreReader &reader, std::vector<RuleFacts> known, SuiteScore suite, std::int64_t fromNs,
                                std::int64_t toNs, const std::stop_token &stop);

} // namespace tapio::console
