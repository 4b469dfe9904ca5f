// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <vector>

#include "console/core/store/sqlite.h"
#include "console/core/store/verdict.h"

/// The table of verdicts. The thread of its Database.
namespace tapio::console {

/// Within the caller's transaction. Errors: those of writing.
Status insertVerdict(Database &database, const Verdict &verdict);
/// The `atMost` that were stored last, oldest first; none in a file from before there were verdicts. Errors: those of reading.
Result<std::vector<Verdict>> readVerdicts(Database &database, std::size_t atMost);

} // namespace tapio::console
