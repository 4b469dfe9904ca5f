// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

#include "console/cli/command.h"
#include "console/cli/serverclient.h"

namespace tapio::console {

inline constexpr std::uint16_t defaultPort = 7117;

/// Where the server is and as whom to speak to it.
struct Connection {
    transport::ClientOptions client;
    std::string consoleName;
};

/// --server and the console certificate of the authority's folder: the user's own if there is one, else the only one.
/// Errors: InvalidArgument (--server), NotFound (no console certificate).
Result<Connection> resolveConnection(const CommandContext &context);

/// "HOST", "HOST:PORT", "[v6]:PORT". Errors: InvalidArgument.
Result<std::pair<std::string, std::uint16_t>> parseHostPort(std::string_view text, std::uint16_t port);

/// This machine's node name as installers/run forms it: lower case, a-z 0-9 . - only.
std::string localNodeName();

/// Subscribes without events, for commands that want states and reports only.
wire::Subscribe statesOnly();

/// Names of the event types that this version knows.
std::vector<std::string> knownEventTypes();
/// Inverse of wire::severityName; Debug for a name that is none.
wire::Severity severityFromName(std::string_view name) noexcept;

} // namespace tapio::console
