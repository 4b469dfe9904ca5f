// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/core/metrics/eachevent.h"

namespace tapio::console {

namespace {

constexpr std::size_t pageEvents = 1000;

} // namespace

Status eachEvent(const StoreReader &reader, EventQuery query, const std::stop_token &stop,
                 const std::function<void(const StoredEvent &)> &take)
{
    query.limit = pageEvents;
    query.newestFirst = false;
    std::optional<EventId> after;
    for (bool more = true; more;) {
        const auto page = reader.events(query, after, stop);
        if (!page)
            return fail(page.error());
        if (stop.stop_requested())
            return fail(Errc::Cancelled, "events");
        for (const StoredEvent &stored : page->events)
            take(stored);
        more = page->more;
        query = page->next;
        after = page->nextAfter;
    }
    return {};
}

} // namespace tapio::console
