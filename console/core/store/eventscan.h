// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <stop_token>

#include "console/core/store/chunkmatcher.h"
#include "console/core/store/sqlite.h"

namespace tapio::console {

/// One search for the events of a page. Walks chunks in the order of the page, and stops when nothing better can come. Chunks are
/// matched on several threads when a text is searched, since then each event must be put into words; all else, the file
/// included, is on the caller's thread. Used once.
class EventScan {
public:
    EventScan(Database &database, const CompiledFilter &filter, const PageBounds &bounds, std::stop_token stop,
              const StoreReader::Progress &progress)
        : m_database(database), m_filter(filter), m_bounds(bounds), m_stop(std::move(stop)), m_progress(progress),
          m_matcher(filter, bounds), m_fronts(database, "event_chunk", "data")
    {}

    /// Errors: Cancelled, Corrupt, Io.
    Status run();
    /// At most bounds.limit, in the order of the page.
    std::vector<Hit> takeHits();
    std::uint64_t scannedEvents() const noexcept { return m_scanned; }

private:
    struct Task {
        Zone zone;
        Blob data;
        Result<std::vector<Hit>> hits{std::vector<Hit>()};
    };

    Status scanHot();
    Status scanChunks();
    Result<bool> mayMatch(const Zone &zone);
    Result<Blob> indexOf(std::string_view sql, std::int64_t chunk);
    Status readTask(Task &task);
    Status matchTasks(std::vector<Task> &tasks);
    Status countTotal();

    bool full() const { return m_hits.size() >= m_bounds.limit; }
    bool doneBefore(const Zone &zone) const;
    void push(const Hit &hit);

    Database &m_database;
    const CompiledFilter &m_filter;
    const PageBounds &m_bounds;
    std::stop_token m_stop;
    const StoreReader::Progress &m_progress;
    ChunkMatcher m_matcher;  ///< the caller's thread's
    BlobReader m_fronts;     ///< here and not longer: an open blob keeps the file's state from being forgotten
    std::vector<Hit> m_hits; ///< a heap with the worst on top
    std::uint64_t m_scanned = 0;
    std::uint64_t m_passed = 0; ///< scanned, or excluded
    std::uint64_t m_total = 0;
};

} // namespace tapio::console
