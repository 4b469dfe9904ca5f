// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/base/result.h"

/// The bytes of the disk spool: what a segment file is called, its header, its records. Any thread; no state. README.md draws them.
namespace tapio::agent {

using SpoolBytes = std::vector<std::byte>;

inline constexpr std::uint32_t spoolFormat = 1;
/// A frame of the wire's largest size and what is noted beside it.
inline constexpr std::size_t maxSpoolPayload = (1u << 20) + (32u << 10);
inline constexpr std::size_t spoolRecordHead = 16;
inline constexpr std::size_t maxSegmentHeader = 2048;

/// Says where a segment belongs, so that names sorted are segments in order: starts of the agent count up, frame numbers too.
struct SegmentName {
    std::uint32_t run = 0; ///< which start of the agent over this folder wrote it
    std::uint64_t streamId = 0;
    std::uint64_t firstSeq = 0; ///< number of its first frame

    auto operator<=>(const SegmentName &) const = default;
    std::string text() const;
    /// Empty: not a segment's name.
    static std::optional<SegmentName> parse(std::string_view text);
};

struct SegmentHeader {
    SegmentName name;
    std::string node;           ///< at most 255 bytes
    std::int64_t createdNs = 0; ///< UTC

    bool operator==(const SegmentHeader &) const = default;
};

/// The header twice, one behind the other: a flipped bit in one leaves the other.
SpoolBytes encodeHeader(const SegmentHeader &header);
struct DecodedHeader {
    SegmentHeader header;
    std::size_t bytes = 0; ///< of both copies: where the first record begins
};
/// Errors: VersionMismatch (a format of another version), Malformed.
Result<DecodedHeader> decodeHeader(std::span<const std::byte> bytes);

struct SourceEvents {
    std::string_view source;
    std::uint32_t events = 0;
};

/// A frame as it lies in the spool. Views into the bytes that it was read from or is made from.
struct FrameRecord {
    std::uint64_t frameSeq = 0;
    std::uint64_t lastEvent = 0;      ///< number of the last event up to and with this frame
    std::uint64_t droppedEvents = 0;  ///< of the stream when the frame was made
    std::uint64_t producedEvents = 0; ///< of the stream when the record was written
    std::int64_t oldestNs = 0;        ///< UTC of its first event; 0 = it carries none
    std::int64_t newestNs = 0;        ///< UTC of its last event, or of its making
    std::uint32_t events = 0;
    std::vector<SourceEvents> sources; ///< at most 255, names at most 255 bytes
    std::span<const std::byte> frame;  ///< as the wire has it
};

/// The last record of a segment that was closed in order: its sums, so that nobody has to read it to know them.
struct SegmentSums {
    std::uint64_t frames = 0;
    std::uint64_t events = 0;
    std::uint64_t lastSeq = 0;
    std::int64_t oldestNs = 0; ///< 0 = no event
    std::int64_t newestNs = 0;

    bool operator==(const SegmentSums &) const = default;
    void add(const FrameRecord &record) noexcept;
};
inline constexpr std::size_t segmentSumsBytes = spoolRecordHead + 1 + 5 * 8;

SpoolBytes encodeRecord(const FrameRecord &record);
SpoolBytes encodeRecord(const SegmentSums &sums);
/// Errors: Malformed (a payload of another kind, or one that breaks a limit).
Result<FrameRecord> decodeFrameRecord(std::span<const std::byte> payload);
Result<SegmentSums> decodeSums(std::span<const std::byte> payload);

/// What stands at the beginning of `bytes`.
struct ScanStep {
    enum class Kind : std::uint8_t {
        Record,  ///< `payload` fits its checksum
        Damaged, ///< `bytes` bytes hold no record that can be trusted
        Torn,    ///< the file ends within the record that begins here
        More,    ///< at least `bytes` bytes are needed to tell
        End,
    };
    Kind kind = Kind::End;
    std::size_t bytes = 0;
    std::span<const std::byte> payload;
};
/// `last`: nothing comes behind `bytes`. Each byte is looked at a bounded number of times, whatever they are.
ScanStep scanRecord(std::span<const std::byte> bytes, bool last);

} // namespace tapio::agent
