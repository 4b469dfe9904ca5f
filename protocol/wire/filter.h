// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string_view>

#include "protocol/wire/message.h"

/// What an EventFilter takes: in every list, empty means all, and names are matched exactly. An event passes when its node,
/// its origin and the event itself are wanted. In parts, because a batch has one node, few origins and many events.
namespace tapio::wire {

bool wantsNode(const EventFilter &filter, std::string_view node) noexcept;
bool wantsOrigin(const EventFilter &filter, const Origin &origin) noexcept;
/// A pod that has no name yet, or a cgroup of which nothing is known: it may be of any namespace.
bool isUnnamed(const Origin &origin) noexcept;
bool wantsEvent(const EventFilter &filter, const Event &event) noexcept; ///< type and severity
/// Types whose ordinary events agents send around insights alone, unless they are told otherwise or EventFilter::detail asks for them: starts
/// and ends of programs, the latter also with a code other than 0 if it was soon. What is counted elsewhere is none, be it ordinary: rules across nodes and the map of services look at it.
bool isDetailType(EventType type) noexcept;
bool wantsEverything(const EventFilter &filter) noexcept; ///< with detail or without

} // namespace tapio::wire
