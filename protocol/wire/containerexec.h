// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string_view>

/// How a Login says that a process was put into a container from outside, by `kubectl exec` or as an exec probe: the node cannot tell these
/// apart, but a probe has no terminal. The event's process is what was started; nobody knows for which user of the cluster.
namespace tapio::wire {

inline constexpr std::string_view containerExecService = "container exec"; ///< Login::service
inline constexpr std::string_view terminalMethod = "terminal";             ///< Login::method: somebody sits there
inline constexpr std::string_view noTerminalMethod = "no terminal";

} // namespace tapio::wire
