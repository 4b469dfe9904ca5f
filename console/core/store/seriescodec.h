// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <vector>

#include "console/core/store/columns.h"
#include "protocol/wire/sample.h"

/// How readings are kept. Every kind of number over time is a series of 64-bit values: samples, histogram buckets, counters,
/// figures (the bits of a double). Series that are read together share a group of up to 64 slots.
///
///   recent  one blob per flush with the readings of all groups, so that a flush is one row
///   block   tier 0: the readings of one group, about 120 times; tier 1: its buckets of 60 s
namespace tapio::console {

/// Numbers are part of the file format.
enum class SeriesClass : std::uint8_t { Sample = 0, Histogram = 1, Counter = 2, Figure = 3 };

/// A histogram is one series per bucket.
inline std::int64_t histogramCode(wire::HistogramKind kind, std::size_t bucket) noexcept
{
    return static_cast<std::int64_t>(kind) * 32 + static_cast<std::int64_t>(bucket);
}

/// Counters are of a source of events, or of a rule.
inline constexpr std::int64_t sourceCounterCode = 0, ruleCounterCode = 1;

inline constexpr std::uint32_t groupSlots = 64;
inline constexpr std::int64_t tierBucketNs = 60'000'000'000;

struct Reading {
    std::int64_t group = 0;
    std::uint32_t slot = 0;
    std::int64_t timeNs = 0;
    std::int64_t value = 0;
};

/// What a bucket knows of its readings. Adding is commutative, so that late readings need no order.
struct Bucket {
    std::uint32_t n = 0;
    std::int64_t first = 0, last = 0, minimum = 0, maximum = 0;
    std::int64_t firstNs = 0, lastNs = 0;

    void add(std::int64_t timeNs, std::int64_t value) noexcept { merge({1, value, value, value, value, timeNs, timeNs}); }
    void merge(const Bucket &other) noexcept;
};

struct TierCell {
    std::uint32_t slot = 0;
    std::int64_t startNs = 0; ///< multiple of tierBucketNs
    Bucket bucket;
};

Blob encodeRecent(std::vector<Reading> readings, Compressor &compressor);
/// Errors of all decoders: Corrupt.
Result<std::vector<Reading>> decodeRecent(Blob blob, Decompressor &decompressor);

/// Readings of one group, in any order. `group` is not written.
Blob encodeBlock(std::vector<Reading> readings, Compressor &compressor);
/// Sorted by slot, then time; `group` is set in each.
Result<std::vector<Reading>> decodeBlock(Blob blob, std::int64_t group, Decompressor &decompressor);

Blob encodeTier(const std::vector<TierCell> &cells, Compressor &compressor);
Result<std::vector<TierCell>> decodeTier(Blob blob, Decompressor &decompressor);
/// Start of the bucket of `stepNs` that has `timeNs`, for negative times too.
std::int64_t bucketStart(std::int64_t timeNs, std::int64_t stepNs) noexcept;

} // namespace tapio::console
