// SPDX-License-Identifier: GPL-3.0-or-later
#include "protocol/wire/entity.h"

#include <algorithm>
#include <array>
#include <cstddef>

namespace tapio::wire {

namespace {

/// By number.
constexpr std::array<std::string_view, 12> names{"unknown", "node",        "namespace", "workload", "pod",     "container",
                                                 "process", "destination", "account",   "address",  "cluster", "connection"};

} // namespace

std::string_view entityKindName(EntityKind kind) noexcept
{
    const auto number = static_cast<std::size_t>(kind);
    return names[number < names.size() ? number : 0];
}

EntityKind entityKindFromName(std::string_view name) noexcept
{
    const auto found = std::find(names.begin(), names.end(), name);
    return found == names.end() ? EntityKind::Unknown : static_cast<EntityKind>(found - names.begin());
}

} // namespace tapio::wire
