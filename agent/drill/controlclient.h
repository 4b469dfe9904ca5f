// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>

#include "protocol/base/result.h"
#include "protocol/wire/details.h"

namespace tapio::drill {

/// The agent's, in its runtime folder.
inline std::filesystem::path controlSocketIn(const std::filesystem::path &runtimeFolder) { return runtimeFolder / "control.sock"; }

/// Asks the agent to put a label into its stream; waits for two seconds at most. Errors: Refused (with the agent's reason), NotFound and
/// Disconnected (no agent answers there), PermissionDenied, TimedOut, Malformed, InvalidArgument (a path too long for a socket).
Status sendLabel(const std::filesystem::path &socket, const wire::DrillLabel &label);

} // namespace tapio::drill
