// SPDX-License-Identifier: GPL-3.0-or-later
// Writes the corpus of fuzz_recording into the folder given. The first byte says what the rest is: 0 = a file, 1 = the deliveries of one block,
// 2 = of one that may have samples, 3 = of one that may have links.
#include <filesystem>
#include <fstream>

#include "tests/recording/recordings.h"

using namespace tapio;
using namespace tapio::recording;

int main(int argc, char **argv)
{
    if (argc != 2)
        return 2;
    const std::filesystem::path folder = argv[1];
    const auto write = [&](const char *name, char kind, const Bytes &bytes) {
        std::ofstream file(folder / name, std::ios::binary);
        file.put(kind);
        file.write(reinterpret_cast<const char *>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    };
    const wire::Delivery small = deliveryOf(wire::examples::busyBatch(3));
    write("file-small", 0, recorded({small}));
    write("file-empty", 0, recorded({}));
    write("file-everything", 0, recorded(everything()));
    write("file-not-closed", 0, recorded({small, small, small}, 1, false));
    Bytes end = encodeHeader({Origin::Store, begunNs});
    const Bytes tail = encodeEnd({begunNs, 9, 9, 0, 0}); // counts what is not there
    end.insert(end.end(), tail.begin(), tail.end());
    write("file-wrong-counts", 0, end);
    Bytes plain;
    for (const wire::Delivery &delivery : {small, small}) {
        if (const auto message = wire::encode(delivery))
            appendMessage(plain, *message);
    }
    write("block-small", 1, plain);
    for (int second = 0; second < 3; ++second) {
        if (const auto message = wire::encode(samplesAt(begunNs + second * nsPerSecond)))
            appendMessage(plain, *message);
    }
    write("block-mixed", 2, plain);
    for (const wire::Message &message : {wire::Message(linkAt(begunNs)), wire::Message(countersAt(begunNs + 1)),
                                         wire::Message(linkAt(begunNs + 2, wire::LinkState::Gone))}) {
        if (const auto bytes = wire::encode(message))
            appendMessage(plain, *bytes);
    }
    write("block-links", 3, plain);
    write("file-links", 0, recorded({linkAt(begunNs), small, countersAt(begunNs + 1), linkAt(begunNs + nsPerSecond)}));
    write("file-mixed", 0, recorded({samplesAt(begunNs), small, samplesAt(begunNs + nsPerSecond)}));
    write("block-short", 1, Bytes(11, std::byte{1}));
    return 0;
}
