// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <set>
#include <string>
#include <vector>

#include "agent/config/agentconfig.h"

namespace tapio::agent {

/// A configuration in force. One thread.
struct ConfigInForce {
    AgentConfig config;
    Settings settings;                   ///< of config
    std::set<std::string> offSinceStart; ///< collectors that were not loaded and cannot be without a restart
};

/// The collectors of `config` whose kernel programs an agent that starts with it does not load.
std::set<std::string> notLoaded(const AgentConfig &config);

/// What a changed configuration came to.
struct Reload {
    std::vector<std::string> applied;     ///< names of settings
    std::vector<std::string> needRestart; ///< "server.address", "collect.disabled (tcp is not loaded)"
};

/// Takes over of `next` what can change while the agent runs; the rest stays as it is and is named. So `inForce` is what is really in force
/// afterwards, and its settings' hash says so.
Reload takeOver(ConfigInForce &inForce, const Command &next);

/// Takes over rules that somebody asked for while the agent runs, until the file is read again; `origin` says who. The names of the settings
/// that changed.
std::vector<std::string> changeFilter(ConfigInForce &inForce, FilterRules rules, const std::string &origin);

} // namespace tapio::agent
