// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "agent/correlation/namehash.h"
#include "protocol/wire/origin.h"

namespace tapio::correlation {

/// Of all that does the same, for this process alone: the containers of one name of a workload. Pods of a StatefulSet keep their names and differ, as a
/// primary does from its replicas: each is alike to itself, when it is back. None: of no workload.
inline std::optional<std::uint64_t> alikeKey(const wire::Origin &origin) noexcept
{
    if (origin.workloadName.empty() || origin.workloadKind == "Pod")
        return std::nullopt;
    const bool isMember = origin.workloadKind == "StatefulSet";
    return keyOf({origin.namespaceName, origin.workloadKind, origin.workloadName, origin.containerName,
                  isMember ? std::string_view(origin.podName) : std::string_view()});
}

} // namespace tapio::correlation
