// SPDX-License-Identifier: GPL-3.0-or-later
// Stands in for libFuzzer where the compiler has none: runs every file of a corpus folder, every prefix of it, and seeded
// mutations, so that the same inputs give the same run everywhere.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size);

namespace {

using Input = std::vector<std::uint8_t>;

constexpr std::size_t maxPrefixes = 4096;
constexpr int mutations = 2000;

/// A copy that ends where its heap block ends, so that the address sanitizer sees a read past the end.
void run(const std::uint8_t *data, std::size_t size)
{
    const Input exact(data, data + size);
    LLVMFuzzerTestOneInput(exact.data(), exact.size());
}

void mutate(Input &input, std::mt19937 &random)
{
    for (unsigned edits = 1 + random() % 4; edits > 0 && !input.empty(); --edits) {
        const std::size_t at = random() % input.size();
        switch (random() % 4) {
        case 0: input[at] = static_cast<std::uint8_t>(random()); break;
        case 1: input[at] ^= static_cast<std::uint8_t>(1u << (random() % 8)); break;
        case 2: input.insert(input.begin() + static_cast<std::ptrdiff_t>(at), static_cast<std::uint8_t>(random())); break;
        default: input.erase(input.begin() + static_cast<std::ptrdiff_t>(at)); break;
        }
    }
}

void replay(const Input &input)
{
    run(input.data(), input.size());
    const std::size_t step = input.size() / maxPrefixes + 1;
    for (std::size_t size = 0; size < input.size(); size += step)
        run(input.data(), size);
    std::mt19937 random(1);
    for (int i = 0; i < mutations; ++i) {
        Input mutant = input;
        mutate(mutant, random);
        run(mutant.data(), mutant.size());
    }
}

} // namespace

int main(int argc, char **argv)
{
    if (argc != 2) {
        std::fprintf(stderr, "usage: %s CORPUS-FOLDER\n", argv[0]);
        return 2;
    }
    std::size_t files = 0;
    for (const auto &entry : std::filesystem::directory_iterator(argv[1])) {
        std::ifstream file(entry.path(), std::ios::binary);
        replay(Input(std::istreambuf_iterator<char>(file), {}));
        ++files;
    }
    std::printf("%zu corpus files replayed\n", files);
    return files > 0 ? 0 : 1;
}
