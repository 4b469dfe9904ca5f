// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "agent/collect/cgroupinventory.h"
#include "agent/collect/smallfile.h"

namespace tapio::agent {

/// The first process found in the cgroup itself.
std::optional<std::uint32_t> processIn(const CgroupLayout &layout, const CgroupNode &node, SmallFileReader &reader);

/// The first process found in the cgroup nodes()[index] or below it: a way into the namespaces of a pod or container.
std::optional<std::uint32_t> processBelow(const CgroupInventory &inventory, std::size_t index, SmallFileReader &reader);

} // namespace tapio::agent
