// SPDX-License-Identifier: GPL-3.0-or-later
// store_examples FOLDER [SUFFIX]: writes the encoded bytes of each example that the folder lacks. Existing files are the
// record of what an older version sent and are never overwritten.
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "protocol/wire/codec.h"
#include "tests/wire/examples.h"

int main(int argc, char **argv)
{
    if (argc < 2 || argc > 3) {
        std::fprintf(stderr, "usage: %s FOLDER [SUFFIX]\n", argv[0]);
        return 64;
    }
    for (const auto &[name, message] : tapio::wire::examples::all()) {
        const std::filesystem::path path = std::filesystem::path(argv[1]) / (name + (argc == 3 ? argv[2] : ".bin"));
        if (std::filesystem::exists(path))
            continue;
        const auto bytes = tapio::wire::encode(message);
        if (!bytes) {
            std::fprintf(stderr, "%s: %s\n", name.c_str(), bytes.error().message().c_str());
            return 1;
        }
        std::ofstream file(path, std::ios::binary);
        file.write(reinterpret_cast<const char *>(bytes->data()), static_cast<std::streamsize>(bytes->size()));
        if (!file.flush()) {
            std::fprintf(stderr, "%s: cannot be written\n", path.c_str());
            return 1;
        }
    }
    return 0;
}
