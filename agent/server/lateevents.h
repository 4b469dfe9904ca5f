// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "agent/server/batchfilter.h"
#include "agent/server/replayring.h"

namespace tapio::server {

/// Bytes in memory of late events that one delivery takes along: with its own it stays below what a message may have.
inline constexpr std::size_t mostLateBytes = 512u << 10;

/// Events that did not go to a console when they came, since nobody knew that they were of what it asks for, and of which an amendment says so now.
struct LateEvents {
    struct One {
        std::uint64_t seq = 0;
        std::uint32_t origin = 0;           ///< index into the origins of the amending batch
        const wire::Event *event = nullptr; ///< in the ring: until that changes
    };
    std::vector<One> events;
    std::uint64_t outOfRing = 0; ///< of any type and severity: the ring has them no longer, or never had
    std::uint64_t outOfRoom = 0; ///< wanted, and beyond mostLateBytes: the oldest
};

/// It amends origins, and the interest asks for some of them only. Otherwise lateEvents() finds none.
bool mayHaveLate(const Interest &interest, const wire::Delivery &delivery);

/// What the delivery at `position` amends. Looks at deliveries of that stream from there backwards, as far as its amendments reach and some
/// thousands at most. Events up to number `before` were there before the console was: the ring need not have them.
LateEvents lateEvents(const Interest &interest, const ReplayRing &ring, ReplayRing::Position position, std::uint64_t before = 0);

/// `delivery`, as wanted() made it of that one, with these among its events.
std::shared_ptr<const wire::Delivery> withLate(const std::shared_ptr<const wire::Delivery> &delivery, const LateEvents &late);

} // namespace tapio::server
