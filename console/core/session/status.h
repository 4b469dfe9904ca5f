// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

#include "console/core/session/session.h"

namespace tapio::console {

/// What tapio-console --headless prints: link, agents, rates, latency, queue, loss, hooks, store; plain text, a line each. GUI thread.
std::string statusBlock(const Session &session);

} // namespace tapio::console
