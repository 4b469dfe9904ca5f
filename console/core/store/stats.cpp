// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/core/store/stats.h"

#include <system_error>

namespace tapio::console {

Result<StoreStats> readStats(Database &database)
{
    StoreStats stats;
    // Event numbers have no holes, so first and last give the count.
    Statement query = database.statement(
        "SELECT (SELECT page_count * page_size FROM pragma_page_count, pragma_page_size),"
        " coalesce((SELECT id + n FROM event_zone ORDER BY id DESC LIMIT 1) - (SELECT min(id) FROM event_zone), 0),"
        " coalesce((SELECT min(t0) FROM event_zone), 0), coalesce((SELECT max(t1) FROM event_zone), 0), (SELECT count(*) FROM event_zone)");
    const Result<bool> row = query.step();
    if (!row)
        return fail(row.error());
    stats.fileBytes = query.integer(0);
    stats.events = static_cast<std::uint64_t>(query.integer(1));
    stats.oldestNs = query.integer(2);
    stats.newestNs = query.integer(3);
    stats.chunks = static_cast<std::uint64_t>(query.integer(4));
    std::filesystem::path log = database.file();
    log += "-wal";
    std::error_code error;
    const std::uintmax_t logBytes = std::filesystem::file_size(log, error);
    if (!error)
        stats.fileBytes += static_cast<std::int64_t>(logBytes);
    return stats;
}

} // namespace tapio::console
