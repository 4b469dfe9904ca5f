// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <vector>

#include "console/core/store/sqlite.h"

/// What is known of the origin of events since they were stored. An event keeps the origin with which it came, so that chunks never change; the
/// table `amendment` says whose it is by now.
namespace tapio::console {

/// Events of `stream` numbered first to last that were stored with the origin `was` are of `now`.
struct AmendmentRow {
    std::int64_t stream = 0;
    std::int64_t was = 0;
    std::int64_t first = 0, last = 0;
    std::int64_t now = 0;
};

/// Those that a search may need, in memory: chunks are matched on several threads, and only one may ask the file. Read-only once made.
class Amendments {
public:
    Amendments() = default;
    explicit Amendments(std::vector<AmendmentRow> rows);
    /// All of events that may be at `fromNs` or later, and were or are of one of `origins`; and what else is said of events that came as those. Others
    /// stay in the file, however many there are. The file has the table.
    static Result<Amendments> read(Database &database, std::int64_t fromNs, const std::vector<std::int64_t> &origins);

    bool empty() const noexcept { return m_rows.empty(); }
    std::size_t size() const noexcept { return m_rows.size(); }
    /// Whose the event is by now.
    std::int64_t originOf(std::int64_t stream, std::int64_t seq, std::int64_t origin) const;
    /// Something was said of events of this origin.
    bool concerns(std::int64_t origin) const;
    /// `origins` (sorted), and what else events that are of one of them by now may be stored with.
    std::vector<std::int64_t> storedAs(const std::vector<std::int64_t> &origins) const;
    /// Those of `origins` (sorted) that it concerns.
    std::vector<std::int64_t> concerned(const std::vector<std::int64_t> &origins) const;

private:
    std::vector<AmendmentRow> m_rows; ///< by was, stream, first
};

} // namespace tapio::console
