// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <functional>

#include "console/cli/command.h"
#include "protocol/wire/message.h"

namespace tapio::console {

struct LiveStream {
    wire::Subscribe subscribe;
    int seconds = 0;                                          ///< leave after this time; 0 = never
    std::function<void()> begin;                              ///< once there is a session, before anything else: a heading
    std::function<void(const wire::Delivery &)> take;         ///< what the server still holds, then what is new
    std::function<void(const wire::AgentState &)> agent = {}; ///< those that the server knows, then what changes
    std::function<void()> settled = {};                       ///< once, a second after `begin`: the server has named the agents it knows
};

/// Prints what a server sends until Ctrl-C, the end of its time, or a reader that left; what was lost or interrupted is said on `context.err`.
/// Blocks; the caller's thread. Returns the exit code, reported already.
int runLiveStream(const CommandContext &context, const LiveStream &stream);

} // namespace tapio::console
