// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "protocol/base/result.h"

namespace tapio::daemon {

/// Blocks SIGTERM, SIGINT and SIGHUP in this thread and all that it starts, ignores SIGPIPE (a log that nobody reads any more must
/// not end the program), and returns a signalfd for the three. Call before any thread is started; the program owns the descriptor.
Result<int> openSignals();

} // namespace tapio::daemon
