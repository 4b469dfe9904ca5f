// SPDX-License-Identifier: GPL-3.0-or-later
// Writes the corpus of fuzz_chunk into the folder given: valid chunks and blocks, small so that columns stay uncompressed.
#include <fstream>

#include "console/core/store/chunkcodec.h"
#include "console/core/store/seriescodec.h"
#include "console/core/store/zone.h"
#include "tests/store/storefixture.h"
#include "tests/wire/examples.h"

using namespace tapio;
using namespace tapio::console;

int main(int argc, char **argv)
{
    if (argc != 2)
        return 2;
    const std::filesystem::path folder = argv[1];
    Compressor compressor;
    const auto write = [&](const char *name, std::uint8_t kind, std::uint8_t rows, const Blob &bytes) {
        std::ofstream file(folder / name, std::ios::binary);
        file.put(static_cast<char>(kind)).put(static_cast<char>(rows));
        file.write(reinterpret_cast<const char *>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    };
    EventRows odd;
    for (const wire::Event &event : test::oddEvents(test::t0))
        odd.push({3, odd.size() + 1, 5}, event);
    write("chunk-odd", 0, static_cast<std::uint8_t>(odd.size()), encodeChunk(odd, compressor).blob);
    EventRows plain;
    for (std::uint32_t i = 0; i < 200; ++i)
        plain.push({i % 3, i, i % 7},
                   i % 2 == 0 ? test::execEvent(test::t0 + i * 1000, i % 20, "/bin/tool") : test::tcpEvent(test::t0 + i, 5, 80));
    write("chunk-plain", 0, 200, encodeChunk(plain, compressor).blob);
    EventRows details;
    const wire::Frame detailFrame = wire::examples::detailFrame();
    for (const wire::Event &event : std::get<wire::EventBatch>(detailFrame.body).events)
        details.push({3, details.size() + 1, 5}, event);
    write("chunk-details", 0, static_cast<std::uint8_t>(details.size()), encodeChunk(details, compressor).blob);
    EventRows insights;
    const wire::Frame insightFrame = wire::examples::insightFrame();
    for (const wire::Event &event : std::get<wire::EventBatch>(insightFrame.body).events)
        insights.push({3, insights.size() + 1, 5}, event);
    write("chunk-insights", 0, static_cast<std::uint8_t>(insights.size()), encodeChunk(insights, compressor).blob);
    EventRows one;
    one.push({1, 1, 1}, test::execEvent(test::t0, 1, "/bin/true"));
    write("chunk-one", 0, 1, encodeChunk(one, compressor).blob);

    std::vector<Reading> readings;
    std::vector<TierCell> cells;
    for (std::uint32_t slot = 0; slot < 5; ++slot) {
        for (std::int64_t i = 0; i < 12; ++i) {
            if (slot == 3 && i % 3 == 0)
                continue;
            readings.push_back({7, slot, test::t0 + i * nsPerSecond, i * 100 - slot});
            cells.push_back({slot, i * tierBucketNs, {2, i, -i, -i, i, i * tierBucketNs + 1, i * tierBucketNs + 9}});
        }
    }
    write("block", 1, 0, encodeBlock(readings, compressor));
    write("tier", 2, 0, encodeTier(cells, compressor));
    write("recent", 3, 0, encodeRecent(readings, compressor));
    write("set-gaps", 4, 9, IdSet::of({1, 5, 100'000, 1'000'000'000}).encoded());
    write("set-bitmap", 4, 9, IdSet::of({1000, 1001, 1002, 1003, 1005, 1009, 1010, 1011, 1012, 1013, 1020}).encoded());
    return 0;
}
