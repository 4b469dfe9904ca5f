// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/core/store/seriescodec.h"

#include <algorithm>
#include <tuple>

namespace tapio::console {

namespace {

using Ints = std::vector<std::int64_t>;

/// Column numbers are part of the file format.
enum RecentColumn : std::uint32_t { RecentTimes = 1, RecentTimeIndex = 2, RecentGroup = 3, RecentSlot = 4, RecentValue = 5 };
enum BlockColumn : std::uint32_t { BlockTimes = 1, BlockSlots = 2, BlockCounts = 3, BlockRows = 4, BlockFirst = 5, BlockSteps = 6 };
enum TierColumn : std::uint32_t {
    TierSlot = 1,
    TierStart = 2,
    TierN = 3,
    TierFirst = 4,
    TierLast = 5,
    TierMinimum = 6,
    TierMaximum = 7,
    TierFirstNs = 8,
    TierLastNs = 9,
};

std::int64_t minus(std::int64_t a, std::int64_t b) noexcept
{
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) - static_cast<std::uint64_t>(b));
}
std::int64_t plus(std::int64_t a, std::int64_t b) noexcept
{
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
}

Ints distinctTimes(const std::vector<Reading> &readings)
{
    Ints times;
    for (const Reading &reading : readings) {
        if (times.empty() || times.back() != reading.timeNs)
            times.push_back(reading.timeNs);
    }
    std::sort(times.begin(), times.end());
    times.erase(std::unique(times.begin(), times.end()), times.end());
    return times;
}

std::int64_t indexOf(const Ints &times, std::int64_t timeNs)
{
    return std::lower_bound(times.begin(), times.end(), timeNs) - times.begin();
}

bool within(std::int64_t value, std::size_t limit) noexcept { return value >= 0 && static_cast<std::uint64_t>(value) < limit; }

tl::unexpected<Error> damaged(const char *what) { return fail(Errc::Corrupt, std::string("a block of readings is damaged: ") + what); }

/// Reads columns until the first error.
class Columns {
public:
    explicit Columns(Result<ColumnReader> &reader) : m_reader(reader)
    {
        if (!reader)
            m_status = fail(reader.error());
    }
    Ints ints(std::uint32_t id) { return ints(id, m_status ? m_reader->rows(id) : 0); }
    Ints ints(std::uint32_t id, std::size_t rows)
    {
        if (!m_status)
            return {};
        Result<Ints> values = m_reader->ints(id, rows);
        if (values)
            return std::move(*values);
        m_status = fail(values.error());
        return {};
    }
    const Status &status() const { return m_status; }

private:
    Result<ColumnReader> &m_reader;
    Status m_status;
};

} // namespace

void Bucket::merge(const Bucket &other) noexcept
{
    if (other.n == 0)
        return;
    if (n == 0) {
        *this = other;
        return;
    }
    n += other.n;
    minimum = std::min(minimum, other.minimum);
    maximum = std::max(maximum, other.maximum);
    if (other.firstNs < firstNs) {
        firstNs = other.firstNs;
        first = other.first;
    }
    if (other.lastNs >= lastNs) {
        lastNs = other.lastNs;
        last = other.last;
    }
}

std::int64_t bucketStart(std::int64_t timeNs, std::int64_t stepNs) noexcept
{
    const std::int64_t rest = timeNs % stepNs;
    return timeNs - rest - (rest < 0 ? stepNs : 0);
}

Blob encodeRecent(std::vector<Reading> readings, Compressor &compressor)
{
    std::stable_sort(readings.begin(), readings.end(), [](const Reading &a, const Reading &b) {
        return std::tie(a.group, a.timeNs, a.slot) < std::tie(b.group, b.timeNs, b.slot);
    });
    const Ints times = distinctTimes(readings);
    Ints index, group, slot, value;
    for (const Reading &reading : readings) {
        index.push_back(indexOf(times, reading.timeNs));
        group.push_back(reading.group);
        slot.push_back(reading.slot);
        value.push_back(reading.value);
    }
    ColumnWriter writer(compressor);
    writer.ints(RecentTimes, times);
    writer.ints(RecentTimeIndex, index);
    writer.ints(RecentGroup, group);
    writer.ints(RecentSlot, slot);
    writer.ints(RecentValue, value);
    return writer.finish();
}

Result<std::vector<Reading>> decodeRecent(Blob blob, Decompressor &decompressor)
{
    Result<ColumnReader> reader = ColumnReader::open(std::move(blob), decompressor);
    Columns columns(reader);
    const Ints times = columns.ints(RecentTimes);
    const Ints index = columns.ints(RecentTimeIndex);
    const Ints group = columns.ints(RecentGroup, index.size());
    const Ints slot = columns.ints(RecentSlot, index.size());
    const Ints value = columns.ints(RecentValue, index.size());
    if (!columns.status())
        return fail(columns.status().error());
    std::vector<Reading> readings(index.size());
    for (std::size_t i = 0; i < index.size(); ++i) {
        if (!within(index[i], times.size()) || !within(slot[i], groupSlots))
            return damaged("a time or slot that does not exist");
        readings[i] = {group[i], static_cast<std::uint32_t>(slot[i]), times[static_cast<std::size_t>(index[i])], value[i]};
    }
    return readings;
}

Blob encodeBlock(std::vector<Reading> readings, Compressor &compressor)
{
    std::stable_sort(readings.begin(), readings.end(),
                     [](const Reading &a, const Reading &b) { return std::tie(a.slot, a.timeNs) < std::tie(b.slot, b.timeNs); });
    const Ints times = distinctTimes(readings);
    Ints slots, counts, rows, first, steps;
    for (std::size_t begin = 0; begin < readings.size();) {
        std::size_t end = begin;
        while (end < readings.size() && readings[end].slot == readings[begin].slot)
            ++end;
        slots.push_back(readings[begin].slot);
        counts.push_back(static_cast<std::int64_t>(end - begin));
        first.push_back(readings[begin].value);
        // A slot that was read every time needs no list of when; 0 says so, since no slot here has no reading.
        bool everyTime = end - begin == times.size();
        for (std::size_t i = begin; everyTime && i < end; ++i)
            everyTime = readings[i].timeNs == times[i - begin];
        if (everyTime)
            counts.back() = 0;
        for (std::size_t i = begin; i < end; ++i) {
            if (!everyTime)
                rows.push_back(indexOf(times, readings[i].timeNs));
            if (i > begin)
                steps.push_back(minus(readings[i].value, readings[i - 1].value));
        }
        begin = end;
    }
    ColumnWriter writer(compressor);
    writer.ints(BlockTimes, times);
    writer.ints(BlockSlots, slots);
    writer.ints(BlockCounts, counts);
    writer.ints(BlockRows, rows);
    writer.ints(BlockFirst, first);
    writer.ints(BlockSteps, steps);
    return writer.finish();
}

Result<std::vector<Reading>> decodeBlock(Blob blob, std::int64_t group, Decompressor &decompressor)
{
    Result<ColumnReader> reader = ColumnReader::open(std::move(blob), decompressor);
    Columns columns(reader);
    const Ints times = columns.ints(BlockTimes);
    const Ints slots = columns.ints(BlockSlots);
    const Ints counts = columns.ints(BlockCounts, slots.size());
    const Ints rows = columns.ints(BlockRows);
    const Ints first = columns.ints(BlockFirst, slots.size());
    const Ints steps = columns.ints(BlockSteps);
    if (!columns.status())
        return fail(columns.status().error());
    std::vector<Reading> readings;
    readings.reserve(steps.size() + slots.size());
    std::size_t nextRow = 0;
    std::size_t nextStep = 0;
    for (std::size_t s = 0; s < slots.size(); ++s) {
        const bool everyTime = counts[s] == 0;
        const std::size_t count = everyTime ? times.size() : static_cast<std::size_t>(counts[s]);
        if (!within(slots[s], groupSlots) || count == 0 || count - 1 > steps.size() - nextStep
            || (!everyTime && count > rows.size() - nextRow))
            return damaged("its counts do not add up");
        std::int64_t value = first[s];
        for (std::size_t i = 0; i < count; ++i) {
            const std::int64_t row = everyTime ? static_cast<std::int64_t>(i) : rows[nextRow++];
            if (!within(row, times.size()))
                return damaged("a time that does not exist");
            if (i > 0)
                value = plus(value, steps[nextStep++]);
            readings.push_back({group, static_cast<std::uint32_t>(slots[s]), times[static_cast<std::size_t>(row)], value});
        }
    }
    return readings;
}

Blob encodeTier(const std::vector<TierCell> &cells, Compressor &compressor)
{
    Ints slot, start, n, first, last, minimum, maximum, firstNs, lastNs;
    for (const TierCell &cell : cells) {
        const Bucket &b = cell.bucket;
        slot.push_back(cell.slot);
        start.push_back(cell.startNs);
        n.push_back(b.n);
        first.push_back(b.first);
        last.push_back(minus(b.last, b.first));
        minimum.push_back(minus(b.minimum, b.first));
        maximum.push_back(minus(b.maximum, b.first));
        firstNs.push_back(minus(b.firstNs, cell.startNs));
        lastNs.push_back(minus(b.lastNs, cell.startNs));
    }
    ColumnWriter writer(compressor);
    writer.ints(TierSlot, slot);
    writer.ints(TierStart, start);
    writer.ints(TierN, n);
    writer.ints(TierFirst, first);
    writer.ints(TierLast, last);
    writer.ints(TierMinimum, minimum);
    writer.ints(TierMaximum, maximum);
    writer.ints(TierFirstNs, firstNs);
    writer.ints(TierLastNs, lastNs);
    return writer.finish();
}

Result<std::vector<TierCell>> decodeTier(Blob blob, Decompressor &decompressor)
{
    Result<ColumnReader> reader = ColumnReader::open(std::move(blob), decompressor);
    Columns columns(reader);
    const Ints slot = columns.ints(TierSlot);
    const std::size_t rows = slot.size();
    const Ints start = columns.ints(TierStart, rows), n = columns.ints(TierN, rows), first = columns.ints(TierFirst, rows),
               last = columns.ints(TierLast, rows), minimum = columns.ints(TierMinimum, rows), maximum = columns.ints(TierMaximum, rows),
               firstNs = columns.ints(TierFirstNs, rows), lastNs = columns.ints(TierLastNs, rows);
    if (!columns.status())
        return fail(columns.status().error());
    std::vector<TierCell> cells(rows);
    for (std::size_t i = 0; i < rows; ++i) {
        if (!within(slot[i], groupSlots) || n[i] <= 0)
            return damaged("a slot that does not exist");
        cells[i] = {static_cast<std::uint32_t>(slot[i]),
                    start[i],
                    {static_cast<std::uint32_t>(n[i]), first[i], plus(first[i], last[i]), plus(first[i], minimum[i]),
                     plus(first[i], maximum[i]), plus(start[i], firstNs[i]), plus(start[i], lastNs[i])}};
    }
    return cells;
}

} // namespace tapio::console
