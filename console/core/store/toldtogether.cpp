// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/core/store/toldtogether.h"

#include <algorithm>

namespace tapio::console {

std::optional<EventQuery> toldTogetherQuery(const EventQuery &query)
{
    constexpr std::size_t pageSize = 1000;
    const std::vector<wire::EventType> &types = query.filter.types;
    const bool wantsConnections = types.empty() || std::find(types.begin(), types.end(), wire::EventType::TcpConnection) != types.end();
    if (query.pid.value_or(0) == 0 || !wantsConnections)
        return std::nullopt;
    EventQuery together = query;
    together.filter.types = {wire::EventType::TcpConnection};
    together.pid = 0;
    together.limit = pageSize;
    return together;
}

bool hasToldTogether(const EventPage &page)
{
    return std::any_of(page.events.begin(), page.events.end(), [](const StoredEvent &stored) {
        const auto *connection = std::get_if<wire::TcpConnection>(&stored.event.detail);
        return connection != nullptr && connection->more > 0 && stored.event.process.pid == 0;
    });
}

} // namespace tapio::console
