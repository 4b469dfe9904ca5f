// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <string_view>

#include "console/cli/command.h"
#include "console/cli/serverclient.h"

namespace tapio::console {

inline constexpr std::string_view connectHint =
    "start tapio-console or tapio-server, or name another with --server HOST:PORT; 'tapio check' tells more";
inline constexpr std::string_view configurationHint = "mend console.toml, or name another with --config FILE";
inline constexpr std::string_view certificateHint = "'tapio pki issue console NAME' makes a certificate to connect with";

/// Why there is no session, once: the name of the error's kind would tell less than the cause, or something else.
std::string sessionText(const Error &error);
/// What to do about a refusal: its code is ServerClient::refusalCode.
std::string_view sessionHint(std::string_view refusalCode) noexcept;
/// Prints both; the exit code.
ExitCode reportSession(std::ostream &err, const Error &error, std::string_view refusalCode);

/// Where the server is and as whom to speak to it.
struct Connection {
    transport::ClientOptions client;
    std::string consoleName;
};

/// The server: --server, else the configured one, else the one that a console on this machine embeds. The certificate: the
/// configured one if it is a console's, else one of the authority's folder, the user's own first.
/// Errors: InvalidArgument (--server), NotFound (no console certificate), those of loadConsoleConfig.
Result<Connection> resolveConnection(const CommandContext &context);

/// The first half of that: the address, without the certificates.
Result<transport::ClientOptions> resolveServer(const CommandContext &context);

/// What to do about an error of resolveConnection.
std::string_view connectionHint(const CommandContext &context);
/// Prints the error and that hint; the exit code.
ExitCode reportNoConnection(const CommandContext &context, const Error &error);

/// This machine's node name as installers/run forms it: lower case, a-z 0-9 . - only.
std::string localNodeName();

/// Subscribes without events, for commands that want states and reports only.
wire::Subscribe statesOnly();

/// Names of the event types that this version knows.
std::vector<std::string> knownEventTypes();
/// Inverse of wire::severityName; Debug for a name that is none.
wire::Severity severityFromName(std::string_view name) noexcept;

} // namespace tapio::console
