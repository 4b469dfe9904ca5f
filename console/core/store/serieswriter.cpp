// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/core/store/serieswriter.h"

#include <algorithm>
#include <functional>

#include "protocol/base/clock.h"

namespace tapio::console {

namespace {

constexpr std::int64_t blockAgeNs = 60 * nsPerSecond;
/// A block costs about 0.2 ms: this many keep a flush within some 15 ms.
constexpr std::size_t blocksPerFlush = 64;
constexpr std::size_t cachedSeries = 500'000;
/// For retention, which must not take a group whose readings are in recent rows only.
constexpr std::int64_t seenGranularityNs = 600 * nsPerSecond;

SeriesId groupKey(const SeriesId &id) { return {id.kind, id.owner, id.code, 0, {}}; }

} // namespace

Status insertBlock(Database &database, const BlockRow &block, const Blob &data)
{
    return database
        .statement("INSERT INTO sample_block(grp, tier, t0, t1, n, times, state, written, data) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)")
        .bind(block.group, block.tier, block.t0, block.t1, std::uint64_t{block.readings}, std::uint64_t{block.times},
              static_cast<int>(block.state), block.writtenNs, data)
        .run();
}

std::size_t SeriesWriter::Hash::operator()(const SeriesId &id) const noexcept
{
    std::size_t hash = std::hash<std::string>{}(id.label);
    for (const std::int64_t part : {static_cast<std::int64_t>(id.kind), id.owner, id.code, id.place})
        hash = (hash ^ static_cast<std::size_t>(part)) * 0x9e3779b97f4a7c15u + (hash >> 31);
    return hash;
}

Status SeriesWriter::load(std::int64_t bootNs)
{
    const Result<std::int64_t> lastGroup = m_database.integer("SELECT max(id) FROM series_group");
    if (!lastGroup)
        return fail(lastGroup.error());
    m_nextGroup = *lastGroup + 1;
    const Result<std::int64_t> nextRecent = m_database.integer("SELECT value FROM meta WHERE key='next_recent'");
    if (!nextRecent)
        return fail(nextRecent.error());
    m_nextRecent = *nextRecent;
    m_nowBootNs = bootNs;
    Statement recent = m_database.statement("SELECT id, data FROM sample_recent ORDER BY id");
    Result<bool> row = recent.step();
    for (; row && *row; row = recent.step()) {
        const BlobView data = recent.blob(1);
        const Result<std::vector<Reading>> readings = decodeRecent(Blob(data.begin(), data.end()), m_decompressor);
        if (!readings)
            return fail(readings.error().within("store '" + m_database.file().string() + "'"));
        for (const Reading &reading : *readings) {
            const Result<Group *> of = group(reading.group);
            if (!of)
                return fail(of.error());
            if (recent.integer(0) > (*of)->done)
                addToHead(**of, reading, recent.integer(0));
        }
    }
    return row ? Status() : fail(row.error());
}

Result<SeriesWriter::Group *> SeriesWriter::group(std::int64_t id)
{
    if (const auto known = m_groups.find(id); known != m_groups.end())
        return known->second.get();
    Statement query = m_database.statement("SELECT class, owner, code, done, seen, (SELECT coalesce(max(slot) + 1, 0) FROM series WHERE "
                                           "grp = g.id) FROM series_group g WHERE id=?1");
    const Result<bool> row = query.bind(id).step();
    if (!row)
        return fail(row.error());
    if (!*row)
        return fail(Errc::Corrupt, "store '" + m_database.file().string() + "': readings name a group that is not there");
    auto loaded = std::make_unique<Group>();
    loaded->id = id;
    loaded->kind = static_cast<SeriesClass>(query.integer(0));
    loaded->owner = query.integer(1);
    loaded->code = query.integer(2);
    loaded->done = query.integer(3);
    loaded->seenNs = query.integer(4);
    loaded->slots = static_cast<std::uint32_t>(query.integer(5));
    return m_groups.emplace(id, std::move(loaded)).first->second.get();
}

Result<SeriesWriter::Group *> SeriesWriter::openGroup(const SeriesId &id)
{
    Group *&open = m_openGroups[groupKey(id)];
    if (open == nullptr) {
        Statement query = m_database.statement("SELECT max(id) FROM series_group WHERE class=?1 AND code=?2 AND owner=?3");
        const Result<bool> row = query.bind(static_cast<int>(id.kind), id.code, id.owner).step();
        if (!row)
            return fail(row.error());
        if (*row && !query.isNull(0)) {
            const Result<Group *> last = group(query.integer(0));
            if (!last)
                return fail(last.error());
            open = *last;
        }
    }
    if (open == nullptr || open->slots >= groupSlots) {
        auto added = std::make_unique<Group>();
        added->id = m_nextGroup++;
        added->kind = id.kind;
        added->owner = id.owner;
        added->code = id.code;
        added->isNew = true;
        open = m_groups.emplace(added->id, std::move(added)).first->second.get();
    }
    return open;
}

Result<SeriesWriter::Series *> SeriesWriter::series(const SeriesId &id, std::int64_t originId)
{
    auto known = m_series.find(id);
    if (known == m_series.end()) {
        Series found;
        Statement query =
            m_database.statement("SELECT grp, slot, origin FROM series WHERE class=?1 AND owner=?2 AND code=?3 AND place=?4 AND label=?5");
        const Result<bool> row = query.bind(static_cast<int>(id.kind), id.owner, id.code, id.place, id.label).step();
        if (!row)
            return fail(row.error());
        const Result<Group *> of = *row ? group(query.integer(0)) : openGroup(id);
        if (!of)
            return fail(of.error());
        found.group = *of;
        found.slot = *row ? static_cast<std::uint32_t>(query.integer(1)) : found.group->slots++;
        found.origin = *row ? query.integer(2) : originId;
        if (found.slot >= groupSlots)
            return fail(Errc::Corrupt, "store '" + m_database.file().string() + "': a series has a slot that does not exist");
        if (!*row)
            m_newSeries.push_back({id, found.group->id, found.slot, originId, false});
        known = m_series.emplace(id, found).first;
    }
    if (known->second.origin != originId) {
        known->second.origin = originId;
        m_newSeries.push_back({id, known->second.group->id, known->second.slot, originId, true});
    }
    return &known->second;
}

void SeriesWriter::addToHead(Group &group, const Reading &reading, std::int64_t recentId)
{
    if (group.head.empty()) {
        group.firstRecent = recentId;
        group.openedNs = m_nowBootNs;
        group.times = 0;
        group.lastTime = INT64_MIN;
    }
    if (reading.timeNs != group.lastTime) {
        group.lastTime = reading.timeNs;
        ++group.times;
    }
    group.head.push_back(reading);
}

Status SeriesWriter::push(const SeriesId &id, std::int64_t originId, std::int64_t timeNs, std::int64_t value)
{
    const Result<Series *> of = series(id, originId);
    if (!of)
        return fail(of.error());
    const Reading reading{(*of)->group->id, (*of)->slot, timeNs, value};
    addToHead(*(*of)->group, reading, m_nextRecent);
    m_pending.push_back(reading);
    return {};
}

Status SeriesWriter::writeCatalog(std::int64_t nowNs)
{
    Statement seen = m_database.statement("UPDATE series_group SET seen=?2 WHERE id=?1");
    Statement newGroup =
        m_database.statement("INSERT INTO series_group(id, class, owner, code, done, seen) VALUES(?1, ?2, ?3, ?4, ?5, ?6)");
    for (const auto &[id, group] : m_groups) {
        Status status;
        if (group->isNew)
            status = newGroup.bind(id, static_cast<int>(group->kind), group->owner, group->code, group->done, nowNs).run();
        else if (!group->head.empty() && nowNs - group->seenNs > seenGranularityNs)
            status = seen.bind(id, nowNs).run();
        else
            continue;
        if (!status)
            return status;
        group->seenNs = nowNs;
    }
    Statement newSeries = m_database.statement(
        "INSERT INTO series(grp, slot, class, owner, code, place, label, origin) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)");
    Statement moved = m_database.statement("UPDATE series SET origin=?3 WHERE grp=?1 AND slot=?2");
    for (const NewSeries &added : m_newSeries) {
        const SeriesId &id = added.id;
        Status status;
        if (added.existing)
            status = moved.bind(added.group, added.slot, added.origin).run();
        else
            status = newSeries.bind(added.group, added.slot, static_cast<int>(id.kind), id.owner, id.code, id.place, id.label, added.origin)
                         .run();
        if (!status)
            return status;
    }
    return {};
}

bool SeriesWriter::due(const Group &group, std::int64_t bootNs) const noexcept
{
    return !group.head.empty() && (group.times >= blockTimes || bootNs - group.openedNs >= blockAgeNs);
}

Status SeriesWriter::writeBlock(Group &group, std::int64_t nowNs)
{
    const auto [first, last] =
        std::minmax_element(group.head.begin(), group.head.end(), [](const Reading &a, const Reading &b) { return a.timeNs < b.timeNs; });
    const Blob data = encodeBlock(group.head, m_compressor);
    const BlockRow block{group.id,
                         0,
                         first->timeNs,
                         last->timeNs,
                         group.head.size(),
                         group.times,
                         group.times >= blockTimes ? BlockState::Full : BlockState::Small,
                         nowNs};
    Status status = insertBlock(m_database, block, data);
    if (status)
        status = m_database.statement("UPDATE series_group SET done=?2, seen=?3 WHERE id=?1").bind(group.id, m_nextRecent, nowNs).run();
    group.seenNs = nowNs;
    return status;
}

Status SeriesWriter::writeBlocks(std::int64_t nowNs, std::int64_t bootNs)
{
    m_closing.clear();
    for (const auto &[id, group] : m_groups) {
        if (due(*group, bootNs))
            m_closing.push_back(group.get());
    }
    if (m_closing.size() > blocksPerFlush) { // the oldest first; the others wait their turn
        std::nth_element(m_closing.begin(), m_closing.begin() + blocksPerFlush, m_closing.end(),
                         [](const Group *a, const Group *b) { return a->openedNs < b->openedNs; });
        m_closing.resize(blocksPerFlush);
    }
    for (Group *group : m_closing) {
        group->closing = true;
        if (Status status = writeBlock(*group, nowNs); !status)
            return status;
    }
    return {};
}

std::int64_t SeriesWriter::oldestNeeded() const noexcept
{
    std::int64_t oldest = m_nextRecent;
    for (const auto &[id, group] : m_groups) {
        if (!group->head.empty() && !group->closing)
            oldest = std::min(oldest, group->firstRecent);
    }
    return oldest;
}

Status SeriesWriter::write(std::int64_t nowNs, std::int64_t bootNs)
{
    m_nowBootNs = bootNs;
    Status status = writeCatalog(nowNs);
    if (status && !m_pending.empty()) {
        const auto [first, last] =
            std::minmax_element(m_pending.begin(), m_pending.end(), [](const Reading &a, const Reading &b) { return a.timeNs < b.timeNs; });
        const Blob data = encodeRecent(m_pending, m_compressor);
        const std::uint64_t n = m_pending.size();
        status = m_database.statement("INSERT INTO sample_recent(id, t0, t1, n, data) VALUES(?1, ?2, ?3, ?4, ?5)")
                     .bind(m_nextRecent, first->timeNs, last->timeNs, n, data)
                     .run();
    }
    if (status)
        status = writeBlocks(nowNs, bootNs);
    if (status)
        status = m_database.statement("DELETE FROM sample_recent WHERE id < ?1").bind(oldestNeeded()).run();
    if (status)
        status = m_database.statement("UPDATE meta SET value=?1 WHERE key='next_recent'").bind(m_nextRecent + 1).run();
    return status;
}

void SeriesWriter::committed(std::int64_t bootNs)
{
    m_nowBootNs = bootNs;
    for (const auto &[id, group] : m_groups)
        group->isNew = false;
    for (Group *group : m_closing) {
        m_closedGroups.push_back(group->id);
        group->head.clear();
        group->done = m_nextRecent;
        group->closing = false;
    }
    m_closing.clear();
    m_newSeries.clear();
    m_pending.clear();
    ++m_nextRecent;
    if (m_series.size() > cachedSeries)
        m_series.clear();
}

void SeriesWriter::rolledBack()
{
    for (Group *group : m_closing)
        group->closing = false;
    m_closing.clear();
}

void SeriesWriter::forget()
{
    if (!m_newSeries.empty())
        return;
    m_series.clear();
    m_openGroups.clear();
    std::erase_if(m_groups, [](const auto &entry) { return entry.second->head.empty() && !entry.second->isNew; });
}

} // namespace tapio::console
