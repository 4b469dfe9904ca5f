// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <string_view>

namespace tapio::agent {

/// What the node is short of, by the kubelet's words about a pod that it evicted: "The node was low on resource: memory. ...", or, of one that it
/// did not even start, "... The node had condition: [DiskPressure]." Gives "memory", "ephemeral-storage", "inodes" or "pids". Empty: it says none of
/// these, as of a pod that passed a limit of its own. Pure; any bytes.
std::string evictionResource(std::string_view message);

} // namespace tapio::agent
