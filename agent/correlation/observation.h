// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string_view>

#include "agent/correlation/figures.h"
#include "agent/correlation/topic.h"
#include "protocol/wire/event.h"

namespace tapio::correlation {

/// Which event something is, and by whose clock: enough to open it later.
struct EventPlace {
    std::string_view node;
    std::uint64_t streamId = 0;
    std::uint64_t seq = 0;
    std::int64_t uncertaintyNs = 0; ///< of the node's clock against that of the others; 0 = there are no others
};

/// What the steps of rules are held against. Refers to what the caller has.
struct Observation {
    Topic topic = Topic::None;
    const wire::Event &event; ///< of a fact the event that showed it
    const wire::Origin &origin;
    EventPlace place;
    std::string_view before = {};       ///< of a fact: what it was
    std::string_view now = {};          ///< of a fact: what it is
    const FigureSet *figures = nullptr; ///< of a topic that has some
};

} // namespace tapio::correlation
