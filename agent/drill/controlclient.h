// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>

#include "protocol/base/result.h"
#include "protocol/wire/details.h"

namespace tapio::drill {

/// The agent's, in its runtime folder.
inline std::filesystem::path controlSocketIn(const std::filesystem::path &runtimeFolder) { return runtimeFolder / "control.sock"; }

/// Whose agent is believed; empty = root's and one's own.
using Trusts = std::function<bool(std::uint32_t uid)>;

/// Asks the agent to put a label into its stream; waits for two seconds at most. Errors: Refused (with the agent's reason), NotFound and
/// Disconnected (no agent answers there), PermissionDenied (also: what listens there is another user's), TimedOut, Malformed,
/// InvalidArgument (a path too long for a socket).
Status sendLabel(const std::filesystem::path &socket, const wire::DrillLabel &label, const Trusts &trusts = {});

} // namespace tapio::drill
