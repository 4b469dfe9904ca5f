// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>

#include "console/core/store/store.h"

/// Connections that an agent told together in one event may be of several processes of one program (wire::TcpConnection::more); such an event
/// has no pid, so a query by pid finds none of them, whichever of the processes it asks for.
namespace tapio::console {

/// What finds those events that `query` would find as well, were it not for its pid, among others without a pid. Nothing: it misses none.
std::optional<EventQuery> toldTogetherQuery(const EventQuery &query);

/// Whether any of an answer to that stands for connections of several processes.
bool hasToldTogether(const EventPage &page);

} // namespace tapio::console
