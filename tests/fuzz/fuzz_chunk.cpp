// SPDX-License-Identifier: GPL-3.0-or-later
// Any bytes as what a store's file may hold: a chunk of events (first byte 0, then its number of rows), a block, minute buckets,
// recent readings, sets of numbers. Decoding refuses, or gives values that survive being encoded again.
#include <cstdlib>
#include <numeric>
#include <span>

#include "console/core/store/chunkcodec.h"
#include "console/core/store/seriescodec.h"
#include "console/core/store/textindex.h"
#include "console/core/store/zone.h"

using namespace tapio;
using namespace tapio::console;

namespace {

std::vector<std::uint32_t> everyRow(std::size_t rows)
{
    std::vector<std::uint32_t> all(rows);
    std::iota(all.begin(), all.end(), 0u);
    return all;
}

void fuzzChunk(std::size_t rows, Blob bytes)
{
    Decompressor decompressor;
    Result<EventChunk> chunk = EventChunk::open(std::move(bytes), rows, decompressor);
    if (!chunk)
        return;
    (void)chunk->comms();
    (void)chunk->pids();
    if (!chunk->loadDetails(everyRow(rows)))
        return;
    EventRows again;
    GramIndex index(rows);
    for (std::uint32_t row = 0; row < rows; ++row) {
        const wire::Event event = chunk->event(row);
        index.add(event);
        again.push({chunk->stream(row), chunk->seq(row), 0}, event);
    }
    Compressor compressor;
    Result<EventChunk> second = EventChunk::open(encodeChunk(again, compressor).blob, rows, decompressor);
    if (!second || !second->loadDetails(everyRow(rows)))
        std::abort();
    for (std::uint32_t row = 0; row < rows; ++row) {
        if (second->event(row) != chunk->event(row) || second->seq(row) != chunk->seq(row))
            std::abort();
    }
}

void fuzzSeries(int kind, Blob bytes)
{
    Compressor compressor;
    Decompressor decompressor;
    if (kind == 1) {
        if (const auto block = decodeBlock(bytes, 1, decompressor);
            block && !block->empty() && !decodeBlock(encodeBlock(*block, compressor), 1, decompressor))
            std::abort();
    } else if (kind == 2) {
        if (const auto tier = decodeTier(bytes, decompressor); tier && !decodeTier(encodeTier(*tier, compressor), decompressor))
            std::abort();
    } else if (const auto recent = decodeRecent(bytes, decompressor);
               recent && !decodeRecent(encodeRecent(*recent, compressor), decompressor)) {
        std::abort();
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    if (size < 3)
        return 0;
    const Blob bytes(data + 2, data + size);
    switch (data[0] % 5) {
    case 0: fuzzChunk(data[1], bytes); break;
    case 4:
        (void)IdSet(bytes).mayContainAny({1, 7, 1000, INT64_MAX});
        (void)Bloom(bytes).mayContain(data[1]);
        (void)GramIndex(bytes).mayContain({data[1], 5});
        break;
    default: fuzzSeries(data[0] % 5, bytes); break;
    }
    return 0;
}
