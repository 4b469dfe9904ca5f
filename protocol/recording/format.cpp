// SPDX-License-Identifier: GPL-3.0-or-later
#include "protocol/recording/format.h"

#include <algorithm>
#include <string>

#include <zlib.h>
#include <zstd.h>

namespace tapio::recording {

namespace {

constexpr std::string_view magic = "TAPIOREC";
constexpr std::uint32_t recordMagic = 0x7EC0'12D5;
constexpr std::size_t blockHeadBytes = 1 + 4 + 4;
constexpr std::size_t messageHeadBytes = 8; ///< its length, and zeros: the message behind it begins at a word
constexpr int zstdLevel = 12;               ///< a recording is written once and kept: 200 MB/s would be of no use

std::uint32_t checksum(std::span<const std::byte> bytes) noexcept
{
    return static_cast<std::uint32_t>(crc32_z(0, reinterpret_cast<const Bytef *>(bytes.data()), bytes.size()));
}

template <typename T> void put(Bytes &out, T value)
{
    for (std::size_t i = 0; i < sizeof(T); ++i)
        out.push_back(static_cast<std::byte>(static_cast<std::uint64_t>(value) >> (8 * i)));
}

/// Little-endian; the caller knows that it is there.
template <typename T> T number(std::span<const std::byte> bytes, std::size_t at) noexcept
{
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < sizeof(T); ++i)
        value |= std::to_integer<std::uint64_t>(bytes[at + i]) << (8 * i);
    return static_cast<T>(value);
}

Bytes seal(const Bytes &payload)
{
    Bytes record;
    record.reserve(recordHeadBytes + payload.size());
    put(record, recordMagic);
    put(record, static_cast<std::uint32_t>(payload.size()));
    put(record, checksum(payload));
    put(record, checksum(record));
    record.insert(record.end(), payload.begin(), payload.end());
    return record;
}

} // namespace

std::string_view originName(Origin origin) noexcept
{
    switch (origin) {
    case Origin::Live: return "live";
    case Origin::Store: return "store";
    case Origin::Generated: return "generated";
    case Origin::Unknown: break;
    }
    return "unknown";
}

Bytes encodeHeader(const Header &header)
{
    Bytes out;
    for (const char letter : magic)
        out.push_back(static_cast<std::byte>(letter));
    put(out, formatVersion);
    put(out, static_cast<std::uint32_t>(header.origin));
    put(out, header.startedNs);
    put(out, checksum(out));
    return out;
}

Result<Header> decodeHeader(std::span<const std::byte> bytes)
{
    const bool isOurs = bytes.size() == headerBytes
                        && std::equal(magic.begin(), magic.end(), bytes.begin(),
                                      [](char letter, std::byte byte) { return static_cast<std::byte>(letter) == byte; });
    if (!isOurs)
        return fail(Errc::Malformed, "is no recording: it does not begin with TAPIOREC and a header");
    const auto version = number<std::uint32_t>(bytes, magic.size());
    if (version != formatVersion)
        return fail(Errc::VersionMismatch, "is a recording of format " + std::to_string(version) + ", and this version reads format "
                                               + std::to_string(formatVersion));
    if (number<std::uint32_t>(bytes, headerBytes - 4) != checksum(bytes.first(headerBytes - 4)))
        return fail(Errc::Corrupt, "the header does not fit its checksum");
    const auto origin = number<std::uint32_t>(bytes, 12);
    return Header{origin <= static_cast<std::uint32_t>(Origin::Generated) ? static_cast<Origin>(origin) : Origin::Unknown,
                  number<std::int64_t>(bytes, 16)};
}

Result<Bytes> encodeBlock(std::span<const std::byte> plain, std::uint32_t messages, RecordKind kind)
{
    if (plain.size() > mostBlockBytes)
        return fail(Errc::InvalidArgument, "a block of " + std::to_string(plain.size()) + " bytes is longer than a reader takes");
    Bytes payload;
    put(payload, static_cast<std::uint8_t>(kind));
    put(payload, messages);
    put(payload, static_cast<std::uint32_t>(plain.size()));
    payload.resize(blockHeadBytes + ZSTD_compressBound(plain.size()));
    const std::size_t size =
        ZSTD_compress(payload.data() + blockHeadBytes, payload.size() - blockHeadBytes, plain.data(), plain.size(), zstdLevel);
    if (ZSTD_isError(size) != 0)
        return fail(Errc::Internal, std::string("zstd: ") + ZSTD_getErrorName(size));
    payload.resize(blockHeadBytes + size);
    return seal(payload);
}

Bytes encodeEnd(const End &end)
{
    Bytes payload;
    put(payload, static_cast<std::uint8_t>(RecordKind::End));
    put(payload, end.endedNs);
    put(payload, end.deliveries);
    put(payload, end.events);
    put(payload, end.lost);
    put(payload, end.leftOut);
    return seal(payload);
}

Result<std::size_t> decodeHead(std::span<const std::byte> head)
{
    if (head.size() != recordHeadBytes || number<std::uint32_t>(head, 0) != recordMagic)
        return fail(Errc::Malformed, "no record begins here");
    if (number<std::uint32_t>(head, 12) != checksum(head.first(12)))
        return fail(Errc::Corrupt, "the head of a record does not fit its checksum");
    const std::size_t length = number<std::uint32_t>(head, 4);
    if (length == 0 || length > mostPayloadBytes)
        return fail(Errc::Malformed,
                    "a record of " + std::to_string(length) + " bytes; there are 1 to " + std::to_string(mostPayloadBytes));
    return length;
}

bool fits(std::span<const std::byte> head, std::span<const std::byte> payload) noexcept
{
    return number<std::uint32_t>(head, 8) == checksum(payload);
}

Result<RecordKind> kindOf(std::span<const std::byte> payload)
{
    const auto kind = payload.empty() ? 0 : std::to_integer<unsigned>(payload[0]);
    if (kind < static_cast<unsigned>(RecordKind::Block) || kind > static_cast<unsigned>(RecordKind::LinkBlock))
        return fail(Errc::Unsupported, "a record of kind " + std::to_string(kind) + ", which this version does not know");
    return static_cast<RecordKind>(kind);
}

Result<Block> decodeBlock(std::span<const std::byte> payload)
{
    if (payload.size() < blockHeadBytes)
        return fail(Errc::Malformed, "a block of " + std::to_string(payload.size()) + " bytes is too short");
    Block block;
    block.kind = static_cast<RecordKind>(payload[0]); // kindOf() said that it is one of a block
    block.messages = number<std::uint32_t>(payload, 1);
    const std::size_t size = number<std::uint32_t>(payload, 5);
    const auto frame = payload.subspan(blockHeadBytes);
    if (size > mostBlockBytes || size != ZSTD_getFrameContentSize(frame.data(), frame.size()))
        return fail(Errc::Malformed,
                    "a block that expands to " + std::to_string(size) + " bytes, more than is allowed or than its frame says");
    block.plain.resize(size);
    const std::size_t done = ZSTD_decompress(block.plain.data(), size, frame.data(), frame.size());
    if (ZSTD_isError(done) != 0 || done != size)
        return fail(Errc::Malformed, std::string("a block that cannot be expanded: ") + ZSTD_getErrorName(done));
    return block;
}

Result<End> decodeEnd(std::span<const std::byte> payload)
{
    if (payload.size() != endBytes)
        return fail(Errc::Malformed,
                    "the last record has " + std::to_string(payload.size()) + " bytes and not " + std::to_string(endBytes));
    return End{number<std::int64_t>(payload, 1), number<std::uint64_t>(payload, 9), number<std::uint64_t>(payload, 17),
               number<std::uint64_t>(payload, 25), number<std::uint64_t>(payload, 33)};
}

std::int64_t receivedNs(const Received &received) noexcept
{
    const auto *delivery = std::get_if<wire::Delivery>(&received);
    return delivery != nullptr ? delivery->receivedNs : std::get_if<wire::AgentState>(&received)->toldNs;
}

const std::string &nodeOf(const Received &received) noexcept
{
    const auto *delivery = std::get_if<wire::Delivery>(&received);
    return delivery != nullptr ? delivery->node : std::get_if<wire::AgentState>(&received)->node;
}

const wire::EventBatch *eventsOf(const Received &received) noexcept
{
    const auto *delivery = std::get_if<wire::Delivery>(&received);
    return delivery == nullptr ? nullptr : std::get_if<wire::EventBatch>(&delivery->frame.body);
}

const wire::SampleBatch *samplesOf(const Received &received) noexcept
{
    const auto *delivery = std::get_if<wire::Delivery>(&received);
    return delivery == nullptr ? nullptr : std::get_if<wire::SampleBatch>(&delivery->frame.body);
}

std::optional<RecordKind> kindFor(const Received &received) noexcept
{
    if (eventsOf(received) != nullptr)
        return RecordKind::Block;
    if (samplesOf(received) != nullptr)
        return RecordKind::MixedBlock;
    const auto *delivery = std::get_if<wire::Delivery>(&received);
    const bool isOfLinks = delivery == nullptr || std::holds_alternative<wire::CounterReport>(delivery->frame.body);
    return isOfLinks ? std::optional(RecordKind::LinkBlock) : std::nullopt;
}

void appendMessage(Bytes &plain, std::span<const std::byte> message)
{
    put(plain, static_cast<std::uint64_t>(message.size()));
    plain.insert(plain.end(), message.begin(), message.end());
}

Result<std::span<const std::byte>> takeMessage(std::span<const std::byte> plain, std::size_t &at)
{
    if (plain.size() - at < messageHeadBytes)
        return fail(Errc::Malformed, "a block that ends within a message");
    const auto length = number<std::uint64_t>(plain, at);
    if (length > plain.size() - at - messageHeadBytes)
        return fail(Errc::Malformed, "a message of " + std::to_string(length) + " bytes, more than its block has");
    at += messageHeadBytes + static_cast<std::size_t>(length);
    return plain.subspan(at - static_cast<std::size_t>(length), static_cast<std::size_t>(length));
}

} // namespace tapio::recording
