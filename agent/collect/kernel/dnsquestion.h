// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "protocol/base/result.h"

namespace tapio::agent {

/// One entry of a question section (RFC 1035 section 4.1.2).
struct DnsQuestion {
    /// Presentation form (RFC 1035 section 5.1) without the last dot, "." for the root; at most mostNameBytes, the rest is cut
    /// between two characters. What does not print is \DDD, so it is always ASCII.
    std::string name;
    std::uint16_t type = 0;

    static constexpr std::size_t mostNameBytes = 255;
};

/// `bytes` are the entry and nothing else. A compression pointer is refused: so early in a message there is nothing that it
/// could point at but itself. Pure. Errors: Malformed.
Result<DnsQuestion> decodeDnsQuestion(std::span<const std::byte> bytes);

} // namespace tapio::agent
