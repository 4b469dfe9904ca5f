// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <unordered_map>
#include <vector>

#include "console/core/store/serieswriter.h"

namespace tapio::console {

/// Housekeeping of blocks, one group at a time: small ones become one of about 120 times, and two hours of those get a block
/// of minute buckets beside them, for queries over long times. Store thread only.
class SeriesMerger {
public:
    SeriesMerger(Database &database, Compressor &compressor, Decompressor &decompressor)
        : m_database(database), m_compressor(compressor), m_decompressor(decompressor)
    {}
    Status load();
    /// These groups got a block.
    Status note(const std::vector<std::int64_t> &groups);
    /// True: something was done, ask again.
    Result<bool> slice();

private:
    struct Stored {
        std::int64_t id = 0;
        std::int64_t writtenNs = 0;
    };
    Status check(std::int64_t group);
    Result<bool> read(std::int64_t group, BlockState state, std::vector<Stored> &blocks, std::vector<Reading> &readings);
    Status mergeSmall(std::int64_t group);
    Status addTier(std::int64_t group);
    Status setState(const std::vector<Stored> &blocks, BlockState state);

    Database &m_database;
    Compressor &m_compressor;
    Decompressor &m_decompressor;
    std::vector<std::int64_t> m_small; ///< groups whose small blocks make a full one
    std::vector<std::int64_t> m_full;  ///< groups whose full blocks make a tier block
};

} // namespace tapio::console
