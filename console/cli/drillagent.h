// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <string>

#include "console/cli/localagent.h"

namespace tapio::console {

/// Which agent is to tell of a drill, as the user says it. Empty: not said.
struct DrillTarget {
    std::filesystem::path config;
    std::string node;
};

/// The configuration that is named, if one is, can be read and says what an agent would understand. Errors: Malformed (names the place), and by
/// errno.
Status checkConfig(const DrillTarget &target);

/// The agent in whose stream a drill is labelled: a label at another one than was meant would prove nothing, so it is never guessed. Of those
/// that run here it is the one of this node; without a node, the only one, or the only one that allows drills. A configuration that is named is
/// taken whether or not an agent of it runs.
/// Errors: NotFound (none, or none of that node), InvalidArgument (several: names them), PermissionDenied (it allows no drills: names the
/// setting and its file), Malformed (the file).
Result<LocalAgent> agentForDrills(const CheckRoots &roots, const DrillTarget &target, const Clock &clock);

/// "node a, process 12, /etc/tapio/agent.toml".
std::string describe(const LocalAgent &agent, const Clock &clock);

} // namespace tapio::console
