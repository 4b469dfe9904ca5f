// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string_view>

#include "protocol/base/hostport.h"

namespace tapio::agent {

/// Where to listen for scrapes and probes: ADDRESS:PORT with an IPv4 or bracketed IPv6 literal, or "localhost" (its IPv4 address); a name would
/// have to be looked up, and could listen elsewhere tomorrow. Port 0: the system chooses. Errors: InvalidArgument.
Result<HostPort> parseListenAddress(std::string_view text);

/// "127.0.0.1:9117", "[::1]:9117".
std::string toText(const HostPort &address);

} // namespace tapio::agent
