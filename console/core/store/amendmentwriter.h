// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "console/core/store/amendments.h"
#include "console/core/store/catalog.h"
#include "protocol/wire/event.h"

namespace tapio::console {

/// Buffers amendments of origins, and writes them inside the caller's transaction. Knows for a while which events came that may be amended, so that
/// it can count what is about none. Store thread only; `database` outlives it.
class AmendmentWriter {
public:
    static constexpr std::size_t mostRemembered = 8192; ///< (stream, origin) in each of two generations

    explicit AmendmentWriter(Database &database) : m_database(database) {}

    /// `origins`: the numbers of the batch's. `sinceSeq`: the number of the stream's first event since the store was opened; nothing is said of whether
    /// those before it came.
    void take(std::int64_t stream, std::uint64_t sinceSeq, const wire::EventBatch &batch, const std::vector<Catalog::Origin> &origins);
    /// `nextEvent`: greater than the running numbers of all events that are written by then.
    Status write(std::int64_t nextEvent);
    /// Who reads the file finds them from now on, so it is now that they count.
    void committed();

    std::size_t bufferedBytes() const noexcept { return m_buffered.size() * sizeof(AmendmentRow); }
    /// Committed since the store was opened.
    struct Totals {
        std::uint64_t all = 0;
        std::uint64_t withoutEvents = 0; ///< of those: about none of the events that came since then, or for long
        std::uint64_t refused = 0;       ///< of those: about numbers that their node cannot have given by then
    };
    const Totals &totals() const noexcept { return m_totals; }

private:
    struct Range {
        std::uint64_t first = 0, last = 0;
    };
    struct Key {
        std::int64_t stream = 0, origin = 0;
        bool operator==(const Key &) const = default;
    };
    struct Hash {
        std::size_t operator()(const Key &key) const noexcept { return std::hash<std::int64_t>()(key.origin * 1'000'003 + key.stream); }
    };
    using Ranges = std::unordered_map<Key, Range, Hash>;

    void remember(const Key &key, const Range &range);
    bool hasEvents(const Key &key, const Range &range) const;

    Database &m_database;
    std::vector<AmendmentRow> m_buffered;
    Ranges m_young, m_old;
    Totals m_taken, m_totals; ///< m_taken: since the last commit
};

} // namespace tapio::console
