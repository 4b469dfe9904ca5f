// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string_view>

namespace tapio {

/// What a certificate allows its holder to be. Part of the SAN URI: spiffe://TRUST-DOMAIN/tapio/ROLE/NAME.
enum class Role : std::uint8_t { Unknown = 0, Node = 1, Console = 2, Server = 3 };

std::string_view roleName(Role role) noexcept; ///< "node", "console", "server", "unknown"
Role roleFromName(std::string_view name) noexcept;

} // namespace tapio
