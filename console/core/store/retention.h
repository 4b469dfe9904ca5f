// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "console/core/store/catalog.h"
#include "console/core/store/eventwriter.h"
#include "console/core/store/serieswriter.h"

namespace tapio::console {

/// Removes the oldest by age and by size, a bounded slice at a time, and gives the space back. Age counts from when something
/// was written, not from the clock of the node it came from. Operator actions stay. Store thread only.
class Retention {
public:
    struct Limits {
        std::int64_t maxBytes = 0;
        std::int64_t maxAgeNs = 0;
    };
    Retention(Database &database, Limits limits, EventWriter &events) : m_database(database), m_limits(limits), m_events(events) {}

    /// True: something was removed, ask again.
    Result<bool> removeSlice(std::int64_t nowNs);
    /// Names and numbers that nothing refers to any more, at most once an hour. Only when nothing is buffered, since what is
    /// buffered refers to them too. Returns the time before which they were last seen; INT64_MIN when none went. Caches of
    /// them must then be forgotten.
    Result<std::int64_t> sweepNames(std::int64_t nowNs);
    /// Gives free pages back to the file system when they are many.
    Result<bool> vacuumSlice();

    std::uint64_t deletedEvents() const noexcept { return m_deletedEvents; }

private:
    Result<std::int64_t> usedBytes();
    Result<std::int64_t> oldestWritten(std::string_view sql);
    Result<bool> removeChunks(std::int64_t writtenBefore);
    Result<bool> removeBlocks(std::int64_t writtenBefore);
    Result<bool> removeReports(std::int64_t before);

    Database &m_database;
    Limits m_limits;
    EventWriter &m_events;
    std::uint64_t m_deletedEvents = 0;
    std::int64_t m_sweptNs = 0;
};

} // namespace tapio::console
