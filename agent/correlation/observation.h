// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "agent/correlation/figures.h"
#include "agent/correlation/topic.h"
#include "protocol/wire/entity.h"
#include "protocol/wire/event.h"

namespace tapio::correlation {

/// Which event something is, and by whose clock: enough to open it later.
struct EventPlace {
    std::string_view node;
    std::uint64_t streamId = 0;
    std::uint64_t seq = 0;
    std::int64_t uncertaintyNs = 0; ///< of the node's clock against that of the others; 0 = there are no others
    std::int64_t offsetNs = 0;      ///< added to the node's time it is that of the engine
};

/// Who a fact is about, where no field of an event says it.
struct Party {
    wire::EntityKind kind = wire::EntityKind::Unknown;
    std::string id, name; ///< as EntityName's

    bool operator==(const Party &) const = default;
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
    bool isUsual = false;               ///< a gain of privileges that programs of this image are known for

    // Of facts at cluster scope (topic.h says which has what).
    const Party *subject = nullptr; ///< null: it has none
    const Party *peer = nullptr;
    double value = 0;
    std::string_view told = {}; ///< in one line, as evidence

    std::int64_t timeNs() const noexcept { return event.timeNs + place.offsetNs; }
};

} // namespace tapio::correlation
