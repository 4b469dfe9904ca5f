// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/core/store/zone.h"

#include <algorithm>
#include <bit>
#include <map>

namespace tapio::console {

namespace {

enum SetCoding : std::uint8_t { Gaps = 0, Bitmap = 1 };
constexpr std::size_t bloomBitsPerItem = 10;
constexpr std::size_t pidBloomBytes = 8192;

std::uint64_t mix(std::uint64_t value) noexcept // the finaliser of MurmurHash3, public domain
{
    value ^= value >> 33;
    value *= 0xff51afd7ed558ccdu;
    value ^= value >> 33;
    value *= 0xc4ceb9fe1a85ec53u;
    return value ^ value >> 33;
}

bool bitmapContains(ByteReader &in, const std::vector<std::int64_t> &wanted)
{
    const auto first = static_cast<std::int64_t>(in.varint());
    if (first < 0)
        return true;
    const BlobView bits = in.bytes(in.left());
    const auto count = static_cast<std::int64_t>(bits.size() * 8);
    for (auto it = std::lower_bound(wanted.begin(), wanted.end(), first); it != wanted.end(); ++it) {
        if (*it - first >= count)
            return false;
        const auto at = static_cast<std::size_t>(*it - first);
        if ((bits[at / 8] >> (at % 8) & 1) != 0)
            return true;
    }
    return false;
}

bool gapsContain(ByteReader &in, const std::vector<std::int64_t> &wanted)
{
    auto it = wanted.begin();
    std::int64_t value = -1;
    while (in.left() > 0 && it != wanted.end()) {
        value = static_cast<std::int64_t>(static_cast<std::uint64_t>(value) + in.varint() + 1);
        if (in.failed())
            return true;
        while (it != wanted.end() && *it < value)
            ++it;
        if (it != wanted.end() && *it == value)
            return true;
    }
    return false;
}

} // namespace

IdSet IdSet::of(std::vector<std::int64_t> values)
{
    std::sort(values.begin(), values.end());
    values.erase(std::unique(values.begin(), values.end()), values.end());
    IdSet set;
    if (values.empty())
        return set;
    ByteWriter writer(set.m_bytes);
    writer.byte(Gaps);
    std::int64_t previous = -1;
    for (const std::int64_t value : values) {
        writer.varint(static_cast<std::uint64_t>(value - previous - 1));
        previous = value;
    }
    const std::size_t range = static_cast<std::size_t>(values.back() - values.front()) + 1;
    if (range / 8 + 8 >= set.m_bytes.size())
        return set;
    Blob bitmap;
    ByteWriter bitmapWriter(bitmap);
    bitmapWriter.byte(Bitmap);
    bitmapWriter.varint(static_cast<std::uint64_t>(values.front()));
    const std::size_t begin = bitmap.size();
    bitmap.resize(begin + (range + 7) / 8);
    for (const std::int64_t value : values) {
        const auto at = static_cast<std::size_t>(value - values.front());
        bitmap[begin + at / 8] |= static_cast<std::uint8_t>(1u << (at % 8));
    }
    set.m_bytes = std::move(bitmap);
    return set;
}

bool IdSet::mayContainAny(const std::vector<std::int64_t> &wanted) const
{
    if (m_bytes.empty() || wanted.empty())
        return false;
    ByteReader in(m_bytes);
    switch (in.byte()) {
    case Bitmap: return bitmapContains(in, wanted);
    case Gaps: return gapsContain(in, wanted);
    default: return true;
    }
}

Bloom::Bloom(std::size_t items, std::size_t maximumBytes)
    : m_bits(std::min(std::bit_ceil(items * bloomBitsPerItem / 8 + 1), maximumBytes), 0)
{}

void Bloom::add(std::uint64_t item) noexcept
{
    const std::uint64_t hash = mix(item);
    for (const std::uint64_t probe : {hash, hash >> 32}) {
        const std::size_t at = probe % (m_bits.size() * 8);
        m_bits[at / 8] |= static_cast<std::uint8_t>(1u << (at % 8));
    }
}

bool Bloom::mayContain(std::uint64_t item) const noexcept
{
    if (m_bits.empty())
        return true;
    const std::uint64_t hash = mix(item);
    for (const std::uint64_t probe : {hash, hash >> 32}) {
        const std::size_t at = probe % (m_bits.size() * 8);
        if ((m_bits[at / 8] >> (at % 8) & 1) == 0)
            return false;
    }
    return true;
}

std::uint64_t typeBit(std::int64_t type) noexcept { return 1ull << (type >= 0 && type < 63 ? type : 63); }
std::uint64_t severityBit(std::int64_t severity) noexcept { return 1ull << (severity >= 0 && severity < 6 ? severity : 6); }

Zone Zone::of(const EventRows &rows, std::int64_t id, int level)
{
    Zone zone;
    zone.id = id;
    zone.n = static_cast<std::uint32_t>(rows.size());
    zone.level = level;
    const auto [first, last] = std::minmax_element(rows.m_time.begin(), rows.m_time.end());
    zone.t0 = *first;
    zone.t1 = *last;
    std::map<std::int64_t, std::uint32_t> counts;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        ++counts[rows.m_type[i]];
        zone.severities |= severityBit(rows.m_severity[i]);
    }
    for (const auto &[type, count] : counts)
        zone.types |= typeBit(type);
    zone.typeCounts.assign(counts.begin(), counts.end());
    zone.streams = IdSet::of(rows.m_stream);
    zone.origins = IdSet::of(rows.m_origin);
    return zone;
}

Blob encodeTypeCounts(const Zone &zone)
{
    Blob out;
    ByteWriter writer(out);
    for (const auto &[type, count] : zone.typeCounts) {
        writer.varint(static_cast<std::uint64_t>(type));
        writer.varint(count);
    }
    return out;
}

Result<Zone> zoneFrom(const Statement &row)
{
    const auto copy = [&row](int column) {
        const BlobView bytes = row.blob(column);
        return Blob(bytes.begin(), bytes.end());
    };
    Zone zone;
    zone.id = row.integer(0);
    zone.n = static_cast<std::uint32_t>(row.integer(1));
    zone.t0 = row.integer(2);
    zone.t1 = row.integer(3);
    zone.level = static_cast<int>(row.integer(4));
    zone.types = static_cast<std::uint64_t>(row.integer(5));
    zone.severities = static_cast<std::uint64_t>(row.integer(6));
    zone.streams = IdSet(copy(7));
    zone.origins = IdSet(copy(8));
    const Blob counts = copy(9);
    ByteReader in(counts);
    while (in.left() > 0 && !in.failed()) {
        const auto type = static_cast<std::int64_t>(in.varint());
        zone.typeCounts.emplace_back(type, static_cast<std::uint32_t>(in.varint()));
    }
    zone.frontBytes = static_cast<std::size_t>(row.integer(10));
    zone.size = static_cast<std::size_t>(row.integer(11));
    if (in.failed() || zone.id < 1 || row.integer(1) < 1 || row.integer(1) > static_cast<std::int64_t>(chunkRows) || row.integer(10) < 0
        || zone.t1 < zone.t0)
        return fail(Errc::Corrupt, "the zone row of chunk " + std::to_string(zone.id) + " is damaged; the file is not whole");
    return zone;
}

Bloom pidBloom(const EventRows &rows)
{
    Bloom bloom(rows.m_pid.size(), pidBloomBytes);
    for (const std::int64_t pid : rows.m_pid)
        bloom.add(static_cast<std::uint64_t>(pid));
    return bloom;
}

} // namespace tapio::console
