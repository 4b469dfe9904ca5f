// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/core/store/seriesmerger.h"

#include <algorithm>
#include <map>

namespace tapio::console {

namespace {

constexpr std::int64_t smallBlocks = 20;
constexpr std::int64_t tierSpanNs = 120 * tierBucketNs;
/// Of one step: two hours read every second are 60 blocks.
constexpr std::size_t blocksPerStep = 96;

std::vector<TierCell> tierOf(const std::vector<Reading> &readings)
{
    std::map<std::pair<std::uint32_t, std::int64_t>, Bucket> buckets;
    for (const Reading &reading : readings)
        buckets[{reading.slot, bucketStart(reading.timeNs, tierBucketNs)}].add(reading.timeNs, reading.value);
    std::vector<TierCell> cells;
    for (const auto &[key, bucket] : buckets)
        cells.push_back({key.first, key.second, bucket});
    return cells;
}

std::size_t distinctTimes(const std::vector<Reading> &readings)
{
    std::vector<std::int64_t> times;
    for (const Reading &reading : readings)
        times.push_back(reading.timeNs);
    std::sort(times.begin(), times.end());
    return static_cast<std::size_t>(std::unique(times.begin(), times.end()) - times.begin());
}

} // namespace

Status SeriesMerger::load()
{
    Statement query = m_database.statement("SELECT DISTINCT grp FROM sample_block WHERE state < 2");
    std::vector<std::int64_t> groups;
    Result<bool> row = query.step();
    for (; row && *row; row = query.step())
        groups.push_back(query.integer(0));
    return row ? note(groups) : fail(row.error());
}

Status SeriesMerger::note(const std::vector<std::int64_t> &groups)
{
    for (const std::int64_t group : groups) {
        if (Status status = check(group); !status)
            return status;
    }
    return {};
}

Status SeriesMerger::check(std::int64_t group)
{
    Statement query = m_database.statement(
        "SELECT count(*), coalesce(sum(times), 0), coalesce(max(t1) - min(t0), 0) FROM sample_block WHERE grp=?1 AND state=?2");
    for (const BlockState state : {BlockState::Small, BlockState::Full}) {
        const Result<bool> row = query.bind(group, static_cast<int>(state)).step();
        if (!row)
            return fail(row.error());
        const std::int64_t count = query.integer(0);
        if (state == BlockState::Small && count > 1 && (count >= smallBlocks || query.integer(1) >= static_cast<std::int64_t>(blockTimes)))
            m_small.push_back(group);
        if (state == BlockState::Full && count > 0 && (count >= static_cast<std::int64_t>(blocksPerStep) || query.integer(2) >= tierSpanNs))
            m_full.push_back(group);
        query.reset();
    }
    return {};
}

Result<bool> SeriesMerger::slice()
{
    const bool small = !m_small.empty();
    std::vector<std::int64_t> &queue = small ? m_small : m_full;
    if (queue.empty())
        return false;
    const std::int64_t group = queue.back();
    Status status = small ? mergeSmall(group) : addTier(group);
    if (!status)
        return fail(status.error());
    queue.pop_back();
    if (small)
        status = check(group);
    if (!status)
        return fail(status.error());
    return true;
}

/// False: one of them is damaged; they are left as they are, and their readers say so.
Result<bool> SeriesMerger::read(std::int64_t group, BlockState state, std::vector<Stored> &blocks, std::vector<Reading> &readings)
{
    Statement query = m_database.statement("SELECT id, written, data FROM sample_block WHERE grp=?1 AND state=?2 ORDER BY t0 LIMIT ?3");
    query.bind(group, static_cast<int>(state), std::uint64_t{blocksPerStep});
    Result<bool> row = query.step();
    bool good = true;
    for (; row && *row; row = query.step()) {
        blocks.push_back({query.integer(0), query.integer(1)});
        const Result<std::vector<Reading>> part = decodeBlock(Blob(query.blob(2).begin(), query.blob(2).end()), group, m_decompressor);
        good = good && part;
        if (part)
            readings.insert(readings.end(), part->begin(), part->end());
    }
    if (!row)
        return fail(row.error());
    return good && !readings.empty();
}

Status SeriesMerger::setState(const std::vector<Stored> &blocks, BlockState state)
{
    Statement update = m_database.statement("UPDATE sample_block SET state=?2 WHERE id=?1");
    for (const Stored &block : blocks) {
        if (Status status = update.bind(block.id, static_cast<int>(state)).run(); !status)
            return status;
    }
    return {};
}

namespace {

BlockRow rowOf(std::int64_t group, int tier, const std::vector<Reading> &readings)
{
    const auto [first, last] =
        std::minmax_element(readings.begin(), readings.end(), [](const Reading &a, const Reading &b) { return a.timeNs < b.timeNs; });
    return {group, tier, first->timeNs, last->timeNs, readings.size(), distinctTimes(readings), BlockState::Tiered, 0};
}

} // namespace

Status SeriesMerger::mergeSmall(std::int64_t group)
{
    std::vector<Stored> blocks;
    std::vector<Reading> readings;
    const Result<bool> good = read(group, BlockState::Small, blocks, readings);
    if (!good)
        return fail(good.error());
    Transaction transaction(m_database);
    Status status = transaction.begin();
    if (status && *good) {
        BlockRow row = rowOf(group, 0, readings);
        row.state = BlockState::Full;
        for (const Stored &block : blocks) {
            row.writtenNs = std::max(row.writtenNs, block.writtenNs);
            if (status)
                status = m_database.statement("DELETE FROM sample_block WHERE id=?1").bind(block.id).run();
        }
        if (status)
            status = insertBlock(m_database, row, encodeBlock(std::move(readings), m_compressor));
    } else if (status) {
        status = setState(blocks, BlockState::Full);
    }
    return status ? transaction.commit() : status;
}

Status SeriesMerger::addTier(std::int64_t group)
{
    std::vector<Stored> blocks;
    std::vector<Reading> readings;
    const Result<bool> good = read(group, BlockState::Full, blocks, readings);
    if (!good)
        return fail(good.error());
    if (!*good) // left untiered for ever: queries read them themselves, and report the damage
        return {};
    const std::vector<TierCell> cells = tierOf(readings);
    BlockRow row = rowOf(group, 1, readings);
    row.t0 = bucketStart(row.t0, tierBucketNs);
    for (const Stored &block : blocks)
        row.writtenNs = std::max(row.writtenNs, block.writtenNs);
    Transaction transaction(m_database);
    Status status = transaction.begin();
    if (status)
        status = insertBlock(m_database, row, encodeTier(cells, m_compressor));
    if (status)
        status = setState(blocks, BlockState::Tiered);
    return status ? transaction.commit() : status;
}

} // namespace tapio::console
