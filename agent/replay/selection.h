// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "protocol/wire/message.h"

namespace tapio::replay {

/// What of a stream goes into a recording. Empty lists: all.
struct Selection {
    std::vector<std::string> nodes;
    /// Beginnings of paths of cgroups: events of these only, and what agents say of themselves and of drills. No insights: what an agent found may be of others
    /// as well. Samples of these, and of the node itself what has no label but "/": devices, mounts and ports are nobody's business. What was sent before it was known whose it is counts as it was sent.
    std::vector<std::string> cgroups;
    std::vector<std::string> namespaces = {}; ///< of Kubernetes; likewise, and as well as what is of `cgroups`

    bool isOfSome() const noexcept { return !cgroups.empty() || !namespaces.empty(); } ///< not of all that runs on the nodes
};

struct Selected {
    std::optional<wire::Delivery> delivery; ///< none: there is nothing in it
    std::uint64_t leftOut = 0;              ///< events
};

/// Numbers of events stay as they are. Of neither events nor samples: nothing. Pure.
Selected select(const Selection &selection, wire::Delivery delivery);

} // namespace tapio::replay
