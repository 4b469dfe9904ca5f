// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <stop_token>
#include <utility>

#include "console/core/store/namelookup.h"
#include "console/core/store/seriescodec.h"
#include "console/core/store/store.h"

namespace tapio::console {

/// Series queries: recent rows and blocks of the groups that a query names, merged. One thread; inside the caller's read
/// transaction.
class SeriesReader {
public:
    SeriesReader(Database &database, Decompressor &decompressor, NameLookup &names)
        : m_database(database), m_decompressor(decompressor), m_names(names)
    {}

    Result<SeriesSet> series(std::size_t atMost, const std::vector<wire::Metric> &metrics, std::int64_t fromNs, std::int64_t toNs,
                             std::int64_t stepNs, std::stop_token stop);
    Status eachSeries(SeriesKind kind, const StoreReader::WantSeries &wanted, std::int64_t fromNs, std::int64_t toNs,
                      const StoreReader::TakeSeries &take, std::stop_token stop);
    Result<std::vector<StoreReader::StoredCounters>> counters(std::int64_t fromNs, std::int64_t toNs, std::stop_token stop);
    Result<std::vector<StoreReader::StoredCounters>> ruleCounters(std::int64_t fromNs, std::int64_t toNs, std::int64_t stepNs,
                                                                  std::stop_token stop);
    Result<std::vector<StoreReader::StoredHistogram>> histograms(wire::HistogramKind kind, std::int64_t fromNs, std::int64_t toNs,
                                                                 std::int64_t stepNs, std::stop_token stop);
    /// `extremes`: the smallest and the largest of a bucket come before its last.
    Result<std::vector<Figure>> figures(const std::string &prefix, std::int64_t fromNs, std::int64_t toNs, std::int64_t stepNs,
                                        bool extremes, std::stop_token stop);

private:
    struct Member {
        std::int64_t owner = 0;
        std::int64_t code = 0;
        std::int64_t place = 0;
        std::int64_t origin = 0;
        std::string label;
    };
    /// The groups of a query, and which of its series each slot is.
    struct Group {
        std::int64_t done = 0;
        std::array<std::int32_t, groupSlots> series{};
    };
    struct Selection {
        std::map<std::int64_t, Group> groups;
        std::vector<Member> series;
    };
    struct Range {
        std::int64_t fromNs = 0, toNs = 0, stepNs = 0;
        std::size_t buckets = 0;
        std::stop_token stop;
    };
    /// Of each series of a selection; empty = nothing in range, or refused since `atMost` others have something.
    class Buckets {
    public:
        Buckets(std::size_t series, std::size_t perSeries, std::size_t atMost)
            : m_rows(series), m_refused(series, false), m_perSeries(perSeries), m_atMost(atMost)
        {}
        /// Null: refused, and counted.
        std::vector<Bucket> *row(std::size_t series);
        /// Gives it away, so that a caller who converts one after the other never has all of them twice.
        std::vector<Bucket> take(std::size_t series) { return std::exchange(m_rows[series], {}); }
        std::uint64_t refused() const noexcept { return m_refusedCount; }

    private:
        std::vector<std::vector<Bucket>> m_rows;
        std::vector<bool> m_refused;
        std::size_t m_perSeries, m_atMost, m_kept = 0;
        std::uint64_t m_refusedCount = 0;
    };

    /// What a selection's series are, by their place in it; empty: not wanted.
    using Names = std::vector<std::optional<StoredSeries>>;
    Status selectKind(SeriesKind kind, Selection &selection);
    Result<StoredSeries> nameOf(SeriesKind kind, const Member &member);
    Result<Names> wantedOf(SeriesKind kind, const StoreReader::WantSeries &wanted, Selection &selection);

    static Result<Range> rangeOf(std::int64_t fromNs, std::int64_t toNs, std::int64_t stepNs, std::stop_token stop);
    Status select(Statement &query, Selection &selection);
    using RuleReadings = std::map<std::tuple<std::int64_t, std::int64_t, std::string>, wire::RuleCounters>; ///< by time, stream and rule
    Result<std::vector<StoreReader::StoredCounters>> storedRules(RuleReadings &&sets);
    Status selectCodes(SeriesClass kind, const std::vector<std::int64_t> &codes, Selection &selection);
    template <typename Take> Status readRecent(const Selection &selection, const Range &range, Take &&take);
    template <typename Take> Status readBlocks(const Selection &selection, const Range &range, bool tiered, Take &&take);
    Status readTiers(const Selection &selection, const Range &range, Buckets &buckets);
    Result<Buckets> bucketsOf(const Selection &selection, const Range &range, std::size_t atMost = SIZE_MAX);
    Result<SeriesKey> keyOf(const Member &member, wire::Metric metric);

    Database &m_database;
    Decompressor &m_decompressor;
    NameLookup &m_names;
};

} // namespace tapio::console
