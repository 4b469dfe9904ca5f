// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "console/core/store/sqlite.h"
#include "console/core/store/store.h"

namespace tapio::console {

/// What both writer and reader say of the file. `deletedEvents` is left 0. Errors: Corrupt, Io.
Result<StoreStats> readStats(Database &database);

} // namespace tapio::console
