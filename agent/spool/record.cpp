// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/spool/record.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <cstring>

#include <zlib.h>

namespace tapio::agent {

namespace {

constexpr std::string_view headerMagic = "TAPIOSPL";
constexpr std::uint32_t recordMagic = 0x5EC0'7A91;
constexpr std::string_view nameSuffix = ".spool";
enum RecordKind : std::uint8_t { Frame = 1, Sums = 2 };

std::uint32_t checksum(std::span<const std::byte> bytes)
{
    return static_cast<std::uint32_t>(crc32_z(0, reinterpret_cast<const Bytef *>(bytes.data()), bytes.size()));
}

template <typename T> void put(SpoolBytes &out, T value)
{
    for (std::size_t i = 0; i < sizeof(T); ++i)
        out.push_back(static_cast<std::byte>(static_cast<std::uint64_t>(value) >> (8 * i)));
}

void putText(SpoolBytes &out, std::string_view text)
{
    const auto bytes = std::as_bytes(std::span(text.data(), std::min<std::size_t>(text.size(), 255)));
    put(out, static_cast<std::uint8_t>(bytes.size()));
    out.insert(out.end(), bytes.begin(), bytes.end());
}

/// Reads little-endian numbers and texts; past the end it gives zeros and is no longer ok().
class Reader {
public:
    explicit Reader(std::span<const std::byte> bytes) : m_bytes(bytes) {}

    template <typename T> T number()
    {
        const auto bytes = take(sizeof(T));
        std::uint64_t value = 0;
        for (std::size_t i = 0; i < bytes.size(); ++i)
            value |= std::to_integer<std::uint64_t>(bytes[i]) << (8 * i);
        return static_cast<T>(value);
    }
    std::string_view text()
    {
        const auto bytes = take(number<std::uint8_t>());
        return {reinterpret_cast<const char *>(bytes.data()), bytes.size()};
    }
    std::span<const std::byte> rest() const noexcept { return m_bytes.subspan(m_at); }
    std::size_t at() const noexcept { return m_at; }
    bool ok() const noexcept { return m_ok; }

private:
    std::span<const std::byte> take(std::size_t count)
    {
        if (m_bytes.size() - m_at < count) {
            m_ok = false;
            m_at = m_bytes.size();
            return {};
        }
        m_at += count;
        return m_bytes.subspan(m_at - count, count);
    }

    std::span<const std::byte> m_bytes;
    std::size_t m_at = 0;
    bool m_ok = true;
};

SpoolBytes sealRecord(const SpoolBytes &payload)
{
    SpoolBytes record;
    record.reserve(spoolRecordHead + payload.size());
    put(record, recordMagic);
    put(record, static_cast<std::uint32_t>(payload.size()));
    put(record, checksum(payload));
    put(record, checksum(record));
    record.insert(record.end(), payload.begin(), payload.end());
    return record;
}

struct RecordHead {
    std::uint32_t length = 0;
    std::uint32_t payloadChecksum = 0;
};

/// A checksum of its own: a length that cannot be trusted would lead astray.
std::optional<RecordHead> recordHead(std::span<const std::byte> bytes)
{
    Reader reader(bytes.first(spoolRecordHead));
    const auto magic = reader.number<std::uint32_t>();
    const RecordHead head{reader.number<std::uint32_t>(), reader.number<std::uint32_t>()};
    if (magic != recordMagic || head.length == 0 || head.length > maxSpoolPayload)
        return std::nullopt;
    if (reader.number<std::uint32_t>() != checksum(bytes.first(spoolRecordHead - 4)))
        return std::nullopt;
    return head;
}

Result<DecodedHeader> decodeCopy(std::span<const std::byte> bytes)
{
    Reader reader(bytes);
    for (const char c : headerMagic) {
        if (reader.number<std::uint8_t>() != static_cast<std::uint8_t>(c))
            return fail(Errc::Malformed, "it does not begin as a segment does");
    }
    const auto version = reader.number<std::uint32_t>();
    DecodedHeader decoded;
    SegmentHeader &header = decoded.header;
    header.name.run = reader.number<std::uint32_t>();
    header.name.streamId = reader.number<std::uint64_t>();
    header.name.firstSeq = reader.number<std::uint64_t>();
    header.createdNs = reader.number<std::int64_t>();
    header.node = reader.text();
    const std::size_t covered = reader.at();
    const auto wanted = reader.number<std::uint32_t>();
    if (!reader.ok() || wanted != checksum(bytes.first(covered)))
        return fail(Errc::Malformed, "its header is damaged");
    if (version != spoolFormat)
        return fail(Errc::VersionMismatch,
                    "it is of format " + std::to_string(version) + ", this agent writes " + std::to_string(spoolFormat));
    decoded.bytes = reader.at();
    return decoded;
}

} // namespace

std::string SegmentName::text() const
{
    std::array<char, 64> buffer{};
    const int length = std::snprintf(buffer.data(), buffer.size(), "%08x-%016llx-%016llx", run, static_cast<unsigned long long>(streamId),
                                     static_cast<unsigned long long>(firstSeq));
    return std::string(buffer.data(), static_cast<std::size_t>(length)).append(nameSuffix);
}

std::optional<SegmentName> SegmentName::parse(std::string_view text)
{
    constexpr std::size_t digits = 8 + 1 + 16 + 1 + 16;
    if (text.size() != digits + nameSuffix.size() || text.substr(digits) != nameSuffix)
        return std::nullopt;
    SegmentName name;
    const auto number = [&](std::size_t at, std::size_t length, auto &value) {
        const auto parsed = std::from_chars(text.data() + at, text.data() + at + length, value, 16);
        return parsed.ec == std::errc() && parsed.ptr == text.data() + at + length;
    };
    if (!number(0, 8, name.run) || !number(9, 16, name.streamId) || !number(26, 16, name.firstSeq) || name.text() != text)
        return std::nullopt;
    return name;
}

SpoolBytes encodeHeader(const SegmentHeader &header)
{
    SpoolBytes one;
    for (const char c : headerMagic)
        put(one, c);
    put(one, spoolFormat);
    put(one, header.name.run);
    put(one, header.name.streamId);
    put(one, header.name.firstSeq);
    put(one, header.createdNs);
    putText(one, header.node);
    put(one, checksum(one));
    SpoolBytes both = one;
    both.insert(both.end(), one.begin(), one.end());
    return both;
}

Result<DecodedHeader> decodeHeader(std::span<const std::byte> bytes)
{
    auto first = decodeCopy(bytes);
    if (first) {
        first->bytes *= 2; // the second copy is as long; whether it is whole no longer matters
        return first;
    }
    if (first.error().code() == Errc::VersionMismatch)
        return first;
    // Where the second copy begins is not known when the length of the first is what broke: it is looked for.
    const auto within = bytes.first(std::min(bytes.size(), maxSegmentHeader));
    for (auto at = within.begin(); at != within.end();) {
        at = std::search(at + 1, within.end(), headerMagic.begin(), headerMagic.end(),
                         [](std::byte b, char c) { return std::to_integer<char>(b) == c; });
        const auto offset = static_cast<std::size_t>(at - within.begin());
        if (at == within.end())
            break;
        if (auto second = decodeCopy(bytes.subspan(offset)); second) {
            second->bytes += offset;
            return second;
        }
    }
    return first;
}

void SegmentSums::add(const FrameRecord &record) noexcept
{
    ++frames;
    events += record.events;
    lastSeq = std::max(lastSeq, record.frameSeq);
    if (record.oldestNs != 0 && (oldestNs == 0 || record.oldestNs < oldestNs))
        oldestNs = record.oldestNs;
    newestNs = std::max(newestNs, record.newestNs);
}

SpoolBytes encodeRecord(const FrameRecord &record)
{
    SpoolBytes payload;
    payload.reserve(record.frame.size() + 128 + 16 * record.sources.size());
    put(payload, static_cast<std::uint8_t>(RecordKind::Frame));
    put(payload, record.frameSeq);
    put(payload, record.lastEvent);
    put(payload, record.droppedEvents);
    put(payload, record.producedEvents);
    put(payload, record.oldestNs);
    put(payload, record.newestNs);
    put(payload, record.events);
    const std::size_t sources = std::min<std::size_t>(record.sources.size(), 255);
    put(payload, static_cast<std::uint8_t>(sources));
    for (std::size_t i = 0; i < sources; ++i) {
        putText(payload, record.sources[i].source);
        put(payload, record.sources[i].events);
    }
    payload.insert(payload.end(), record.frame.begin(), record.frame.end());
    return sealRecord(payload);
}

SpoolBytes encodeRecord(const SegmentSums &sums)
{
    SpoolBytes payload;
    put(payload, static_cast<std::uint8_t>(RecordKind::Sums));
    put(payload, sums.frames);
    put(payload, sums.events);
    put(payload, sums.lastSeq);
    put(payload, sums.oldestNs);
    put(payload, sums.newestNs);
    return sealRecord(payload);
}

Result<FrameRecord> decodeFrameRecord(std::span<const std::byte> payload)
{
    Reader reader(payload);
    if (reader.number<std::uint8_t>() != RecordKind::Frame)
        return fail(Errc::Malformed, "spool: not a record of a frame");
    FrameRecord record;
    record.frameSeq = reader.number<std::uint64_t>();
    record.lastEvent = reader.number<std::uint64_t>();
    record.droppedEvents = reader.number<std::uint64_t>();
    record.producedEvents = reader.number<std::uint64_t>();
    record.oldestNs = reader.number<std::int64_t>();
    record.newestNs = reader.number<std::int64_t>();
    record.events = reader.number<std::uint32_t>();
    record.sources.resize(reader.number<std::uint8_t>());
    for (SourceEvents &source : record.sources) {
        source.source = reader.text();
        source.events = reader.number<std::uint32_t>();
    }
    record.frame = reader.rest();
    if (!reader.ok() || record.frameSeq == 0 || record.frame.empty() || record.lastEvent < record.events)
        return fail(Errc::Malformed, "spool: a record of a frame that cannot be");
    return record;
}

Result<SegmentSums> decodeSums(std::span<const std::byte> payload)
{
    Reader reader(payload);
    if (reader.number<std::uint8_t>() != RecordKind::Sums)
        return fail(Errc::Malformed, "spool: not a record of sums");
    SegmentSums sums;
    sums.frames = reader.number<std::uint64_t>();
    sums.events = reader.number<std::uint64_t>();
    sums.lastSeq = reader.number<std::uint64_t>();
    sums.oldestNs = reader.number<std::int64_t>();
    sums.newestNs = reader.number<std::int64_t>();
    if (!reader.ok() || !reader.rest().empty())
        return fail(Errc::Malformed, "spool: a record of sums that cannot be");
    return sums;
}

ScanStep scanRecord(std::span<const std::byte> bytes, bool last)
{
    using Kind = ScanStep::Kind;
    if (bytes.empty())
        return {last ? Kind::End : Kind::More, last ? 0 : spoolRecordHead, {}};
    if (bytes.size() < spoolRecordHead)
        return {last ? Kind::Torn : Kind::More, last ? bytes.size() : spoolRecordHead, {}};
    if (const auto head = recordHead(bytes)) {
        const std::size_t whole = spoolRecordHead + head->length;
        if (bytes.size() < whole)
            return {last ? Kind::Torn : Kind::More, last ? bytes.size() : whole, {}};
        const auto payload = bytes.subspan(spoolRecordHead, head->length);
        return {checksum(payload) == head->payloadChecksum ? Kind::Record : Kind::Damaged, whole, payload};
    }
    const std::size_t heads = bytes.size() - spoolRecordHead + 1;
    for (std::size_t at = 1; at < heads; ++at) {
        const void *found = std::memchr(bytes.data() + at, static_cast<int>(recordMagic & 0xFF), heads - at);
        if (found == nullptr)
            break;
        at = static_cast<std::size_t>(static_cast<const std::byte *>(found) - bytes.data());
        if (recordHead(bytes.subspan(at)))
            return {Kind::Damaged, at, {}};
    }
    return {Kind::Damaged, last ? bytes.size() : heads, {}};
}

} // namespace tapio::agent
