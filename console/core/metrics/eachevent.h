// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <functional>
#include <stop_token>

#include "console/core/store/store.h"

namespace tapio::console {

/// Everything that a query finds, oldest first, a page at a time in memory. On the reader's thread; cancellable. Errors: those of
/// StoreReader; Cancelled.
Status eachEvent(const StoreReader &reader, EventQuery query, const std::stop_token &stop,
                 const std::function<void(const StoredEvent &)> &take);

} // namespace tapio::console
