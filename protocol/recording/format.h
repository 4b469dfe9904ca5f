// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "protocol/base/result.h"
#include "protocol/wire/codec.h"
#include "protocol/wire/message.h"

/// The bytes of a recording; README.md draws them. Pure, any thread.
namespace tapio::recording {

using wire::Bytes;

inline constexpr std::uint32_t formatVersion = 1;
inline constexpr std::string_view fileSuffix = ".tapiorec";

/// How the recording came about.
enum class Origin : std::uint8_t {
    Unknown = 0,
    Live = 1,      ///< from a server, as it arrived there
    Store = 2,     ///< from a console's store: in order of event time, origins as they were known by then
    Generated = 3, ///< made of others
};
std::string_view originName(Origin origin) noexcept; ///< "live", "store", "generated", "unknown"

struct Header {
    Origin origin = Origin::Unknown;
    std::int64_t startedNs = 0; ///< UTC

    bool operator==(const Header &) const = default;
};

/// What closes a recording that was ended in order.
struct End {
    std::int64_t endedNs = 0;     ///< UTC
    std::uint64_t deliveries = 0; ///< and states of agents
    std::uint64_t events = 0;
    std::uint64_t lost = 0;    ///< events that are missing, as far as it is known: dropped on the way to who recorded
    std::uint64_t leftOut = 0; ///< events that were not wanted in it

    bool operator==(const End &) const = default;
};

inline constexpr std::size_t headerBytes = 28;
inline constexpr std::size_t recordHeadBytes = 16;
inline constexpr std::size_t endBytes = 1 + 5 * 8;
/// Of the deliveries of a block before compression: as much as a reader holds of a file.
inline constexpr std::size_t mostBlockBytes = 4u << 20;
inline constexpr std::size_t mostPayloadBytes = mostBlockBytes + (64u << 10);

Bytes encodeHeader(const Header &header);
/// Errors: Malformed (no recording), VersionMismatch (names the version), Corrupt (the checksum).
Result<Header> decodeHeader(std::span<const std::byte> bytes);

enum class RecordKind : std::uint8_t {
    Block = 1, ///< deliveries of events
    End = 2,
    MixedBlock = 3, ///< deliveries of events or samples
    LinkBlock = 4,  ///< the same, and of reports of counters; and states of agents as a server knows them
};
/// Head and payload of a record. `plain`: encoded messages, as appendMessage() put them, so many of them. `kind`: of a block.
Result<Bytes> encodeBlock(std::span<const std::byte> plain, std::uint32_t messages, RecordKind kind = RecordKind::Block);
Bytes encodeEnd(const End &end);

/// Errors: Malformed, Corrupt; the length of the payload.
Result<std::size_t> decodeHead(std::span<const std::byte> head);
/// Whether the payload is what the head was made for.
bool fits(std::span<const std::byte> head, std::span<const std::byte> payload) noexcept;

struct Block {
    std::uint32_t messages = 0;
    Bytes plain;
    RecordKind kind = RecordKind::Block;
};
/// Kinds of a later version are Unsupported.
Result<RecordKind> kindOf(std::span<const std::byte> payload);
Result<Block> decodeBlock(std::span<const std::byte> payload);
Result<End> decodeEnd(std::span<const std::byte> payload);

/// What a recording is of, as it came: what an agent sent, or how its link is.
using Received = std::variant<wire::Delivery, wire::AgentState>;
std::int64_t receivedNs(const Received &received) noexcept; ///< server's UTC
const std::string &nodeOf(const Received &received) noexcept;
const wire::EventBatch *eventsOf(const Received &received) noexcept;   ///< null: it is of something else
const wire::SampleBatch *samplesOf(const Received &received) noexcept; ///< likewise
/// The oldest kind of block that may have it: what has neither samples nor links is read by versions from before there were any. Nothing: none has it.
std::optional<RecordKind> kindFor(const Received &received) noexcept;

/// `message`: a Delivery or an AgentState as wire::encode() has it.
void appendMessage(Bytes &plain, std::span<const std::byte> message);
/// The message at `at`, which is moved behind it. Errors: Malformed.
Result<std::span<const std::byte>> takeMessage(std::span<const std::byte> plain, std::size_t &at);

} // namespace tapio::recording
