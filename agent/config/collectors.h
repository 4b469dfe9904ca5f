// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <set>
#include <string>
#include <string_view>

#include "agent/config/agentconfig.h"

namespace tapio::agent {

/// The collectors that `config` leaves off: those that collect.disabled names, and those that cost too much to be on unless
/// collect.enabled names them. There is one way to switch each.
std::set<std::string> switchedOff(const AgentConfig &config);

/// Is it off unless it is enabled?
bool isOptional(std::string_view collector) noexcept;

/// Errors: InvalidArgument for a name in collect.disabled that is no collector's, or that belongs into the other list.
Status checkDisabled(const AgentConfig &config);
/// The same of collect.enabled.
Status checkEnabled(const AgentConfig &config);

} // namespace tapio::agent
