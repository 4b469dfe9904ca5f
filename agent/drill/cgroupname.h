// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string_view>

namespace tapio::drill {

/// What all that a drill makes is called, before a hyphen and the number of its run: its cgroup, at the top of each hierarchy, for one. The agent knows a
/// drill by it.
inline constexpr std::string_view namePrefix = "tapio-drill";

/// "/tapio-drill-0123456789abcdef", and what is in it.
inline bool isCgroupOfADrill(std::string_view path) noexcept
{
    return path.starts_with('/') && path.substr(1).starts_with(namePrefix) && path.substr(1 + namePrefix.size()).starts_with('-');
}

} // namespace tapio::drill
