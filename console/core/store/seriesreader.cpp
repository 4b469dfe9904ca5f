// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/core/store/seriesreader.h"

#include <algorithm>
#include <array>
#include <bit>
#include <iterator>
#include <tuple>
#include <unordered_map>
#include <utility>

namespace tapio::console {

namespace {

constexpr std::int64_t bucketLimit = 100'000;

Error cancelled() { return Error(Errc::Cancelled, "the query was cancelled"); }
/// By time; of several of one time the one that was read last.
void sortOnce(std::vector<StoredReading> &readings)
{
    std::stable_sort(readings.begin(), readings.end(), [](const StoredReading &a, const StoredReading &b) { return a.timeNs < b.timeNs; });
    std::size_t kept = 0;
    for (std::size_t i = 1; i < readings.size(); ++i)
        readings[readings[i].timeNs == readings[kept].timeNs ? kept : ++kept] = readings[i];
    readings.resize(std::min(readings.size(), kept + 1));
}

Error in(const Database &database, const Error &error) { return error.within("store '" + database.file().string() + "'"); }

} // namespace

Result<SeriesReader::Range> SeriesReader::rangeOf(std::int64_t fromNs, std::int64_t toNs, std::int64_t stepNs, std::stop_token stop)
{
    if (stepNs < 1)
        return fail(Errc::InvalidArgument, "a bucket is longer than 0 ns");
    if (fromNs < INT64_MIN + stepNs)
        return fail(Errc::InvalidArgument, "a time range begins after the year 1677");
    Range range{bucketStart(fromNs, stepNs), toNs, stepNs, 0, std::move(stop)};
    if (toNs <= fromNs)
        return range;
    const auto span = static_cast<std::uint64_t>(toNs) - static_cast<std::uint64_t>(range.fromNs);
    const std::uint64_t count = (span - 1) / static_cast<std::uint64_t>(stepNs) + 1;
    if (count > static_cast<std::uint64_t>(bucketLimit))
        return fail(Errc::InvalidArgument, "a time range has at most " + std::to_string(bucketLimit) + " buckets");
    range.buckets = count;
    range.toNs = toNs > INT64_MAX - stepNs ? INT64_MAX : range.fromNs + static_cast<std::int64_t>(count) * stepNs;
    return range;
}

Status SeriesReader::select(Statement &query, Selection &selection)
{
    Result<bool> row = query.step();
    for (; row && *row; row = query.step()) {
        const std::int64_t slot = query.integer(1);
        if (slot < 0 || slot >= groupSlots)
            return fail(Errc::Corrupt, "store '" + m_database.file().string() + "': a series has a slot that does not exist");
        const auto [group, added] = selection.groups.try_emplace(query.integer(0));
        if (added)
            group->second.series.fill(-1);
        group->second.done = query.integer(2);
        group->second.series[static_cast<std::size_t>(slot)] = static_cast<std::int32_t>(selection.series.size());
        selection.series.push_back({query.integer(3), query.integer(4), query.integer(5), query.integer(6), query.text(7)});
    }
    return row ? Status() : fail(row.error());
}

Status SeriesReader::selectCodes(SeriesClass kind, const std::vector<std::int64_t> &codes, Selection &selection)
{
    for (const std::int64_t code : codes) {
        Statement query = m_database.statement(
            "SELECT s.grp, s.slot, g.done, s.owner, s.code, s.place, s.origin, s.label FROM series_group g JOIN series s ON s.grp = g.id"
            " WHERE g.class=?1 AND g.code=?2");
        query.bind(static_cast<int>(kind), code);
        if (Status status = select(query, selection); !status)
            return status;
    }
    return {};
}

template <typename Take> Status SeriesReader::readRecent(const Selection &selection, const Range &range, Take &&take)
{
    Statement query = m_database.statement("SELECT id, data FROM sample_recent WHERE t1 >= ?1 AND t0 < ?2");
    query.bind(range.fromNs, range.toNs);
    Result<bool> row = query.step();
    for (; row && *row; row = query.step()) {
        if (range.stop.stop_requested())
            return fail(cancelled());
        const BlobView data = query.blob(1);
        const Result<std::vector<Reading>> readings = decodeRecent(Blob(data.begin(), data.end()), m_decompressor);
        if (!readings)
            return fail(in(m_database, readings.error()));
        auto group = selection.groups.end();
        for (const Reading &reading : *readings) {
            if (group == selection.groups.end() || group->first != reading.group)
                group = selection.groups.find(reading.group);
            if (group == selection.groups.end() || query.integer(0) <= group->second.done || reading.timeNs < range.fromNs
                || reading.timeNs >= range.toNs)
                continue;
            if (const std::int32_t series = group->second.series[reading.slot]; series >= 0)
                take(static_cast<std::size_t>(series), reading);
        }
    }
    return row ? Status() : fail(row.error());
}

template <typename Take> Status SeriesReader::readBlocks(const Selection &selection, const Range &range, bool tiered, Take &&take)
{
    Statement query =
        m_database.statement(tiered ? "SELECT data FROM sample_block WHERE grp=?1 AND tier=0 AND t1 >= ?2 AND t0 < ?3 AND state < 2"
                                    : "SELECT data FROM sample_block WHERE grp=?1 AND tier=0 AND t1 >= ?2 AND t0 < ?3");
    for (const auto &[id, group] : selection.groups) {
        query.bind(id, range.fromNs, range.toNs);
        Result<bool> row = query.step();
        for (; row && *row; row = query.step()) {
            if (range.stop.stop_requested())
                return fail(cancelled());
            const BlobView data = query.blob(0);
            const Result<std::vector<Reading>> readings = decodeBlock(Blob(data.begin(), data.end()), id, m_decompressor);
            if (!readings)
                return fail(in(m_database, readings.error()));
            for (const Reading &reading : *readings) {
                const std::int32_t series = group.series[reading.slot];
                if (series >= 0 && reading.timeNs >= range.fromNs && reading.timeNs < range.toNs)
                    take(static_cast<std::size_t>(series), reading);
            }
        }
        if (!row)
            return fail(row.error());
        query.reset();
    }
    return {};
}

Status SeriesReader::readTiers(const Selection &selection, const Range &range, Buckets &buckets)
{
    Statement query = m_database.statement("SELECT data FROM sample_block WHERE grp=?1 AND tier=1 AND t1 >= ?2 AND t0 < ?3");
    for (const auto &[id, group] : selection.groups) {
        query.bind(id, range.fromNs, range.toNs);
        Result<bool> row = query.step();
        for (; row && *row; row = query.step()) {
            if (range.stop.stop_requested())
                return fail(cancelled());
            const BlobView data = query.blob(0);
            const Result<std::vector<TierCell>> cells = decodeTier(Blob(data.begin(), data.end()), m_decompressor);
            if (!cells)
                return fail(in(m_database, cells.error()));
            for (const TierCell &cell : *cells) {
                const std::int32_t series = group.series[cell.slot];
                if (series < 0 || cell.startNs < range.fromNs || cell.startNs >= range.toNs)
                    continue;
                if (std::vector<Bucket> *kept = buckets.row(static_cast<std::size_t>(series)))
                    (*kept)[static_cast<std::size_t>((cell.startNs - range.fromNs) / range.stepNs)].merge(cell.bucket);
            }
        }
        if (!row)
            return fail(row.error());
        query.reset();
    }
    return {};
}

std::vector<Bucket> *SeriesReader::Buckets::row(std::size_t series)
{
    std::vector<Bucket> &kept = m_rows[series];
    if (!kept.empty())
        return &kept;
    if (m_kept >= m_atMost) {
        m_refusedCount += m_refused[series] ? 0 : 1;
        m_refused[series] = true;
        return nullptr;
    }
    ++m_kept;
    kept.resize(m_perSeries);
    return &kept;
}

/// What was written last is read first, so that of too many series those of now are kept.
Result<SeriesReader::Buckets> SeriesReader::bucketsOf(const Selection &selection, const Range &range, std::size_t atMost)
{
    Buckets buckets(selection.series.size(), range.buckets, atMost);
    const auto take = [&](std::size_t series, const Reading &reading) {
        if (std::vector<Bucket> *kept = buckets.row(series))
            (*kept)[static_cast<std::size_t>((reading.timeNs - range.fromNs) / range.stepNs)].add(reading.timeNs, reading.value);
    };
    const bool tiered = range.stepNs % tierBucketNs == 0 && range.fromNs % tierBucketNs == 0 && range.toNs % tierBucketNs == 0;
    Status status = readRecent(selection, range, take);
    if (status)
        status = readBlocks(selection, range, tiered, take);
    if (status && tiered)
        status = readTiers(selection, range, buckets);
    if (!status)
        return fail(status.error());
    return buckets;
}

Result<SeriesKey> SeriesReader::keyOf(const Member &member, wire::Metric metric)
{
    Result<std::string> node = m_names.node(member.owner);
    if (!node)
        return fail(node.error());
    const Result<const wire::Origin *> origin = m_names.origin(member.origin);
    if (!origin)
        return fail(origin.error());
    return SeriesKey{std::move(*node), metric, **origin, member.label};
}

Result<SeriesSet> SeriesReader::series(std::size_t atMost, const std::vector<wire::Metric> &metrics, std::int64_t fromNs, std::int64_t toNs,
                                       std::int64_t stepNs, std::stop_token stop)
{
    const Result<Range> range = rangeOf(fromNs, toNs, stepNs, std::move(stop));
    if (!range)
        return fail(range.error());
    std::vector<std::int64_t> codes;
    for (const wire::Metric metric : metrics)
        codes.push_back(static_cast<std::int64_t>(metric));
    Selection selection;
    if (Status status = selectCodes(SeriesClass::Sample, codes, selection); !status)
        return fail(status.error());
    Result<Buckets> buckets = bucketsOf(selection, *range, atMost);
    if (!buckets)
        return fail(buckets.error());
    SeriesSet out;
    out.refused = buckets->refused();
    for (std::size_t i = 0; i < selection.series.size(); ++i) {
        const std::vector<Bucket> row = buckets->take(i);
        if (row.empty())
            continue;
        Result<SeriesKey> key = keyOf(selection.series[i], static_cast<wire::Metric>(selection.series[i].code));
        if (!key)
            return fail(key.error());
        SeriesData &data = out.series.emplace_back();
        data.key = std::move(*key);
        data.buckets.reserve(range->buckets);
        std::int64_t start = range->fromNs;
        for (const Bucket &b : row) {
            data.buckets.push_back({start, b.n, b.first, b.last, b.minimum, b.maximum, b.firstNs, b.lastNs});
            start += range->stepNs;
        }
    }
    return out;
}

Status SeriesReader::selectKind(SeriesKind kind, Selection &selection)
{
    static constexpr std::array<SeriesClass, 5> classes{SeriesClass::Sample, SeriesClass::Histogram, SeriesClass::Counter,
                                                        SeriesClass::Counter, SeriesClass::Figure};
    Statement query = m_database.statement(
        "SELECT s.grp, s.slot, g.done, s.owner, s.code, s.place, s.origin, s.label FROM series s JOIN series_group g ON g.id = s.grp"
        " WHERE s.class=?1 AND (?2 < 0 OR s.code=?2) ORDER BY s.grp, s.slot");
    const std::int64_t code = kind == SeriesKind::SourceCounter ? sourceCounterCode
                              : kind == SeriesKind::RuleCounter ? ruleCounterCode
                                                                : -1;
    query.bind(static_cast<int>(classes[static_cast<std::size_t>(kind)]), code);
    return select(query, selection);
}

Result<StoredSeries> SeriesReader::nameOf(SeriesKind kind, const Member &member)
{
    StoredSeries name;
    name.kind = kind;
    name.label = member.label;
    if (kind == SeriesKind::Figure) {
        const std::size_t split = std::min(member.label.find('\0'), member.label.size());
        name.name = member.label.substr(0, split);
        name.label = split < member.label.size() ? member.label.substr(split + 1) : std::string();
        return name;
    }
    if (kind == SeriesKind::SourceCounter || kind == SeriesKind::RuleCounter) {
        name.code = member.place;
        const Result<const NameLookup::Stream *> stream = m_names.stream(member.owner);
        if (!stream)
            return fail(stream.error());
        name.node = (*stream)->node;
        name.streamId = (*stream)->streamId;
        return name;
    }
    Result<SeriesKey> key = keyOf(member, wire::Metric::Unknown);
    if (!key)
        return fail(key.error());
    name.node = std::move(key->node);
    name.origin = std::move(key->origin);
    const bool isBucket = kind == SeriesKind::HistogramBucket;
    name.code = isBucket ? member.code / histogramCode(static_cast<wire::HistogramKind>(1), 0) : member.code;
    name.bucket = isBucket ? static_cast<std::uint32_t>(member.code % histogramCode(static_cast<wire::HistogramKind>(1), 0)) : 0;
    return name;
}

/// Slots and groups that nobody wants leave the selection, so that their blocks are not read.
Result<SeriesReader::Names> SeriesReader::wantedOf(SeriesKind kind, const StoreReader::WantSeries &wanted, Selection &selection)
{
    Names names(selection.series.size());
    for (std::size_t i = 0; i < names.size(); ++i) {
        Result<StoredSeries> name = nameOf(kind, selection.series[i]);
        if (!name)
            return fail(name.error());
        if (wanted(*name))
            names[i] = std::move(*name);
    }
    for (auto group = selection.groups.begin(); group != selection.groups.end();) {
        bool isAny = false;
        for (std::int32_t &series : group->second.series) {
            if (series >= 0 && !names[static_cast<std::size_t>(series)])
                series = -1;
            isAny = isAny || series >= 0;
        }
        group = isAny ? std::next(group) : selection.groups.erase(group);
    }
    return names;
}

Status SeriesReader::eachSeries(SeriesKind kind, const StoreReader::WantSeries &wanted, std::int64_t fromNs, std::int64_t toNs,
                                const StoreReader::TakeSeries &take, std::stop_token stop)
{
    Selection selection;
    if (Status status = selectKind(kind, selection); !status)
        return status;
    const Result<Names> names = wantedOf(kind, wanted, selection);
    if (!names)
        return fail(names.error());
    if (selection.groups.empty())
        return {};
    const Range range{fromNs, toNs, 1, 0, std::move(stop)};
    std::unordered_map<std::size_t, std::vector<StoredReading>> all; // of one group, and of every group what is not in blocks yet
    const auto add = [&](std::size_t series, const Reading &reading) {
        const double value = kind == SeriesKind::Figure ? std::bit_cast<double>(reading.value) : static_cast<double>(reading.value);
        all[series].push_back({reading.timeNs, value});
    };
    if (Status status = readRecent(selection, range, add); !status)
        return status;
    for (const auto &[id, group] : selection.groups) {
        Selection one;
        one.groups.emplace(id, group);
        if (Status status = readBlocks(one, range, false, add); !status)
            return status;
        for (const std::int32_t series : group.series) {
            const auto found = series < 0 ? all.end() : all.find(static_cast<std::size_t>(series));
            if (found == all.end())
                continue;
            std::vector<StoredReading> readings = std::move(found->second);
            all.erase(found);
            sortOnce(readings);
            if (!take(*(*names)[static_cast<std::size_t>(series)], readings))
                return {};
        }
    }
    return {};
}

Result<std::vector<StoreReader::StoredCounters>> SeriesReader::counters(std::int64_t fromNs, std::int64_t toNs, std::stop_token stop)
{
    Selection selection;
    if (Status status = selectCodes(SeriesClass::Counter, {sourceCounterCode}, selection); !status)
        return fail(status.error());
    std::map<std::tuple<std::int64_t, std::int64_t, std::string>, CounterSet> sets; // time, stream, source
    const auto take = [&](std::size_t series, const Reading &reading) {
        const Member &member = selection.series[series];
        if (member.place >= 0 && member.place < static_cast<std::int64_t>(counterCount))
            sets[{reading.timeNs, member.owner, member.label}][static_cast<Counter>(member.place)] =
                static_cast<std::uint64_t>(reading.value);
    };
    const Range range{fromNs, toNs, 1, 0, std::move(stop)};
    Status status = readRecent(selection, range, take);
    if (status)
        status = readBlocks(selection, range, false, take);
    if (!status)
        return fail(status.error());
    std::vector<StoreReader::StoredCounters> out;
    std::pair<std::int64_t, std::int64_t> last{INT64_MIN, 0};
    for (const auto &[key, set] : sets) {
        const auto &[timeNs, stream, source] = key;
        if (out.empty() || last != std::pair(timeNs, stream)) {
            const Result<const NameLookup::Stream *> of = m_names.stream(stream);
            if (!of)
                return fail(of.error());
            out.push_back({(*of)->node, (*of)->streamId, {timeNs, {}}});
            last = {timeNs, stream};
        }
        out.back().report.sources.push_back({source, set});
    }
    return out;
}

Result<std::vector<StoreReader::StoredCounters>> SeriesReader::ruleCounters(std::int64_t fromNs, std::int64_t toNs, std::int64_t stepNs,
                                                                            std::stop_token stop)
{
    fromNs = std::max<std::int64_t>(0, fromNs); // nobody told of rules in 1970
    Result<Range> range = rangeOf(0, std::max<std::int64_t>(0, toNs - fromNs), stepNs, std::move(stop));
    if (!range)
        return fail(range.error());
    range->fromNs = fromNs;
    range->toNs = toNs;
    Selection selection;
    if (Status status = selectCodes(SeriesClass::Counter, {ruleCounterCode}, selection); !status)
        return fail(status.error());
    Result<Buckets> buckets = bucketsOf(selection, *range);
    if (!buckets)
        return fail(buckets.error());
    RuleReadings sets;
    for (std::size_t i = 0; i < selection.series.size(); ++i) {
        const Member &member = selection.series[i];
        const std::vector<Bucket> row = buckets->take(i);
        if (member.place < 0 || member.place >= static_cast<std::int64_t>(wire::RuleCounters::fieldCount))
            continue;
        const auto field = wire::RuleCounters::fields[static_cast<std::size_t>(member.place)];
        for (const Bucket &bucket : row) {
            if (bucket.n == 0)
                continue;
            sets[{bucket.firstNs, member.owner, member.label}].*field = static_cast<std::uint64_t>(bucket.first);
            sets[{bucket.lastNs, member.owner, member.label}].*field = static_cast<std::uint64_t>(bucket.last);
        }
    }
    return storedRules(std::move(sets));
}

Result<std::vector<StoreReader::StoredCounters>> SeriesReader::storedRules(RuleReadings &&sets)
{
    std::vector<StoreReader::StoredCounters> out;
    std::pair<std::int64_t, std::int64_t> last{INT64_MIN, 0};
    for (auto &[key, counters] : sets) {
        const auto &[timeNs, stream, rule] = key;
        if (std::exchange(last, {timeNs, stream}) != std::pair(timeNs, stream)) {
            const Result<const NameLookup::Stream *> of = m_names.stream(stream);
            if (!of)
                return fail(of.error());
            out.push_back({(*of)->node, (*of)->streamId, {timeNs, {}}});
        }
        counters.rule = rule;
        out.back().report.rules.push_back(std::move(counters));
    }
    return out;
}

Result<std::vector<StoreReader::StoredHistogram>> SeriesReader::histograms(wire::HistogramKind kind, std::int64_t fromNs, std::int64_t toNs,
                                                                           std::int64_t stepNs, std::stop_token stop)
{
    const Result<Range> range = rangeOf(fromNs, toNs, stepNs, std::move(stop));
    if (!range)
        return fail(range.error());
    std::vector<std::int64_t> codes;
    for (std::size_t bucket = 0; bucket < wire::histogramBuckets; ++bucket)
        codes.push_back(histogramCode(kind, bucket));
    Selection selection;
    if (Status status = selectCodes(SeriesClass::Histogram, codes, selection); !status)
        return fail(status.error());
    Result<Buckets> buckets = bucketsOf(selection, *range);
    if (!buckets)
        return fail(buckets.error());
    std::map<std::tuple<std::int64_t, std::int64_t, std::string, std::size_t>, StoreReader::StoredHistogram>
        found; // node, place, label, time bucket
    for (std::size_t i = 0; i < selection.series.size(); ++i) {
        const Member &member = selection.series[i];
        const std::vector<Bucket> row = buckets->take(i);
        for (std::size_t at = 0; at < row.size(); ++at) {
            const Bucket &bucket = row[at];
            if (bucket.n == 0)
                continue;
            const auto [entry, added] = found.try_emplace({member.owner, member.place, member.label, at});
            StoreReader::StoredHistogram &histogram = entry->second;
            if (added) {
                Result<SeriesKey> key = keyOf(member, wire::Metric::Unknown);
                if (!key)
                    return fail(key.error());
                histogram = {std::move(*key), kind, bucket.lastNs, {}};
            }
            histogram.counts[static_cast<std::size_t>(member.code - histogramCode(kind, 0))] = static_cast<std::uint64_t>(bucket.last);
        }
    }
    std::vector<StoreReader::StoredHistogram> out;
    for (auto &[key, histogram] : found)
        out.push_back(std::move(histogram));
    return out;
}

Result<std::vector<Figure>> SeriesReader::figures(const std::string &prefix, std::int64_t fromNs, std::int64_t toNs, std::int64_t stepNs,
                                                  bool extremes, std::stop_token stop)
{
    const Result<Range> range = rangeOf(fromNs, toNs, stepNs, std::move(stop));
    if (!range)
        return fail(range.error());
    Statement query = m_database.statement(
        "SELECT s.grp, s.slot, g.done, s.owner, s.code, s.place, s.origin, s.label FROM series s JOIN series_group g ON g.id = s.grp"
        " WHERE s.class=?1 AND s.owner=0 AND s.code=0 AND s.place=0 AND substr(s.label, 1, length(?2)) = ?2");
    query.bind(static_cast<int>(SeriesClass::Figure), prefix);
    Selection selection;
    if (Status status = select(query, selection); !status)
        return fail(status.error());
    Result<Buckets> buckets = bucketsOf(selection, *range);
    if (!buckets)
        return fail(buckets.error());
    std::vector<Figure> out;
    for (std::size_t i = 0; i < selection.series.size(); ++i) {
        const std::string &label = selection.series[i].label;
        const std::size_t split = std::min(label.find('\0'), label.size());
        const std::vector<Bucket> row = buckets->take(i);
        for (const Bucket &bucket : row) {
            const auto put = [&](std::int64_t bits) {
                out.push_back({bucket.lastNs, label.substr(0, split), split < label.size() ? label.substr(split + 1) : "",
                               std::bit_cast<double>(bits)});
            };
            // The bits of doubles that are not negative have the order of their values.
            if (bucket.n > 1 && extremes) {
                put(bucket.minimum);
                put(bucket.maximum);
            }
            if (bucket.n != 0)
                put(bucket.last);
        }
    }
    std::stable_sort(out.begin(), out.end(), [](const Figure &a, const Figure &b) { return a.timeNs < b.timeNs; });
    return out;
}

} // namespace tapio::console
