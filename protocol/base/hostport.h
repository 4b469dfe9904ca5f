// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "protocol/base/result.h"

namespace tapio {

/// Where the server listens, unless told otherwise.
inline constexpr std::uint16_t standardPort = 7117;

/// A network address as people write it.
struct HostPort {
    std::string host; ///< a name or a literal, without brackets
    std::uint16_t port = 0;

    bool operator==(const HostPort &) const = default;
};

/// "HOST", "HOST:PORT", "[v6]", "[v6]:PORT"; without a port it is `standard`. An IPv6 literal needs its brackets, since its last
/// group could be a port. Errors: InvalidArgument, naming what is wrong.
Result<HostPort> parseHostPort(std::string_view text, std::uint16_t standard = standardPort);

/// What can be listened on: an IPv4 or IPv6 literal without brackets as it is, or "localhost" as its IPv4 address. Any other name would have to be
/// looked up, and could listen elsewhere tomorrow. Errors: InvalidArgument.
Result<std::string> parseListenHost(std::string_view text);

/// As parseHostPort with such a host. Port 0: the system chooses. Without a `standard` it needs a port. Errors: InvalidArgument.
Result<HostPort> parseListenAddress(std::string_view text, std::optional<std::uint16_t> standard);

/// "127.0.0.1:9117", "[::1]:9117".
std::string toText(const HostPort &address);

} // namespace tapio
