// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
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

} // namespace tapio
